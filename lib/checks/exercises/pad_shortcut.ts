/** Lesson 6: the shortcut without parameters, as a function of the learner's. */
import * as tf from "@tensorflow/tfjs";
import { ResPad } from "../../blocks/res_pad.ts";
import { type Comparison, type Exercise, probe } from "../exercise.ts";
import { compareNumbers, compareShape, compareWays, type Departures } from "../comparisons.ts";
import { gradientNumbers, inputNumbers } from "../layers.ts";
import { type Numbers, numbersOf, shapeText, sizeOf, tensorOf, wholeNumbers } from "../numbers.ts";
import { type Map4, padChannels } from "../reference.ts";
import type { Trial } from "../trial.ts";

/** Sizes drawn from the seed. */
interface Sizes {
  readonly ni: number;
  readonly no: number;
  readonly input: readonly number[];
  readonly output: readonly number[];
  /** An input with an odd side. */
  readonly odd: readonly number[];
}

function sizesOf(seed: number): Sizes {
  const whole = wholeNumbers(seed);
  const [batch, half, ni] = [whole(2, 4), whole(2, 5), whole(3, 8)];
  const [no, odd] = [ni + whole(3, 2 * ni), 2 * whole(2, 5) + 1];
  return {
    ...{ ni, no },
    input: [batch, 2 * half, 2 * half, ni],
    output: [batch, half, half, no],
    odd: [1, odd, odd, ni],
  };
}

/** The learner's function as a block would call it: what a step leaves behind, the block tidies up. */
function shortcut(candidate: unknown, trial: Trial, x: tf.Tensor): tf.Tensor {
  const inside = typeof candidate !== "function"
    ? candidate
    : (x: tf.Tensor, no: number) => tf.tidy(() => candidate(x, no));
  return trial.callForTensor(inside, x, sizesOf(trial.seed).no);
}

function probeShortcut(candidate: unknown, trial: Trial, shape: readonly number[]): Numbers {
  const x = tensorOf(inputNumbers(shape, trial.seed));
  try {
    return numbersOf(shortcut(candidate, trial, x));
  } finally {
    x.dispose();
  }
}

/** The paper does not say where the zeros go: the old channels may lie anywhere among them. */
function wherever<T>({ ni, no }: Sizes, make: (before: number) => T): T[] {
  return Array.from({ length: no - ni + 1 }, (_, before) => make(before));
}

/** Every pixel of the halved map from the four that it stands for. */
function pooled({ shape, values }: Map4, pool: (four: readonly number[]) => number): Map4 {
  const [batch = 0, height = 0, width = 0, channels = 0] = shape;
  const out: number[] = [];
  for (let n = 0; n < batch; n++) {
    for (let y = 0; y + 1 < height; y += 2) {
      for (let x = 0; x + 1 < width; x += 2) {
        for (let c = 0; c < channels; c++) {
          const at = (dy: number, dx: number) =>
            values[((n * height + y + dy) * width + x + dx) * channels + c]!;
          out.push(pool([at(0, 0), at(0, 1), at(1, 0), at(1, 1)]));
        }
      }
    }
  }
  return { shape: [batch, height / 2, width / 2, channels], values: out };
}

/** Channels of zeros around those of a map that is halved already. */
function widened({ shape, values }: Map4, { ni, no }: Sizes, before: number): Map4 {
  const out = new Array<number>(values.length / ni * no).fill(0);
  values.forEach((value, i) => out[Math.floor(i / ni) * no + before + i % ni] = value);
  return { shape: [...shape.slice(0, 3), no], values: out };
}

/** The old channels again and again in place of zeros. */
function repeated({ shape, values }: Map4, { ni, no }: Sizes): Map4 {
  const out = Array.from(
    { length: values.length / ni * no },
    (_, i) => values[Math.floor(i / no) * ni + i % no % ni]!,
  );
  return { shape: [...shape.slice(0, 3), no], values: out };
}

/** How an answer may depart from the shortcut. */
interface Ways {
  /** The value that stands for four pixels. */
  readonly pool: (four: readonly number[]) => number;
  readonly fill: "copies";
}

const DEPARTURES: Departures<Ways> = {
  average: [{ pool: ([a, b, c, d]) => (a! + b! + c! + d!) / 4 }],
  maximum: [{ pool: (four) => Math.max(...four) }],
  odd_pixels: [{ pool: ([, , , last]) => last! }],
  copies: [{ fill: "copies" }],
};

function compareValues(got: Numbers, seed: number): Comparison {
  const sizes = sizesOf(seed);
  const x = inputNumbers(sizes.input, seed);
  return compareWays(
    got,
    wherever(sizes, (before) => padChannels(x, sizes.no, before)),
    DEPARTURES,
    ({ pool = ([first]: readonly number[]) => first!, fill }) => {
      const halved = pooled(x, pool);
      return fill === "copies"
        ? [repeated(halved, sizes)]
        : wherever(sizes, (before) => widened(halved, sizes, before));
    },
    "pixels 0, 2, 4, ... of each row and column; all other channels are 0",
  );
}

interface Way {
  readonly gradient?: Numbers;
  /** Why there is none. */
  readonly cut?: string;
}

