/** Answers to resnet_tail: right ones, and each mistake that its check knows. */
import { Block, Linear, tf } from "../../../lib/mod.ts";
import type { Answers } from "./answers.ts";

class Right extends Block<tf.Tensor2D> {
  readonly fc: Linear;

  constructor(readonly ni: number, readonly no: number) {
    super({ ni, no });
    this.fc = new Linear(ni, no);
  }

  forward(x: tf.Tensor4D): tf.Tensor2D {
    return this.fc(tf.mean(x, [1, 2]));
  }
}

/** TensorFlow.js's own layers, one for each step. */
class OtherLayers extends Block<tf.Tensor2D> {
  readonly pool: tf.layers.Layer;
  readonly fc: tf.layers.Layer;

  constructor(readonly ni: number, readonly no: number) {
    super({ ni, no });
    this.pool = tf.layers.globalAveragePooling2d({});
    this.fc = tf.layers.dense({ units: no });
  }

  forward(x: tf.Tensor4D): tf.Tensor2D {
    return this.fc.apply(this.pool.apply(x) as tf.Tensor2D) as tf.Tensor2D;
  }
}

/** A model in place of a block. */
function asModel(ni: number, no: number): tf.LayersModel {
  const map = tf.input({ shape: [null, null, ni] });
  const features = tf.layers.globalAveragePooling2d({}).apply(map) as tf.SymbolicTensor;
  const fc = new Linear(ni, no);
  fc.name = "fc";
  return tf.model({ inputs: map, outputs: fc.apply(features) as tf.SymbolicTensor });
}

class Softmax extends Right {
  override forward(x: tf.Tensor4D): tf.Tensor2D {
    return tf.softmax(super.forward(x));
  }
}

class Relu extends Right {
  override forward(x: tf.Tensor4D): tf.Tensor2D {
    return tf.relu(super.forward(x));
  }
}

class NoMean extends Right {
  override forward(x: tf.Tensor4D): tf.Tensor2D {
    return this.fc(x as unknown as tf.Tensor2D);
  }
}

class Max extends Right {
  override forward(x: tf.Tensor4D): tf.Tensor2D {
    return this.fc(tf.max(x, [1, 2]));
  }
}

class Sum extends Right {
  override forward(x: tf.Tensor4D): tf.Tensor2D {
    return this.fc(tf.sum(x, [1, 2]));
  }
}

class TorchAxes extends Right {
  override forward(x: tf.Tensor4D): tf.Tensor2D {
    return this.fc(tf.mean(x, [2, 3]));
  }
}

class NoBias extends Block<tf.Tensor2D> {
  readonly fc: tf.layers.Layer;

  constructor(readonly ni: number, readonly no: number) {
    super({ ni, no });
    this.fc = tf.layers.dense({ units: no, useBias: false });
  }

  forward(x: tf.Tensor4D): tf.Tensor2D {
    return this.fc.apply(tf.mean(x, [1, 2])) as tf.Tensor2D;
  }
}

class Flattened extends Block<tf.Tensor2D> {
  readonly flat: tf.layers.Layer;
  readonly fc: tf.layers.Layer;

  constructor(readonly ni: number, readonly no: number) {
    super({ ni, no });
    this.flat = tf.layers.flatten();
    this.fc = tf.layers.dense({ units: no });
  }

  forward(x: tf.Tensor4D): tf.Tensor2D {
    return this.fc.apply(this.flat.apply(x) as tf.Tensor2D) as tf.Tensor2D;
  }
}

class OtherName extends Block<tf.Tensor2D> {
  readonly linear: Linear;

  constructor(readonly ni: number, readonly no: number) {
    super({ ni, no });
    this.linear = new Linear(ni, no);
  }

  forward(x: tf.Tensor4D): tf.Tensor2D {
    return this.linear(tf.mean(x, [1, 2]));
  }
}

export const answers: Answers = {
  right: {
    "as the lesson has it": Right,
    "TensorFlow.js's own layers": OtherLayers,
    "a model in place of a block": asModel,
  },
  wrong: {
    softmax: Softmax,
    relu: Relu,
    no_mean: NoMean,
    max_instead_of_mean: Max,
    sum_instead_of_mean: Sum,
    torch_axes: TorchAxes,
    part_names: OtherName,
    no_bias: NoBias,
    flattened: Flattened,
  },
};
