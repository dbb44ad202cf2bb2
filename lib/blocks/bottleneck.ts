/** The three-layer block of the deeper ImageNet networks. */
import * as tf from "@tensorflow/tfjs";
import { addAndRelu } from "./basic_block.ts";
import { BatchNorm } from "./batch_norm.ts";
import { Block, type Part } from "./block.ts";
import { Conv2d } from "./conv2d.ts";
import { register } from "./layer.ts";

/** A bottleneck gives four times as many channels as its 3×3 convolution has. */
export const EXPANSION = 4;

/**
 * `relu(F(x) + x)` or `relu(F(x) + W x)`: F is a 1×1 convolution that narrows to `width` channels, a 3×3
 * with the stride, and a 1×1 that widens to `4 · width`, each with batch norm (He et al. 2016, figure 5,
 * right). The shortcut is a projection where the shapes differ.
 *
 * The paper has the stride on the first 1×1 convolution; torchvision, and so the kit, has it on the 3×3.
 *
 * `[batch, height, width, ni]` in, `[batch, ⌈height / stride⌉, ⌈width / stride⌉, 4 · width]` out.
 *
 * @throws {RangeError} where a size is not whole and positive, or `ni` not the input's channels.
 *
 * @example
 * ```ts
 * import { Bottleneck, startBackend, tf } from "residual";
 *
 * await startBackend();
 * const y = new Bottleneck(64, 16, 2).apply(tf.zeros([1, 8, 8, 64])) as tf.Tensor;
 * console.log(y.shape); // [1, 4, 4, 64]
 * ```
 */
export class Bottleneck extends Block {
  private readonly conv1: Part;
  private readonly bn1: Part;
  private readonly conv2: Part;
  private readonly bn2: Part;
  private readonly conv3: Part;
  private readonly bn3: Part;
  private readonly shortcut: Part;
  readonly #last: BatchNorm;

  constructor(
    /** Channels in. */
    readonly ni: number,
    /** Channels of the 3×3 convolution. */
    readonly width: number,
    /** Its stride. Default 1. */
    readonly stride: number = 1,
  ) {
    super({ ni, width, stride });
    const no = EXPANSION * width;
    this.#last = new BatchNorm(no);
    this.conv1 = this.part("conv1", new Conv2d(ni, width, 1));
    this.bn1 = this.part("bn1", new BatchNorm(width));
    this.conv2 = this.part("conv2", new Conv2d(width, width, 3, stride));
    this.bn2 = this.part("bn2", new BatchNorm(width));
    this.conv3 = this.part("conv3", new Conv2d(width, no, 1));
    this.bn3 = this.part("bn3", this.#last);
    this.shortcut = stride === 1 && ni === no ? (x) => x : this.#projection(no);
  }

  #projection(no: number): Part {
    const conv = this.part("downsample.0", new Conv2d(this.ni, no, 1, this.stride));
    const bn = this.part("downsample.1", new BatchNorm(no));
    return (x) => bn(conv(x));
  }

  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return addAndRelu(this.F(x), this.shortcut(x));
  }

  private F(x: tf.Tensor4D): tf.Tensor4D {
    const narrow = tf.relu(this.bn1(this.conv1(x)));
    return this.bn3(this.conv3(tf.relu(this.bn2(this.conv2(narrow)))));
  }

  /** As `BasicBlock.silence`. */
  silence(): void {
    this.#last.silence();
  }
}

register(Bottleneck);
