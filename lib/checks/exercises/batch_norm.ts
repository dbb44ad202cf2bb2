/** Lesson 3: batch norm of one channel, in training and in inference mode. */
import { type Comparison, type Exercise, probe } from "../exercise.ts";
import { compareNumbers, type Departures, mistakesIn } from "../comparisons.ts";
import { agree, type Numbers, seededNumbers, wholeNumbers } from "../numbers.ts";
import type { Trial } from "../trial.ts";

/** What batch norm keeps of a channel. */
interface Channel {
  gamma: number;
  beta: number;
  runningMean: number;
  runningVariance: number;
}

const EPSILON = 1e-5;

/** Values of one channel, and the channel, drawn from the seed. */
function givenOf(seed: number, index: number): { values: readonly number[]; channel: Channel } {
  const whole = wholeNumbers(seed + 17 * index);
  const [gamma, beta, mean, variance] = seededNumbers([4], seed + 40 + index, [0.5, 2]).values;
  const count = whole(5, 9);
  const values: readonly number[] = seededNumbers([count], seed + index, [-1, 4]).values;
  return {
    // The values of the last case are all the same.
    values: index === 2 ? values.map(() => 1.5) : values,
    channel: {
      gamma: gamma!,
      beta: -beta!,
      runningMean: mean!,
      runningVariance: 1 + variance!,
    },
  };
}

/** How batch norm is computed. */
interface Ways {
  /** Whose mean and variance normalize, in each mode. */
  readonly training: "batch" | "running";
  readonly inference: "batch" | "running";
  readonly root: boolean;
  readonly epsilon: number;
  readonly affine: (normalized: number, channel: Channel) => number;
  /** The running statistics' share of the batch. 0: never updated. */
  readonly share: number;
  readonly updatesInInference: boolean;
  /** What the running variance takes from a batch: its sum of squares divided by n − 1, or by n. */
  readonly unbiased: boolean;
}

/** Mistakes by what they do differently. */
const WRONG: Departures<Ways> = {
  running_in_training: [{ training: "running" }],
  batch_in_inference: [{ inference: "batch" }],
  no_root: [{ root: false }],
  no_epsilon: [{ epsilon: 0 }],
  shift_first: [{ affine: (value, { gamma, beta }) => gamma * (value + beta) }],
  no_scale_and_shift: [{ affine: (value) => value }],
  not_updated: [{ share: 0 }],
  shares_swapped: [{ share: 0.9 }],
  updated_in_inference: [{ updatesInInference: true }],
  biased_variance: [{ unbiased: false }],
};

interface Normed {
  readonly values: Numbers;
  /** Running mean and variance afterwards. */
  readonly running: Numbers;
}

function normed(
  { values, channel }: ReturnType<typeof givenOf>,
  training: boolean,
  ways: Partial<Ways> = {},
): Normed {
  const {
    training: inTraining = "batch",
    inference = "running",
    root = true,
    epsilon = EPSILON,
    affine = (value, { gamma, beta }) => gamma * value + beta,
    share = 0.1,
    updatesInInference = false,
    unbiased = true,
  } = ways;
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const { runningMean, runningVariance } = channel;
  const [center, variance] = (training ? inTraining : inference) === "batch"
    ? [mean, squares / n]
    : [runningMean, runningVariance];
  const spread = root ? Math.sqrt(variance + epsilon) : variance + epsilon;
  const moves = training || updatesInInference ? share : 0;
  return {
    values: {
      shape: [n],
      values: values.map((value) => finite(affine((value - center) / spread, channel))),
    },
    running: {
      shape: [2],
      values: [
        (1 - moves) * runningMean + moves * mean,
        (1 - moves) * runningVariance + moves * squares / (unbiased ? n - 1 : n),
      ],
    },
  };
}

const finite = (value: number) => Number.isFinite(value) ? value : null;

/** The calls of the check: training, inference, and training with values that are all the same. */
const TRAINING = [true, false, true] as const;

type Seen = readonly Normed[];

function run(candidate: unknown, trial: Trial): Seen {
  return TRAINING.map((training, index): Normed => {
    const { values, channel } = givenOf(trial.seed, index);
    const own = { ...channel };
    const normalized = trial.callForValues(candidate, [...values], own, training);
    return {
      values: { shape: [normalized.length], values: normalized.map(finite) },
      running: { shape: [2], values: [finite(own.runningMean), finite(own.runningVariance)] },
    };
  });
}

