/** The residual block whose shortcut is the identity. */
import * as tf from "@tensorflow/tfjs";
import { BatchNorm } from "./batch_norm.ts";
import { Block, type Part } from "./block.ts";
import { Conv2d } from "./conv2d.ts";
import { register } from "./layer.ts";

/**
 * `relu(F(x) + x)`, where F is two 3×3 convolutions with batch norm (He et al. 2016, figure 2).
 *
 * `[batch, height, width, ni]` in and out.
 *
 * @example
 * ```ts
 * import { ResIdentity, tf } from "residual";
 *
 * const y = new ResIdentity(16).apply(tf.zeros([1, 32, 32, 16])) as tf.Tensor;
 * console.log(y.shape); // [1, 32, 32, 16]
 * ```
 */
export class ResIdentity extends Block {
  private readonly conv1: Part;
  private readonly bn1: Part;
  private readonly conv2: Part;
  private readonly bn2: Part;

  constructor(
    /** Channels in and out. */
    readonly ni: number,
  ) {
    super({ ni });
    this.conv1 = this.part("conv1", new Conv2d(ni, ni));
    this.bn1 = this.part("bn1", new BatchNorm(ni));
    this.conv2 = this.part("conv2", new Conv2d(ni, ni));
    this.bn2 = this.part("bn2", new BatchNorm(ni));
  }

  override forward(x: tf.Tensor4D): tf.Tensor4D {
    const residual = this.bn2(this.conv2(tf.relu(this.bn1(this.conv1(x)))));
    const sum: tf.Tensor4D = tf.add(residual, x);
    return tf.relu(sum);
  }
}

register(ResIdentity);
