/** Lesson 4: the learner's `ConvBnRelu(ni, no, stride)`. */
import { BasicBlock } from "../../blocks/basic_block.ts";
import { type Assertion, type Exercise, probe } from "../exercise.ts";
import {
  compareCount,
  type CompareOutput,
  compareShape,
  compareWays,
  compareWithAny,
  type Departures,
  numbersRows,
} from "../comparisons.ts";
import {
  inputNumbers,
  type LayerSeen,
  probeLayer,
  trainableCount,
  weightNumbers,
  type WeightSeen,
} from "../layers.ts";
import { shapeText, wholeNumbers } from "../numbers.ts";
import { convolve, INFERENCE, type Map4, type Norm, type Pad, relu } from "../reference.ts";
import type { Trial } from "../trial.ts";

/** The sizes of the block and of the input, drawn from the seed. */
interface Sizes {
  readonly ni: number;
  readonly no: number;
  /** Height and width: even, so that "same" pads only one side at stride 2. */
  readonly side: number;
  readonly input: readonly number[];
  /** The output shape for each stride. */
  readonly output: Readonly<Record<1 | 2, readonly number[]>>;
  /** The output shape without padding, for each stride. */
  readonly unpadded: Readonly<Record<1 | 2, readonly number[]>>;
  readonly parameters: number;
}

function sizesOf(seed: number): Sizes {
  const whole = wholeNumbers(seed);
  const [batch, side, ni] = [whole(2, 3), 2 * whole(3, 5), whole(3, 12)];
  const no = ni + whole(1, 10);
  const square = (side: number) => [batch, side, side, no];
  return {
    ...{ ni, no, side },
    input: [batch, side, side, ni],
    output: { 1: square(side), 2: square(side / 2) },
    unpadded: { 1: square(side - 2), 2: square(side / 2 - 1) },
    parameters: 9 * ni * no + 2 * no,
  };
}

function probeBlock(candidate: unknown, trial: Trial, stride: 1 | 2): LayerSeen {
  const { ni, no, input } = sizesOf(trial.seed);
  return probeLayer(trial.make(candidate, ni, no, stride), input, trial.seed);
}

/** How a block may work. */
interface Ways {
  readonly reluPlace: "after the norm" | "before the norm" | "nowhere";
  readonly pad: Pad;
  /** A part that `forward` does not call is never built, and has no weights. */
  readonly norm: "none";
}

/** Mistakes by what they do differently. */
const WRONG: Departures<Ways> = {
  no_batch_norm: [{ norm: "none" }],
  relu_before_norm: [{ reluPlace: "before the norm" }],
  no_relu: [{ reluPlace: "nowhere" }],
  // TensorFlow's "same" lays its only zeros on the right and the bottom at stride 2.
  same_padding: [{ pad: [0, 1] }],
};

/** What a learner's convolution and batch norm are, as far as their weights tell. */
interface Reading {
  readonly kernel: Map4;
  readonly bias?: readonly number[] | undefined;
  readonly norm?: Norm;
}

/**
 * Every way to read the weights. By its shape a bias cannot be told from a scale or a shift, so each
 * place is tried: that there is one is the count's affair.
 */
function readings(weights: readonly WeightSeen[], seed: number): Reading[] {
  const { ni, no } = sizesOf(seed);
  const expected = [[3, 3, ni, no], [no]].map(String);
  if (!weights.every(({ shape }) => expected.includes(String(shape)))) return [];
  const made = weightNumbers(weights, seed);
  const of = (trainable: boolean, rank: number) =>
    made.filter((_, i) => weights[i]!.trainable === trainable && weights[i]!.shape.length === rank);
  const [kernel, ...others] = of(true, 4);
  if (kernel === undefined || others.length > 0) return [];
  const vectors = of(true, 1).map(({ values }) => values);
  const [mean, variance] = of(false, 1).map(({ values }) => values);
  if (mean === undefined || variance === undefined) return [{ kernel, bias: vectors[0] }];
  const biases = vectors.length === 2 ? [undefined] : vectors;
  return biases.map((bias) => {
    const [gamma = [], beta = []] = vectors.filter((vector) => vector !== bias);
    return { kernel, bias, norm: { gamma, beta, mean, variance } };
  });
}

