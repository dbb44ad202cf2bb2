// Answers to res_skip: right ones, and each mistake that its check knows.
import { BatchNorm, Block, Conv2d, type Part, tf } from "../../../lib/mod.ts";
import type { Answers } from "./answers.ts";

class Right extends Block {
  readonly conv1: Part;
  readonly bn1: Part;
  readonly conv2: Part;
  readonly bn2: Part;
  readonly skipConv: Part;
  readonly skipBn: Part;

  constructor(readonly ni: number, readonly no: number) {
    super({ ni, no });
    this.conv1 = this.part("conv1", this.conv(ni, 3, this.strides()[0]));
    this.bn1 = this.part("bn1", new BatchNorm(no));
    this.conv2 = this.part("conv2", this.conv(no, 3, this.strides()[1]));
    this.bn2 = this.part("bn2", new BatchNorm(no));
    this.skipConv = this.part("skipConv", this.projection());
    this.skipBn = this.part("skipBn", new BatchNorm(no));
  }

  strides(): [number, number, number] {
    return [2, 1, 2];
  }

  conv(ni: number, kernelSize: number, stride: number): tf.layers.Layer {
    return new Conv2d(ni, this.no, kernelSize, stride);
  }

  projection(): tf.layers.Layer {
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
  readonly way: readonly Part[];

  constructor(readonly ni: number, readonly no: number) {
    super({ ni, no });
    const { batchNormalization, conv2d } = tf.layers;
    const layers = [
      batchNormalization(),
      conv2d({ filters: no, kernelSize: 1, strides: 2, useBias: false }),
      batchNormalization(),
      batchNormalization(),
      conv2d({ filters: no, kernelSize: 3, padding: "same", useBias: false }),
      new Conv2d(ni, no, 3, 2),
    ];
    this.way = layers.map((layer, i) => this.part(`part${i}`, layer));
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    const [skipBn, skipConv, bn1, bn2, conv2, conv1] = this.way;
    const skip = skipBn!(skipConv!(x));
    return skip.add<tf.Tensor4D>(bn2!(conv2!(bn1!(conv1!(x)).relu()))).relu();
  }
}

/** Padded by hand, then "valid". */
class PaddedByHand extends Right {
  override conv(_: number, kernelSize: number, strides: number): tf.layers.Layer {
    const pad = (kernelSize - 1) / 2;
    const layer = tf.layers.conv2d({ filters: this.no, kernelSize, strides, useBias: false });
    return new Padded(layer, pad);
  }
}

class Padded extends Block {
  readonly inner: Part;

  constructor(layer: tf.layers.Layer, readonly pad: number) {
    super({});
    this.inner = this.part("inner", layer);
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    const { pad } = this;
    return this.inner(tf.pad4d(x, [[0, 0], [pad, pad], [pad, pad], [0, 0]]));
  }
}

class ProjectionUnused extends Right {
  override forward(x: tf.Tensor4D): tf.Tensor4D {
    this.skip(x);
    return tf.relu(this.F(x));
  }
}

class NoProjection extends Block {
  readonly steps: readonly Part[];

  constructor(readonly ni: number, readonly no: number) {
    super({ ni, no });
    this.steps = [
      new Conv2d(ni, no, 3, 2),
      new BatchNorm(no),
      tf.layers.reLU(),
      new Conv2d(no, no),
      new BatchNorm(no),
    ].map((layer, i) => this.part(String(i), layer));
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.relu(this.steps.reduce((y, step) => step(y), x));
  }
}

class NoSkipNorm extends NoProjection {
  readonly skipConv: Part;

  constructor(ni: number, no: number) {
    super(ni, no);
    this.skipConv = this.part("skip", new Conv2d(ni, no, 1, 2));
  }

  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.relu(tf.add(this.steps.reduce((y, step) => step(y), x), this.skipConv(x)));
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
  override conv(_: number, kernelSize: number, strides: number): tf.layers.Layer {
    const options = { filters: this.no, kernelSize, strides, useBias: false };
    return tf.layers.conv2d({ ...options, padding: "same" });
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
  override projection(): tf.layers.Layer {
    return new Conv2d(this.ni, this.no, 1, 2, true);
  }
}

class BiasedConvolutions extends Right {
  override conv(ni: number, kernelSize: number, stride: number): tf.layers.Layer {
    return new Conv2d(ni, this.no, kernelSize, stride, true);
  }
}

class Projection3x3 extends Right {
  override projection(): tf.layers.Layer {
    return new Conv2d(this.ni, this.no, 3, 2);
  }
}

class NotParts extends Block {
  readonly conv1: Conv2d;
  readonly conv2: Conv2d;
  readonly skipConv: Conv2d;

  constructor(readonly ni: number, readonly no: number) {
    super({ ni, no });
    this.conv1 = new Conv2d(ni, no, 3, 2);
    this.conv2 = new Conv2d(no, no);
    this.skipConv = new Conv2d(ni, no, 1, 2);
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    const F = this.conv2.apply(tf.relu(this.conv1.apply(x) as tf.Tensor4D)) as tf.Tensor4D;
    return tf.relu(tf.add(F, this.skipConv.apply(x) as tf.Tensor4D));
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
