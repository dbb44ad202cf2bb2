/** Checks before the first step that a training run can succeed. */
import * as tf from "@tensorflow/tfjs";
import { BatchNorm } from "../blocks/batch_norm.ts";
import { trace } from "../blocks/layer.ts";
import type { Cifar10Split } from "../data/cifar10.ts";

/**
 * Checks that a model can be trained on these images in batches of this size.
 *
 * @throws {RangeError} when there are no images, when `steps` or `batchSize` is not a whole number, or
 *   when batches have a single image and batch norm would get only one value per channel.
 */
export function checkTraining(
  model: tf.LayersModel,
  images: Cifar10Split,
  { steps, batchSize }: { steps: number; batchSize: number },
): void {
  if (!Number.isInteger(steps) || steps < 0) {
    throw new RangeError(`Cannot train ${model.name}: steps is ${steps}, expected 0, 1, 2, ...`);
  }
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new RangeError(
      `Cannot train ${model.name}: batchSize is ${batchSize}, expected 1, 2, 3, ...`,
    );
  }
  if (images.size === 0) throw new RangeError(`Cannot train ${model.name}: there are no images.`);
  if (Math.min(batchSize, images.size) === 1) checkSingleImages(model);
}

/** One image whose map has shrunk to one pixel has no variance. */
function checkSingleImages(model: tf.LayersModel): void {
  const [, ...shape] = model.inputs[0]!.shape;
  const calls = trace(() =>
    tf.tidy(() => {
      model.predict(tf.zeros([1, ...shape.map((size) => size ?? 32)]));
    })
  );
  const single = calls.find(({ layer, outputShape }) =>
    layer instanceof BatchNorm && outputShape.slice(0, -1).every((size) => size === 1)
  );
  if (single === undefined) return;
  throw new RangeError(
    `Cannot train ${model.name} on single images: its batch norm "${single.layer.name}" expects two or more ` +
      `values per channel, got one, [${single.outputShape}]. Use batches of 2 or more images.`,
  );
}
