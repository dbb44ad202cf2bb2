/** Lesson 9: the learner's `ResNetHead(ni, no)`. */
import { ResNetHead } from "../../blocks/resnet_head.ts";
import { type Exercise, probe } from "../exercise.ts";
import {
  compareCount,
  type CompareOutput,
  compareShape,
  compareWays,
  compareWithAny,
  type Departures,
  namesRow,
  numbersRows,
} from "../comparisons.ts";
import {
  areWeights,
  inputNumbers,
  partsOf,
  probeLayer,
  trainableCount,
  weightNumbers,
  type WeightSeen,
} from "../layers.ts";
import { shapeText, wholeNumbers } from "../numbers.ts";
import {
  convolve,
  each,
  INFERENCE,
  type Map4,
  type Normalize,
  type Pad,
  pool,
  relu,
} from "../reference.ts";

const SIZE = 7;

/** Sizes drawn from the seed. */
interface Sizes {
  readonly ni: number;
  readonly no: number;
  readonly input: readonly number[];
  readonly output: readonly number[];
}

function sizesOf(seed: number): Sizes {
  const whole = wholeNumbers(seed);
  const [batch, quarter, ni, no] = [whole(2, 3), whole(3, 4), whole(1, 6), whole(4, 20)];
  // The side is even, so that "same" pads only one side and differs from symmetric padding.
  const side = 4 * quarter;
  return { ni, no, input: [batch, side, side, ni], output: [batch, quarter, quarter, no] };
}

/** The parameters of a convolution with this kernel size and of its batch norm. */
function parameters({ ni, no }: Sizes, size = SIZE): number {
  return size * size * ni * no + 2 * no;
}

/** How a head may work. */
interface Ways {
  /** Whether the convolution's kernel is smaller than 7×7. */
  readonly smallKernel: boolean;
  readonly stride: number;
  /** Rows and columns around the convolution's input. */
  readonly pad: Pad;
  readonly reluPlace: "after the norm" | "before the norm" | "nowhere";
  readonly pooling: keyof typeof POOLS;
}

const WINDOW = { size: 3, stride: 2, pad: [1, 1] } as const;

const POOLS = {
  max: (x: Map4) => pool(x, WINDOW),
  // A pool that pads with zeros hides some of the negative numbers, but not all.
  "max with zeros": (x: Map4) => pool(x, WINDOW, "with zeros"),
  same: (x: Map4) => pool(x, { ...WINDOW, pad: [0, 1] }),
  "2×2": (x: Map4) => pool(x, { size: 2, stride: 2, pad: [0, 0] }),
  mean: (x: Map4) => pool(x, WINDOW, "mean"),
  "mean with zeros": (x: Map4) => pool(x, WINDOW, "mean with zeros"),
  none: (x: Map4) => x,
};

/** Mistakes by what they do differently. */
const WRONG: Departures<Ways> = {
  small_kernel: [{ smallKernel: true }],
  same_convolution: [{ pad: [2, 3] }],
  same_pool: [{ pooling: "same" }],
  no_pool: [{ pooling: "none" }],
  small_pool: [{ pooling: "2×2" }],
  mean_pool: [{ pooling: "mean" }, { pooling: "mean with zeros" }],
  stride_1: [{ stride: 1 }],
  no_relu: [{ reluPlace: "nowhere" }, { reluPlace: "nowhere", pooling: "max with zeros" }],
  relu_before_norm: [{ reluPlace: "before the norm" }],
};

/** Weights for which every second channel lies below zero: there a missing ReLU shows. */
function headWeights(weights: readonly WeightSeen[], seed: number): Map4[] {
  let vectors = 0;
  return weightNumbers(weights, seed).map((made, i) => {
    const { shape, trainable } = weights[i]!;
    if (shape.length === 4) return each(made, (value) => 0.15 * value);
    if (!trainable) return made;
    const scale = vectors++ % 2 === 0;
    return each(made, (value, c) => {
      if (scale) return 0.3 + Math.abs(value);
      return (c % 2 === 0 ? 1 : -1) * (1 + Math.abs(value));
    });
  });
}

function outputsOf(
  { smallKernel = false, stride = 2, pad, reluPlace = "after the norm", pooling = "max" }: Partial<
    Ways
  >,
  weights: readonly WeightSeen[],
  norm: Normalize,
  seed: number,
): readonly Map4[] {
  const { kernels: [kernel, ...others], norms: [only, ...more] } = partsOf(
    weights,
    headWeights(weights, seed),
  );
  if (kernel === undefined || only === undefined || others.length + more.length > 0) return [];
  if (smallKernel !== (kernel.shape[0] !== SIZE)) return [];
  const walk = pad === undefined ? { stride } : { stride, pad };
  const map = convolve(inputNumbers(sizesOf(seed).input, seed), kernel, walk);
  const normed = norm(reluPlace === "before the norm" ? relu(map) : map, only);
  return [POOLS[pooling](reluPlace === "after the norm" ? relu(normed) : normed)];
}

