/** The residual block that halves the map and widens it, with a shortcut that has no parameters. */
import * as tf from "@tensorflow/tfjs";
import { addAndRelu, BasicBlock } from "./basic_block.ts";
import { register } from "./layer.ts";

/**
 * `relu(F(x) + pad(x))`: the shortcut takes every second pixel and fills the new channels with
 * zeros (He et al. 2016, section 3.3, option A, the one of the paper's CIFAR-10 networks), half of them
 * before and half after the old ones (as akamaster/pytorch_resnet_cifar10; the paper does not say).
 *
 * `[batch, height, width, ni]` in, `[batch, ⌈height / 2⌉, ⌈width / 2⌉, no]` out;
 * 9 · ni · no + 9 · no² + 4 · no parameters, as many as without a shortcut.
 *
 * @throws {RangeError} where `no` is smaller than `ni`: there would be nothing to pad.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { ResPad, startBackend, tf } from "residual";
 *
 * await startBackend();
 * const layer = new ResPad(16, 32);
 * assert.deepEqual(layer(tf.zeros([1, 32, 32, 16])).shape, [1, 16, 16, 32]);
 * ```
 */
export class ResPad extends BasicBlock {
  constructor(
    /** Channels in. */
    readonly ni: number,
    /** Channels out. */
    readonly no: number,
  ) {
    super(ni, no, 2, { ni, no });
    if (no < ni) {
      throw new RangeError(
        `ResPad expects at least as many output channels as input channels, got ${ni} in and ${no} out.`,
      );
    }
  }

  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return addAndRelu(this.F(x), this.#shortcut(x));
  }

  /** Takes every second pixel and adds channels of zeros on both sides. */
  #shortcut(x: tf.Tensor4D): tf.Tensor4D {
    // A pool of one pixel takes every second one; a strided slice has no gradient in TensorFlow.js.
    const everySecond = tf.avgPool(x, 1, 2, "same");
    const before = Math.floor((this.no - this.ni) / 2);
    return tf.pad4d(everySecond, [[0, 0], [0, 0], [0, 0], [before, this.no - this.ni - before]]);
  }
}

register(ResPad);
