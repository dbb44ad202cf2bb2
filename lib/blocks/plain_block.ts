/** The same two convolutions without a shortcut: what the residual blocks are compared with. */
import * as tf from "@tensorflow/tfjs";
import { BasicBlock } from "./basic_block.ts";
import { register } from "./layer.ts";

/**
 * `relu(F(x))`, where F is two 3×3 convolutions with batch norm, the first of them with `stride`
 * (He et al. 2016, the plain networks of section 4.2).
 *
 * `[batch, height, width, ni]` in, `[batch, ⌈height / stride⌉, ⌈width / stride⌉, no]` out;
 * 9 · ni · no + 9 · no² + 4 · no parameters.
 *
 * @throws {RangeError} where a size is not whole and positive, or `ni` not the input's channels.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { PlainBlock, startBackend, tf } from "residual";
 *
 * await startBackend();
 * const layer = new PlainBlock(16, 32, 2);
 * assert.deepEqual(layer(tf.zeros([1, 32, 32, 16])).shape, [1, 16, 16, 32]);
 * ```
 */
export class PlainBlock extends BasicBlock {
  constructor(
    /** Channels in. */
    readonly ni: number,
    /** Channels out. Default `ni`. */
    readonly no: number = ni,
    /** Stride of the first convolution. Default 1. */
    readonly stride: number = 1,
  ) {
    super(ni, no, stride, { ni, no, stride });
  }

  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.relu(this.F(x));
  }
}

register(PlainBlock);
