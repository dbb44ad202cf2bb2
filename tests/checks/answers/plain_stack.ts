/** Answers to plain_stack: right ones, and each mistake that its check knows. */
import { BatchNorm, Block, Conv2d, Linear, tf } from "../../../lib/mod.ts";
import type { Answers } from "./answers.ts";

/** Convolution, batch norm, ReLU; some of its mistakes too. */
class Step extends Block {
  readonly conv: Conv2d;
  readonly bn: BatchNorm | undefined;

  constructor(
    readonly ni: number,
    readonly no: number,
    readonly stride: number = 1,
    hasBias = false,
    hasNorm = true,
  ) {
    super({ ni, no, stride, hasBias, hasNorm });
    this.conv = new Conv2d(ni, no, 3, stride, hasBias);
    this.bn = hasNorm ? new BatchNorm(no) : undefined;
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    const y = this.conv(x);
    return tf.relu(this.bn?.(y) ?? y);
  }
}

function modelOf(layers: readonly tf.layers.Layer[]): tf.LayersModel {
  const inputs = tf.input({ shape: [32, 32, 3] });
  let outputs = inputs;
  for (const layer of layers) outputs = layer.apply(outputs) as tf.SymbolicTensor;
  return tf.model({ inputs, outputs });
}

/** What a wrong answer does otherwise. */
interface Changes {
  step?: (ni: number, no: number, stride: number) => tf.layers.Layer;
  stride?: (stage: number, i: number) => number;
  stem?: boolean;
  convolutions?: (n: number) => number;
  end?: readonly (() => tf.layers.Layer)[];
}

const pool = () => tf.layers.globalAveragePooling2d({});
const linear = () => new Linear(64, 10);

function stack(
  {
    step = (ni, no, stride) => new Step(ni, no, stride),
    stride = (stage, i) => stage > 0 && i === 0 ? 2 : 1,
    stem = true,
    convolutions = (n) => 2 * n,
    end = [pool, linear],
  }: Changes = {},
): (n: number) => tf.LayersModel {
  return (n) => {
    const layers = stem ? [step(3, 16, 1)] : [];
    let ni = stem ? 16 : 3;
    for (const [stage, no] of [16, 32, 64].entries()) {
      for (let i = 0; i < convolutions(n); i++) {
        layers.push(step(ni, no, stride(stage, i)));
        ni = no;
      }
    }
    return modelOf([...layers, ...end.map((make) => make())]);
  };
}

/** Each stage one block, its parts declared last to first. */
class Stage extends Block {
  readonly steps: readonly Step[];

  constructor(readonly ni: number, readonly no: number, readonly convolutions: number) {
    super({ ni, no, convolutions });
    this.steps = Array.from({ length: convolutions }, (_, i) => {
      const halves = i === 0 && ni !== no;
      return new Step(i === 0 ? ni : no, no, halves ? 2 : 1);
    });
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return this.steps.reduce((y, step) => step(y), x);
  }
}

const ofStages = (n: number) =>
  modelOf([
    new Step(3, 16),
    new Stage(16, 16, 2 * n),
    new Stage(16, 32, 2 * n),
    new Stage(32, 64, 2 * n),
    pool(),
    linear(),
  ]);

/** No blocks at all, and TensorFlow.js's own layers where they can be. */
const ofLayers = (n: number) =>
  modelOf([
    ...[3, ...[16, 32, 64].flatMap((no) => new Array<number>(2 * n).fill(no))].flatMap(
      (width, i, widths) => {
        const ni = i === 0 ? 3 : Math.max(16, widths[i - 1]!);
        const no = Math.max(16, width);
        const halves = i > 0 && ni !== no;
        const norm = tf.layers.batchNormalization();
        return [new Conv2d(ni, no, 3, halves ? 2 : 1), norm, tf.layers.reLU()];
      },
    ),
    pool(),
    tf.layers.dense({ units: 10 }),
  ]);

export const answers: Answers = {
  right: {
    "as the lesson has it": stack(),
    "a block for each stage": ofStages,
    "no blocks at all": ofLayers,
  },
  wrong: {
    biased_convolutions: stack({ step: (ni, no, stride) => new Step(ni, no, stride, true) }),
    no_batch_norm: stack({ step: (ni, no, stride) => new Step(ni, no, stride, false, false) }),
    no_stem: stack({ stem: false }),
    half_a_stage: stack({ convolutions: (n) => n }),
    flattened: stack({ end: [() => tf.layers.flatten(), () => new Linear(8 * 8 * 64, 10)] }),
    n_ignored: stack({ convolutions: () => 2 }),
    not_halved: stack({ stride: () => 1 }),
    first_stage_halved: stack({ stride: (_stage, i) => i === 0 ? 2 : 1 }),
    halved_too_often: stack({ stride: (stage) => stage > 0 ? 2 : 1 }),
    softmax: stack({ end: [pool, linear, () => tf.layers.softmax()] }),
  },
};
