/** How long a training will take here, measured before it begins. */
import * as tf from "@tensorflow/tfjs";
import { trainingBatches } from "../data/batches.ts";
import type { Cifar10 } from "../data/cifar10.ts";
import type { Budget } from "./budget.ts";

/** No pass that is going to take longer than this is made, in milliseconds. */
const LONG = 5_000;

/**
 * Measures how many seconds the budget's training will take on this machine and backend, from one or
 * a few passes forwards and backwards. The model stays as it is.
 *
 * @example
 * ```ts
 * import {
 *   budget,
 *   estimateSeconds,
 *   formatSeconds,
 *   loadCifar10,
 *   resnet20,
 *   startBackend,
 * } from "residual";
 *
 * await startBackend();
 * const seconds = await estimateSeconds(resnet20(), loadCifar10(), budget("lesson"));
 * console.log(`about ${formatSeconds(seconds)}`);
 * ```
 */
export async function estimateSeconds(
  model: tf.LayersModel,
  { train: images }: Cifar10,
  { steps, batchSize }: Budget,
): Promise<number> {
  // A pass in training moves the running statistics of batch norm.
  const kept = model.getWeights().map((weight) => weight.clone());
  let perImage = 0;
  // A backend's first passes of each size are slower than those that follow.
  for (const size of [1, 16, 16, batchSize, batchSize, batchSize]) {
    if (perImage * size > LONG) break;
    const batches = await trainingBatches(images, { batchSize: size, seed: 0 }).iterator();
    const { xs, ys } = (await batches.next()).value;
    const start = performance.now();
    const { value, grads } = tf.variableGrads(() =>
      tf.losses.softmaxCrossEntropy(ys, model.apply(xs, { training: true }) as tf.Tensor)
    );
    await value.data();
    perImage = (performance.now() - start) / size;
    tf.dispose([xs, ys, value, grads]);
  }
  model.setWeights(kept);
  tf.dispose(kept);
  return steps * batchSize * perImage / 1000;
}
