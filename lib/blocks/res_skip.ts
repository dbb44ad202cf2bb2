/** The residual block that halves the map and changes the channels, with a projection shortcut. */
import type * as tf from "@tensorflow/tfjs";
import { addAndRelu, BasicBlock } from "./basic_block.ts";
import { BatchNorm } from "./batch_norm.ts";
import { Conv2d } from "./conv2d.ts";
import { register } from "./layer.ts";
import { Sequence } from "./sequence.ts";

/** The name and the kernel size of the projection. */
export type SkipOptions = {
  /** Its name in weight names: torchvision's by default, `"shortcut"` in CIFAR networks. */
  name?: "downsample" | "shortcut";
  /** Height and width of its filters. Default 1. */
  kernelSize?: number;
};

/**
 * `relu(F(x) + W x)`: F is a 3×3 convolution of stride 2 and a 3×3 of stride 1, each with batch
 * norm; W is a 1×1 convolution of stride 2 with batch norm (He et al. 2016, section 3.3, option B).
 *
 * `[batch, height, width, ni]` in, `[batch, ⌈height / 2⌉, ⌈width / 2⌉, no]` out;
 * 9 · ni · no + 9 · no² + ni · no + 6 · no parameters.
 *
 * @throws {RangeError} where a size is not whole and positive, or `ni` not the input's channels.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { ResSkip, startBackend, tf } from "residual";
 *
 * await startBackend();
 * const layer = new ResSkip(16, 32);
 * assert.deepEqual(layer(tf.zeros([1, 32, 32, 16])).shape, [1, 16, 16, 32]);
 * ```
 */
export class ResSkip extends BasicBlock {
  readonly #projection: Sequence;

  constructor(
    /** Channels in. */
    readonly ni: number,
    /** Channels out. */
    readonly no: number,
    skip: SkipOptions = {},
  ) {
    super(ni, no, 2, { ni, no, skip });
    const { name = "downsample", kernelSize = 1 } = skip;
    this.#projection = new Sequence([new Conv2d(ni, no, kernelSize, 2), new BatchNorm(no)]);
    // The name of the property is part of the names of the weights.
    Object.assign(this, { [name]: this.#projection });
  }

  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return addAndRelu(this.F(x), this.#projection(x));
  }
}

register(ResSkip);
