/** Evaluates a model on held-out images. */
import * as tf from "@tensorflow/tfjs";
import { checkLabels, normalized } from "../data/batches.ts";
import type { Cifar10Split } from "../data/cifar10.ts";
import { classesOf } from "./classes_of.ts";
import { Stopped, stopWasPressed } from "./stop.ts";

const BATCH = 250;

/** A model's loss, accuracy and predictions on held-out images. */
export interface Evaluation {
  /** Mean cross-entropy. */
  readonly loss: number;
  /** The fraction of correctly classified images, from 0 to 1. */
  readonly accuracy: number;
  /** The predicted class of each image. */
  readonly predictions: Uint8Array;
  /** The probability of each prediction, from 0 to 1. */
  readonly confidences: Float32Array;
}

/**
 * Evaluates a model on the first `limit` images of a split (all by default), as they are: no crops, no
 * flips, the running statistics of batch norm.
 *
 * @throws {RangeError} when there are no images, or an image's label is not one of the model's classes.
 * @throws {Stopped} where Stop was pressed before the last image.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { evaluate, loadCifar10, resnet20, startBackend } from "residual";
 *
 * await startBackend();
 * const { accuracy } = await evaluate(resnet20(), loadCifar10().test, { limit: 100 });
 * assert.ok(accuracy < 0.5); // An untrained network guesses.
 * ```
 */
export async function evaluate(
  model: tf.LayersModel,
  split: Cifar10Split,
  { limit = split.size }: { limit?: number } = {},
): Promise<Evaluation> {
  if (split.size === 0 || !(limit >= 1)) {
    throw new RangeError(
      `evaluate expects at least one image, got ${split.size} images and the limit ${limit}.`,
    );
  }
  checkLabels(split, classesOf(model));
  const size = Math.min(Math.floor(limit), split.size);
  const predictions = new Uint8Array(size);
  const confidences = new Float32Array(size);
  let right = 0;
  let loss = 0;
  for (let first = 0; first < size; first += BATCH) {
    if (await stopWasPressed()) {
      throw new Stopped(`The evaluation was stopped after ${first} of ${size} images.`);
    }
    const indices = Array.from({ length: Math.min(BATCH, size - first) }, (_, i) => first + i);
    const [classes, sureness, batchLoss] = tf.tidy(() => {
      const logits = model.predict(normalized(split, indices), { batchSize: BATCH }) as tf.Tensor2D;
      const labels = tf.tensor1d(indices.map((i) => split.labels[i]!), "int32");
      const highest: tf.Tensor1D = tf.max(tf.softmax(logits), 1);
      const cost = tf.losses.softmaxCrossEntropy(tf.oneHot(labels, logits.shape[1]), logits);
      return [tf.argMax(logits, 1), highest, cost] as const;
    });
    for (const [i, label] of (await classes.data()).entries()) {
      predictions[first + i] = label;
      if (label === split.labels[first + i]) right++;
    }
    confidences.set(await sureness.data<"float32">(), first);
    loss += (await batchLoss.data())[0]! * indices.length;
    tf.dispose([classes, sureness, batchLoss]);
  }
  return { loss: loss / size, accuracy: right / size, predictions, confidences };
}
