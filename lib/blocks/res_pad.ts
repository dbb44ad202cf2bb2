/** The residual block that halves the map and widens it, with a shortcut that has no parameters. */
import * as tf from "@tensorflow/tfjs";
import { BatchNorm } from "./batch_norm.ts";
import { Block, type Part } from "./block.ts";
import { Conv2d } from "./conv2d.ts";
import { register } from "./layer.ts";

/**
 * `relu(F(x) + pad(x))`: the shortcut takes every second pixel and fills the new channels with
 * zeros, half of them before and half after the old ones (He et al. 2016, section 3.3, option A,
 * the one of the paper's CIFAR-10 networks).
 *
 * `[batch, height, width, ni]` in, `[batch, ⌈height / 2⌉, ⌈width / 2⌉, no]` out.
 *
 * @throws {RangeError} where `no` is smaller than `ni`: there would be nothing to pad.
 */
export class ResPad extends Block {
  private readonly conv1: Part;
  private readonly bn1: Part;
  private readonly conv2: Part;
  private readonly bn2: Part;

  constructor(
    /** Channels in. */
    readonly ni: number,
    /** Channels out. */
    readonly no: number,
  ) {
    super({ ni, no });
    if (no < ni) {
      throw new RangeError(`ResPad can only widen: it got ${ni} channels in and ${no} out.`);
    }
    this.conv1 = this.part("conv1", new Conv2d(ni, no, 3, 2));
    this.bn1 = this.part("bn1", new BatchNorm(no));
    this.conv2 = this.part("conv2", new Conv2d(no, no));
    this.bn2 = this.part("bn2", new BatchNorm(no));
  }

  override forward(x: tf.Tensor4D): tf.Tensor4D {
    const residual = this.bn2(this.conv2(tf.relu(this.bn1(this.conv1(x)))));
    const sum: tf.Tensor4D = tf.add(residual, this.shortcut(x));
    return tf.relu(sum);
  }

  private shortcut(x: tf.Tensor4D): tf.Tensor4D {
    // A pool of one pixel takes every second one; a strided slice has no gradient in TensorFlow.js.
    const everySecond = tf.avgPool(x, 1, 2, "same");
    const before = Math.floor((this.no - this.ni) / 2);
    return tf.pad4d(everySecond, [[0, 0], [0, 0], [0, 0], [before, this.no - this.ni - before]]);
  }
}

register(ResPad);
