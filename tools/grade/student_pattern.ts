/** The pattern of the option `--student`. */
import { UsageError } from "../command_line.ts";
import { printable } from "./printable.ts";

const STUDENT = "STUDENT";
const WILDCARDS = [STUDENT, "**", "*"] as const;
const EXAMPLE = 'such as "week1/STUDENT-*.ipynb" or "*/STUDENT/**"';

/** Longer than any path that a person writes. The limit bounds the time of a match. */
const LONGEST = 500;

/** A wildcard, or a literal character. */
type Token = string;

/**
 * A path pattern that contains the student's name. `STUDENT` matches one or more characters except "/", `*`
 * matches any number of characters except "/", and `**` matches anything. From left to right, each wildcard
 * matches as few characters as possible.
 */
export class StudentPattern {
  readonly #tokens: readonly Token[];
  /** The pattern up to the "/" after STUDENT, which matches students' folders. */
  readonly #folderTokens: readonly Token[] | undefined;

  /** @throws {UsageError} if the pattern is invalid */
  constructor(readonly text: string) {
    this.#tokens = parse(text);
    const slash = this.#tokens.indexOf("/", this.#tokens.indexOf(STUDENT));
    if (slash !== -1) this.#folderTokens = this.#tokens.slice(0, slash + 1);
  }

  /** The student of a file; undefined if the path does not match. */
  studentOf(path: string): string | undefined {
    return match(this.#tokens, path);
  }

  /** The student of a folder; undefined if the folder is not a student's. */
  studentOfFolder(path: string): string | undefined {
    return this.#folderTokens && match(this.#folderTokens, `${path}/`);
  }
}

function parse(text: string): Token[] {
  const fail = (reason: string): never => {
    throw new UsageError(
      `--student expects ${reason}, ${EXAMPLE}; got "${printable(text)}".`,
    );
  };
  if (text.length > LONGEST) fail(`at most ${LONGEST} characters`);
  if (/^\.{0,2}\//.test(text)) fail("a path relative to SUBMISSIONS");
  const tokens: Token[] = [];
  for (let i = 0; i < text.length; i += tokens.at(-1)!.length) {
    tokens.push(WILDCARDS.find((wildcard) => text.startsWith(wildcard, i)) ?? text[i]!);
  }
  if (tokens.filter((token) => token === STUDENT).length !== 1) fail("STUDENT exactly once");
  if (tokens.some((token, i) => i > 0 && isWildcard(token) && isWildcard(tokens[i - 1]!))) {
    fail("text between STUDENT, * and **");
  }
  return tokens;
}

function isWildcard(token: Token): boolean {
  return (WILDCARDS as readonly string[]).includes(token);
}

/** The text that STUDENT matches in a path. The time is linear in the length of the path. */
function match(tokens: readonly Token[], path: string): string | undefined {
  const fits = fitsFrom(tokens, path);
  if (fits[0]![0] === 0) return undefined;
  let at = 0;
  for (const [i, token] of tokens.entries()) {
    const from = at;
    if (!isWildcard(token) || token === STUDENT) at++;
    while (fits[i + 1]![at] === 0) at++;
    if (token === STUDENT) return path.slice(from, at);
  }
  return undefined;
}

/** For each token and each position: whether all tokens from there match the path from there. */
function fitsFrom(tokens: readonly Token[], path: string): Uint8Array[] {
  const { length } = path;
  const fits = Array.from({ length: tokens.length + 1 }, () => new Uint8Array(length + 2));
  fits[tokens.length]![length] = 1;
  for (let i = tokens.length - 1; i >= 0; i--) {
    const [token, here, next] = [tokens[i]!, fits[i]!, fits[i + 1]!];
    for (let at = length; at >= 0; at--) {
      here[at] = fit(token, path[at], next, here, at);
    }
  }
  return fits;
}

function fit(
  token: Token,
  character: string | undefined,
  next: Uint8Array,
  here: Uint8Array,
  at: number,
): number {
  const goesOn = character === undefined || (character === "/" && token !== "**")
    ? 0
    : here[at + 1]!;
  if (token === "*" || token === "**") return next[at]! | goesOn;
  if (token === STUDENT) {
    return character === undefined || character === "/" ? 0 : next[at + 1]! | goesOn;
  }
  return character === token ? next[at + 1]! : 0;
}
