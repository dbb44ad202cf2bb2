/** Lesson 2: the loss of a classifier. */
import * as tf from "@tensorflow/tfjs";
import { type Comparison, type Exercise, probe } from "../exercise.ts";
import { compareShape, compareWays, type Departures } from "../comparisons.ts";
import { type Numbers, numbersOf, seededNumbers, wholeNumbers } from "../numbers.ts";
import type { Trial } from "../trial.ts";

/** Logits `[images, classes]` and the class of each image. */
interface Batch {
  readonly logits: readonly (readonly number[])[];
  readonly labels: readonly number[];
}

/** A batch drawn from the seed. The numbers of images and classes differ from the lesson's. */
function batchOf(seed: number, scale: number): Batch {
  const whole = wholeNumbers(seed);
  const [images, classes] = [whole(4, 9), whole(3, 8)];
  const values: readonly number[] =
    seededNumbers([images * classes], seed + 1, [-scale, scale]).values;
  return {
    logits: Array.from({ length: images }, (_, i) => values.slice(i * classes, (i + 1) * classes)),
    labels: Array.from({ length: images }, () => whole(0, classes - 1)),
  };
}

/** Small logits, and logits whose exponentials exceed the largest float32. */
const SCALES = { small: 3, large: 400 } as const;

/** How the loss is computed. */
interface Ways {
  /** What stands for the logits. */
  readonly from: (logits: readonly number[]) => readonly number[];
  readonly sign: 1 | -1;
  /** What the sum over images is divided by. */
  readonly divisor: (images: number, classes: number) => number;
  /** The logarithm's unit: 1 for the natural logarithm. */
  readonly unit: number;
  /** What the loss of one image is made of its probabilities. */
  readonly loss: (probabilities: readonly number[], label: number) => number;
}

function softmax(logits: readonly number[]): number[] {
  const max = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - max));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** Mistakes by what they do differently. */
const WRONG: Departures<Ways> = {
  sum_not_mean: [{ divisor: () => 1 }],
  mean_of_all: [{ divisor: (images, classes) => images * classes }],
  wrong_sign: [{ sign: 1 }],
  softmax_twice: [{ from: softmax }],
  other_logarithm: [{ unit: Math.LN2 }, { unit: Math.LN10 }],
  no_logarithm: [{ loss: (p, label) => p[label]! - 1 }, { loss: (p, label) => p[label]! }],
  all_classes: [{
    loss: (p, label) =>
      p.reduce((sum, value, c) => sum + Math.log(c === label ? value : 1 - value), 0),
  }],
};

function lossOf({ logits, labels }: Batch, ways: Partial<Ways> = {}): Numbers {
  const {
    from = (logits) => logits,
    sign = -1,
    divisor = (images) => images,
    unit = 1,
    loss = (probabilities, label) => Math.log(probabilities[label]!),
  } = ways;
  const losses = logits.map((row, i) => sign * loss(softmax(from(row)), labels[i]!) / unit);
  const sum = losses.reduce((total, value) => total + value, 0);
  return { shape: [], values: [sum / divisor(logits.length, logits[0]!.length)] };
}

/**
 * The loss of large logits in float32, with a shift by the largest logit: an answer without the shift
 * has no finite value.
 */
function largeLossOf({ logits, labels }: Batch): Numbers {
  const losses = logits.map((row, i) => {
    const max = Math.max(...row);
    const sum = row.reduce((total, logit) => total + Math.exp(logit - max), 0);
    return max + Math.log(sum) - row[labels[i]!]!;
  });
  return { shape: [], values: [losses.reduce((sum, loss) => sum + loss, 0) / losses.length] };
}

interface LossesSeen {
  readonly small: Numbers;
  readonly large: Numbers;
}

function run(candidate: unknown, trial: Trial): LossesSeen {
  const call = ({ logits, labels }: Batch): Numbers => {
    const classes = logits[0]!.length;
    const [xs, ys] = [
      tf.tensor2d(logits.map((row) => [...row])),
      tf.tensor2d(labels.map((label) => Array.from({ length: classes }, (_, c) => +(c === label)))),
    ];
    try {
      return numbersOf(trial.callForTensor(candidate, xs, ys));
    } finally {
      tf.dispose([xs, ys]);
    }
  };
  return {
    small: call(batchOf(trial.seed, SCALES.small)),
    large: call(batchOf(trial.seed + 7, SCALES.large)),
  };
}

