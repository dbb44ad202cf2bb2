// Answers to res_identity: right ones, and each mistake that its check knows.
import { BatchNorm, Block, Conv2d, type Part, tf } from "../../../lib/mod.ts";
import type { Answers } from "./answers.ts";

class Right extends Block {
  readonly conv1: Part;
  readonly bn1: Part;
  readonly conv2: Part;
  readonly bn2: Part;

  constructor(readonly ni: number) {
    super({ ni });
    this.conv1 = this.part("conv1", this.conv());
    this.bn1 = this.part("bn1", this.norm());
    this.conv2 = this.part("conv2", this.conv());
    this.bn2 = this.part("bn2", this.norm());
  }

  conv(): tf.layers.Layer {
    return new Conv2d(this.ni, this.ni);
  }

  norm(): tf.layers.Layer {
    return new BatchNorm(this.ni);
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.relu(tf.add(this.bn2(this.conv2(tf.relu(this.bn1(this.conv1(x))))), x));
  }
}

/** Parts declared last to first, under names of one's own. */
class OtherOrder extends Block {
  readonly parts4: Part[];

  constructor(readonly ni: number) {
    super({ ni });
    this.parts4 = [new BatchNorm(ni), new Conv2d(ni, ni), new BatchNorm(ni), new Conv2d(ni, ni)]
      .map((layer, i) => this.part(`step${3 - i}`, layer)).reverse();
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    const [conv1, bn1, conv2, bn2] = this.parts4;
    return bn2!(conv2!(bn1!(conv1!(x)).relu())).add<tf.Tensor4D>(x).relu();
  }
}

/** TensorFlow.js's own layers in place of the kit's; its batch norm has another epsilon. */
export class OtherIdentity extends Right {
  override conv(): tf.layers.Layer {
    return tf.layers.conv2d({ filters: this.ni, kernelSize: 3, padding: "same", useBias: false });
  }

  override norm(): tf.layers.Layer {
    return tf.layers.batchNormalization();
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
  override conv(): tf.layers.Layer {
    return new Conv2d(this.ni, this.ni, 3, 1, true);
  }
}

class NoBatchNorm extends Block {
  readonly conv1: Part;
  readonly conv2: Part;

  constructor(readonly ni: number) {
    super({ ni });
    this.conv1 = this.part("conv1", new Conv2d(ni, ni));
    this.conv2 = this.part("conv2", new Conv2d(ni, ni));
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
  readonly conv1: Part;
  readonly bn1: Part;

  constructor(readonly ni: number) {
    super({ ni });
    this.conv1 = this.part("conv1", new Conv2d(ni, ni));
    this.bn1 = this.part("bn1", new BatchNorm(ni));
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.relu(tf.add(this.bn1(this.conv1(x)), x));
  }
}

/** Layers that the block does not know of. */
class NotParts extends Block {
  readonly layers: readonly tf.layers.Layer[];

  constructor(readonly ni: number) {
    super({ ni });
    this.layers = [new Conv2d(ni, ni), new BatchNorm(ni), new Conv2d(ni, ni), new BatchNorm(ni)];
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    const [conv1, bn1, conv2, bn2] = this.layers.map((layer) => (x: tf.Tensor4D) =>
      layer.apply(x) as tf.Tensor4D
    );
    return tf.relu(tf.add(bn2!(conv2!(tf.relu(bn1!(conv1!(x))))), x));
  }
}

export const answers: Answers = {
  right: {
    "as the lesson has it": Right,
    "parts in another order": OtherOrder,
    "TensorFlow.js's own layers": OtherIdentity,
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
