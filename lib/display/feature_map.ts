/** Feature maps as pictures. */
import * as tf from "@tensorflow/tfjs";

/** Height and width of a picture, in pixels: those of a CIFAR image. */
const SIDE = 32;
/** The color around a map that is smaller than the picture. */
const AROUND = [120, 170, 220] as const;

/**
 * One channel of one image's feature maps.
 *
 * @param maps `[batch, height, width, channels]`
 * @returns `[height, width]`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { featureMap, startBackend, tf } from "residual";
 *
 * await startBackend();
 * assert.deepEqual(featureMap(tf.zeros([2, 8, 8, 16]), 3).shape, [8, 8]);
 * ```
 */
export function featureMap(maps: tf.Tensor4D, channel: number, image = 0): tf.Tensor2D {
  const [, height, width] = maps.shape;
  return tf.tidy(() =>
    tf.reshape(tf.slice(maps, [image, 0, 0, channel], [1, height, width, 1]), [height, width])
  );
}

/**
 * Draws a feature map in shades of gray: `low` is black, `high` is white. A map of less than 32×32 pixels
 * lies at the top left, on blue.
 *
 * @param map `[height, width]`, at most 32×32
 * @returns The picture's bytes, `[32, 32, 3]` flattened, for `showImages`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { mapImage, startBackend, tf } from "residual";
 *
 * await startBackend();
 * const picture = await mapImage(tf.tensor2d([[0, 0.5], [1, 2]]), 0, 1);
 * assert.deepEqual([...picture.slice(0, 9)], [0, 0, 0, 128, 128, 128, 120, 170, 220]);
 * ```
 *
 * @throws {RangeError} when the map is larger than 32×32.
 */
export async function mapImage(map: tf.Tensor2D, low: number, high: number): Promise<Uint8Array> {
  const [height, width] = map.shape;
  if (height > SIDE || width > SIDE) {
    throw new RangeError(
      `mapImage expects a feature map of at most 32×32, got ${height}×${width}.`,
    );
  }
  const values = await map.data();
  const bytes = new Uint8Array(SIDE * SIDE * 3);
  for (let i = 0; i < SIDE * SIDE; i++) bytes.set(AROUND, 3 * i);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const share = (values[y * width + x]! - low) / (high - low);
      const gray = Math.round(255 * Math.min(1, Math.max(0, share)));
      bytes.fill(gray, 3 * (SIDE * y + x), 3 * (SIDE * y + x + 1));
    }
  }
  return bytes;
}
