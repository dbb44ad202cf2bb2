/** Answers to conv_bn_relu: right ones, and each mistake that its check knows. */
import { BatchNorm, Block, Conv2d, Sequence, tf } from "../../../lib/mod.ts";
import type { Answers } from "./answers.ts";

class Right extends Block {
  readonly conv: Conv2d | Sequence;
  readonly bn: BatchNorm;

  constructor(readonly ni: number, readonly no: number, readonly stride: number = 1) {
    super({ ni, no, stride });
    this.conv = this.convolution();
    this.bn = new BatchNorm(no);
  }

  convolution(): Conv2d | Sequence {
    return new Conv2d(this.ni, this.no, 3, this.stride);
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.relu(this.bn(this.conv(x)));
  }
}

/** Parts declared last to first, and methods in place of functions. */
class OtherOrder extends Block {
  readonly norm: BatchNorm;
  readonly filters: Conv2d;

  constructor(readonly ni: number, readonly no: number, readonly stride: number) {
    super({ ni, no, stride });
    this.norm = new BatchNorm(no);
    this.filters = new Conv2d(ni, no, 3, stride);
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return this.norm(this.filters(x)).relu();
  }
}

/** TensorFlow.js's own layers, padded on both sides by hand. */
class OtherLayers extends Block {
  readonly steps: readonly tf.layers.Layer[];

  constructor(readonly ni: number, readonly no: number, readonly stride: number) {
    super({ ni, no, stride });
    const shared = { filters: no, kernelSize: 3, strides: stride, useBias: false };
    this.steps = [
      tf.layers.zeroPadding2d({ padding: 1 }),
      tf.layers.conv2d({ ...shared, padding: "valid" }),
      tf.layers.batchNormalization(),
      tf.layers.reLU(),
    ];
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    const { training } = this;
    return this.steps.reduce((y, step) => step.apply(y, { training }) as tf.Tensor4D, x);
  }
}

class Biased extends Right {
  override convolution(): Conv2d {
    return new Conv2d(this.ni, this.no, 3, this.stride, true);
  }
}

/** Without a norm, a bias is right; the norm is missed all the same. */
class NoBatchNorm extends Block {
  readonly conv: Conv2d;

  constructor(readonly ni: number, readonly no: number, readonly stride: number) {
    super({ ni, no, stride });
    this.conv = new Conv2d(ni, no, 3, stride, true);
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.relu(this.conv(x));
  }
}

class ReluBeforeNorm extends Right {
  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return this.bn(tf.relu(this.conv(x)));
  }
}

class NoRelu extends Right {
  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return this.bn(this.conv(x));
  }
}

class SamePadding extends Right {
  override convolution(): Sequence {
    const { no: filters, stride: strides } = this;
    const sizes = { filters, kernelSize: 3, strides };
    return new Sequence([tf.layers.conv2d({ ...sizes, padding: "same", useBias: false })]);
  }
}

class NoPadding extends Right {
  override convolution(): Sequence {
    const { no: filters, stride: strides } = this;
    return new Sequence([tf.layers.conv2d({ filters, kernelSize: 3, strides, useBias: false })]);
  }
}

class StrideIgnored extends Right {
  override convolution(): Conv2d {
    return new Conv2d(this.ni, this.no);
  }
}

export const answers: Answers = {
  right: {
    "as the lesson has it": Right,
    "parts in another order": OtherOrder,
    "TensorFlow.js's own layers": OtherLayers,
  },
  wrong: {
    biased_convolution: Biased,
    no_batch_norm: NoBatchNorm,
    relu_before_norm: ReluBeforeNorm,
    no_relu: NoRelu,
    same_padding: SamePadding,
    no_padding: NoPadding,
    stride_ignored: StrideIgnored,
  },
};
