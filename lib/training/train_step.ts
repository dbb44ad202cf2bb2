/** One step of training: forward pass, loss, gradients, update. */
import * as tf from "@tensorflow/tfjs";
import type { Batch } from "../data/batches.ts";

/** The loss and the accuracy of one batch, before the update. */
export interface StepResult {
  /** Mean cross-entropy, with the model's regularizers if it has any. */
  readonly loss: number;
  /** The fraction of correctly classified images, from 0 to 1. */
  readonly accuracy: number;
}

/**
 * Trains a model for one step. The batch remains the caller's to dispose.
 *
 * @param labelSmoothing Share of each label that is spread over all classes (Szegedy et al. 2016, section 7).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { loadCifar10, resnet20, Sgd, startBackend, tf, trainingBatches, trainStep } from "residual";
 *
 * await startBackend();
 * const model = resnet20();
 * const optimizer = new Sgd(0.1);
 * const losses = [];
 * for (const batch of trainingBatches(loadCifar10().train, { batchSize: 16, seed: 0 })) {
 *   losses.push((await trainStep(model, optimizer, batch)).loss);
 *   tf.dispose(batch);
 *   if (losses.length === 2) break;
 * }
 * assert.ok(losses.every(Number.isFinite));
 * ```
 */
export async function trainStep(
  model: tf.LayersModel,
  optimizer: tf.Optimizer,
  { images, labels }: Batch,
  labelSmoothing = 0,
): Promise<StepResult> {
  const weights = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const [loss, accuracy] = tf.tidy(() => {
    let correct: tf.Tensor | undefined;
    const { value, grads } = tf.variableGrads(() => {
      const logits = model.apply(images, { training: true }) as tf.Tensor;
      correct = tf.keep(tf.mean(tf.equal(tf.argMax(logits, -1), tf.argMax(labels, -1))));
      const loss = tf.losses.softmaxCrossEntropy(labels, logits, undefined, labelSmoothing);
      return tf.addN([loss, ...model.calculateLosses()]) as tf.Scalar;
    }, weights);
    optimizer.applyGradients(grads);
    return [value, correct!];
  });
  try {
    const [[lossValue], [accuracyValue]] = await Promise.all([loss.data(), accuracy.data()]);
    return { loss: lossValue!, accuracy: accuracyValue! };
  } finally {
    tf.dispose([loss, accuracy]);
  }
}
