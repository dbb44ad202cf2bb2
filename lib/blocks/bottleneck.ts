/** The three-layer block of the deeper ImageNet networks. */
import * as tf from "@tensorflow/tfjs";
import { addAndRelu } from "./basic_block.ts";
import { BatchNorm } from "./batch_norm.ts";
import { Block } from "./block.ts";
import { Conv2d } from "./conv2d.ts";
import { register } from "./layer.ts";
import { Sequence } from "./sequence.ts";

/** A bottleneck has four times as many output channels as its 3×3 convolution. */
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
 * import assert from "node:assert/strict";
 * import { Bottleneck, startBackend, tf } from "residual";
 *
 * await startBackend();
 * const layer = new Bottleneck(64, 16, 2);
 * assert.deepEqual(layer(tf.zeros([1, 8, 8, 64])).shape, [1, 4, 4, 64]);
 * ```
 */
export class Bottleneck extends Block {
  /** The 1×1 convolution that narrows. */
  readonly conv1: Conv2d;
  /** Batch norm after `conv1`. */
  readonly bn1: BatchNorm;
  /** The 3×3 convolution, with the stride. */
  readonly conv2: Conv2d;
  /** Batch norm after `conv2`. */
  readonly bn2: BatchNorm;
  /** The 1×1 convolution that widens. */
  readonly conv3: Conv2d;
  /** Batch norm after `conv3`. */
  readonly bn3: BatchNorm;
  /** The projection; undefined if the shortcut is the identity. */
  readonly downsample: Sequence | undefined;

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
    this.conv1 = new Conv2d(ni, width, 1);
    this.bn1 = new BatchNorm(width);
    this.conv2 = new Conv2d(width, width, 3, stride);
    this.bn2 = new BatchNorm(width);
    this.conv3 = new Conv2d(width, no, 1);
    this.bn3 = new BatchNorm(no);
    if (stride !== 1 || ni !== no) {
      this.downsample = new Sequence([new Conv2d(ni, no, 1, stride), new BatchNorm(no)]);
    }
  }

  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return addAndRelu(this.#F(x), this.downsample?.(x) ?? x);
  }

  /** The main branch: `[batch, height, width, ni]` in, `[batch, ⌈height / stride⌉, ⌈width / stride⌉, 4 · width]` out. */
  #F(x: tf.Tensor4D): tf.Tensor4D {
    const narrow = tf.relu(this.bn1(this.conv1(x)));
    return this.bn3(this.conv3(tf.relu(this.bn2(this.conv2(narrow)))));
  }

  /** As `BasicBlock.zeroGamma`. */
  zeroGamma(): void {
    this.bn3.zeroGamma();
  }
}

register(Bottleneck);