function probeWayBack(candidate: unknown, trial: Trial): Way {
  const { no, input } = sizesOf(trial.seed);
  const x = tensorOf(inputNumbers(input, trial.seed));
  try {
    // A failure of the forward pass says nothing about the gradient.
    const y = shortcut(candidate, trial, x);
    if (y !== x) y.dispose();
    try {
      const gradient = tf.grad((x) => {
        // Called without the trial: the tensors that backpropagation keeps are not leaks.
        const y = (candidate as (x: tf.Tensor, no: number) => tf.Tensor)(x, no);
        return tf.sum(tf.mul(y, tensorOf(gradientNumbers(y.shape, trial.seed))));
      });
      return { gradient: numbersOf(tf.tidy(() => gradient(x))) };
    } catch (error) {
      return { cut: String(error instanceof Error ? error.message : error).slice(0, 120) };
    }
  } finally {
    x.dispose();
  }
}

function compareWayBack({ gradient, cut = "" }: Way, seed: number): Comparison {
  if (gradient === undefined) return { passed: false, actual: cut, mistake: "no_gradient" };
  const sizes = sizesOf(seed);
  const { ni, no, input, output } = sizes;
  const g = gradientNumbers(output, seed);
  const half = output[2]!;
  const right = wherever(sizes, (before) => {
    const values = new Array<number>(sizeOf(input)).fill(0);
    g.values.forEach((value, i) => {
      const [pixel, c] = [Math.floor(i / no), i % no - before];
      const row = Math.floor(pixel / half);
      // Two rows of the input stand for one of the output, through all images.
      if (c >= 0 && c < ni) values[(4 * row * half + 2 * (pixel % half)) * ni + c] = value;
    });
    return { shape: input, values };
  });
  return compareNumbers(
    gradient,
    right,
    {},
    "each pixel that was picked gets its own gradient back",
  );
}

/** `padShortcut(x, no)`. */
export const padShortcut: Exercise = {
  id: "pad_shortcut",
  lesson: "06_skip_block",
  title: "the shortcut without parameters",
  goal:
    "`padShortcut(x, no)`: **every second pixel** of x, and channels of zeros until there are " +
    "`no`. This is the shortcut of the paper's CIFAR-10 networks, its option A.",
  difficulty: 3,
  minutes: 15,
  hints: [
    "Two steps: first keep rows and columns 0, 2, 4, ..., then add channels. The first step is pooling with a window of one pixel.",
    '`tf.avgPool(x, 1, 2, "same")` takes windows of 1×1 with stride 2: the mean of one pixel is ' +
    "that pixel. `tf.pad4d` lays zeros around any of the four axes; channels are the last.",
    "`x.shape[3]` channels are there, `no - x.shape[3]` are missing: " +
    "`tf.pad4d(picked, [[0, 0], [0, 0], [0, 0], [before, after]])`, where before + after is that.",
  ],
  mistakes: {
    average: "that is the mean of four pixels; the shortcut takes one of them as it is",
    maximum: "that is the largest of four pixels; the shortcut takes the first as it is",
    odd_pixels: "that takes pixels 1, 3, 5, ...; a padded 3×3 filter with stride 2 stands over " +
      "0, 2, 4, ..., so F(x) and the shortcut would be a pixel apart",
    copies: "the new channels hold copies of the old ones; fill them with zeros",
    not_halved: "the map is not halved: every second pixel, in rows and in columns",
    not_widened: "there are no new channels: zeros until there are `no`",
    no_gradient: "no gradient comes back through it, so nothing before it can learn. A strided " +
      'slice has none in TensorFlow.js, nor has dataSync(); take tf.avgPool(x, 1, 2, "same")',
  },
  ownParts: [ResPad],
  probes: [
    probe((candidate, trial) => probeShortcut(candidate, trial, sizesOf(trial.seed).input), [
      {
        what: "output shape",
        expected: (seed) => shapeText(sizesOf(seed).output),
        points: 1,
        compare: (seen, seed) => {
          const { ni, no, input, output } = sizesOf(seed);
          return compareShape(seen, output, "half the height, half the width, `no` channels", {
            [shapeText([...input.slice(0, 3), no])]: "not_halved",
            [shapeText([...output.slice(0, 3), ni])]: "not_widened",
            [shapeText(input)]: ["not_halved", "not_widened"],
          });
        },
      },
      {
        what: "numbers",
        expected: "every second pixel, and zeros",
        points: 2,
        compare: (seen, seed) => compareValues(seen, seed),
      },
    ]),
    probe((candidate, trial) => probeShortcut(candidate, trial, sizesOf(trial.seed).odd), [
      {
        what: "numbers of an odd map",
        expected: (seed) => {
          const width = sizesOf(seed).odd[2]!;
          return `${(width + 1) / 2} of ${width} pixels per row`;
        },
        points: 1,
        compare: (seen, seed) => {
          const sizes = sizesOf(seed);
          const x = inputNumbers(sizes.odd, seed);
          const right = wherever(sizes, (before) => padChannels(x, sizes.no, before));
          return compareNumbers(seen, right, {}, "pixels 0, 2, 4, ..., including the last one");
        },
      },
    ]),
    probe(probeWayBack, [
      {
        what: "gradient that comes back",
        expected: "to every second pixel",
        points: 2,
        compare: compareWayBack,
      },
    ]),
  ],
};
