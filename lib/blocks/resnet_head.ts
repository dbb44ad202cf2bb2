/** The head of an ImageNet network: the layers before its first stage. */
import * as tf from "@tensorflow/tfjs";
import { BatchNorm } from "./batch_norm.ts";
import { Block } from "./block.ts";
import { Conv2d } from "./conv2d.ts";
import { register } from "./layer.ts";

/**
 * A 7×7 convolution of stride 2, batch norm, ReLU and a 3×3 max pool of stride 2 (He et al. 2016,
 * table 1, conv1 and the pool of conv2_x): a photo comes out with a quarter of its height and width.
 *
 * `[batch, height, width, ni]` in, `[batch, ⌈height / 4⌉, ⌈width / 4⌉, no]` out.
 *
 * @throws {RangeError} where a size is not whole and positive, or `ni` not the input's channels.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { ResNetHead, startBackend, tf } from "residual";
 *
 * await startBackend();
 * const layer = new ResNetHead(3, 64);
 * assert.deepEqual(layer(tf.zeros([1, 64, 64, 3])).shape, [1, 16, 16, 64]);
 * ```
 */
export class ResNetHead extends Block {
  /** The 7×7 convolution. */
  readonly conv1: Conv2d;
  /** Batch norm after `conv1`. */
  readonly bn1: BatchNorm;

  constructor(
    /** Channels in: 3 for color. */
    readonly ni: number,
    /** Channels out. */
    readonly no: number,
  ) {
    super({ ni, no });
    this.conv1 = new Conv2d(ni, no, 7, 2);
    this.bn1 = new BatchNorm(no);
  }

  /** torchvision has no head: its weights are called `conv1.weight`, not `head.conv1.weight`. */
  override get transparent(): boolean {
    return true;
  }

  override forward(x: tf.Tensor4D): tf.Tensor4D {
    const features = tf.relu(this.bn1(this.conv1(x)));
    // -∞ can never be the largest, whatever the features are.
    const padded = tf.pad4d(features, [[0, 0], [1, 1], [1, 1], [0, 0]], -Infinity);
    return tf.maxPool(padded, 3, 2, "valid");
  }
}

register(ResNetHead);
