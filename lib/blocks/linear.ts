/** A fully connected layer: the network's last. */
import * as tf from "@tensorflow/tfjs";
import { requireChannels, requirePositive } from "./conv2d.ts";
import { KitLayer, register } from "./layer.ts";
import { nextSeed } from "./seed.ts";

/**
 * `x · W + b`: input `[batch, ni]`, output `[batch, no]`.
 *
 * Initial weights and biases are uniform in ±1/√ni, which is PyTorch's `nn.Linear`.
 */
export class Linear extends KitLayer {
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
    requireChannels("Linear", this.ni, inputShape);
    const bound = 1 / Math.sqrt(this.ni);
    const uniform = () =>
      tf.initializers.randomUniform({ minval: -bound, maxval: bound, seed: nextSeed() });
    this.#kernel = this.addWeight("kernel", [this.ni, this.no], "float32", uniform());
    this.#bias = this.addWeight("bias", [this.no], "float32", uniform());
    super.build(inputShape);
  }

  override forward(x: tf.Tensor2D): tf.Tensor2D {
    return x.matMul(this.#kernel!.read()).add(this.#bias!.read()) as tf.Tensor2D;
  }

  override computeOutputShape(inputShape: tf.Shape): tf.Shape {
    return [inputShape[0] ?? null, this.no];
  }
}

register(Linear);
