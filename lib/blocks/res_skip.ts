/** The residual block that halves the map and changes the channels, with a projection shortcut. */
import * as tf from "@tensorflow/tfjs";
import { BatchNorm } from "./batch_norm.ts";
import { Block, type Part } from "./block.ts";
import { Conv2d } from "./conv2d.ts";
import { register } from "./layer.ts";

/**
 * `relu(F(x) + W x)`: F is a 3×3 convolution of stride 2 and a 3×3 of stride 1, each with batch
 * norm; W is a 1×1 convolution of stride 2 with batch norm (He et al. 2016, section 3.3, option B).
 *
 * `[batch, height, width, ni]` in, `[batch, ⌈height / 2⌉, ⌈width / 2⌉, no]` out.
 */
export class ResSkip extends Block {
  private readonly conv1: Part;
  private readonly bn1: Part;
  private readonly conv2: Part;
  private readonly bn2: Part;
  private readonly skipConv: Part;
  private readonly skipBn: Part;

  constructor(
    /** Channels in. */
    readonly ni: number,
    /** Channels out. */
    readonly no: number,
    /** What the skip path is called in weight names: torchvision's word by default. */
    readonly skipName: "downsample" | "shortcut" = "downsample",
  ) {
    super({ ni, no, skipName });
    this.conv1 = this.part("conv1", new Conv2d(ni, no, 3, 2));
    this.bn1 = this.part("bn1", new BatchNorm(no));
    this.conv2 = this.part("conv2", new Conv2d(no, no));
    this.bn2 = this.part("bn2", new BatchNorm(no));
    this.skipConv = this.part(`${skipName}.0`, new Conv2d(ni, no, 1, 2));
    this.skipBn = this.part(`${skipName}.1`, new BatchNorm(no));
  }

  override forward(x: tf.Tensor4D): tf.Tensor4D {
    const residual = this.bn2(this.conv2(tf.relu(this.bn1(this.conv1(x)))));
    const sum: tf.Tensor4D = tf.add(residual, this.skipBn(this.skipConv(x)));
    return tf.relu(sum);
  }
}

register(ResSkip);
