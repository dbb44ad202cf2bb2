/** Answers to resnet_head: right ones, and each mistake that its check knows. */
import { BatchNorm, Block, Conv2d, tf } from "../../../lib/mod.ts";
import type { Answers } from "./answers.ts";

class Right extends Block {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm;

  constructor(readonly ni: number, readonly no: number) {
    super({ ni, no });
    this.conv1 = this.conv();
    this.bn1 = new BatchNorm(no);
  }

  conv(): Conv2d {
    return new Conv2d(this.ni, this.no, 7, 2);
  }

  pool(x: tf.Tensor4D): tf.Tensor4D {
    return tf.maxPool(padded(x, 1, -Infinity), 3, 2, "valid");
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return this.pool(tf.relu(this.bn1(this.conv1(x))));
  }
}

function padded(x: tf.Tensor4D, pad: number, value = 0): tf.Tensor4D {
  return tf.pad4d(x, [[0, 0], [pad, pad], [pad, pad], [0, 0]], value);
}

/** After a ReLU nothing is below zero, so zeros win nowhere. */
class PaddedWithZeros extends Right {
  override pool(x: tf.Tensor4D): tf.Tensor4D {
    return tf.maxPool(padded(x, 1), 3, 2, "valid");
  }
}

/** A ReLU may wait until the largest is found. */
class ReluLast extends Right {
  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return this.pool(this.bn1(this.conv1(x))).relu();
  }
}

/** TensorFlow.js's own layers; its batch norm's epsilon is another one by default. */
class OtherLayers extends Block {
  readonly bn1: tf.layers.Layer;
  readonly conv1: tf.layers.Layer;

  constructor(readonly ni: number, readonly no: number) {
    super({ ni, no });
    this.bn1 = tf.layers.batchNormalization();
    const sizes = { kernelSize: 7, strides: 2, padding: "valid" } as const;
    this.conv1 = tf.layers.conv2d({ filters: no, useBias: false, ...sizes });
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    const { training } = this;
    const features = this.bn1.apply(this.conv1.apply(padded(x, 3)) as tf.Tensor4D, { training });
    const rectified = tf.relu(features as tf.Tensor4D);
    return tf.maxPool(padded(rectified, 1, -Infinity), 3, 2, "valid");
  }
}

class SmallKernel extends Right {
  override conv(): Conv2d {
    return new Conv2d(this.ni, this.no, 3, 2);
  }
}

class SameConvolution extends Block {
  readonly conv1: tf.layers.Layer;
  readonly bn1: BatchNorm;

  constructor(readonly ni: number, readonly no: number) {
    super({ ni, no });
    const sizes = { kernelSize: 7, strides: 2, padding: "same" } as const;
    this.conv1 = tf.layers.conv2d({ filters: no, useBias: false, ...sizes });
    this.bn1 = new BatchNorm(no);
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    const features = tf.relu(this.bn1(this.conv1.apply(x) as tf.Tensor4D));
    return tf.maxPool(padded(features, 1, -Infinity), 3, 2, "valid");
  }
}

class SamePool extends Right {
  override pool(x: tf.Tensor4D): tf.Tensor4D {
    return tf.maxPool(x, 3, 2, "same");
  }
}

class NoPool extends Right {
  override pool(x: tf.Tensor4D): tf.Tensor4D {
    return x;
  }
}

class SmallPool extends Right {
  override pool(x: tf.Tensor4D): tf.Tensor4D {
    return tf.maxPool(x, 2, 2, "valid");
  }
}

class PaddedWithInfinity extends Right {
  override pool(x: tf.Tensor4D): tf.Tensor4D {
    return tf.maxPool(padded(x, 1, Infinity), 3, 2, "valid");
  }
}

class MeanPool extends Right {
  override pool(x: tf.Tensor4D): tf.Tensor4D {
    return tf.avgPool(padded(x, 1), 3, 2, "valid");
  }
}

class Stride1 extends Right {
  override conv(): Conv2d {
    return new Conv2d(this.ni, this.no, 7);
  }
}

class NoRelu extends Right {
  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return this.pool(this.bn1(this.conv1(x)));
  }
}

class ReluBeforeNorm extends Right {
  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return this.pool(this.bn1(tf.relu(this.conv1(x))));
  }
}

class Biased extends Right {
  override conv(): Conv2d {
    return new Conv2d(this.ni, this.no, 7, 2, true);
  }
}

class NoBatchNorm extends Block {
  readonly conv1: Conv2d;

  constructor(readonly ni: number, readonly no: number) {
    super({ ni, no });
    this.conv1 = new Conv2d(ni, no, 7, 2);
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.maxPool(padded(tf.relu(this.conv1(x)), 1, -Infinity), 3, 2, "valid");
  }
}

class OtherNames extends Block {
  readonly conv: Conv2d;
  readonly bn: BatchNorm;

  constructor(readonly ni: number, readonly no: number) {
    super({ ni, no });
    this.conv = new Conv2d(ni, no, 7, 2);
    this.bn = new BatchNorm(no);
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.maxPool(padded(tf.relu(this.bn(this.conv(x))), 1, -Infinity), 3, 2, "valid");
  }
}

export const answers: Answers = {
  right: {
    "as the lesson has it": Right,
    "the pool padded with zeros": PaddedWithZeros,
    "the ReLU after the pool": ReluLast,
    "TensorFlow.js's own layers": OtherLayers,
  },
  wrong: {
    small_kernel: SmallKernel,
    same_convolution: SameConvolution,
    same_pool: SamePool,
    no_pool: NoPool,
    small_pool: SmallPool,
    mean_pool: MeanPool,
    plus_infinity: PaddedWithInfinity,
    stride_1: Stride1,
    no_relu: NoRelu,
    relu_before_norm: ReluBeforeNorm,
    biased_convolution: Biased,
    no_batch_norm: NoBatchNorm,
    part_names: OtherNames,
  },
};
