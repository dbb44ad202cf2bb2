/** Phrases that must not come back, each with the words of the field that replace it. */

/** A phrase in lower case, and what to write instead. */
export const PHRASES: Readonly<Record<string, string>> = {
  "all that came": "the output",
  "gone on from": "resumed from",
  "go-between": "kernel proxy",
  "how far is up to": "sets how far",
  "images it has not learned from": "held-out images",
  "images told right": "images classified correctly",
  "is no typescript": "has a syntax error",
  "judge a model": "evaluate a model",
  "judges a model": "evaluates a model",
  "make no noise": "are silent",
  "mend that first": "fix that first",
  "a run says of itself": "metadata",
  "over all sittings": "in all sessions",
  "says what it is about": "names its subject",
  "what came back": "the result",
  "what it is made of": "its parts",
  "what was handed in": "the submissions",
  "who teaches": "instructors",
  "without images to judge": "without a validation split",
};

/** What may stand between two words: spaces, or the end of a line with the next comment's start. */
const BETWEEN = String.raw`(?:\s+(?:(?:\*|//|#|>)\s+)*)`;

const PATTERNS = Object.keys(PHRASES).map((phrase) =>
  new RegExp(String.raw`\b${phrase.split(" ").join(BETWEEN)}\b`, "gi")
);

/** One message for each phrase found in a file's text, in the order of the list. */
export function phraseFaults(file: string, text: string): string[] {
  return Object.entries(PHRASES).flatMap(([phrase, instead], i) =>
    [...text.matchAll(PATTERNS[i]!)].map(({ index }) => {
      const line = text.slice(0, index).split("\n").length;
      return `${file}:${line}: Write "${instead}" instead of "${phrase}".`;
    })
  );
}
