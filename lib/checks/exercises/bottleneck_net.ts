/** Lesson 11: a network of bottlenecks for CIFAR-10, with 9n + 2 layers. */
import { NBottlenecks } from "../../blocks/n_bottlenecks.ts";
import { CIFAR_RESNETS } from "../cifar_resnets.ts";
import { type Assertion, type Comparison, type Exercise, probe } from "../exercise.ts";
import {
  compareCount,
  compareNetwork,
  compareShape,
  type Departures,
  numbersRows,
} from "../comparisons.ts";
import {
  type ExpectedWeights,
  inputNumbers,
  type LayerSeen,
  probeLayer,
  probeWeights,
  trainableCount,
  type WeightSeen,
} from "../layers.ts";
import { alikePieces, alikeWeights } from "../networks.ts";
import { shapeText, wholeNumbers } from "../numbers.ts";
import { type Map4, type Normalize, relu, softmax, sum } from "../reference.ts";
import type { Trial } from "../trial.ts";

const IMAGE = [1, 32, 32, 3];
const OUTPUT = [1, 10];
const WIDTHS = [16, 32, 64];

/** The assertion that a network of a fixed depth cannot pass. */
const DEEPER = "parameters at another n";

/** A depth drawn from the seed. */
const depthOf = (seed: number) => wholeNumbers(seed)(3, 9);

/** How a network may be built. */
interface Rules {
  /** Channels of the stem. */
  readonly stem: number;
  /** Blocks that each stage has beside n. */
  readonly more: number;
  /** Basic blocks instead of bottlenecks. */
  readonly basic: boolean;
  /** The number of blocks; undefined stands for n. */
  readonly blocks: number | undefined;
  readonly linearBias: boolean;
}

/** The sizes of the kernels of a network, in order, and whether a batch norm follows each. */
function weightsOf(n: number, rules: Partial<Rules> = {}): ExpectedWeights {
  const { stem = 16, more = 0, basic = false, blocks = n } = rules;
  const normed = [[3, 3, 3, stem]];
  let ni = stem;
  for (const width of WIDTHS) {
    for (let block = 0; block < blocks + more; block++) {
      const no = basic ? width : 4 * width;
      normed.push(
        ...(basic
          ? [[3, 3, ni, width], [3, 3, width, width]]
          : [[1, 1, ni, width], [3, 3, width, width], [1, 1, width, no]]),
        ...(ni === no ? [] : [[1, 1, ni, no]]),
      );
      ni = no;
    }
  }
  return { normed, biased: [[ni, 10]] };
}

function parameters(n: number, rules: Partial<Rules> = {}): number {
  const { normed, biased = [] } = weightsOf(n, rules);
  const size = (shape: readonly number[]) => shape.reduce((product, side) => product * side, 1);
  const linear = biased.reduce((all, shape) => all + size(shape), 0);
  return normed.reduce((all, shape) => all + size(shape) + 2 * shape.at(-1)!, 0) + linear +
    (rules.linearBias === false ? 0 : 10);
}

/** Mistakes by what they build. */
const BUILT: Departures<Rules> = {
  wide_stem: [{ stem: 64 }],
  basic_blocks: [{ basic: true }],
  one_too_many: [{ more: 1 }],
  one_too_few: [{ more: -1 }],
  no_linear_bias: [{ linearBias: false }],
};

/** What a mistake does differently with the same weights. */
interface Variant {
  /** Whether the stem ends in a ReLU. */
  readonly stemRelu: boolean;
  /** Whether the first block of stage 1 halves the map as well. */
  readonly halvesFirst: boolean;
  /** Whether a softmax follows. */
  readonly probabilities: boolean;
}

/** Mistakes that leave all weights as they are. */
const WIRED: Departures<Variant> = {
  no_stem_relu: [{ stemRelu: false }],
  stage_1_halved: [{ halvesFirst: true }],
  softmax_at_the_end: [{ probabilities: true }],
};

/** The network at n = 1, computed without TensorFlow. */
function reference(
  seed: number,
  norm: Normalize,
  { stemRelu = true, halvesFirst = false, probabilities = false }: Partial<Variant> = {},
): Map4 {
  const { convolution, classifier } = alikePieces(seed, norm);
  const stem = convolution(inputNumbers(IMAGE, seed), 3, 16);
  let x = stemRelu ? relu(stem) : stem;
  for (const [stage, width] of WIDTHS.entries()) {
    const walk = { stride: stage > 0 || halvesFirst ? 2 : 1 };
    const narrow = relu(convolution(x, 1, width));
    const F = convolution(relu(convolution(narrow, 3, width, walk)), 1, 4 * width);
    x = relu(sum(F, convolution(x, 1, 4 * width, walk)));
  }
  const logits = classifier(x, 10);
  return probabilities ? softmax(logits) : logits;
}

