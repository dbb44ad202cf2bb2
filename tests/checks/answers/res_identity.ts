/** Answers to res_identity: right ones, and each mistake that its check knows. */
import { BatchNorm, Block, Conv2d, Sequence, tf } from "../../../lib/mod.ts";
import type { Answers } from "./answers.ts";

class Right extends Block {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm;

  constructor(readonly ni: number) {
    super({ ni });
    this.conv1 = this.conv();
    this.bn1 = new BatchNorm(ni);
    this.conv2 = this.conv();
    this.bn2 = new BatchNorm(ni);
  }

  conv(): Conv2d {
    return new Conv2d(this.ni, this.ni);
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.relu(tf.add(this.bn2(this.conv2(tf.relu(this.bn1(this.conv1(x))))), x));
  }
}

/** An array of layers, last to first. */
class OtherOrder extends Block {
  readonly steps: readonly (BatchNorm | Conv2d)[];

  constructor(readonly ni: number) {
    super({ ni });
    this.steps = [new BatchNorm(ni), new Conv2d(ni, ni), new BatchNorm(ni), new Conv2d(ni, ni)];
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    const [bn2, conv2, bn1, conv1] = this.steps;
    return bn2!(conv2!(bn1!(conv1!(x)).relu())).add<tf.Tensor4D>(x).relu();
  }
}

/** TensorFlow.js's own layers in place of the kit's; its batch norm has another epsilon. */
export class OtherIdentity extends Block {
  readonly conv1: tf.layers.Layer;
  readonly bn1: tf.layers.Layer;
  readonly conv2: tf.layers.Layer;
  readonly bn2: tf.layers.Layer;

  constructor(readonly ni: number) {
    super({ ni });
    const sizes = { filters: ni, kernelSize: 3, padding: "same", useBias: false } as const;
    this.conv1 = tf.layers.conv2d(sizes);
    this.bn1 = tf.layers.batchNormalization();
    this.conv2 = tf.layers.conv2d(sizes);
    this.bn2 = tf.layers.batchNormalization();
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    const { training } = this;
    const run = (layer: tf.layers.Layer, x: tf.Tensor) =>
      layer.apply(x, { training }) as tf.Tensor4D;
    const F = run(this.bn2, run(this.conv2, tf.relu(run(this.bn1, run(this.conv1, x)))));
    return tf.relu(tf.add(F, x));
  }
}

/** The same layers in a Sequence. */
class InSequence extends Block {
  readonly F: Sequence;

  constructor(readonly ni: number) {
    super({ ni });
    this.F = new Sequence([
      new Conv2d(ni, ni),
      tf.layers.batchNormalization(),
      tf.layers.reLU(),
      new Conv2d(ni, ni),
      tf.layers.batchNormalization(),
    ]);
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.relu(tf.add(this.F(x), x));
  }
}

class NoShortcut extends Right {
  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.relu(this.bn2(this.conv2(tf.relu(this.bn1(this.conv1(x))))));
  }
}

class ReluBeforeSum extends Right {
  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.add(tf.relu(this.bn2(this.conv2(tf.relu(this.bn1(this.conv1(x)))))), x);
  }
}

class NoLastRelu extends Right {
  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.add(this.bn2(this.conv2(tf.relu(this.bn1(this.conv1(x))))), x);
  }
}

class NoInnerRelu extends Right {
  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.relu(tf.add(this.bn2(this.conv2(this.bn1(this.conv1(x)))), x));
  }
}

class Overwritten extends Right {
  override forward(x: tf.Tensor4D): tf.Tensor4D {
    x = tf.relu(this.bn1(this.conv1(x)));
    const F = this.bn2(this.conv2(x));
    return tf.relu(tf.add(F, x));
  }
}

class Biased extends Right {
  override conv(): Conv2d {
    return new Conv2d(this.ni, this.ni, 3, 1, true);
  }
}

class NoBatchNorm extends Block {
  readonly conv1: Conv2d;
  readonly conv2: Conv2d;

  constructor(readonly ni: number) {
    super({ ni });
    this.conv1 = new Conv2d(ni, ni);
    this.conv2 = new Conv2d(ni, ni);
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.relu(tf.add(this.conv2(tf.relu(this.conv1(x))), x));
  }
}

class NormTwice extends Right {
  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.relu(tf.add(this.bn1(this.conv2(tf.relu(this.bn1(this.conv1(x))))), x));
  }
}

class ConvolutionTwice extends Right {
  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.relu(tf.add(this.bn2(this.conv1(tf.relu(this.bn1(this.conv1(x))))), x));
  }
}

class OneConvolution extends Block {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm;

  constructor(readonly ni: number) {
    super({ ni });
    this.conv1 = new Conv2d(ni, ni);
    this.bn1 = new BatchNorm(ni);
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.relu(tf.add(this.bn1(this.conv1(x)), x));
  }
}

/** Layers where the block does not find them. */
class NotParts extends Block {
  readonly #layers: readonly (Conv2d | BatchNorm)[];

  constructor(readonly ni: number) {
    super({ ni });
    this.#layers = [new Conv2d(ni, ni), new BatchNorm(ni), new Conv2d(ni, ni), new BatchNorm(ni)];
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    const [conv1, bn1, conv2, bn2] = this.#layers;
    return tf.relu(tf.add(bn2!(conv2!(tf.relu(bn1!(conv1!(x))))), x));
  }
}

export const answers: Answers = {
  right: {
    "as the lesson has it": Right,
    "an array in another order": OtherOrder,
    "TensorFlow.js's own layers": OtherIdentity,
    "a Sequence": InSequence,
  },
  wrong: {
    no_shortcut: NoShortcut,
    x_overwritten: Overwritten,
    relu_before_sum: ReluBeforeSum,
    no_last_relu: NoLastRelu,
    no_inner_relu: NoInnerRelu,
    biased_convolutions: Biased,
    no_batch_norm: NoBatchNorm,
    norm_used_twice: NormTwice,
    convolution_used_twice: ConvolutionTwice,
    not_parts: NotParts,
    one_convolution: OneConvolution,
  },
};
