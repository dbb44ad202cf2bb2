/** Lesson 5: the learner's `ResIdentity(ni)`. */
import { BasicBlock } from "../../blocks/basic_block.ts";
import { PlainBlock } from "../../blocks/plain_block.ts";
import { ResIdentity } from "../../blocks/res_identity.ts";
import { identityBlocks, identityKernels, identityParameters, type Wiring } from "../blocks.ts";
import { type Comparison, type Exercise, probe } from "../exercise.ts";
import {
  compareCount,
  compareNumbers,
  type CompareOutput,
  compareShape,
  compareWays,
  type Departures,
  numbersRows,
} from "../comparisons.ts";
import {
  areWeights,
  gradientNumbers,
  type GradientSeen,
  inputNumbers,
  type LayerSeen,
  partsOf,
  probeGradient,
  probeLayer,
  probeWeights,
  trainableCount,
  weightNumbers,
  type WeightSeen,
} from "../layers.ts";
import { shapeText, wholeNumbers } from "../numbers.ts";
import { each, INFERENCE, type Map4, relu, sum } from "../reference.ts";
import type { Trial } from "../trial.ts";

/** Sizes drawn from the seed. */
interface Sizes {
  readonly ni: number;
  readonly input: readonly number[];
  /** The channels of a wider block, for counting parameters. */
  readonly wide: number;
}

function sizesOf(seed: number): Sizes {
  const whole = wholeNumbers(seed);
  const [batch, side, ni] = [whole(2, 3), whole(5, 8), whole(3, 10)];
  return { ni, input: [batch, side, side, ni], wide: whole(11, 128) };
}

/** Observations of the block and of a wider block. */
interface BlockSeen extends LayerSeen {
  readonly wideWeights: readonly WeightSeen[];
}

function probeBlock(candidate: unknown, trial: Trial): BlockSeen {
  const { ni, input, wide } = sizesOf(trial.seed);
  return {
    ...probeLayer(trial.make(candidate, ni), input, trial.seed),
    wideWeights: probeWeights(trial.make(candidate, wide), [...input.slice(0, 3), wide]),
  };
}

/** How a block may be wired. */
interface Ways {
  readonly innerRelu: boolean;
  readonly lastRelu: "after the sum" | "before the sum" | "nowhere";
  /** What is added to F(x). */
  readonly shortcut: "x" | "nothing" | "what bn1 gives" | "its ReLU" | "F(x)";
}

/** Mistakes by what they do differently. */
const WRONG: Departures<Ways> = {
  no_shortcut: [{ shortcut: "nothing" }],
  x_overwritten: [
    { shortcut: "what bn1 gives" },
    { shortcut: "its ReLU" },
    { shortcut: "F(x)" },
  ],
  relu_before_sum: [{ lastRelu: "before the sum" }],
  no_last_relu: [{ lastRelu: "nowhere" }],
  no_inner_relu: [{ innerRelu: false }],
};

function wiringOf(
  { innerRelu = true, lastRelu = "after the sum", shortcut = "x" }: Partial<Ways>,
): Wiring {
  return (x, first, second) => {
    const normed = first(x);
    const active = relu(normed);
    const last = second(innerRelu ? active : normed);
    const F = lastRelu === "before the sum" ? relu(last) : last;
    const added = {
      x,
      nothing: undefined,
      "what bn1 gives": normed,
      "its ReLU": active,
      "F(x)": F,
    };
    const other = added[shortcut];
    const y = other === undefined ? F : sum(F, other);
    return lastRelu === "after the sum" ? relu(y) : y;
  };
}

/** What each wiring gives for the weights of this seed, in every order that the parts may have. */
const compareOutput: CompareOutput = (got, weights, norm, seed) => {
  const { ni, input } = sizesOf(seed);
  const parts = partsOf(weights, weightNumbers(weights, seed));
  const x = inputNumbers(input, seed);
  const outputs = (ways: Partial<Ways>): Map4[] =>
    identityBlocks(parts, norm, wiringOf(ways)).map((block) => block(x));
  return compareWays(
    got,
    areWeights(weights, { normed: identityKernels(ni) }) ? outputs({}) : [],
    WRONG,
    outputs,
    "follow x: conv, norm, relu, conv, norm, + x, relu",
  );
};

/** With kernels of zeros F is one number a channel, and the gradient is the shortcut's alone. */
function withZeroKernels(weights: readonly WeightSeen[], seed: number): Map4[] {
  return weightNumbers(weights, seed).map((made, i) =>
    weights[i]!.shape.length === 4 ? each(made, () => 0) : made
  );
}

