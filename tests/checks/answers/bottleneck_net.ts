/** Answers to bottleneck_net: right ones, and each mistake that its check knows. */
import {
  BatchNorm,
  Bottleneck,
  Conv2d,
  Linear,
  ResIdentity,
  ResSkip,
  tf,
} from "../../../lib/mod.ts";
import type { Answers } from "./answers.ts";

type Layer = tf.layers.Layer;

/** How a network is put together; without settings it is the lesson's. */
interface Settings {
  stem?: number;
  stemRelu?: boolean;
  blocks?: (n: number) => number;
  /** A block, and the channels that it gives. */
  block?: (ni: number, width: number, stride: 1 | 2) => [Layer, number];
  firstStride?: 1 | 2;
  end?: (ni: number) => Layer[];
}

const bottleneck = (ni: number, width: number, stride: 1 | 2): [Layer, number] => [
  new Bottleneck(ni, width, stride),
  4 * width,
];

const linearEnd = (ni: number): Layer[] => [
  tf.layers.globalAveragePooling2d({}),
  new Linear(ni, 10),
];

function network({
  stem = 16,
  stemRelu = true,
  blocks = (n) => n,
  block = bottleneck,
  firstStride = 1,
  end = linearEnd,
}: Settings = {}) {
  return (n: number): tf.LayersModel => {
    const image = tf.input({ shape: [32, 32, 3] });
    const layers: Layer[] = [new Conv2d(3, stem), new BatchNorm(stem)];
    if (stemRelu) layers.push(tf.layers.reLU());
    let ni = stem;
    for (const width of [16, 32, 64]) {
      for (let i = 0; i < blocks(n); i++) {
        const stride = i > 0 ? 1 : width > 16 ? 2 : firstStride;
        const [layer, no] = block(ni, width, stride);
        layers.push(layer);
        ni = no;
      }
    }
    let x = image;
    for (const layer of [...layers, ...end(ni)]) x = layer.apply(x) as tf.SymbolicTensor;
    return tf.model({ inputs: image, outputs: x });
  };
}

/** A model that the layers join as functions, the blocks of a stage in a list. */
function stageByStage(n: number): tf.LayersModel {
  const image = tf.input({ shape: [32, 32, 3] });
  const stage = (ni: number, width: number, stride: 1 | 2) => [
    new Bottleneck(ni, width, stride),
    ...Array.from({ length: n - 1 }, () => new Bottleneck(4 * width, width)),
  ];
  const layers = [...stage(16, 16, 1), ...stage(64, 32, 2), ...stage(128, 64, 2)];
  const stem = new BatchNorm(16).apply(new Conv2d(3, 16).apply(image)) as tf.SymbolicTensor;
  const active = tf.layers.activation({ activation: "relu" }).apply(stem) as tf.SymbolicTensor;
  const map = layers.reduce((x, layer) => layer.apply(x) as tf.SymbolicTensor, active);
  const mean = tf.layers.globalAveragePooling2d({}).apply(map);
  const logits = tf.layers.dense({ units: 10 }).apply(mean) as tf.SymbolicTensor;
  return tf.model({ inputs: image, outputs: logits });
}

const basic = (ni: number, width: number): [Layer, number] => [
  ni === width ? new ResIdentity(ni) : new ResSkip(ni, width),
  width,
];

export const answers: Answers = {
  right: { "as the lesson has it": network(), "stage by stage": stageByStage },
  wrong: {
    wide_stem: network({ stem: 64 }),
    basic_blocks: network({ block: basic }),
    one_too_many: network({ blocks: (n) => n + 1 }),
    one_too_few: network({ blocks: (n) => n - 1 }),
    n_ignored: network({ blocks: () => 2 }),
    no_linear_bias: network({
      end: (units) => [
        tf.layers.globalAveragePooling2d({}),
        tf.layers.dense({ units: 10, useBias: false, inputShape: [units] }),
      ],
    }),
    no_mean: network({ end: (ni) => [new Linear(ni, 10)] }),
    no_stem_relu: network({ stemRelu: false }),
    stage_1_halved: network({ firstStride: 2 }),
    softmax_at_the_end: network({
      end: (ni) => [...linearEnd(ni), tf.layers.softmax()],
    }),
  },
};
