/** `check`: what an exercise's last cell calls. */
import { show } from "../display/display.ts";
import type { Exercise } from "./exercise.ts";
import { exerciseById } from "./exercises/mod.ts";
import { type CheckResult, compare } from "./compare.ts";
import { type Observation, observe } from "./observe.ts";
import { limitOutput } from "./output.ts";
import { sourceOf } from "./mine.ts";
import { lessonPoints, lessonTitle } from "./progress.ts";
import { type Progress, progressFile, readProgress, updateProgress } from "./progress_file.ts";
import { REFUSALS } from "./refused.ts";
import { resultBundle } from "./result_bundle.ts";

/** A check that found something wrong: one line, as the table above it says the rest. */
export class CheckFailed extends Error {
  override name = "CheckFailed";

  constructor({ exercise, points, maxPoints, rows }: CheckResult) {
    const wrong = rows.find((row) => !row.passed);
    super(`${exercise}: ${points} of ${maxPoints} points; look at "${wrong?.what}" first`);
    // The way through the check's own code helps nobody.
    this.stack = `${this.name}: ${this.message}`;
  }

  /** Node.js puts an error without a way in brackets. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `${this.name}: ${this.message}`;
  }
}

/** How a check is made. */
export interface CheckOptions {
  /** Of the inputs: an answer that is right is right for every one. Default 1. */
  seed?: number;
}

/**
 * Checks an answer row by row, shows the table, and keeps the points.
 *
 * @throws {CheckFailed} at its end, where a row failed.
 * @throws {RangeError} where there is no exercise of that id.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Block, check, CheckFailed, startBackend, type tf } from "residual";
 *
 * await startBackend();
 * class ResIdentity extends Block {
 *   constructor(readonly ni: number) {
 *     super({ ni });
 *   }
 *   forward(x: tf.Tensor4D): tf.Tensor4D {
 *     return x;
 *   }
 * }
 * await assert.rejects(check("res_identity", ResIdentity), CheckFailed);
 * ```
 */
export async function check(
  id: string,
  candidate: unknown,
  { seed = 1 }: CheckOptions = {},
): Promise<void> {
  const exercise = exerciseById(id);
  const observation = refusal(id, seed) ??
    await limitOutput(() => observe(exercise, candidate, seed));
  const result = compare(exercise, observation);
  const source = result.passed ? sourceOf(candidate) : undefined;
  const trouble = updateProgress(id, (before) => ({
    ...before,
    points: Math.max(before.points, result.points),
    checks: before.checks + 1,
    ...(source === undefined ? {} : { source }),
  }));
  const footer = [
    trouble ?? "",
    // Where nothing is kept there is nowhere to stand.
    progressFile() === undefined ? "" : standing(exercise, result, readProgress().progress),
  ].filter(Boolean).join(" ");
  await show(resultBundle(result, exercise.title, footer));
  if (!result.passed) throw new CheckFailed(result);
}

/** Returns the kernel proxy's refusal as an observation. The proxy reads the cells, which `check` cannot. */
function refusal(exercise: string, seed: number): Observation | undefined {
  const shared = globalThis as { [REFUSALS]?: Readonly<Record<string, string>> };
  const refused = shared[REFUSALS]?.[exercise];
  return refused === undefined ? undefined : { exercise, seed, refused, outcomes: [], leaked: 0 };
}

/** Where the learner stands in the lesson, and what helps. */
function standing(
  { id, lesson, hints }: Exercise,
  result: CheckResult,
  progress: Progress,
): string {
  const { points, maxPoints } = lessonPoints(lesson, progress);
  const { points: best = 0, hints: open = 0 } = progress[id] ?? {};
  return [
    // Without this sentence a lesson's total would contradict the table above it.
    best > result.points ? `An earlier check of yours gave ${best}; the best one counts.` : "",
    `Lesson ${lessonTitle(lesson)}: ${points} of ${maxPoints} points.`,
    result.passed || open >= hints.length ? "" : `Stuck? await hint("${id}") opens a hint.`,
  ].filter(Boolean).join(" ");
}
