/** Lesson 11: the learner's `Bottleneck(ni, width, stride)`. */
import { Bottleneck } from "../../blocks/bottleneck.ts";
import { NBottlenecks } from "../../blocks/n_bottlenecks.ts";
import { type Assertion, type Comparison, type Exercise, probe } from "../exercise.ts";
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
  areWeights,
  inputNumbers,
  type LayerSeen,
  orders,
  partsOf,
  probeLayer,
  trainableCount,
  weightNumbers,
  type WeightSeen,
} from "../layers.ts";
import { shapeText, wholeNumbers } from "../numbers.ts";
import {
  convolve,
  INFERENCE,
  type Map4,
  type Norm,
  type Normalize,
  type Pad,
  relu,
  sum,
  type Walk,
} from "../reference.ts";
import type { Trial } from "../trial.ts";

/** The places that a bottleneck has in a network, each with a shortcut of its own. */
type Place = "halving" | "first stage" | "inside a stage";

/** Sizes drawn from the seed. */
interface Sizes {
  readonly ni: number;
  readonly width: number;
  readonly no: number;
  readonly stride: 1 | 2;
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly projects: boolean;
}

function sizesOf(seed: number, place: Place): Sizes {
  const whole = wholeNumbers(seed);
  // The side is even, so that "same" and symmetric padding differ.
  const [batch, half, width] = [whole(2, 3), whole(2, 3), whole(3, 9)];
  const no = 4 * width;
  const ni = place === "inside a stage" ? no : no + whole(1, 5);
  const stride = place === "halving" ? 2 : 1;
  const side = 2 * half / stride;
  return {
    ...{ ni, width, no, stride, projects: ni !== no },
    input: [batch, 2 * half, 2 * half, ni],
    output: [batch, side, side, no],
  };
}

/** The kernels of a block with this many channels in its 3×3 convolution and at its end. */
function kernels({ ni, width, no, projects }: Omit<Sizes, "input" | "output">): number[][] {
  const main = [[1, 1, ni, width], [3, 3, width, width], [1, 1, width, no]];
  return projects ? [...main, [1, 1, ni, no]] : main;
}

function parameters(sizes: Omit<Sizes, "input" | "output">): number {
  return kernels(sizes).reduce(
    (all, [height = 1, width = 1, ni = 1, no = 1]) => all + height * width * ni * no + 2 * no,
    0,
  );
}

/** Where a block has a ReLU inside F. */
type InnerRelus = "both" | "the first" | "the second" | "none";

/** How a block may be wired. */
interface Ways {
  readonly stridePlace: "3×3" | "first 1×1" | "last 1×1";
  readonly innerRelus: InnerRelus;
  readonly lastRelu: "after the sum" | "before the sum" | "nowhere";
  /** The second operand of the sum. */
  readonly shortcut: "as it is" | "its ReLU" | "without its norm" | "nothing";
  /** The padding of a 3×3 convolution with stride 2. */
  readonly pad: Pad;
}

/** Mistakes by what they do differently. */
const WRONG: Departures<Ways> = {
  stride_on_first: [{ stridePlace: "first 1×1" }],
  stride_on_last: [{ stridePlace: "last 1×1" }],
  relu_before_sum: [{ lastRelu: "before the sum" }],
  no_last_relu: [{ lastRelu: "nowhere" }],
  missing_inner_relu: [
    { innerRelus: "the first" },
    { innerRelus: "the second" },
    { innerRelus: "none" },
  ],
  no_shortcut: [{ shortcut: "nothing" }],
  relu_on_shortcut: [{ shortcut: "its ReLU" }],
  shortcut_norm_unused: [{ shortcut: "without its norm" }],
  same_padding: [{ pad: [0, 1] }],
};

/** The layers of a block that its weights can be. */
interface Meaning {
  readonly narrow: Map4;
  readonly middle: Map4;
  readonly widen: Map4;
  readonly project?: Map4 | undefined;
  /** After `narrow`, `middle`, `widen` and `project`. */
  readonly norms: readonly Norm[];
}

/** Every assignment of the weights to the layers: batch norms of the same size look alike. */
function meanings(sizes: Sizes, weights: readonly WeightSeen[], seed: number): Meaning[] {
  const { ni, width, no, projects } = sizes;
  const { kernels, norms } = partsOf(weights, weightNumbers(weights, seed));
  const kernel = (...shape: number[]) => kernels.find((one) => String(one.shape) === String(shape));
  const narrow = kernel(1, 1, ni, width);
  const middle = kernel(3, 3, width, width);
  const widen = kernel(1, 1, width, no);
  const project = projects ? kernel(1, 1, ni, no) : undefined;
  const small = norms.filter(({ gamma }) => gamma.length === width);
  const large = norms.filter(({ gamma }) => gamma.length === no);
  if (narrow === undefined || middle === undefined || widen === undefined) return [];
  if (small.length !== 2 || large.length !== (projects ? 2 : 1)) return [];
  if (projects !== (project !== undefined)) return [];
  return orders(small).flatMap((small) =>
    orders(large).map((large) => ({ narrow, middle, widen, project, norms: [...small, ...large] }))
  );
}

