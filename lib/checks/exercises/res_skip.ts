/** Lesson 6: the learner's `ResSkip(ni, no)`. */
import { BasicBlock } from "../../blocks/basic_block.ts";
import { ResSkip } from "../../blocks/res_skip.ts";
import {
  skipBlocks,
  skipKernels,
  skipParameters,
  type SkipWalk,
  type SkipWiring,
} from "../blocks.ts";
import { type Exercise, probe } from "../exercise.ts";
import {
  compareCount,
  type CompareOutput,
  compareShape,
  compareWays,
  type Departures,
  numbersRows,
} from "../comparisons.ts";
import {
  areWeights,
  inputNumbers,
  partsOf,
  probeLayer,
  trainableCount,
  weightNumbers,
} from "../layers.ts";
import { shapeText, wholeNumbers } from "../numbers.ts";
import { relu, sum } from "../reference.ts";

/** Sizes drawn from the seed. */
interface Sizes {
  readonly ni: number;
  readonly no: number;
  readonly input: readonly number[];
  readonly output: readonly number[];
}

function sizesOf(seed: number): Sizes {
  const whole = wholeNumbers(seed);
  // The side is even, so that "same" and symmetric padding differ.
  const [batch, half, ni] = [whole(2, 3), whole(2, 4), whole(3, 12)];
  const no = ni + whole(1, 10);
  return { ni, no, input: [batch, 2 * half, 2 * half, ni], output: [batch, half, half, no] };
}

/** How a block may be wired, and how its convolutions walk. */
interface Ways extends SkipWalk {
  readonly innerRelu: boolean;
  readonly lastRelu: "after the sum" | "before the sum" | "nowhere";
  /** What is added to F(x). */
  readonly shortcut: "projection" | "its ReLU" | "without its norm" | "nothing";
}

/** Mistakes by what they do differently. */
const WRONG: Departures<Ways> = {
  projection_unused: [{ shortcut: "nothing" }],
  relu_before_sum: [{ lastRelu: "before the sum" }],
  no_last_relu: [{ lastRelu: "nowhere" }],
  no_inner_relu: [{ innerRelu: false }],
  relu_on_skip: [{ shortcut: "its ReLU" }],
  skip_norm_unused: [{ shortcut: "without its norm" }],
  same_padding: [{ pad: [0, 1] }],
  stride_on_second: [{ strides: [1, 2, 2] }],
  no_stride: [{ strides: [1, 1, 1] }],
};

function wiringOf(
  { innerRelu = true, lastRelu = "after the sum", shortcut = "projection" }: Partial<Ways>,
): SkipWiring {
  return (x, { first, second, projection, bare }) => {
    const normed = first(x);
    const last = second(innerRelu ? relu(normed) : normed);
    const F = lastRelu === "before the sum" ? relu(last) : last;
    const other = shortcut === "projection"
      ? projection(x)
      : shortcut === "its ReLU"
      ? relu(projection(x))
      : bare(x);
    const y = shortcut === "nothing" ? F : sum(F, other);
    return lastRelu === "after the sum" ? relu(y) : y;
  };
}

const compareOutput: CompareOutput = (got, weights, norm, seed) => {
  const parts = partsOf(weights, weightNumbers(weights, seed));
  const { ni, no, input } = sizesOf(seed);
  const x = inputNumbers(input, seed);
  const outputs = (ways: Partial<Ways>) =>
    skipBlocks(parts, norm, wiringOf(ways), ways).map((block) => block(x));
  return compareWays(
    got,
    areWeights(weights, { normed: skipKernels(ni, no) }) ? outputs({}) : [],
    WRONG,
    outputs,
    "two ways from x to the sum: conv, norm, relu, conv, norm; and 1×1 conv, norm",
  );
};

