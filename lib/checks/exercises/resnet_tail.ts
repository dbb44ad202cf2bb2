/** Lesson 9: the learner's `ResNetTail(ni, no)`. */
import { ResNetTail } from "../../blocks/resnet_tail.ts";
import { type Comparison, type Exercise, probe } from "../exercise.ts";
import {
  compareCount,
  compareShape,
  compareWays,
  type Departures,
  namesRow,
} from "../comparisons.ts";
import {
  areWeights,
  inputNumbers,
  type LayerSeen,
  probeLayer,
  trainableCount,
  weightNumbers,
  type WeightSeen,
} from "../layers.ts";
import { type Numbers, shapeText, wholeNumbers } from "../numbers.ts";
import { each, linear, type Map4, relu, softmax } from "../reference.ts";

/** Sizes drawn from the seed. */
interface Sizes {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly ni: number;
  readonly no: number;
}

function sizesOf(seed: number): Sizes {
  const whole = wholeNumbers(seed);
  const ni = whole(3, 12);
  // Height equals channels, so that a mean over PyTorch's axes has a valid shape and is recognized.
  return { batch: whole(2, 4), height: ni, width: whole(2, 5), ni, no: whole(3, 20) };
}

function inputShape({ batch, height, width, ni }: Sizes): number[] {
  return [batch, height, width, ni];
}

function parameters({ ni, no }: Sizes): number {
  return ni * no + no;
}

/** One image's numbers: `image[y][x][channel]`. */
type Image = readonly (readonly (readonly number[])[])[];

/** What goes into the linear layer, one number for each of its inputs. */
type Pooling = (image: Image) => readonly number[];
/** What is made of the linear layer's outputs, `[batch, no]`. */
type Ending = (logits: Map4) => Map4;

const pixelsOf = (image: Image, c: number) => image.flatMap((row) => row.map((x) => x[c]!));
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]) => sum(values) / values.length;

/** Computes one number for each channel. */
const ofChannels = (take: (pixels: readonly number[]) => number): Pooling => (image) =>
  image[0]![0]!.map((_, c) => take(pixelsOf(image, c)));

const meanOfPixels = ofChannels(mean);

/** How a tail may work. */
interface Ways {
  readonly pooling: Pooling;
  readonly ending: Ending;
}

/** Mistakes by what they do differently. */
const WRONG: Departures<Ways> = {
  softmax: [{ ending: softmax }],
  relu: [{ ending: relu }],
  max_instead_of_mean: [{ pooling: ofChannels((pixels) => Math.max(...pixels)) }],
  sum_instead_of_mean: [{ pooling: ofChannels(sum) }],
  torch_axes: [{ pooling: (image) => image.map((row) => mean(row.flat())) }],
};

/** The input cut into images. */
function images(seed: number): Image[] {
  const sizes = sizesOf(seed);
  const { batch, height, width, ni } = sizes;
  const { values } = inputNumbers(inputShape(sizes), seed);
  const list = <T>(length: number, make: (i: number) => T) =>
    Array.from({ length }, (_, i) => make(i));
  const pixel = (i: number) => values.slice(ni * i, ni * (i + 1));
  return list(
    batch,
    (n) => list(height, (y) => list(width, (x) => pixel((n * height + y) * width + x))),
  );
}

/** Weights with a negative bias for every second class: there a ReLU at the end shows. */
function tailWeights(weights: readonly WeightSeen[], seed: number): Map4[] {
  return weightNumbers(weights, seed).map((made, i) =>
    weights[i]!.shape.length > 1
      ? made
      : each(made, (value, c) => (c % 2 === 0 ? 1 : -1) * (0.5 + Math.abs(value)))
  );
}

function outputsOf(
  { pooling = meanOfPixels, ending = (logits) => logits }: Partial<Ways>,
  weights: readonly WeightSeen[],
  seed: number,
): Numbers[] {
  const { batch, ni, no } = sizesOf(seed);
  const made = tailWeights(weights, seed);
  const kernel = made.find(({ shape }) => String(shape) === String([ni, no]));
  const bias = made.find(({ shape }) => String(shape) === String([no]));
  if (kernel === undefined || bias === undefined) return [];
  const features = { shape: [batch, ni], values: images(seed).flatMap(pooling) };
  return [ending(linear(features, kernel, bias.values))];
}