function outputOf(
  {
    stridePlace = "3×3",
    innerRelus = "both",
    lastRelu = "after the sum",
    shortcut = "as it is",
    pad = [1, 1],
  }: Partial<Ways>,
  { narrow, middle, widen, project, norms: [n1, n2, n3, n4] }: Meaning,
  stride: 1 | 2,
  norm: Normalize,
  x: Map4,
): Map4 {
  const strideAt = (place: Ways["stridePlace"]) => place === stridePlace ? stride : 1;
  const reluIf = (active: boolean, y: Map4) => active ? relu(y) : y;
  const first = norm(convolve(x, narrow, { stride: strideAt("first 1×1") }), n1!);
  const halves = strideAt("3×3") === 2;
  const walk: Walk = halves ? { stride: 2, pad } : {};
  const inner = reluIf(innerRelus === "both" || innerRelus === "the first", first);
  const second = norm(convolve(inner, middle, walk), n2!);
  const active = reluIf(innerRelus === "both" || innerRelus === "the second", second);
  const last = norm(convolve(active, widen, { stride: strideAt("last 1×1") }), n3!);
  const F = reluIf(lastRelu === "before the sum", last);
  const bare = project === undefined ? x : convolve(x, project, { stride });
  const projected = project === undefined ? bare : norm(bare, n4!);
  const added = {
    "as it is": projected,
    "its ReLU": relu(projected),
    "without its norm": bare,
    nothing: undefined,
  }[shortcut];
  return reluIf(lastRelu === "after the sum", added === undefined ? F : sum(F, added));
}

const compareAt = (place: Place): CompareOutput => (got, weights, norm, seed) => {
  const sizes = sizesOf(seed, place);
  const x = inputNumbers(sizes.input, seed);
  const all = meanings(sizes, weights, seed);
  const outputs = (ways: Partial<Ways>) =>
    all.map((meaning) => outputOf(ways, meaning, sizes.stride, norm, x));
  return compareWays(
    got,
    areWeights(weights, { normed: kernels(sizes) }) ? outputs({}) : [],
    WRONG,
    outputs,
    "follow x: 1×1, norm, relu, 3×3, norm, relu, 1×1, norm, + shortcut, relu",
  );
};

/** A block whose shapes do not match cannot be run: then `failure` tells why. */
interface PlaceSeen extends LayerSeen {
  readonly failure?: string;
}

const NOTHING = { shape: [], values: [] };

const probeAt = (place: Place) => (candidate: unknown, trial: Trial): PlaceSeen => {
  const { ni, width, stride, input } = sizesOf(trial.seed, place);
  const block = trial.make(candidate, ni, width, stride);
  try {
    return probeLayer(block, input, trial.seed);
  } catch (error) {
    const { message } = error as Error;
    if (!SHAPES_DIFFER.test(message)) throw error;
    return { weights: [], inference: NOTHING, training: NOTHING, failure: message };
  }
};

/** TensorFlow's and TensorFlow.js's errors for a sum of two maps that do not match. */
const SHAPES_DIFFER = /Incompatible shapes|could not be broadcast|mismatch/i;

function failed({ failure }: PlaceSeen): Comparison | undefined {
  if (failure === undefined) return undefined;
  return {
    passed: false,
    actual: "F(x) and the shortcut have different shapes",
    mistake: "no_projection",
  };
}

function compareParameters({ weights }: LayerSeen, seed: number): Comparison {
  const sizes = sizesOf(seed, "halving");
  const { ni, width, no } = sizes;
  const right = parameters(sizes);
  return compareCount(trainableCount(weights), right, {
    0: "not_parts",
    // Without a projection the sum is not possible, so the block runs only without a sum.
    [parameters({ ...sizes, projects: false })]: "no_shortcut",
    [parameters({ ...sizes, no: width })]: "no_expansion",
    [parameters({ ...sizes, width: no })]: "wide_middle",
    [right + 8 * ni * no]: "projection_3x3",
    [right - 2 * no]: "no_projection_norm",
    [right + 2 * width + 2 * no]: "biased_convolutions",
    [right + 2 * width + no]: "biased_convolutions",
    [right + no]: "biased_convolutions",
    [right + width]: "biased_convolutions",
    [right + 8 * (ni * width + width * no)]: "no_1x1",
  });
}

/** The assertion for the two places that the first probe does not cover. */
function placeAssertion(place: Place, what: string): Assertion<PlaceSeen> {
  return {
    what,
    expected: (seed) => {
      const { ni, width } = sizesOf(seed, place);
      return `relu(F(x) + shortcut) of Bottleneck(${ni}, ${width})`;
    },
    points: 1,
    compare: (seen, seed) => {
      const sizes = sizesOf(seed, place);
      const projected = parameters({ ...sizes, projects: true });
      return failed(seen) ??
        (!sizes.projects && trainableCount(seen.weights) === projected
          ? { passed: false, actual: "there is a projection", mistake: "needless_projection" }
          : compareWithAny(
            INFERENCE,
            (norm) => compareAt(place)(seen.inference, seen.weights, norm, seed),
          ));
    },
  };
}

