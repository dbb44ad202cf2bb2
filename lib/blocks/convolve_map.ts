/** A convolution of a single map with a single filter, for looking at what a filter does. */
import * as tf from "@tensorflow/tfjs";

/**
 * Slides one filter over one map, with zeros around the map.
 *
 * @param map `[height, width]`
 * @param filter As many rows as columns.
 * @param stride Pixels from one place to the next. Default 1.
 * @param padding Rows and columns of zeros on each side. Default 1.
 * @returns `[⌊(height + 2 · padding − size) / stride⌋ + 1, ...]`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { convolveMap, startBackend, tf } from "residual";
 *
 * await startBackend();
 * const ones = [[1, 1, 1], [1, 1, 1], [1, 1, 1]];
 * assert.deepEqual(convolveMap(tf.ones([8, 8]), ones, 2).shape, [4, 4]);
 * ```
 */
export function convolveMap(
  map: tf.Tensor2D,
  filter: readonly (readonly number[])[],
  stride = 1,
  padding = 1,
): tf.Tensor2D {
  return tf.tidy(() => {
    const [height, width] = map.shape;
    const size = filter.length;
    const padded = tf.pad(map, [[padding, padding], [padding, padding]]);
    const image = tf.reshape(padded, [1, height + 2 * padding, width + 2 * padding, 1]);
    const kernel = tf.tensor4d(filter.flat(), [size, size, 1, 1]);
    return tf.squeeze(tf.conv2d(image as tf.Tensor4D, kernel, stride, "valid"), [0, 3]);
  });
}
