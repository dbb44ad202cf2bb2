/** The residual block whose shortcut is the identity. */
import type * as tf from "@tensorflow/tfjs";
import { addAndRelu, BasicBlock } from "./basic_block.ts";
import { register } from "./layer.ts";

/**
 * `relu(F(x) + x)`, where F is two 3×3 convolutions with batch norm (He et al. 2016, figure 2):
 * 2 · (9 · ni² + 2 · ni) parameters.
 *
 * `[batch, height, width, ni]` in and out.
 *
 * @throws {RangeError} where `ni` is not whole and positive, or not the input's channels.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { ResIdentity, startBackend, tf } from "residual";
 *
 * await startBackend();
 * const layer = new ResIdentity(16);
 * assert.deepEqual(layer(tf.zeros([1, 32, 32, 16])).shape, [1, 32, 32, 16]);
 * ```
 */
export class ResIdentity extends BasicBlock {
  constructor(
    /** Channels in and out. */
    readonly ni: number,
  ) {
    super(ni, ni, 1, { ni });
  }

  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return addAndRelu(this.F(x), x);
  }
}

register(ResIdentity);