const compareOutput = compareNetwork(
  weightsOf(1),
  WIRED,
  reference,
  "does each layer take the output of the one before? is the order the table's?",
);

function compareParameters(weights: readonly WeightSeen[], n: number): Comparison {
  const count = trainableCount(weights);
  const wrong = Object.entries(BUILT).find(([, variants]) =>
    variants.some((rules) => parameters(n, rules) === count)
  );
  return { ...compareCount(count, parameters(n)), mistake: wrong?.[0] };
}

/** The assertion about the number of parameters with n = 2. */
const TWENTY_LAYERS: Assertion<readonly WeightSeen[]> = {
  what: "parameters at n = 2, 20 layers",
  expected: parameters(2).toLocaleString("en-US"),
  points: 2,
  requires: DEEPER,
  compare: (weights) => compareParameters(weights, 2),
};

/** `bottleneckNet(n)`. */
export const bottleneckNet: Exercise = {
  id: "bottleneck_net",
  lesson: "11_bottleneck",
  title: "a CIFAR network of bottlenecks",
  goal:
    "`bottleneckNet(n)`: ResNet20's three stages, with **n bottlenecks in each**: 9n + 2 layers. With " +
    "n = 2 it has 20 layers as well, so the two networks can be compared.",
  difficulty: 3,
  minutes: 15,
  hints: [
    "The stem has 16 channels. A bottleneck of width 16 ends with 64, so the second block of stage 1 " +
    "already takes 64 channels.",
    "Keep the number of channels in a variable: `let ni = 16;`, and after each block `ni = 4 * width;`.",
    "In the loops over the widths 16, 32, 64 and the n blocks, add " +
    "`new Bottleneck(ni, width, width > 16 && i === 0 ? 2 : 1)`. End with " +
    "`tf.layers.globalAveragePooling2d({})` and `new Linear(256, 10)`.",
  ],
  mistakes: {
    wide_stem: "the stem has 64 channels; it has 16, and the first block widens them",
    basic_blocks: "the blocks are those of ResNet20; this network has bottlenecks",
    one_too_many: "each stage has a block too many: the one that halves the map is one of the n",
    one_too_few: "each stage has a block too few: the one that halves the map is one of the n",
    n_ignored: "`n` changes nothing: each stage has n blocks",
    no_linear_bias: "the linear layer has no bias; use Linear, which has one",
    no_mean:
      "the mean over all pixels is missing: `tf.layers.globalAveragePooling2d({})` before Linear",
    no_stem_relu: "the stem has no ReLU after its batch norm",
    stage_1_halved: "stage 1 halves the map; only the first blocks of stages 2 and 3 have stride 2",
    softmax_at_the_end:
      "there is a softmax at the end; the loss contains it, so the network ends with " +
      "Linear",
  },
  ownParts: [...CIFAR_RESNETS, NBottlenecks],
  limitSeconds: 120,
  probes: [
    probe<LayerSeen>(
      (candidate, trial: Trial) =>
        probeLayer(trial.makeModel(candidate, 1), IMAGE, trial.seed, alikeWeights),
      [
        {
          what: "output shape",
          expected: shapeText(OUTPUT),
          points: 1,
          requires: DEEPER,
          compare: ({ inference }) =>
            compareShape(
              inference,
              OUTPUT,
              "end with the mean over all pixels and Linear(256, 10)",
              {
                [shapeText([1, 8, 8, 10])]: "no_mean",
              },
            ),
        },
        ...numbersRows("computed layer by layer, n = 1", [2, 1], compareOutput),
      ],
    ),
    probe((candidate, trial) => probeWeights(trial.makeModel(candidate, 2), IMAGE), [
      TWENTY_LAYERS,
    ]),
    probe(
      (candidate, trial) => probeWeights(trial.makeModel(candidate, depthOf(trial.seed)), IMAGE),
      [
        {
          what: DEEPER,
          expected: (seed) => {
            const n = depthOf(seed);
            return `${parameters(n).toLocaleString("en-US")} at n = ${n}`;
          },
          points: 1,
          compare: (weights, seed) => {
            const n = depthOf(seed);
            const fixed = [1, 2].some((blocks) =>
              trainableCount(weights) === parameters(n, { blocks })
            );
            return {
              ...compareParameters(weights, n),
              ...(fixed ? { mistake: "n_ignored" } : {}),
            };
          },
        },
      ],
    ),
  ],
};
