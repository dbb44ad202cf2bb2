/** Estimates the duration of a training run on this machine before it begins. */
import * as tf from "@tensorflow/tfjs";
import { type Batch, trainingBatches } from "../data/batches.ts";
import type { Cifar10 } from "../data/cifar10.ts";
import type { Budget } from "./budget.ts";
import { checkTraining } from "./check_training.ts";
import { classesOf } from "./classes_of.ts";
import { Stopped, stopWasPressed } from "./stop.ts";

/** A pass that would take longer than this is not made, in milliseconds. */
const LONG = 5_000;

/**
 * Measures how many seconds the budget's training will take on this machine and backend, from one or
 * a few passes forwards and backwards. The model stays as it is.
 *
 * @throws {RangeError} when the model cannot be trained on these images, as `train` does.
 * @throws {Stopped} where Stop was pressed.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import {
 *   budget,
 *   estimateSeconds,
 *   loadCifar10,
 *   resnet20,
 *   startBackend,
 * } from "residual";
 *
 * await startBackend();
 * const seconds = await estimateSeconds(resnet20(), loadCifar10(), budget("lesson"));
 * assert.ok(seconds > 0);
 * ```
 */
export async function estimateSeconds(
  model: tf.LayersModel,
  { train: images }: Cifar10,
  budget: Budget,
): Promise<number> {
  const { steps, batchSize } = budget;
  const classes = classesOf(model);
  checkTraining(model, images, budget);
  // A pass in training moves the running statistics of batch norm.
  const kept = model.getWeights().map((weight) => weight.clone());
  try {
    let perImage = 0;
    // A backend's first passes of each size are slower than those that follow, the very first by far.
    // Two images at least: some batch norms cannot be trained on one.
    for (const size of [2, 2, 16, 16, batchSize, batchSize, batchSize]) {
      if (perImage * size > LONG) break;
      if (await stopWasPressed()) throw new Stopped("The estimate was stopped.");
      for (const batch of trainingBatches(images, { batchSize: size, seed: 0, classes })) {
        perImage = await millisecondsOf(model, batch) / size;
        break;
      }
    }
    return steps * batchSize * perImage / 1000;
  } finally {
    model.setWeights(kept);
    tf.dispose(kept);
  }
}

/** The duration of one forward and backward pass. */
async function millisecondsOf(model: tf.LayersModel, { images, labels }: Batch): Promise<number> {
  const start = performance.now();
  const { value, grads } = tf.variableGrads(() =>
    tf.losses.softmaxCrossEntropy(labels, model.apply(images, { training: true }) as tf.Tensor)
  );
  await value.data();
  const took = performance.now() - start;
  tf.dispose([images, labels, value, grads]);
  return took;
}
