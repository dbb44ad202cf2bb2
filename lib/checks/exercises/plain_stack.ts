/** Lesson 4: the learner's `plainStack(n)`. */
import { BasicBlock } from "../../blocks/basic_block.ts";
import { PlainBlock } from "../../blocks/plain_block.ts";
import { cifarResNet, plain20, plain56 } from "../../models/cifar_resnet.ts";
import { type Comparison, type Exercise, probe } from "../exercise.ts";
import {
  compareCount,
  compareNumbers,
  compareShape,
  compareWays,
  compareWithAny,
  type Departures,
  mistakesIn,
} from "../comparisons.ts";
import {
  areWeights,
  inputNumbers,
  type LayerSeen,
  partsOf,
  probeLayer,
  probeWeights,
  trainableCount,
  weightNumbers,
  type WeightSeen,
} from "../layers.ts";
import { type Numbers, shapeText, wholeNumbers } from "../numbers.ts";
import {
  convolve,
  INFERENCE,
  linear,
  type Map4,
  meanOfPixels,
  type Normalize,
  relu,
} from "../reference.ts";

const INPUT = [2, 32, 32, 3];
const CLASSES = 10;
const OUTPUT = [2, CLASSES];
const WIDTHS = [16, 32, 64];

/** How an answer's layers may depart from the right ones. */
interface Layers {
  /** Numbers for each filter besides its weights: two of batch norm, or a bias as well, or neither. */
  readonly perFilter: number;
  readonly stem: false;
  /** Convolutions of each stage. */
  readonly convolutions: (n: number) => number;
  /** What arrives at the linear layer. */
  readonly features: number;
}

/** The stem's convolution, 2n convolutions in each stage, each with its batch norm; the classifier. */
function parameters(n: number, layers: Partial<Layers> = {}): number {
  const { perFilter = 2, stem, convolutions = (n) => 2 * n, features = 64 } = layers;
  const convolution = (ni: number, no: number) => 9 * ni * no + perFilter * no;
  const stages = WIDTHS.map((no, stage) =>
    convolution(WIDTHS[stage - 1] ?? (stem === false ? 3 : no), no) +
    (convolutions(n) - 1) * convolution(no, no)
  );
  return [stem === false ? 0 : convolution(3, 16), ...stages, features * CLASSES + CLASSES]
    .reduce((sum, part) => sum + part);
}

const SMALL = parameters(1);

const COUNT_DEPARTURES: Departures<Layers> = {
  biased_convolutions: [{ perFilter: 3 }],
  no_batch_norm: [{ perFilter: 0 }, { perFilter: 1 }],
  no_stem: [{ stem: false }],
  half_a_stage: [{ convolutions: (n) => n }],
  flattened: [{ features: 64 * 64 }],
  n_ignored: [{ convolutions: () => 6 }],
};

function compareParameters(weights: readonly WeightSeen[]): Comparison {
  const got = trainableCount(weights);
  const comparison = compareCount(got, SMALL);
  const fits = (layers: Partial<Layers>) => parameters(1, layers) === got;
  return comparison.passed
    ? comparison
    : { ...comparison, mistake: mistakesIn(COUNT_DEPARTURES, fits) };
}

/** A depth drawn from the seed, at least 3: at n = 2, half a stage equals a whole stage at n = 1. */
function depthOf(seed: number): number {
  return wholeNumbers(seed)(3, 20);
}

const DEEPER = "parameters at a larger n";

/** How the forward pass of an answer with the right layers may depart from the right one. */
interface Ways {
  /** The strides of stage 1's convolutions. */
  readonly first: (i: number) => number;
  /** The strides of the convolutions of stages 2 and 3. */
  readonly later: (i: number) => number;
}

const DEPARTURES: Departures<Ways> = {
  first_stage_halved: [{ first: (i) => i === 0 ? 2 : 1 }],
  halved_too_often: [{ later: () => 2 }],
  not_halved: [{ later: () => 1 }],
};

/** The logits at n = 1 for the weights of this seed. */
function logits(
  weights: readonly WeightSeen[],
  seed: number,
  normalize: Normalize,
  ways: Partial<Ways> = {},
): Numbers[] {
  const { first = () => 1, later = (i) => i === 0 ? 2 : 1 } = ways;
  const stages = WIDTHS.flatMap((no, i) => [[3, 3, WIDTHS[i - 1] ?? no, no], [3, 3, no, no]]);
  const expected = { normed: [[3, 3, 3, 16], ...stages], biased: [[64, CLASSES]] };
  if (!areWeights(weights, expected)) return [];
  const made = weightNumbers(weights, seed);
  const { kernels, norms } = partsOf(weights, made);
  const kernel = made.find(({ shape }) => shape.length === 2)!;
  const bias = made.find(({ shape }) => String(shape) === String([CLASSES]))!;
  let x: Map4 = inputNumbers(INPUT, seed);
  kernels.forEach((kernel, layer) => {
    const [stage, i] = [Math.floor((layer - 1) / 2), (layer - 1) % 2];
    const stride = layer === 0 ? 1 : stage === 0 ? first(i) : later(i);
    x = relu(normalize(convolve(x, kernel, { stride }), norms[layer]!));
  });
  return [linear(meanOfPixels(x), kernel, bias.values)];
}