function compareGradient({ gradient, weights }: GradientSeen, seed: number): Comparison {
  const { ni, input } = sizesOf(seed);
  const x = inputNumbers(input, seed);
  const g = gradientNumbers(input, seed);
  const { norms } = partsOf(weights, withZeroKernels(weights, seed));
  const through = INFERENCE.flatMap((normalize) =>
    norms.filter(({ gamma }) => gamma.length === ni).map((norm) => {
      const open = sum(normalize(each(x, () => 0), norm), x);
      return { ...g, values: g.values.map((value, i) => open.values[i]! > 0 ? value : 0) };
    })
  );
  const isCut = gradient.values.every((value) => value === 0);
  return {
    ...compareNumbers(gradient, through),
    ...(isCut ? { actual: "none" } : {}),
    next: isCut
      ? "with an F that is constant, no gradient reaches x: x itself must go into the sum"
      : "x goes into the sum as it is; the ReLU comes after",
  };
}

/** `ResIdentity(ni)`. */
export const resIdentity: Exercise = {
  id: "res_identity",
  lesson: "05_identity_block",
  title: "the identity block",
  goal:
    "`ResIdentity(ni)`: two 3×3 convolutions, each with batch norm, whose result is **added to " +
    "the block's own input** before the last ReLU. The whole course rests on this one sum.",
  difficulty: 2,
  minutes: 15,
  hints: [
    "The block needs four layers: `conv1`, `bn1`, `conv2`, `bn2`. All keep `ni` channels.",
    "Assign each layer to its property in the constructor: `this.conv1 = new Conv2d(ni, ni);`. " +
    "In `forward`, call it: `this.conv1(x)`.",
    "F(x) is `this.bn2(this.conv2(tf.relu(this.bn1(this.conv1(x)))))`. Add `x` to it, and put the " +
    "last ReLU around the sum.",
  ],
  mistakes: {
    no_shortcut: "the input is not added: this is a plain block. Return relu(F(x) + x)",
    x_overwritten:
      "what is added is not the block's input: was `x` overwritten before the sum? Keep " +
      "F(x) in a variable of its own, and add `x` to it",
    relu_before_sum: "the last ReLU stands around F(x) alone; it belongs around the sum, F(x) + x",
    no_last_relu: "there is no ReLU around the sum: relu(F(x) + x)",
    no_inner_relu: "there is no ReLU between the two convolutions",
    biased_convolutions: "a convolution has a bias, which the batch norm after it " +
      "cancels; take Conv2d, which has none",
    no_batch_norm: "there is no batch norm after the convolutions",
    norm_used_twice:
      "one batch norm is missing: is one used twice, or never called? Each convolution is " +
      "followed by its own",
    convolution_used_twice:
      "one convolution is missing: is one used twice, or never called? F has two, each " +
      "with weights of its own",
    not_parts: "the block does not find its layers: assign each layer to a property in the " +
      "constructor, `this.conv1 = new Conv2d(...)`",
    one_convolution: "there is one convolution with its batch norm; F has two",
  },
  ownParts: [ResIdentity, BasicBlock, PlainBlock],
  probes: [
    probe<BlockSeen>(probeBlock, [
      {
        what: "output shape",
        expected: (seed) => shapeText(sizesOf(seed).input),
        points: 1,
        compare: ({ inference }, seed) =>
          compareShape(
            inference,
            sizesOf(seed).input,
            "a 3×3 convolution with stride 1 keeps height and width",
          ),
      },
      {
        what: "parameters",
        expected: (seed) => {
          const { wide } = sizesOf(seed);
          const count = identityParameters(wide).toLocaleString("en-US");
          return `${count} with ${wide} channels`;
        },
        points: 1,
        compare: ({ wideWeights }, seed) => {
          const { wide } = sizesOf(seed);
          const parameters = identityParameters(wide);
          return compareCount(trainableCount(wideWeights), parameters, {
            [parameters + wide]: "biased_convolutions",
            [parameters + 2 * wide]: "biased_convolutions",
            [parameters - 2 * wide]: "norm_used_twice",
            [parameters - 9 * wide * wide]: "convolution_used_twice",
            [parameters - 4 * wide]: "no_batch_norm",
            [parameters / 2]: "one_convolution",
            0: "not_parts",
          });
        },
      },
      ...numbersRows("relu(F(x) + x)", [2, 1], compareOutput),
    ]),
    probe(
      (candidate, trial) => {
        const { ni, input } = sizesOf(trial.seed);
        return probeGradient(trial.make(candidate, ni), input, trial.seed, withZeroKernels);
      },
      [
        {
          what: "gradient that comes through",
          expected: "all of it, where F is constant",
          points: 1,
          compare: compareGradient,
        },
      ],
    ),
  ],
};