/** `ResSkip(ni, no)`. */
export const resSkip: Exercise = {
  id: "res_skip",
  lesson: "06_skip_block",
  title: "the skip block",
  goal:
    "`ResSkip(ni, no)`: the residual block that **halves the map and changes the channels**. Its " +
    "shortcut brings x to the shape of F(x) with a 1×1 convolution, so the block has three.",
  difficulty: 3,
  minutes: 20,
  hints: [
    "Begin with the identity block. `conv1` now goes from `ni` to `no` channels with stride 2, and " +
    "`conv2` from `no` to `no`. Which shape has F(x) then, and which has x?",
    "`new Conv2d(ni, no, 1, 2)` is a 1×1 convolution with stride 2. A batch norm of `no` channels " +
    "follows it, as it follows every convolution.",
    "The shortcut is `this.downsample = new Sequence([new Conv2d(ni, no, 1, 2), " +
    "new BatchNorm(no)])`, without a ReLU. `forward` adds `this.downsample(x)` to F(x) and puts the " +
    "last ReLU around the sum.",
  ],
  mistakes: {
    projection_unused: "the projection is built, but its result is not added: relu(F(x) + skip)",
    no_projection: "the 1×1 convolution with its batch norm is missing: the shortcut needs both",
    no_skip_norm: "the projection has no batch norm; every convolution here is followed by one",
    skip_norm_unused: "the projection's batch norm is built, but x does not go through it",
    relu_before_sum: "the last ReLU stands around F(x) alone; it belongs around the sum",
    no_last_relu: "there is no ReLU around the sum: relu(F(x) + skip)",
    no_inner_relu: "there is no ReLU between the two 3×3 convolutions",
    relu_on_skip: "there is a ReLU on the skip path; there only the sum has one",
    same_padding:
      'TensorFlow\'s "same" padding shifts a stride-2 convolution by a pixel: F(x) and ' +
      "the shortcut no longer lie over each other. Take Conv2d, which pads both sides alike",
    stride_on_second: "the second 3×3 convolution has the stride; the paper halves in the first",
    no_stride: "nothing halves the map: the first 3×3 and the 1×1 convolution need stride 2",
    biased_projection: "the projection has a bias, which the batch norm after it cancels",
    biased_convolutions: "each convolution has a bias, which the batch norm after it " +
      "cancels; take Conv2d, which has none",
    projection_3x3: "the projection is 3×3; 1×1 is enough to change the channels: " +
      "new Conv2d(ni, no, 1, 2)",
    not_parts: "the block does not find its layers: assign each layer to a property in the " +
      "constructor, `this.conv1 = new Conv2d(...)`",
  },
  ownParts: [ResSkip, BasicBlock],
  probes: [
    probe((candidate, trial) => {
      const { ni, no, input } = sizesOf(trial.seed);
      return probeLayer(trial.make(candidate, ni, no), input, trial.seed);
    }, [
      {
        what: "output shape",
        expected: (seed) => shapeText(sizesOf(seed).output),
        points: 1,
        compare: ({ inference }, seed) => {
          const { no, input, output } = sizesOf(seed);
          return compareShape(inference, output, "half the height, half the width, `no` channels", {
            [shapeText([...input.slice(0, 3), no])]: "no_stride",
          });
        },
      },
      {
        what: "parameters",
        expected: (seed) => {
          const { ni, no } = sizesOf(seed);
          return skipParameters(ni, no).toLocaleString("en-US");
        },
        points: 2,
        compare: ({ weights }, seed) => {
          const { ni, no } = sizesOf(seed);
          const parameters = skipParameters(ni, no);
          return compareCount(trainableCount(weights), parameters, {
            0: "not_parts",
            [parameters - (ni * no + 2 * no)]: "no_projection",
            [parameters - 2 * no]: "no_skip_norm",
            [parameters + no]: "biased_projection",
            [parameters + 2 * no]: "biased_convolutions",
            [parameters + 3 * no]: "biased_convolutions",
            [parameters + 8 * ni * no]: "projection_3x3",
          });
        },
      },
      ...numbersRows("relu(F(x) + skip)", [3, 2], compareOutput),
    ]),
  ],
};
