/** Answers to assemble_resnet20: right ones, and each mistake that its check knows. */
import {
  BatchNorm,
  Block,
  Conv2d,
  Linear,
  ResIdentity,
  ResPad,
  ResSkip,
  Sequence,
  tf,
} from "../../../lib/mod.ts";
import type { Answers } from "./answers.ts";

type Layers = tf.layers.Layer[];

/** The list of layers, as the lesson has it, with some of its parts exchanged. */
function chain({ stem, stages, end }: { stem?: Layers; stages?: Layers; end?: Layers }) {
  return (): tf.LayersModel => {
    const image = tf.input({ shape: [32, 32, 3] });
    let x = image;
    for (
      const layer of [...stem ?? rightStem(), ...stages ?? rightStages(), ...end ?? rightEnd()]
    ) {
      x = layer.apply(x) as tf.SymbolicTensor;
    }
    return tf.model({ inputs: image, outputs: x });
  };
}

/** A layer can stand in one model only, so that each call makes its own. */
function made(parts: () => Parameters<typeof chain>[0]): () => tf.LayersModel {
  return () => chain(parts())();
}

function rightStem(): Layers {
  return [new Conv2d(3, 16), new BatchNorm(16), tf.layers.reLU()];
}

function stage(open: tf.layers.Layer, no: number, blocks = 3): Layers {
  return [open, ...Array.from({ length: blocks - 1 }, () => new ResIdentity(no))];
}

function rightStages(): Layers {
  return [
    ...stage(new ResIdentity(16), 16),
    ...stage(new ResSkip(16, 32), 32),
    ...stage(new ResSkip(32, 64), 64),
  ];
}

function rightEnd(): Layers {
  return [tf.layers.globalAveragePooling2d({}), new Linear(64, 10)];
}

/** TensorFlow.js's own layers and the sum as a layer: no block at all. */
function layerByLayer(): tf.LayersModel {
  const norm = () => tf.layers.batchNormalization();
  const conv = (filters: number, kernelSize: number, strides: 1 | 2) =>
    tf.layers.conv2d({ filters, kernelSize, strides, useBias: false, padding: "same" });
  const through = (x: tf.SymbolicTensor, ...layers: Layers) =>
    layers.reduce((y, layer) => layer.apply(y) as tf.SymbolicTensor, x);
  const image = tf.input({ shape: [32, 32, 3] });
  let x = through(image, conv(16, 3, 1), norm(), tf.layers.reLU());
  for (const no of [16, 32, 64]) {
    for (let i = 0; i < 3; i++) {
      const halves = i === 0 && no > 16;
      const first = halves
        ? [
          tf.layers.zeroPadding2d({ padding: 1 }),
          tf.layers.conv2d({ filters: no, kernelSize: 3, strides: 2, useBias: false }),
        ]
        : [conv(no, 3, 1)];
      const shortcut = halves ? through(x, conv(no, 1, 2), norm()) : x;
      const F = through(x, ...first, norm(), tf.layers.reLU(), conv(no, 3, 1), norm());
      x = through(tf.layers.add().apply([F, shortcut]) as tf.SymbolicTensor, tf.layers.reLU());
    }
  }
  x = through(x, tf.layers.globalAveragePooling2d({}), tf.layers.dense({ units: 10 }));
  return tf.model({ inputs: image, outputs: x });
}

function sequential(): tf.LayersModel {
  const model = tf.sequential();
  model.add(tf.layers.inputLayer({ inputShape: [32, 32, 3] }));
  for (const layer of [...rightStem(), ...rightStages(), ...rightEnd()]) model.add(layer);
  return model;
}

/** Lays zeros around a map. */
class Padded extends Block {
  constructor() {
    super({});
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.pad4d(x, [[0, 0], [1, 1], [1, 1], [0, 0]]);
  }
}

/** A skip block that pads by a part of its own. */
class PaddedSkip extends Block {
  readonly F: Layers;
  readonly shortcut: Layers;

  constructor(readonly ni: number, readonly no: number) {
    super({ ni, no });
    const first = { filters: no, kernelSize: 3, strides: 2, useBias: false };
    this.F = [
      ...[new Padded(), tf.layers.conv2d(first), new BatchNorm(no), tf.layers.reLU()],
      ...[new Conv2d(no, no), new BatchNorm(no)],
    ];
    this.shortcut = [new Conv2d(ni, no, 1, 2), new BatchNorm(no)];
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    const { training } = this;
    const through = (steps: Layers) =>
      steps.reduce((y, step) => step.apply(y, { training }) as tf.Tensor4D, x);
    return tf.relu(tf.add(through(this.F), through(this.shortcut)));
  }
}

