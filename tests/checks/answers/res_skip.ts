/** Answers to res_skip: right ones, and each mistake that its check knows. */
import { BatchNorm, Block, Conv2d, Sequence, tf } from "../../../lib/mod.ts";
import type { Answers } from "./answers.ts";

type Convolution = Conv2d | Sequence;

class Right extends Block {
  readonly conv1: Convolution;
  readonly bn1: BatchNorm;
  readonly conv2: Convolution;
  readonly bn2: BatchNorm;
  readonly skipConv: Convolution;
  readonly skipBn: BatchNorm;

  constructor(readonly ni: number, readonly no: number) {
    super({ ni, no });
    this.conv1 = this.conv(ni, 3, this.strides()[0]);
    this.bn1 = new BatchNorm(no);
    this.conv2 = this.conv(no, 3, this.strides()[1]);
    this.bn2 = new BatchNorm(no);
    this.skipConv = this.projection();
    this.skipBn = new BatchNorm(no);
  }

  strides(): [number, number, number] {
    return [2, 1, 2];
  }

  conv(ni: number, kernelSize: number, stride: number): Convolution {
    return new Conv2d(ni, this.no, kernelSize, stride);
  }

  projection(): Convolution {
    return this.conv(this.ni, 1, this.strides()[2]);
  }

  F(x: tf.Tensor4D): tf.Tensor4D {
    return this.bn2(this.conv2(tf.relu(this.bn1(this.conv1(x)))));
  }

  skip(x: tf.Tensor4D): tf.Tensor4D {
    return this.skipBn(this.skipConv(x));
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.relu(tf.add(this.F(x), this.skip(x)));
  }
}

/** The skip path declared first, and TensorFlow.js's own layers for it; its batch norm has another epsilon. */
export class OtherSkip extends Block {
  readonly way: readonly tf.layers.Layer[];

  constructor(readonly ni: number, readonly no: number) {
    super({ ni, no });
    const { batchNormalization, conv2d } = tf.layers;
    this.way = [
      batchNormalization(),
      conv2d({ filters: no, kernelSize: 1, strides: 2, useBias: false }),
      batchNormalization(),
      batchNormalization(),
      conv2d({ filters: no, kernelSize: 3, padding: "same", useBias: false }),
      new Conv2d(ni, no, 3, 2),
    ];
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    const { training } = this;
    const [skipBn, skipConv, bn1, bn2, conv2, conv1] = this.way.map((layer) => (x: tf.Tensor4D) =>
      layer.apply(x, { training }) as tf.Tensor4D
    );
    const skip = skipBn!(skipConv!(x));
    return skip.add<tf.Tensor4D>(bn2!(conv2!(bn1!(conv1!(x)).relu()))).relu();
  }
}

/** Padded by hand, then "valid". */
class PaddedByHand extends Right {
  override conv(_: number, kernelSize: number, strides: number): Sequence {
    return new Sequence([
      tf.layers.zeroPadding2d({ padding: (kernelSize - 1) / 2 }),
      tf.layers.conv2d({ filters: this.no, kernelSize, strides, useBias: false }),
    ]);
  }
}

class ProjectionUnused extends Right {
  override forward(x: tf.Tensor4D): tf.Tensor4D {
    this.skip(x);
    return tf.relu(this.F(x));
  }
}

class NoProjection extends Block {
  readonly steps: Sequence;

  constructor(readonly ni: number, readonly no: number) {
    super({ ni, no });
    this.steps = new Sequence([
      new Conv2d(ni, no, 3, 2),
      new BatchNorm(no),
      tf.layers.reLU(),
      new Conv2d(no, no),
      new BatchNorm(no),
    ]);
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.relu(this.steps(x));
  }
}

class NoSkipNorm extends NoProjection {
  readonly skipConv: Conv2d;

  constructor(ni: number, no: number) {
    super(ni, no);
    this.skipConv = new Conv2d(ni, no, 1, 2);
  }

  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.relu(tf.add(this.steps(x), this.skipConv(x)));
  }
}

class SkipNormUnused extends Right {
  override skip(x: tf.Tensor4D): tf.Tensor4D {
    this.skipBn(this.skipConv(x));
    return this.skipConv(x);
  }
}

class ReluBeforeSum extends Right {
  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.add(tf.relu(this.F(x)), this.skip(x));
  }
}

class NoLastRelu extends Right {
  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.add(this.F(x), this.skip(x));
  }
}

class NoInnerRelu extends Right {
  override F(x: tf.Tensor4D): tf.Tensor4D {
    return this.bn2(this.conv2(this.bn1(this.conv1(x))));
  }
}

class ReluOnSkip extends Right {
  override skip(x: tf.Tensor4D): tf.Tensor4D {
    return tf.relu(super.skip(x));
  }
}

class SamePadding extends Right {
  override conv(_: number, kernelSize: number, strides: number): Sequence {
    const options = { filters: this.no, kernelSize, strides, useBias: false };
    return new Sequence([tf.layers.conv2d({ ...options, padding: "same" })]);
  }
}

class StrideOnSecond extends Right {
  override strides(): [number, number, number] {
    return [1, 2, 2];
  }
}

class NoStride extends Right {
  override strides(): [number, number, number] {
    return [1, 1, 1];
  }
}

class BiasedProjection extends Right {
  override projection(): Conv2d {
    return new Conv2d(this.ni, this.no, 1, 2, true);
  }
}

class BiasedConvolutions extends Right {
  override conv(ni: number, kernelSize: number, stride: number): Conv2d {
    return new Conv2d(ni, this.no, kernelSize, stride, true);
  }
}

class Projection3x3 extends Right {
  override projection(): Conv2d {
    return new Conv2d(this.ni, this.no, 3, 2);
  }
}

/** Layers of TensorFlow.js where the block does not find them. */
class NotParts extends Block {
  readonly #conv1: tf.layers.Layer;
  readonly #conv2: tf.layers.Layer;
  readonly #skipConv: tf.layers.Layer;

  constructor(readonly ni: number, readonly no: number) {
    super({ ni, no });
    const sizes = { filters: no, padding: "same", useBias: false } as const;
    this.#conv1 = tf.layers.conv2d({ ...sizes, kernelSize: 3, strides: 2 });
    this.#conv2 = tf.layers.conv2d({ ...sizes, kernelSize: 3 });
    this.#skipConv = tf.layers.conv2d({ ...sizes, kernelSize: 1, strides: 2 });
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    const F = this.#conv2.apply(tf.relu(this.#conv1.apply(x) as tf.Tensor4D)) as tf.Tensor4D;
    return tf.relu(tf.add(F, this.#skipConv.apply(x) as tf.Tensor4D));
  }
}

export const answers: Answers = {
  right: {
    "as the lesson has it": Right,
    "the skip path first, with TensorFlow.js's layers": OtherSkip,
    "padded by hand": PaddedByHand,
  },
  wrong: {
    projection_unused: ProjectionUnused,
    no_projection: NoProjection,
    no_skip_norm: NoSkipNorm,
    skip_norm_unused: SkipNormUnused,
    relu_before_sum: ReluBeforeSum,
    no_last_relu: NoLastRelu,
    no_inner_relu: NoInnerRelu,
    relu_on_skip: ReluOnSkip,
    same_padding: SamePadding,
    stride_on_second: StrideOnSecond,
    no_stride: NoStride,
    biased_projection: BiasedProjection,
    biased_convolutions: BiasedConvolutions,
    projection_3x3: Projection3x3,
    not_parts: NotParts,
  },
};