function compareOutput({ inference, weights }: LayerSeen, seed: number): Comparison {
  const { ni, no } = sizesOf(seed);
  const outputs = (ways: Partial<Ways>) => outputsOf(ways, weights, seed);
  const isTail = areWeights(weights, { normed: [], biased: [[ni, no]] });
  return compareWays(
    inference,
    isTail ? outputs({}) : [],
    WRONG,
    outputs,
    "the mean over height and width, then the linear layer, and nothing after it",
  );
}

/** `ResNetTail(ni, no)`. */
export const resNetTail: Exercise = {
  id: "resnet_tail",
  lesson: "09_resnet18",
  title: "the tail",
  goal: "`ResNetTail(ni, no)`: the **mean over all pixels** of each channel, then a linear layer " +
    "with one output for each class. It makes a decision out of a map of any size.",
  difficulty: 2,
  minutes: 8,
  hints: [
    "Only the linear layer has weights. A map is `[batch, height, width, ni]`: which of these four " +
    "go away?",
    "`tf.mean(x, [1, 2])` takes the mean over height and width and leaves `[batch, ni]`.",
    "In the constructor, write `this.fc = new Linear(ni, no);`, and in `forward` " +
    "`return this.fc(tf.mean(x, [1, 2]));`.",
  ],
  mistakes: {
    softmax:
      "there is a softmax at the end. The loss, `softmaxCrossEntropy`, has it inside: give " +
      "the linear layer's numbers (logits) as they are",
    relu: "there is a ReLU at the end; a logit may be negative",
    no_mean:
      "the mean over height and width is missing: `tf.mean(x, [1, 2])` makes `[batch, ni]` of the map",
    max_instead_of_mean: "that is the largest pixel of each channel; take the mean",
    sum_instead_of_mean: "that is the sum of each channel's pixels; take the mean",
    torch_axes:
      "the mean is over axes 2 and 3, as in PyTorch. Here channels come last: height and " +
      "width are axes 1 and 2",
    part_names: "torchvision calls the linear layer `fc`: `this.fc = new Linear(ni, no);`",
    no_bias: "the linear layer has no bias; take Linear, which has one",
    flattened:
      "the map is flattened, and each pixel has weights of its own. Take the mean over the " +
      "pixels first",
  },
  ownParts: [ResNetTail],
  probes: [
    probe(
      (candidate, trial) => {
        const sizes = sizesOf(trial.seed);
        const layer = trial.make(candidate, sizes.ni, sizes.no);
        return probeLayer(layer, inputShape(sizes), trial.seed, tailWeights);
      },
      [
        {
          what: "output shape",
          expected: (seed) => {
            const { batch, no } = sizesOf(seed);
            return shapeText([batch, no]);
          },
          points: 1,
          compare: ({ inference }, seed) => {
            const { batch, no } = sizesOf(seed);
            const map = shapeText([...inputShape(sizesOf(seed)).slice(0, 3), no]);
            return compareShape(inference, [batch, no], "one number for each image and class", {
              [map]: "no_mean",
            });
          },
        },
        {
          what: "parameters",
          expected: (seed) => String(parameters(sizesOf(seed))),
          points: 1,
          compare: ({ weights }, seed) => {
            const sizes = sizesOf(seed);
            const { height, width, ni, no } = sizes;
            return compareCount(trainableCount(weights), parameters(sizes), {
              [parameters(sizes) - no]: "no_bias",
              [height * width * ni * no + no]: "flattened",
            });
          },
        },
        {
          what: "numbers",
          expected: "linear(mean of the pixels)",
          points: 1,
          compare: compareOutput,
        },
        namesRow(["fc"], "numbers"),
      ],
    ),
  ],
};