/** A skip block of one's own, whose convolutions and projection can go wrong. */
class Skip extends Block {
  readonly conv1: Conv2d | Sequence;
  readonly bn1: BatchNorm;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm;
  readonly projection: Conv2d;
  readonly norm: BatchNorm | undefined;

  constructor(
    readonly ni: number,
    readonly no: number,
    readonly kind: "biased" | "no norm" | "same",
  ) {
    super({ ni, no, kind });
    const bias = kind === "biased";
    const sizes = { filters: no, kernelSize: 3, strides: 2 };
    this.conv1 = kind === "same"
      ? new Sequence([tf.layers.conv2d({ ...sizes, padding: "same", useBias: false })])
      : new Conv2d(ni, no, 3, 2, bias);
    this.bn1 = new BatchNorm(no);
    this.conv2 = new Conv2d(no, no, 3, 1, bias);
    this.bn2 = new BatchNorm(no);
    this.projection = new Conv2d(ni, no, 1, 2, kind !== "same");
    this.norm = kind === "same" ? new BatchNorm(no) : undefined;
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    const projected = this.projection(x);
    const shortcut = this.norm?.(projected) ?? projected;
    return this.bn2(this.conv2(this.bn1(this.conv1(x)).relu())).add<tf.Tensor4D>(shortcut).relu();
  }
}

/** Two biased convolutions. */
class BiasedIdentity extends Block {
  readonly steps: readonly (Conv2d | BatchNorm)[];

  constructor(readonly ni: number) {
    super({ ni });
    this.steps = [
      new Conv2d(ni, ni, 3, 1, true),
      new BatchNorm(ni),
      new Conv2d(ni, ni, 3, 1, true),
      new BatchNorm(ni),
    ];
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    const [conv1, bn1, conv2, bn2] = this.steps;
    return bn2!(conv2!(bn1!(conv1!(x)).relu())).add<tf.Tensor4D>(x).relu();
  }
}

const biasedStage = (open: tf.layers.Layer, no: number): Layers => [
  open,
  new BiasedIdentity(no),
  new BiasedIdentity(no),
];

const skips = (kind: "no norm" | "same"): Layers => [
  ...stage(new ResIdentity(16), 16),
  ...stage(new Skip(16, 32, kind), 32),
  ...stage(new Skip(32, 64, kind), 64),
];

export const answers: Answers = {
  right: {
    "a list of layers": made(() => ({})),
    "one by one, in TensorFlow.js's own layers": layerByLayer,
    "a sequential model": sequential,
    "skip blocks that pad by themselves": made(() => ({
      stages: [
        ...stage(new ResIdentity(16), 16),
        ...stage(new PaddedSkip(16, 32), 32),
        ...stage(new PaddedSkip(32, 64), 64),
      ],
    })),
  },
  wrong: {
    // 273,066: Keras's example has biases everywhere, and no batch norm on its projections.
    biased_convolutions: made(() => ({
      stem: [new Conv2d(3, 16, 3, 1, true), new BatchNorm(16), tf.layers.reLU()],
      stages: [
        ...biasedStage(new BiasedIdentity(16), 16),
        ...biasedStage(new Skip(16, 32, "biased"), 32),
        ...biasedStage(new Skip(32, 64, "biased"), 64),
      ],
    })),
    shortcuts_without_parameters: made(() => ({
      stages: [
        ...stage(new ResIdentity(16), 16),
        ...stage(new ResPad(16, 32), 32),
        ...stage(new ResPad(32, 64), 64),
      ],
    })),
    projections_without_norm: made(() => ({ stages: skips("no norm") })),
    no_stem_norm: made(() => ({ stem: [new Conv2d(3, 16), tf.layers.reLU()] })),
    missing_block: made(() => ({
      stages: [
        ...stage(new ResIdentity(16), 16),
        ...stage(new ResSkip(16, 32), 32, 2),
        ...stage(new ResSkip(32, 64), 64),
      ],
    })),
    no_linear_bias: made(() => ({
      end: [
        tf.layers.globalAveragePooling2d({}),
        tf.layers.dense({ units: 10, useBias: false }),
      ],
    })),
    third_skip_block: made(() => ({
      stages: [
        ...stage(new ResSkip(16, 16), 16),
        ...stage(new ResSkip(16, 32), 32),
        ...stage(new ResSkip(32, 64), 64),
      ],
    })),
    flattened: made(() => ({ end: [tf.layers.flatten(), new Linear(4096, 10)] })),
    no_stem_relu: made(() => ({ stem: [new Conv2d(3, 16), new BatchNorm(16)] })),
    same_padding: made(() => ({ stages: skips("same") })),
    softmax_at_the_end: made(() => ({ end: [...rightEnd(), tf.layers.softmax()] })),
  },
};