/** Whether the values of each image are shares of 1. */
function areShares({ shape, values }: Numbers): boolean {
  const sums = new Array<number>(shape[0] ?? 0).fill(0);
  values.forEach((value, i) => sums[Math.floor(i / CLASSES)]! += value ?? NaN);
  return values.every((value) => (value ?? -1) >= 0) &&
    sums.every((sum) => Math.abs(sum - 1) < 1e-3);
}

function compareLogits({ inference, weights }: LayerSeen, seed: number): Comparison {
  const next = "follow x: stem, three stages, global average pool, linear";
  return compareWithAny(INFERENCE, (norm) => {
    const right = logits(weights, seed, norm);
    if (areShares(inference)) return { ...compareNumbers(inference, right), mistake: "softmax" };
    return compareWays(
      inference,
      right,
      DEPARTURES,
      (ways) => logits(weights, seed, norm, ways),
      next,
    );
  });
}

/** `plainStack(n)`. */
export const plainStack: Exercise = {
  id: "plain_stack",
  lesson: "04_plain_cnn",
  title: "the plain stack",
  goal: "`plainStack(n)`: a whole network of your own blocks, with 6n + 2 layers. With n = 1 you " +
    "train it below; with n = 3 it is the plain network that the paper compares ResNet20 with.",
  difficulty: 3,
  minutes: 20,
  hints: [
    "Make a list of layers first: the stem, then a loop over the three " +
    "widths, with a loop over 2n convolutions in it. The pool and the linear layer come last.",
    "A block needs to know how many channels come in: keep `let ni = 16;`, and set `ni = no` after " +
    "each block. The stride is 2 where `ni` and `no` differ, otherwise 1.",
    "`for (const no of [16, 32, 64]) { for (let i = 0; i < 2 * n; i++) { " +
    "layers.push(new ConvBnRelu(ni, no, ni === no ? 1 : 2)); ni = no; } }`",
  ],
  mistakes: {
    biased_convolutions: "each convolution has a bias; take your `ConvBnRelu`, checked above",
    no_batch_norm: "the convolutions have no batch norm; take your `ConvBnRelu`, checked above",
    no_stem: "the first convolution of stage 1 stands in for the stem; the stem comes before the " +
      "2n of that stage",
    half_a_stage: "each stage has n convolutions; it needs 2n",
    flattened: "the linear layer takes every pixel of every map; take the mean of each map first " +
      "(globalAveragePooling2d), then Linear(64, 10)",
    n_ignored: "n changes nothing: each stage has 2n convolutions",
    not_halved:
      "no stage halves the map: the first convolution of stage 2 and that of stage 3 have stride 2",
    first_stage_halved: "stage 1 halves the map, too; it stays 32×32 there",
    halved_too_often:
      "every convolution of stages 2 and 3 halves the map; only the first of each " +
      "does",
    softmax: "a softmax makes shares of the logits. `train` does that itself, so end with Linear",
  },
  ownParts: [BasicBlock, PlainBlock, cifarResNet, plain20, plain56],
  probes: [
    probe((candidate, trial) => probeLayer(trial.makeModel(candidate, 1), INPUT, trial.seed), [
      {
        what: "output shape",
        expected: shapeText(OUTPUT),
        points: 1,
        requires: DEEPER,
        compare: ({ inference }) =>
          compareShape(inference, OUTPUT, "end with globalAveragePooling2d, then Linear(64, 10)"),
      },
      {
        what: "parameters at n = 1",
        expected: SMALL.toLocaleString("en-US"),
        points: 2,
        requires: DEEPER,
        compare: ({ weights }) => compareParameters(weights),
      },
      {
        what: "logits of two images",
        expected: "as computed layer by layer",
        points: 3,
        compare: compareLogits,
      },
    ]),
    probe(
      (candidate, trial) => probeWeights(trial.makeModel(candidate, depthOf(trial.seed)), INPUT),
      [
        {
          what: DEEPER,
          expected: (seed) => {
            const n = depthOf(seed);
            return `${parameters(n).toLocaleString("en-US")} at n = ${n}`;
          },
          points: 1,
          compare: (weights, seed) =>
            compareCount(trainableCount(weights), parameters(depthOf(seed)), {
              [SMALL]: "n_ignored",
            }),
        },
      ],
    ),
  ],
};