const compareAtStride = (stride: number): CompareOutput => (got, weights, normalize, seed) => {
  const x = inputNumbers(sizesOf(seed).input, seed);
  const all = readings(weights, seed);
  const outputs = ({ reluPlace = "after the norm", pad = [1, 1], norm: without }: Partial<Ways>) =>
    all.flatMap(({ kernel, bias, norm }) => {
      if ((norm === undefined) !== (without === "none")) return [];
      if (stride === 1 && pad[0] !== pad[1]) return [];
      const map = convolve(x, kernel, { stride, pad }, bias);
      const active = reluPlace === "before the norm" ? relu(map) : map;
      const normed = norm === undefined ? active : normalize(active, norm);
      return [reluPlace === "after the norm" ? relu(normed) : normed];
    });
  return compareWays(got, outputs({}), WRONG, outputs, "follow x: convolution, batch norm, relu");
};

function shapeRow(stride: 1 | 2): Assertion<LayerSeen> {
  return {
    what: `output shape, stride ${stride}`,
    expected: (seed) => shapeText(sizesOf(seed).output[stride]),
    points: 1,
    compare: ({ inference }, seed) => {
      const { side, output, unpadded } = sizesOf(seed);
      const next = `the output side is outputSize(${side}, 3, ${stride}, 1)`;
      return compareShape(inference, output[stride], next, {
        [shapeText(unpadded[stride])]: "no_padding",
        ...(stride === 2 ? { [shapeText(output[1])]: "stride_ignored" } : {}),
      });
    },
  };
}

/** `ConvBnRelu(ni, no, stride)`. */
export const convBnRelu: Exercise = {
  id: "conv_bn_relu",
  lesson: "04_plain_cnn",
  title: "convolution, batch norm, ReLU",
  goal:
    "`ConvBnRelu(ni, no, stride)`: the three steps as **one block of your own**. Every network " +
    "of this course repeats them; the residual blocks only add a sum.",
  difficulty: 2,
  minutes: 12,
  hints: [
    "The block has two layers, a `Conv2d` and a `BatchNorm`. `tf.relu(x)` has no weights, so it " +
    "needs no layer.",
    "In the constructor, write `this.conv = new Conv2d(ni, no, 3, stride);` and " +
    "`this.bn = new BatchNorm(no);`.",
    "In `forward`, from the inside out: `this.conv(x)`, then `this.bn(...)` of it, then " +
    "`tf.relu(...)` of that.",
  ],
  mistakes: {
    biased_convolution: "the convolution has a bias, which the batch norm after it " +
      "cancels; leave `Conv2d`'s last argument out",
    no_batch_norm: "no batch norm works on what the convolution gives: is there one, and does " +
      "`forward` call it?",
    relu_before_norm: "the ReLU comes before the batch norm; the order is convolution, batch " +
      "norm, ReLU",
    no_relu: "there is no ReLU at the end",
    same_padding: 'at stride 2, "same" lays zeros on the right and the bottom only, and the ' +
      "picture shifts. `Conv2d` lays one on every side",
    no_padding: "no zeros are laid around the input, and it shrinks; `Conv2d` lays them",
    stride_ignored: "the stride does not reach the convolution: `new Conv2d(ni, no, 3, stride)`",
  },
  ownParts: [BasicBlock],
  probes: [
    probe((candidate, trial) => probeBlock(candidate, trial, 1), [
      shapeRow(1),
      {
        what: "parameters",
        expected: (seed) => sizesOf(seed).parameters.toLocaleString("en-US"),
        points: 1,
        compare: ({ weights }, seed) => {
          const { no, parameters } = sizesOf(seed);
          return compareCount(trainableCount(weights), parameters, {
            [parameters + no]: "biased_convolution",
            [parameters - 2 * no]: "no_batch_norm",
            [parameters - no]: "no_batch_norm",
          });
        },
      },
      ...numbersRows("relu(bn(conv(x)))", [2, 1], compareAtStride(1)),
    ]),
    probe((candidate, trial) => probeBlock(candidate, trial, 2), [
      shapeRow(2),
      {
        what: "numbers at stride 2",
        expected: "relu(bn(conv(x)))",
        points: 1,
        compare: ({ inference, weights }, seed) =>
          compareWithAny(INFERENCE, (norm) => compareAtStride(2)(inference, weights, norm, seed)),
      },
    ]),
  ],
};
