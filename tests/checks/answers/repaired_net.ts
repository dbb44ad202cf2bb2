/** Answers to repaired_net: right ones, and each mistake that its check knows. */
import { BatchNorm, Block, Conv2d, Linear, tf } from "../../../lib/mod.ts";
import type { Answers } from "./answers.ts";

interface Changes {
  /** Whether the second convolution uses the first batch norm, its own, or none. */
  second?: "bn1" | "bn2" | "none";
  join?: (F: tf.Tensor4D, x: tf.Tensor4D) => tf.Tensor4D;
  end?: () => tf.layers.Layer[];
}

/** The network with these changes. */
export function net(changes: Changes = {}): () => tf.LayersModel {
  const { second = "bn2", end = () => [] } = changes;
  const { join = (F, x) => tf.relu(tf.add(F, x)) as tf.Tensor4D } = changes;

  class OwnBlock extends Block {
    readonly conv1: Conv2d;
    readonly bn1: BatchNorm;
    readonly conv2: Conv2d;
    readonly bn2: BatchNorm;

    constructor() {
      super({});
      this.conv1 = new Conv2d(16, 16);
      this.bn1 = new BatchNorm(16);
      this.conv2 = new Conv2d(16, 16);
      this.bn2 = new BatchNorm(16);
    }

    forward(x: tf.Tensor4D): tf.Tensor4D {
      const inner = this.conv2(tf.relu(this.bn1(this.conv1(x))));
      return join(second === "none" ? inner : this[second](inner), x);
    }
  }

  return () => {
    const image = tf.input({ shape: [32, 32, 3] });
    let x: tf.SymbolicTensor = image;
    const layers = [
      ...[new Conv2d(3, 16, 3, 2), new BatchNorm(16), tf.layers.reLU()],
      ...[new OwnBlock(), new OwnBlock(), new OwnBlock()],
      ...[tf.layers.globalAveragePooling2d({}), new Linear(16, 10), ...end()],
    ];
    for (const layer of layers) x = layer.apply(x) as tf.SymbolicTensor;
    return tf.model({ inputs: image, outputs: x });
  };
}

/** The same network from layers of TensorFlow.js. */
function layerByLayer(): tf.LayersModel {
  const through = (x: tf.SymbolicTensor, ...layers: tf.layers.Layer[]) =>
    layers.reduce((y, layer) => layer.apply(y) as tf.SymbolicTensor, x);
  const norm = () => tf.layers.batchNormalization();
  const conv = () =>
    tf.layers.conv2d({ filters: 16, kernelSize: 3, useBias: false, padding: "same" });
  const image = tf.input({ shape: [32, 32, 3] });
  let x = through(
    image,
    tf.layers.zeroPadding2d({ padding: 1 }),
    tf.layers.conv2d({ filters: 16, kernelSize: 3, strides: 2, useBias: false }),
    norm(),
    tf.layers.reLU(),
  );
  for (let i = 0; i < 3; i++) {
    const F = through(x, conv(), norm(), tf.layers.reLU(), conv(), norm());
    x = through(tf.layers.add().apply([F, x]) as tf.SymbolicTensor, tf.layers.reLU());
  }
  x = through(x, tf.layers.globalAveragePooling2d({}), tf.layers.dense({ units: 10 }));
  return tf.model({ inputs: image, outputs: x });
}

export const answers: Answers = {
  right: { "own blocks": net(), "layers of TensorFlow.js": layerByLayer },
  wrong: {
    norm_used_twice: net({ second: "bn1" }),
    relu_before_sum: net({ join: (F, x) => tf.add(tf.relu(F), x) }),
    relu_removed: net({ join: (F, x) => tf.add(F, x) }),
    no_shortcut: net({ join: (F) => tf.relu(F) }),
    softmax_at_the_end: net({ end: () => [tf.layers.softmax()] }),
    second_norm_removed: net({ second: "none" }),
  },
};