function compareSmall({ small }: LossesSeen, seed: number): Comparison {
  const batch = batchOf(seed, SCALES.small);
  const comparison = compareWays(
    { shape: [], values: small.values },
    [lossOf(batch)],
    WRONG,
    (ways) => [lossOf(batch, ways)],
    "take one image by hand: minus the natural logarithm of the probability of its true class",
  );
  const actual = small.values.length === 1 && typeof small.values[0] === "number"
    ? small.values[0].toFixed(4)
    : comparison.actual;
  const expected = lossOf(batch).values[0]!.toFixed(4);
  if (comparison.passed) return { ...comparison, actual };
  return {
    ...comparison,
    actual: `${actual}, expected ${expected}`,
    // Half of the logits are negative, and have no logarithm.
    mistake: small.values.some((value) => value === null) ? "no_softmax" : comparison.mistake,
  };
}

function compareLarge({ large, small }: LossesSeen, seed: number): Comparison {
  const [value] = large.values;
  const [expected] = largeLossOf(batchOf(seed + 7, SCALES.large)).values;
  const passed = typeof value === "number" && Math.abs(value - expected!) < 1e-3 * expected!;
  return {
    passed,
    actual: typeof value === "number" ? value.toFixed(2) : "NaN or infinite",
    // Clipping the probabilities limits the loss, and hides the overflow.
    mistake: small.values[0] !== null && !passed && compareSmall({ large, small }, seed).passed
      ? "no_log_sum_exp"
      : undefined,
    next: "first correct the loss of small logits",
  };
}

/** `softmaxCrossEntropy(logits, labels)`. */
export const softmaxCrossEntropy: Exercise = {
  id: "softmax_cross_entropy",
  lesson: "02_learning",
  title: "softmax cross-entropy",
  goal:
    "`softmaxCrossEntropy(logits, labels)`: **one number that says how wrong a classifier is**, the " +
    "mean over a batch. Training does nothing but lower this number.",
  difficulty: 3,
  minutes: 15,
  hints: [
    "With p = softmax(logits), the loss of an image is −ln p of its true class. Written out, that is " +
    "ln(Σ e^logit) − the true class's logit: the division has become a subtraction.",
    "e^400 is larger than the largest number that a tensor can hold. `tf.logSumExp(logits, 1)` gives " +
    "ln(Σ e^logit) of each row without computing such a number.",
    "`labels` is 1 at the true class and 0 elsewhere, so `tf.sum(tf.mul(labels, logits), 1)` picks the " +
    "true class's logit of each row. Subtract, and take `tf.mean`.",
  ],
  mistakes: {
    no_log_sum_exp:
      "small logits are correct, but e^logit overflows for large ones. Use `tf.logSumExp(logits, 1)` " +
      "or `tf.logSoftmax(logits)`, or subtract each row's maximum first",
    no_softmax:
      "logits are not probabilities: they can be negative, and a negative number has no logarithm. " +
      "Apply the softmax first",
    softmax_twice:
      "the softmax is applied twice: the second softmax takes probabilities for logits",
    sum_not_mean:
      "this is the sum over the batch; take the mean, so that the batch size does not count",
    mean_of_all:
      "the sum over the batch is divided by images × classes; divide by the number of images alone",
    wrong_sign:
      "the sign is wrong: the logarithm of a probability is negative, and the loss positive",
    other_logarithm: "use the natural logarithm, `tf.log`",
    no_logarithm: "the logarithm is missing: the loss of an image is −ln p, not 1 − p or −p",
    all_classes:
      "the other classes are added as ln(1 − p); that is binary cross-entropy. Take only the true class",
  },
  probes: [
    probe(run, [
      {
        what: "shape",
        expected: "[], a single number",
        points: 1,
        requires: "loss of logits from −3 to 3",
        compare: ({ small }) =>
          compareShape(small, [], "take the mean over the images: `tf.mean(losses)` is a scalar"),
      },
      {
        what: "loss of logits from −3 to 3",
        expected: "mean of −ln p(true class)",
        points: 2,
        compare: compareSmall,
      },
      {
        what: "loss of logits from −400 to 400",
        expected: (seed) => largeLossOf(batchOf(seed + 7, SCALES.large)).values[0]!.toFixed(2),
        points: 2,
        requires: "loss of logits from −3 to 3",
        compare: compareLarge,
      },
    ]),
  ],
};