/** What explains all three calls. */
function mistakeIn(seen: Seen, seed: number): Comparison["mistake"] {
  return mistakesIn(WRONG, (ways) =>
    TRAINING.every((training, index) => {
      const wrong = normed(givenOf(seed, index), training, ways);
      const { values, running } = seen[index]!;
      return (agree(values, wrong.values) ||
        String(values.values) === String(wrong.values.values)) &&
        agree(running, wrong.running);
    }));
}

function comparePart(index: 0 | 1 | 2, part: "values" | "running", next: string) {
  return (seen: Seen, seed: number): Comparison => {
    const right = normed(givenOf(seed, index), TRAINING[index])[part];
    const comparison = compareNumbers(seen[index]![part], [right], {}, next);
    return comparison.passed ? comparison : { ...comparison, mistake: mistakeIn(seen, seed) };
  };
}

const WHILE_TRAINING = "values in training mode";

/** `batchNorm(values, channel, training)`. */
export const batchNorm: Exercise = {
  id: "batch_norm",
  lesson: "03_convolution",
  title: "batch norm in both modes",
  goal:
    "`batchNorm(values, channel, training)`: batch norm of one channel. **It computes one thing while " +
    "training and another one afterwards**, and many bugs come from mixing up the two.",
  difficulty: 3,
  minutes: 20,
  hints: [
    "Training mode: mean and variance of `values`. Inference mode: `channel.runningMean` and " +
    "`channel.runningVariance`. After that both do the same: subtract, divide, scale, shift.",
    "The divisor is `Math.sqrt(variance + 1e-5)`; the result is `gamma * normalized + beta`.",
    "In training mode only: `channel.runningMean = 0.9 * channel.runningMean + 0.1 * mean`, and the same " +
    "for the variance, with the batch's variance as the sum of squares divided by `n - 1`.",
  ],
  mistakes: {
    running_in_training:
      "in training mode the running statistics normalize the values; use the batch's own mean and variance",
    batch_in_inference:
      "in inference mode the batch's own statistics normalize the values; use the running ones, so that " +
      "a photo's result does not depend on the other photos of its batch",
    no_root: "the values are divided by the variance; divide by its square root",
    no_epsilon: "1e-5 is missing under the root: where all values are equal, 0 is divided by 0",
    shift_first: "beta is added before the scale: gamma · normalized + beta",
    no_scale_and_shift: "gamma and beta are not used: gamma · normalized + beta",
    not_updated:
      "the running statistics stay as they are; in training mode they move towards the batch's",
    shares_swapped: "the shares are swapped: 0.9 of the old value and 0.1 of the batch's",
    updated_in_inference:
      "the running statistics change in inference mode, too; they belong to training",
    biased_variance:
      "the running variance takes the sum of squares divided by n; PyTorch divides by n − 1 there, " +
      "because a batch underestimates the variance of all photos",
  },
  probes: [
    probe(run, [
      {
        what: WHILE_TRAINING,
        expected: "gamma · (value − mean) / √(variance + 1e-5) + beta",
        points: 2,
        compare: comparePart(
          0,
          "values",
          "use the mean and the variance of `values`: the sum of squares / n",
        ),
      },
      {
        what: "running statistics after it",
        expected: "0.9 · old + 0.1 · batch",
        points: 2,
        requires: WHILE_TRAINING,
        compare: comparePart(
          0,
          "running",
          "set `channel.runningMean` and `channel.runningVariance`",
        ),
      },
      {
        what: "values in inference mode",
        expected: "the same with running statistics",
        points: 2,
        compare: comparePart(
          1,
          "values",
          "use `channel.runningMean` and `channel.runningVariance`",
        ),
      },
      {
        what: "running statistics after it, in inference mode",
        expected: "as before",
        points: 1,
        requires: "values in inference mode",
        compare: comparePart(1, "running", "change the running statistics in training mode only"),
      },
      {
        what: "values that are all the same",
        expected: "beta, not NaN",
        points: 1,
        requires: WHILE_TRAINING,
        compare: comparePart(2, "values", "add 1e-5 to the variance before you take the root"),
      },
    ]),
  ],
};
