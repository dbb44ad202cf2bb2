/** VGG-16 with batch norm in kuangliu/pytorch-cifar's form: what came before the shortcut. */
import * as tf from "@tensorflow/tfjs";
import { BatchNorm } from "../blocks/batch_norm.ts";
import { Conv2d } from "../blocks/conv2d.ts";
import { Linear } from "../blocks/linear.ts";
import { requirePositive } from "../blocks/require.ts";
import { connect, imageShape, type ModelOptions } from "./options.ts";

/** Filters of each convolution, stage by stage; a pool halves the map after each stage. */
const STAGES = [[64, 64], [128, 128], [256, 256, 256], [512, 512, 512], [512, 512, 512]];
const HALVINGS = 2 ** STAGES.length;

/**
 * Thirteen 3×3 convolutions with bias, batch norm and ReLU, five 2×2 max pools, one linear layer
 * (Simonyan and Zisserman 2015, table 1, column D, with batch norm): 14,728,266 parameters.
 *
 * `[batch, 32, 32, 3]` in, logits `[batch, classes]` out, 10 classes by default. An image is halved
 * five times and must have one pixel left: 32 to 63 pixels on each side.
 *
 * @throws {RangeError} where `classes` or a size is not whole and positive, or a side of the images is
 *   too small or too large.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { countParams, startBackend, vgg16 } from "residual";
 *
 * await startBackend();
 * assert.equal(countParams(vgg16()).trainable, 14_728_266);
 * ```
 */
export function vgg16(options: ModelOptions = {}): tf.LayersModel {
  const { classes = 10, inputShape = [32, 32, 3] } = options;
  requirePositive("vgg16", { classes });
  const shape = imageShape("vgg16", inputShape);
  for (const side of shape.slice(0, 2)) {
    if (side === null || Math.floor(side / HALVINGS) !== 1) {
      throw new RangeError(
        `vgg16 halves an image five times and ends with one pixel: expected 32 to 63 pixels on each side, ` +
          `got [${shape.map((size) => size ?? "any").join(", ")}].`,
      );
    }
  }
  const features: tf.layers.Layer[] = [];
  let ni = shape[2];
  for (const stage of STAGES) {
    for (const no of stage) {
      features.push(new Conv2d(ni, no, 3, 1, true), new BatchNorm(no), tf.layers.reLU());
      ni = no;
    }
    features.push(tf.layers.maxPooling2d({ poolSize: 2 }));
  }
  const ends = connect(shape, [
    ...features.map((layer, i) => [`features.${i}`, layer] as const),
    ["flatten", tf.layers.flatten()],
    ["classifier", new Linear(ni, classes)],
  ], options);
  return tf.model({ ...ends, name: "vgg16" });
}
