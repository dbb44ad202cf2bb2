/** The same two convolutions without a shortcut: what the residual blocks are compared with. */
import * as tf from "@tensorflow/tfjs";
import { BatchNorm } from "./batch_norm.ts";
import { Block, type Part } from "./block.ts";
import { Conv2d } from "./conv2d.ts";
import { register } from "./layer.ts";

/**
 * `relu(F(x))`, where F is two 3×3 convolutions with batch norm, the first of them with `stride`
 * (He et al. 2016, the plain networks of section 4.2).
 *
 * `[batch, height, width, ni]` in, `[batch, ⌈height / stride⌉, ⌈width / stride⌉, no]` out.
 */
export class PlainBlock extends Block {
  private readonly conv1: Part;
  private readonly bn1: Part;
  private readonly conv2: Part;
  private readonly bn2: Part;

  constructor(
    /** Channels in. */
    readonly ni: number,
    /** Channels out. */
    readonly no: number = ni,
    /** Stride of the first convolution. */
    readonly stride: number = 1,
  ) {
    super({ ni, no, stride });
    this.conv1 = this.part("conv1", new Conv2d(ni, no, 3, stride));
    this.bn1 = this.part("bn1", new BatchNorm(no));
    this.conv2 = this.part("conv2", new Conv2d(no, no));
    this.bn2 = this.part("bn2", new BatchNorm(no));
  }

  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.relu(this.bn2(this.conv2(tf.relu(this.bn1(this.conv1(x))))));
  }
}

register(PlainBlock);