/** `Bottleneck(ni, width, stride)`. */
export const bottleneck: Exercise = {
  id: "bottleneck",
  lesson: "11_bottleneck",
  title: "the bottleneck block",
  goal:
    "`Bottleneck(ni, width, stride)`: a 1×1 convolution down to `width` channels, a 3×3 convolution " +
    "there, and a 1×1 convolution up to `4 * width` channels. **The costly 3×3 works on few " +
    "channels**, and the sum is the one of lesson 5.",
  difficulty: 3,
  minutes: 25,
  hints: [
    "F has three convolutions, each with a batch norm: `conv1` to `conv3` and `bn1` to `bn3`. Two " +
    "ReLUs stand between them; the third comes after the sum.",
    "`new Conv2d(ni, width, 1)`, `new Conv2d(width, width, 3, stride)` and " +
    "`new Conv2d(width, 4 * width, 1)`. The batch norms have `width`, `width` and `4 * width` channels.",
    "The shortcut is x only if x has the shape of F(x). Otherwise, also at stride 1, it is " +
    "`new Sequence([new Conv2d(ni, 4 * width, 1, stride), new BatchNorm(4 * width)])`. In `forward`, " +
    "add `this.downsample === undefined ? x : this.downsample(x)`.",
  ],
  mistakes: {
    stride_on_first:
      "the first 1×1 convolution has the stride, as in the paper. Here it belongs to the 3×3, as in " +
      "torchvision: a 1×1 convolution with stride 2 never sees three quarters of the map",
    stride_on_last: "the last 1×1 convolution has the stride; it belongs to the 3×3 convolution",
    no_expansion: "the last 1×1 convolution ends with `width` channels; it ends with `4 * width`",
    wide_middle:
      "the 3×3 convolution works on `4 * width` channels; the first 1×1 goes down to `width` before it",
    no_1x1: "the first and the last convolution are 3×3; they are 1×1",
    no_projection:
      "the shortcut does not have the shape of F(x). It needs a projection for a stride of 2, and also " +
      "wherever `ni` is not `4 * width`, as in the first block of the first stage. The projection has " +
      "the stride of the block",
    needless_projection:
      "there is a projection although `ni` equals `4 * width` and the stride is 1: there the shortcut " +
      "is x itself",
    no_projection_norm:
      "the projection has no batch norm; every convolution here is followed by one",
    projection_3x3: "the projection is 3×3; 1×1 is enough to change the channels",
    shortcut_norm_unused: "the projection's batch norm is built, but x does not go through it",
    no_shortcut: "nothing is added to F(x): return relu(F(x) + shortcut)",
    relu_on_shortcut: "there is a ReLU on the shortcut; only the sum has one",
    relu_before_sum: "the last ReLU is applied to F(x) alone; it belongs after the sum",
    no_last_relu: "there is no ReLU after the sum: relu(F(x) + shortcut)",
    missing_inner_relu: "a ReLU inside F is missing: one follows `bn1`, and one follows `bn2`",
    same_padding:
      'TensorFlow\'s "same" padding shifts the map at stride 2; use Conv2d, which pads ' +
      "both sides alike",
    biased_convolutions:
      "a convolution has a bias, which the batch norm after it cancels; use Conv2d, " +
      "which has none",
    not_parts: "the block does not find its layers: assign each layer to a property in the " +
      "constructor, `this.conv1 = new Conv2d(...)`",
  },
  ownParts: [Bottleneck, NBottlenecks],
  probes: [
    probe<PlaceSeen>(probeAt("halving"), [
      {
        what: "output shape at stride 2",
        expected: (seed) => shapeText(sizesOf(seed, "halving").output),
        points: 1,
        requires: "numbers with running statistics",
        compare: (seen, seed) => {
          const { width, output } = sizesOf(seed, "halving");
          return failed(seen) ??
            compareShape(
              seen.inference,
              output,
              "half the height and width, `4 * width` channels",
              {
                [shapeText([...output.slice(0, 3), width])]: "no_expansion",
              },
            );
        },
      },
      {
        what: "parameters",
        expected: (seed) => {
          const sizes = sizesOf(seed, "halving");
          const count = parameters(sizes).toLocaleString("en-US");
          return `${count} in Bottleneck(${sizes.ni}, ${sizes.width}, 2)`;
        },
        points: 2,
        compare: (seen, seed) => failed(seen) ?? compareParameters(seen, seed),
      },
      ...numbersRows("relu(F(x) + shortcut)", [2, 1], compareAt("halving")),
    ]),
    probe<PlaceSeen>(probeAt("first stage"), [
      placeAssertion("first stage", "numbers at stride 1, other channels"),
    ]),
    probe<PlaceSeen>(probeAt("inside a stage"), [
      placeAssertion("inside a stage", "numbers at stride 1, same channels"),
    ]),
  ],
};
