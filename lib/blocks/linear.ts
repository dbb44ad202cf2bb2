/** A fully connected layer: the network's last. */
import type * as tf from "@tensorflow/tfjs";
import { biases, linearWeights } from "./init.ts";
import { KitLayer, register } from "./layer.ts";
import { requireChannels, requirePositive } from "./require.ts";

/**
 * `x · W + b`: input `[batch, ni]`, output `[batch, no]`.
 *
 * @throws {RangeError} where a size is not whole and positive, or the input has not `ni` values.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Linear, startBackend, tf } from "residual";
 *
 * await startBackend();
 * const layer = new Linear(64, 10);
 * assert.deepEqual(layer(tf.zeros([2, 64])).shape, [2, 10]);
 * ```
 */
export class Linear extends KitLayer<tf.Tensor2D> {
  #kernel: tf.LayerVariable | undefined;
  #bias: tf.LayerVariable | undefined;

  constructor(
    /** Values in. */
    readonly ni: number,
    /** Values out. */
    readonly no: number,
  ) {
    super({ ni, no });
    requirePositive("Linear", { ni, no });
  }

  override build(inputShape: tf.Shape): void {
    const { ni, no } = this;
    requireChannels("Linear", ni, inputShape);
    this.#kernel = this.variable("kernel", [ni, no], () => linearWeights(ni, no));
    this.#bias = this.variable("bias", [no], () => biases(ni, no));
    super.build(inputShape);
  }

  override forward(x: tf.Tensor2D): tf.Tensor2D {
    requireChannels("Linear", this.ni, x.shape);
    return x.matMul(this.#kernel!.read()).add(this.#bias!.read()) as tf.Tensor2D;
  }

  override computeOutputShape(inputShape: tf.Shape): tf.Shape {
    return [inputShape[0] ?? null, this.no];
  }
}

register(Linear);
