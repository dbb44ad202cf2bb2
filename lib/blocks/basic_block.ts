/** F, the residual function that the two-layer blocks share. */
import * as tf from "@tensorflow/tfjs";
import type { Arguments } from "./arguments.ts";
import { BatchNorm } from "./batch_norm.ts";
import { Block } from "./block.ts";
import { Conv2d } from "./conv2d.ts";

/**
 * Two 3×3 convolutions with batch norm, the first with `stride` (He et al. 2016, figure 5, left). What
 * is done with F(x) is each block's own: see `ResIdentity`, `ResSkip`, `ResPad` and `PlainBlock`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { BasicBlock, startBackend, tf } from "residual";
 *
 * await startBackend();
 * class HalfResidual extends BasicBlock {
 *   constructor(readonly ni: number) {
 *     super(ni, ni, 1, { ni });
 *   }
 *   forward(x: tf.Tensor4D): tf.Tensor4D {
 *     return tf.relu(tf.add(tf.mul(this.F(x), 0.5), x));
 *   }
 * }
 * const layer = new HalfResidual(4);
 * assert.deepEqual(layer(tf.zeros([1, 8, 8, 4])).shape, [1, 8, 8, 4]);
 * ```
 */
export abstract class BasicBlock extends Block {
  /** The first convolution, with the stride. */
  readonly conv1: Conv2d;
  /** Batch norm after `conv1`. */
  readonly bn1: BatchNorm;
  /** The second convolution. */
  readonly conv2: Conv2d;
  /** Batch norm after `conv2`. */
  readonly bn2: BatchNorm;

  constructor(ni: number, no: number, stride: number, args: Arguments) {
    super(args);
    this.conv1 = new Conv2d(ni, no, 3, stride);
    this.bn1 = new BatchNorm(no);
    this.conv2 = new Conv2d(no, no);
    this.bn2 = new BatchNorm(no);
  }

  /** `[batch, height, width, ni]` in, `[batch, ⌈height / stride⌉, ⌈width / stride⌉, no]` out. */
  protected F(x: tf.Tensor4D): tf.Tensor4D {
    return this.bn2(this.conv2(tf.relu(this.bn1(this.conv1(x)))));
  }

  /**
   * Lets F(x) begin as 0, so that the block begins as its shortcut (Goyal et al. 2017, section 5.1).
   */
  zeroGamma(): void {
    this.bn2.zeroGamma();
  }
}

/** `relu(residual + shortcut)`: the sum comes first (He et al. 2016, figure 2). */
export function addAndRelu(residual: tf.Tensor4D, shortcut: tf.Tensor4D): tf.Tensor4D {
  const sum: tf.Tensor4D = tf.add(residual, shortcut);
  return tf.relu(sum);
}