const compareOutput: CompareOutput = (got, weights, norm, seed) => {
  const { ni, no } = sizesOf(seed);
  const outputs = (ways: Partial<Ways>) => outputsOf(ways, weights, norm, seed);
  const isHead = areWeights(weights, { normed: [[SIZE, SIZE, ni, no]] });
  const next = "follow x: conv, norm, relu, pool";
  const comparison = compareWays(got, isHead ? outputs({}) : [], WRONG, outputs, next);
  return got.values.includes(null) ? { ...comparison, mistake: "plus_infinity" } : comparison;
};

/** `ResNetHead(ni, no)`. */
export const resNetHead: Exercise = {
  id: "resnet_head",
  lesson: "09_resnet18",
  title: "the head",
  goal:
    "`ResNetHead(ni, no)`: a 7×7 convolution of stride 2, batch norm, ReLU and a 3×3 max pool " +
    "of stride 2. A large photo comes out with **a quarter of its height and width**, before the " +
    "costly stages begin.",
  difficulty: 3,
  minutes: 15,
  hints: [
    "Two layers have weights: the convolution and the batch norm. ReLU and the pool have none: they " +
    "stand in `forward` alone.",
    "`new Conv2d(ni, no, 7, 2)` pads 3 on every side. The pool has to be padded by hand: " +
    "`tf.pad4d(y, [[0, 0], [1, 1], [1, 1], [0, 0]], -Infinity)`.",
    'End with `return tf.maxPool(padded, 3, 2, "valid");`, where `padded` is what `tf.pad4d` makes ' +
    "of `tf.relu(this.bn1(this.conv1(x)))`.",
  ],
  mistakes: {
    small_kernel: "the convolution's filters are not 7×7: `new Conv2d(ni, no, 7, 2)`",
    same_convolution:
      'the convolution pads with "same": at stride 2 that is 2 before and 3 after, ' +
      "and the map is shifted. Take Conv2d, or pad 3 on every side",
    same_pool:
      'the pool pads with "same": at stride 2 that is nothing before and 1 after, and the ' +
      'map is shifted. Pad 1 on every side with tf.pad4d, then pool with "valid"',
    no_pool: "the max pool is missing: height and width are only halved",
    small_pool: "the pool's window is 2×2; it is 3×3, so that windows overlap",
    mean_pool: "the pool takes the mean of each window; a max pool takes the largest",
    stride_1: "the convolution has a stride of 1; it is 2: `new Conv2d(ni, no, 7, 2)`",
    plus_infinity:
      "there are infinite values: is the pool padded with `Infinity`? It is the largest " +
      "everywhere; pad with `-Infinity`",
    no_relu: "the ReLU is missing",
    relu_before_norm: "the ReLU comes before the batch norm; it comes after",
    biased_convolution: "the convolution has a bias, which the batch norm after it " +
      "cancels; take Conv2d, which has none",
    no_batch_norm: "there is no batch norm after the convolution",
    part_names:
      "torchvision calls these layers `conv1` and `bn1`: `this.conv1 = …`, `this.bn1 = …`",
  },
  ownParts: [ResNetHead],
  probes: [
    probe(
      (candidate, trial) => {
        const { ni, no, input } = sizesOf(trial.seed);
        return probeLayer(trial.make(candidate, ni, no), input, trial.seed, headWeights);
      },
      [
        {
          what: "output shape",
          expected: (seed) => shapeText(sizesOf(seed).output),
          points: 1,
          compare: ({ inference, weights }, seed) => ({
            ...compareShape(
              inference,
              sizesOf(seed).output,
              "the convolution halves the map, and so does the pool",
            ),
            // A mistake in the numbers explains the shape as well.
            mistake: compareWithAny(
              INFERENCE,
              (norm) => compareOutput(inference, weights, norm, seed),
            ).mistake,
          }),
        },
        {
          what: "parameters",
          expected: (seed) => parameters(sizesOf(seed)).toLocaleString("en-US"),
          points: 1,
          compare: ({ weights }, seed) => {
            const sizes = sizesOf(seed);
            const right = parameters(sizes);
            return compareCount(trainableCount(weights), right, {
              ...Object.fromEntries(
                [1, 3, 5, 9].map((size) => [parameters(sizes, size), "small_kernel"]),
              ),
              [right + sizes.no]: "biased_convolution",
              [right - 2 * sizes.no]: "no_batch_norm",
            });
          },
        },
        ...numbersRows("pool(relu(bn(conv(x))))", [2, 1], compareOutput),
        namesRow(["conv1", "bn1"], "numbers with running statistics"),
      ],
    ),
  ],
};
