/** Lesson 7: the learner's `ResNetTail(ni, no)`. */
import { ResNetTail } from "../../blocks/resnet_tail.ts";
import { type Exercise, type Judgement, look } from "../exercise.ts";
import { judgeCount, judgeNumbers, judgeShape, mistakesOf } from "../judgements.ts";
import {
  inputNumbers,
  type LayerSeen,
  lookAtLayer,
  trainableCount,
  weightNumbers,
  type WeightSeen,
} from "../layers.ts";
import { type Numbers, shapeText } from "../numbers.ts";
import { each, linear, type Map4, rectify, softmax } from "../reference.ts";

const NO = 3;
// As high as there are channels: so the mean over PyTorch's axes fits too, and can be recognised.
const [BATCH, HEIGHT, WIDTH, NI] = [2, 4, 3, 4];
const INPUT = [BATCH, HEIGHT, WIDTH, NI];
const OUTPUT = [BATCH, NO];
const PARAMETERS = NI * NO + NO;

/** One image's numbers: `image[y][x][channel]`. */
type Image = readonly (readonly (readonly number[])[])[];

/** What goes into the linear layer, one number for each of its inputs. */
type Pooling = (image: Image) => readonly number[];
/** What is made of the linear layer's outputs, `[batch, no]`. */
type Ending = (logits: Map4) => Map4;

const asTheyAre: Ending = (logits) => logits;
const channels = Array.from({ length: NI }, (_, c) => c);
const pixelsOf = (image: Image, c: number) => image.flatMap((row) => row.map((x) => x[c]!));
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]) => sum(values) / values.length;

const meanOfPixels: Pooling = (image) => channels.map((c) => mean(pixelsOf(image, c)));

/** Mistakes by what they compute. */
const WRONG: Readonly<Record<string, readonly [Pooling, Ending]>> = {
  softmax: [meanOfPixels, softmax],
  relu: [meanOfPixels, rectify],
  max_instead_of_mean: [
    (image) => channels.map((c) => Math.max(...pixelsOf(image, c))),
    asTheyAre,
  ],
  sum_instead_of_mean: [(image) => channels.map((c) => sum(pixelsOf(image, c))), asTheyAre],
  torch_axes: [(image) => image.map((row) => mean(row.flat())), asTheyAre],
};

/** The input cut into images. */
function images(seed: number): Image[] {
  const { values } = inputNumbers(INPUT, seed);
  const at = (n: number, y: number, x: number, c: number) =>
    values[((n * HEIGHT + y) * WIDTH + x) * NI + c]!;
  return Array.from(
    { length: BATCH },
    (_, n) =>
      Array.from(
        { length: HEIGHT },
        (_, y) => Array.from({ length: WIDTH }, (_, x) => channels.map((c) => at(n, y, x, c))),
      ),
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
  [pooling, ending]: readonly [Pooling, Ending],
  weights: readonly WeightSeen[],
  seed: number,
): Numbers[] {
  const made = tailWeights(weights, seed);
  const kernel = made.find(({ shape }) => String(shape) === String([NI, NO]));
  const bias = made.find(({ shape }) => String(shape) === String([NO]));
  if (kernel === undefined || bias === undefined) return [];
  const features = { shape: [BATCH, NI], values: images(seed).flatMap(pooling) };
  return [ending(linear(features, kernel, bias.values))];
}

function judgeOutput({ inference, weights }: LayerSeen, seed: number): Judgement {
  const wrong = mistakesOf(WRONG, (wiring) => outputsOf(wiring, weights, seed));
  return judgeNumbers(
    inference,
    outputsOf([meanOfPixels, asTheyAre], weights, seed),
    wrong,
    "the mean over height and width, then the linear layer, and nothing after it",
  );
}

/** `ResNetTail(ni, no)`. */
export const resNetTail: Exercise = {
  id: "resnet_tail",
  lesson: "07_resnet18",
  title: "the tail",
  goal: "`ResNetTail(ni, no)`: the **mean over all pixels** of each channel, then a linear layer " +
    "with one output for each class. It makes a decision out of a map of any size.",
  difficulty: 2,
  minutes: 8,
  hints: [
    "Only the linear layer has weights. A map is `[batch, height, width, ni]`: which of these four " +
    "go away?",
    "`tf.mean(x, [1, 2])` takes the mean over height and width and leaves `[batch, ni]`.",
    'In the constructor `this.fc = this.part("fc", new Linear(ni, no));`, and in `forward` ' +
    "`return this.fc(tf.mean(x, [1, 2]));`.",
  ],
  mistakes: {
    softmax:
      "there is a softmax at the end. The loss, `softmaxCrossEntropy`, has it inside: give " +
      "the linear layer's numbers (logits) as they are",
    relu: "there is a ReLU at the end; a logit may be negative",
    max_instead_of_mean: "that is the largest pixel of each channel; take the mean",
    sum_instead_of_mean: "that is the sum of each channel's pixels; take the mean",
    torch_axes:
      "the mean is over axes 2 and 3, as in PyTorch. Here channels come last: height and " +
      "width are axes 1 and 2",
    no_bias: "the linear layer has no bias; take Linear, which has one",
    flattened:
      "the map is flattened, and each pixel has weights of its own. Take the mean over the " +
      "pixels first",
  },
  ownParts: [ResNetTail],
  looks: [
    look(
      (candidate, trial) =>
        lookAtLayer(trial.make(candidate, NI, NO), INPUT, trial.seed, tailWeights),
      [
        {
          what: "output shape",
          expected: shapeText(OUTPUT),
          points: 1,
          judge: ({ inference }) =>
            judgeShape(inference, OUTPUT, "one number for each image and class"),
        },
        {
          what: "parameters",
          expected: String(PARAMETERS),
          points: 1,
          judge: ({ weights }) =>
            judgeCount(trainableCount(weights), PARAMETERS, {
              [PARAMETERS - NO]: "no_bias",
              [HEIGHT * WIDTH * NI * NO + NO]: "flattened",
            }),
        },
        {
          what: "numbers",
          expected: "linear(mean of the pixels)",
          points: 2,
          judge: judgeOutput,
        },
      ],
    ),
  ],
};
