/** A convolution padded on both sides alike, as PyTorch pads it. */
import * as tf from "@tensorflow/tfjs";
import { KitLayer, register } from "./layer.ts";
import { nextSeed } from "./seed.ts";

/**
 * A convolution without bias; `kernelSize` is odd, and `(kernelSize - 1) / 2` zeros are laid on
 * every side, so that a stride of 1 keeps the size.
 *
 * TensorFlow's own "same" pads a stride-2 convolution on one side only, which shifts the picture by
 * a pixel and makes other numbers out of the same weights.
 *
 * Input `[batch, height, width, ni]`, output `[batch, ⌈height / stride⌉, ⌈width / stride⌉, no]`.
 * Initial weights are normal with variance `2 / (kernelSize² · no)` (He et al. 2015, section 2.2,
 * the backward case; torchvision's choice for its ResNets).
 */
export class Conv2d extends KitLayer {
  #kernel: tf.LayerVariable | undefined;

  constructor(
    /** Channels in. */
    readonly ni: number,
    /** Channels out: the number of filters. */
    readonly no: number,
    readonly kernelSize: number = 3,
    readonly stride: number = 1,
  ) {
    super({ ni, no, kernelSize, stride });
    requirePositive("Conv2d", { ni, no, kernelSize, stride });
    if (kernelSize % 2 === 0) {
      throw new RangeError(`Conv2d needs an odd kernelSize to pad alike, and got ${kernelSize}.`);
    }
  }

  override build(inputShape: tf.Shape): void {
    requireChannels("Conv2d", this.ni, inputShape);
    const stddev = Math.sqrt(2 / (this.kernelSize ** 2 * this.no));
    this.#kernel = this.addWeight(
      "kernel",
      [this.kernelSize, this.kernelSize, this.ni, this.no],
      "float32",
      tf.initializers.randomNormal({ mean: 0, stddev, seed: nextSeed() }),
    );
    super.build(inputShape);
  }

  override forward(x: tf.Tensor4D): tf.Tensor4D {
    const kernel = this.#kernel!.read() as tf.Tensor4D;
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

/** Refuses sizes that are not whole and positive, naming the first. */
export function requirePositive(layer: string, sizes: Record<string, number>): void {
  for (const [name, size] of Object.entries(sizes)) {
    if (!Number.isInteger(size) || size < 1) {
      throw new RangeError(`${layer} needs a whole, positive ${name}, and got ${size}.`);
    }
  }
}

/** Refuses an input whose last dimension is not the channels that the layer was made for. */
export function requireChannels(layer: string, ni: number, inputShape: tf.Shape): void {
  const channels = inputShape.at(-1);
  if (channels === ni) return;
  throw new RangeError(
    `${layer} was made for ${ni} channels, and its input has ${channels}: ` +
      `[${inputShape.map((size) => size ?? "batch").join(", ")}].`,
  );
}

register(Conv2d);
