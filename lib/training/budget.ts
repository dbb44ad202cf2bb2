/** The length of a training run: seconds for a test, minutes for a lesson, or the paper's schedule. */
import { type Pace, pace } from "../backend/backend.ts";
import { environment } from "../backend/environment.ts";
import { oneCycle, type Schedule, stepSchedule } from "./schedule.ts";

/** The names of the budgets. */
export type BudgetName = "quick" | "lesson" | "paper";

/** What a training run does. */
export interface Budget {
  /** The name, for people. */
  readonly name: string;
  /** Optimizer steps. */
  readonly steps: number;
  /** Images in each step. */
  readonly batchSize: number;
  /** The learning rate over time. */
  readonly schedule: Schedule;
  /** The fraction of the last step that is added to the next. */
  readonly momentum: number;
  /** On kernels only. */
  readonly weightDecay: number;
  /** The fraction of a label that is spread over all classes (Szegedy et al. 2016, section 7). */
  readonly labelSmoothing: number;
  /** Test images for the final evaluation. */
  readonly testImages: number;
}

/** Steps, images in each, and test images. A slow backend gets a training that ends as soon. */
const SIZES: Readonly<Record<Pace, Record<BudgetName, readonly [number, number, number]>>> = {
  fast: { quick: [20, 64, 200], lesson: [391, 128, 10_000], paper: [64_000, 128, 10_000] },
  slow: { quick: [12, 16, 100], lesson: [196, 64, 2_000], paper: [64_000, 128, 10_000] },
  slowest: { quick: [2, 2, 4], lesson: [8, 8, 40], paper: [64_000, 128, 10_000] },
};

const SCHEDULES: Readonly<Record<BudgetName, Schedule>> = {
  quick: oneCycle(0.1),
  lesson: oneCycle(0.4),
  paper: stepSchedule(0.1),
};

/**
 * The budget of that name; without one, what `RESIDUAL_BUDGET` says, or `"lesson"`. On a slow backend
 * `"quick"` and `"lesson"` are smaller; `"paper"` is what it is.
 *
 * @throws {RangeError} where there is no budget of that name.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { budget, startBackend } from "residual";
 *
 * await startBackend();
 * const { steps, batchSize } = budget("paper");
 * assert.equal(steps, 64_000);
 * assert.equal(batchSize, 128);
 * ```
 */
export function budget(name: string = environment("RESIDUAL_BUDGET") ?? "lesson"): Budget {
  if (name !== "quick" && name !== "lesson" && name !== "paper") {
    throw new RangeError(`There is no budget "${name}". The budgets are quick, lesson and paper.`);
  }
  const [steps, batchSize, testImages] = SIZES[pace()][name];
  return {
    name,
    steps,
    batchSize,
    schedule: SCHEDULES[name],
    momentum: 0.9,
    weightDecay: name === "paper" ? 1e-4 : 5e-4,
    labelSmoothing: 0,
    testImages,
  };
}
