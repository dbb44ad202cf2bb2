/** A convolution padded on both sides alike, as PyTorch pads it. */
import * as tf from "@tensorflow/tfjs";
import { biases, convolutionWeights } from "./init.ts";
import { KitLayer, register } from "./layer.ts";
import { requireChannels, requirePositive } from "./require.ts";

/**
 * A convolution, without bias unless it is asked for; `kernelSize` is odd, and
 * `(kernelSize - 1) / 2` zeros are laid on every side, so that a stride of 1 keeps the size.
 *
 * TensorFlow's own "same" pads a stride-2 convolution on one side only, which shifts the picture by
 * a pixel and makes other numbers out of the same weights.
 *
 * Input `[batch, height, width, ni]`, output `[batch, ⌈height / stride⌉, ⌈width / stride⌉, no]`.
 *
 * @throws {RangeError} where a size is not whole and positive, `kernelSize` is even, or the input has
 *   not `ni` channels.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Conv2d, startBackend, tf } from "residual";
 *
 * await startBackend();
 * const layer = new Conv2d(3, 16, 3, 2);
 * assert.deepEqual(layer(tf.zeros([1, 32, 32, 3])).shape, [1, 16, 16, 16]);
 * ```
 */
export class Conv2d extends KitLayer {
  #kernel: tf.LayerVariable | undefined;
  #bias: tf.LayerVariable | undefined;

  constructor(
    /** Channels in. */
    readonly ni: number,
    /** Channels out: the number of filters. */
    readonly no: number,
    /** Height and width of a filter. Default 3. */
    readonly kernelSize: number = 3,
    /** Pixels from one place of the filter to the next. Default 1. */
    readonly stride: number = 1,
    /** Whether each filter has a bias. A batch norm right after it makes one needless. */
    readonly hasBias: boolean = false,
  ) {
    super({ ni, no, kernelSize, stride, hasBias });
    requirePositive("Conv2d", { ni, no, kernelSize, stride });
    if (kernelSize % 2 === 0) {
      throw new RangeError(
        `Conv2d expects an odd kernelSize, so that both sides get the same padding, got ${kernelSize}.`,
      );
    }
  }

  override build(inputShape: tf.Shape): void {
    const { ni, no, kernelSize, hasBias } = this;
    requireChannels("Conv2d", ni, inputShape);
    const shape = [kernelSize, kernelSize, ni, no];
    this.#kernel = this.variable("kernel", shape, () => convolutionWeights(kernelSize, ni, no));
    if (hasBias) this.#bias = this.variable("bias", [no], () => biases(kernelSize ** 2 * ni, no));
    super.build(inputShape);
  }

  override forward(x: tf.Tensor4D): tf.Tensor4D {
    requireChannels("Conv2d", this.ni, x.shape);
    const y = this.#convolve(x, this.#kernel!.read() as tf.Tensor4D);
    return this.#bias ? tf.add(y, this.#bias.read()) : y;
  }

  #convolve(x: tf.Tensor4D, kernel: tf.Tensor4D): tf.Tensor4D {
    // At stride 1 "same" is symmetric already, and spares the copy that padding makes.
    if (this.stride === 1) return tf.conv2d(x, kernel, 1, "same");
    const pad = (this.kernelSize - 1) / 2;
    const padded = pad === 0 ? x : tf.pad4d(x, [[0, 0], [pad, pad], [pad, pad], [0, 0]]);
    return tf.conv2d(padded, kernel, this.stride, "valid");
  }

  override computeOutputShape(inputShape: tf.Shape): tf.Shape {
    const [batch = null, height, width] = inputShape;
    const shrink = (size: number | null | undefined) =>
      size === null || size === undefined ? null : Math.ceil(size / this.stride);
    return [batch, shrink(height), shrink(width), this.no];
  }
}

register(Conv2d);
