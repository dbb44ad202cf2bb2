/** Training with a live picture, and with Ctrl-C as Stop in a terminal. */
import process from "node:process";
import type * as tf from "@tensorflow/tfjs";
import type { History } from "../training/history.ts";
import {
  runTraining,
  type TrainingData,
  type TrainingObserver,
  type TrainOptions,
} from "../training/run_training.ts";
import { pressStop } from "../training/stop.ts";
import { frontEnd, showText } from "./display.ts";
import { showTraining, type TrainingDisplay } from "./training_display.ts";
import type { TrainingPast } from "./training_record.ts";

/**
 * Trains for the budget's steps and shows progress and curves. Stop (in a terminal, Ctrl-C) ends the run after
 * the current step; the model keeps what it has learned.
 *
 * @throws {RangeError} before the first step, when the model cannot be trained on these images: a label
 *   is too large, the budget is not in whole numbers, or batch norm would see single values.
 * @throws {Error} when the loss is no longer a number: the run has diverged. The model then has its last good
 *   weights.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { budget, loadCifar10, resnet20, startBackend, train } from "residual";
 *
 * await startBackend();
 * const twoSteps = { ...budget("quick"), steps: 2 };
 * const { loss } = await train(resnet20(), loadCifar10(), { budget: twoSteps });
 * assert.equal(loss.length, 2);
 * ```
 */
export async function train(
  model: tf.LayersModel,
  data: TrainingData,
  options: TrainOptions,
): Promise<History> {
  return await withCtrlC(() => runTraining(model, data, options, new Picture()));
}

/** Draws the events of a run. */
class Picture implements TrainingObserver {
  #display: TrainingDisplay | undefined;

  begin: TrainingObserver["begin"] = async ({ model, before, ...plan }) => {
    const past = before === undefined ? {} : { before: pastOf(before, plan.stepsPerEpoch) };
    this.#display = showTraining({ title: `Training ${model}`, ...plan, ...past });
    await this.#display.begin();
  };

  step: TrainingObserver["step"] = async (state) => {
    await this.#display?.update(state);
  };

  validated: TrainingObserver["validated"] = async (result) => {
    await this.#display?.validated(result);
  };

  warn: TrainingObserver["warn"] = showText;

  end: TrainingObserver["end"] = async (how) => {
    await this.#display?.done(how);
  };
}

/** The history of a resumed run, as the picture shows it. */
function pastOf({ loss, accuracy, epochs }: History, inEpoch: number): TrainingPast {
  const validations = epochs.flatMap(({ epoch, validation }) =>
    validation === undefined
      ? []
      : [{ step: Math.min(epoch * inEpoch, loss.length), ...validation }]
  );
  return { loss, accuracy, validations };
}

/**
 * Runs `work` with Ctrl-C as the Stop button, where a terminal has no other. A second Ctrl-C ends the
 * program as ever.
 */
async function withCtrlC<T>(work: () => Promise<T>): Promise<T> {
  if (frontEnd() !== "terminal") return await work();
  process.once("SIGINT", pressStop);
  try {
    return await work();
  } finally {
    process.off("SIGINT", pressStop);
  }
}
