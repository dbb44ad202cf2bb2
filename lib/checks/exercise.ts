/**
 * The parts of an exercise: its probes, its assertions, and the mistakes that it recognizes.
 *
 * A check has two halves, which can run in different processes. A *probe* runs the learner's code and returns
 * plain values. An *assertion* compares these values with the expected ones and never sees the code, so the code
 * cannot change its own result.
 */
import type { OwnPart } from "./own_parts.ts";
import type { Trial } from "./trial.ts";

/** A value that can be sent to another process as JSON. */
export type Plain =
  | null
  | boolean
  | number
  | string
  | readonly Plain[]
  | { readonly [key: string]: Plain };

/** The result of one assertion. */
export interface Comparison {
  readonly passed: boolean;
  readonly actual: string;
  /** The name of the exercise's mistake that explains the value, or of several that explain it together. */
  readonly mistake?: string | readonly string[] | undefined;
  /** What to look at next if no mistake was recognized. */
  readonly next?: string | undefined;
}

/** Checks one property of an answer. */
export interface Assertion<Seen = Plain> {
  /** The property in a few words: "output shape". */
  readonly what: string;
  /** A text, or a function of the seed from which the inputs are drawn. */
  readonly expected: string | ((seed: number) => string);
  readonly points: number;
  /**
   * The `what` of another assertion of this exercise. This assertion earns its points only if the other one
   * passes; otherwise, an answer that returns a recorded constant could earn them.
   */
  readonly requires?: string;
  compare(seen: Seen, seed: number): Comparison;
}

/** Runs the learner's code once, for one or more assertions. */
export interface Probe {
  /** Runs the learner's code on inputs made from the trial's seed. If it throws, all assertions fail. */
  run(candidate: unknown, trial: Trial): unknown;
  readonly assertions: readonly Assertion[];
}

/** Combines the first half of a probe with the assertions that read the values it returns. */
export function probe<Seen>(
  run: (candidate: unknown, trial: Trial) => Seen,
  assertions: readonly Assertion<Awaited<Seen>>[],
): Probe {
  // Between the two the values are plain JSON; the types above hold them together.
  return { run, assertions: assertions as unknown as readonly Assertion[] };
}

/** An exercise. */
export interface Exercise {
  /** Unique, as the lesson's cell has it: "res_identity". */
  readonly id: string;
  /** The lesson's name: "05_identity_block". */
  readonly lesson: string;
  /** The heading of the exercise. */
  readonly title: string;
  /** The goal and its reason, in a sentence or two of Markdown. */
  readonly goal: string;
  readonly difficulty: 1 | 2 | 3 | 4 | 5;
  readonly minutes: number;
  /** From a nudge to nearly the answer: two or more, in Markdown. */
  readonly hints: readonly string[];
  /** Plausible wrong answers by name, each with its advice. */
  readonly mistakes: Readonly<Record<string, string>>;
  /** The kit's own classes and functions that are not accepted as an answer or inside one. */
  readonly ownParts?: readonly OwnPart[];
  /** The time limit of one probe, in seconds; a tenth of it after a probe has exceeded it. Default 20. */
  readonly limitSeconds?: number;
  readonly probes: readonly Probe[];
}

/** The points of all its assertions. */
export function pointsOf({ probes }: Pick<Exercise, "probes">): number {
  return probes.flatMap(({ assertions }) => assertions).reduce(
    (sum, { points }) => sum + points,
    0,
  );
}
