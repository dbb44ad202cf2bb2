/** The tail of a network: from the last stage's features to one logit for each class. */
import * as tf from "@tensorflow/tfjs";
import { Block } from "./block.ts";
import { register } from "./layer.ts";
import { Linear } from "./linear.ts";

/**
 * The mean over all pixels, then a linear layer (He et al. 2016, table 1, the last row).
 *
 * `[batch, height, width, ni]` in, `[batch, no]` out: logits, before any softmax;
 * ni · no + no parameters.
 *
 * @throws {RangeError} where a size is not whole and positive, or `ni` not the input's channels.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { ResNetTail, startBackend, tf } from "residual";
 *
 * await startBackend();
 * const layer = new ResNetTail(512, 1000);
 * assert.deepEqual(layer(tf.zeros([2, 7, 7, 512])).shape, [2, 1000]);
 * ```
 */
export class ResNetTail extends Block<tf.Tensor2D> {
  readonly #linear: Linear;

  constructor(
    /** Channels in. */
    readonly ni: number,
    /** Classes. */
    readonly no: number,
    /** The linear layer's name: torchvision's by default, `"linear"` in CIFAR networks. */
    name: "fc" | "linear" = "fc",
  ) {
    super({ ni, no, name });
    this.#linear = new Linear(ni, no);
    // The name of the property is part of the names of the weights.
    Object.assign(this, { [name]: this.#linear });
  }

  /** torchvision has no tail: its weights are called `fc.weight`, not `tail.fc.weight`. */
  override get transparent(): boolean {
    return true;
  }

  override forward(x: tf.Tensor4D): tf.Tensor2D {
    return this.#linear(tf.mean(x, [1, 2]));
  }
}

register(ResNetTail);
