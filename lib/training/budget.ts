/** How long a training may take: seconds for a test, minutes for a lesson, or the paper's schedule. */
import process from "node:process";

/** What a training run does. */
export interface Budget {
  readonly name: "quick" | "lesson" | "paper";
  /** Optimiser steps. */
  readonly steps: number;
  readonly batchSize: number;
  /** Learning rate after `done`, a fraction 0 to 1 of the steps. */
  readonly rate: (done: number) => number;
  readonly weightDecay: number;
  /** Test images that the result is judged on. */
  readonly testImages: number;
}

/** Up to `peak` in the first quarter, then down to nothing in a straight line. */
function oneCycle(peak: number): (done: number) => number {
  return (done) => done < 0.25 ? peak * (0.1 + 3.6 * done) : peak * (1 - done) / 0.75;
}

const BUDGETS: Readonly<Record<Budget["name"], Budget>> = {
  quick: {
    name: "quick",
    steps: 60,
    batchSize: 64,
    rate: oneCycle(0.1),
    weightDecay: 5e-4,
    testImages: 500,
  },
  lesson: {
    name: "lesson",
    steps: 391,
    batchSize: 128,
    rate: oneCycle(0.4),
    weightDecay: 5e-4,
    testImages: 10_000,
  },
  // He et al. 2016, section 4.2: 64,000 steps, the rate divided by 10 at 32,000 and 48,000.
  paper: {
    name: "paper",
    steps: 64_000,
    batchSize: 128,
    rate: (done) => done < 0.5 ? 0.1 : done < 0.75 ? 0.01 : 0.001,
    weightDecay: 1e-4,
    testImages: 10_000,
  },
};

/**
 * The budget of that name; without one, what `RESIDUAL_BUDGET` says, or `"lesson"`.
 *
 * @throws {RangeError} where there is no budget of that name.
 */
export function budget(name: string = process.env["RESIDUAL_BUDGET"] || "lesson"): Budget {
  if (name === "quick" || name === "lesson" || name === "paper") return BUDGETS[name];
  throw new RangeError(`There is no budget "${name}": it can be quick, lesson or paper.`);
}
