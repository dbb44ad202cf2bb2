/**
 * What an exercise is: what its check looks at, what is right, and the mistakes that it knows.
 *
 * A check has two halves that can live in different processes. A *probe* runs the learner's code and
 * hands out plain values. A *row* compares such values with what they should be, and never sees the
 * code: so nothing that the code does can change its own result.
 */
import type { OwnPart } from "./own_parts.ts";
import type { Trial } from "./trial.ts";

/** What can cross from one process to another as JSON. */
export type Plain =
  | null
  | boolean
  | number
  | string
  | readonly Plain[]
  | { readonly [key: string]: Plain };

/** How one property was found to be. */
export interface Comparison {
  readonly good: boolean;
  readonly got: string;
  /** The mistake of the exercise that explains it, by name, or several that do so together. */
  readonly mistake?: string | readonly string[] | undefined;
  /** What to look at next, where no mistake was recognized. */
  readonly next?: string | undefined;
}

/** One property that is compared. */
export interface Row<Seen = Plain> {
  /** What is looked at, in a few words: "output shape". */
  readonly what: string;
  /** A text, or a function of the seed from which the inputs are drawn. */
  readonly expected: string | ((seed: number) => string);
  readonly points: number;
  /**
   * The `what` of another row of this exercise. This row earns its points only if the other row is correct;
   * otherwise, an answer that returns a recorded constant could earn them.
   */
  readonly requires?: string;
  compare(seen: Seen, seed: number): Comparison;
}

/** A probe, and the rows that read its values. */
export interface Look {
  /** Runs the learner's code on inputs made from the trial's seed; what it throws is the rows' finding. */
  probe(candidate: unknown, trial: Trial): unknown;
  readonly rows: readonly Row[];
}

/** Puts a probe and its rows together: each row reads what this probe gives. */
export function look<Seen>(
  probe: (candidate: unknown, trial: Trial) => Seen,
  rows: readonly Row<Awaited<Seen>>[],
): Look {
  // Between the two the values are plain JSON; the types above hold them together.
  return { probe, rows: rows as unknown as readonly Row[] };
}

/** An exercise. */
export interface Exercise {
  /** Unique, as the lesson's cell has it: "res_identity". */
  readonly id: string;
  /** The lesson's name: "05_identity_block". */
  readonly lesson: string;
  /** What is built, as a heading. */
  readonly title: string;
  /** What the learner will have, and why, in a sentence or two of Markdown. */
  readonly goal: string;
  readonly difficulty: 1 | 2 | 3 | 4 | 5;
  readonly minutes: number;
  /** From a nudge to nearly the answer: two or more, in Markdown. */
  readonly hints: readonly string[];
  /** Plausible wrong answers by name, each with what its symptom is answered with. */
  readonly mistakes: Readonly<Record<string, string>>;
  /** The kit's own classes and functions that would be no answer: handed in, or used inside. */
  readonly ownParts?: readonly OwnPart[];
  /** Seconds that one probe may take; after one took longer, a tenth of them. Default 20. */
  readonly limitSeconds?: number;
  readonly looks: readonly Look[];
}

/** The points of all its rows. */
export function pointsOf({ looks }: Pick<Exercise, "looks">): number {
  return looks.flatMap(({ rows }) => rows).reduce((sum, { points }) => sum + points, 0);
}
