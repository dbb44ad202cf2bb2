/** Lesson 2: the share of images that are classified correctly. */
import * as tf from "@tensorflow/tfjs";
import { type Comparison, type Exercise, probe } from "../exercise.ts";
import { compareCases, type Departures, mistakesIn } from "../comparisons.ts";
import { seededNumbers, wholeNumbers } from "../numbers.ts";
import { describe, type Trial, Trouble } from "../trial.ts";

/** Logits `[images, classes]` and the class of each image. */
interface Case {
  readonly logits: readonly (readonly number[])[];
  readonly labels: readonly number[];
}

/** Batches drawn from the seed: about half of their images are classified correctly. */
function cases(seed: number): Case[] {
  const whole = wholeNumbers(seed);
  return Array.from({ length: 5 }, (_, i) => {
    const [images, classes] = [whole(11, 30), whole(4, 9)];
    const values: readonly number[] = seededNumbers([images * classes], seed + i, [-5, 5]).values;
    const logits = Array.from(
      { length: images },
      (_, row) => values.slice(row * classes, (row + 1) * classes),
    );
    const labels = logits.map((row) => whole(0, 1) === 0 ? largest(row) : whole(0, classes - 1));
    return { logits, labels };
  });
}

function largest(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}

/** How an accuracy is computed. */
interface Ways {
  readonly predicted: (logits: readonly number[]) => number;
  readonly value: (correct: number, images: number, classes: number) => number;
}

/** Mistakes by what they do differently. */
const WRONG: Departures<Ways> = {
  count: [{ value: (correct) => correct }],
  percent: [{ value: (correct, images) => 100 * correct / images }],
  error: [{ value: (correct, images) => 1 - correct / images }],
  by_classes: [{ value: (correct, _, classes) => correct / classes }],
  smallest: [{ predicted: (logits) => logits.indexOf(Math.min(...logits)) }],
};

function accuracyOf({ logits, labels }: Case, ways: Partial<Ways> = {}): number {
  const { predicted = largest, value = (correct, images) => correct / images } = ways;
  const correct = logits.filter((row, i) => predicted(row) === labels[i]).length;
  return value(correct, labels.length, logits[0]!.length);
}

/** The accuracy of an answer that takes the largest logit of each class instead of each image. */
function wrongAxis({ logits, labels }: Case): number[] {
  const best = logits[0]!.map((_, c) => largest(logits.map((row) => row[c]!)));
  const correct = best.filter((image, c) => image === labels[c]).length;
  return [correct / labels.length, correct / best.length];
}

const same = (a: number | null | undefined, b: number) =>
  typeof a === "number" && Math.abs(a - b) < 1e-5;

async function run(candidate: unknown, trial: Trial): Promise<(number | null)[]> {
  const seen: (number | null)[] = [];
  for (const { logits, labels } of cases(trial.seed)) {
    const tensor = tf.tensor2d(logits.map((row) => [...row]));
    try {
      const value = await trial.callAsync(candidate, tensor, Uint8Array.from(labels));
      if (typeof value !== "number") {
        throw new Trouble(`expected a number, but it returns ${describe(value)}`);
      }
      seen.push(Number.isFinite(value) ? value : null);
    } finally {
      tensor.dispose();
    }
  }
  return seen;
}

function compareAccuracies(seen: readonly (number | null)[], seed: number): Comparison {
  const all = cases(seed);
  const mistake = all.every((one, i) => wrongAxis(one).some((value) => same(seen[i], value)))
    ? "wrong_axis"
    : mistakesIn(WRONG, (ways) => all.every((one, i) => same(seen[i], accuracyOf(one, ways))));
  return compareCases(all, (one, i) => {
    const value = seen[i];
    return {
      passed: same(value, accuracyOf(one)),
      actual: typeof value === "number" ? String(Number(value.toFixed(4))) : "NaN",
      mistake,
      next:
        `${accuracyOf(one).toFixed(4)} was expected: the number of images whose largest logit is ` +
        "that of their label, divided by the number of images",
    };
  }, ({ labels }) => `${labels.length} images`);
}

/** `accuracy(logits, labels)`. */
export const accuracy: Exercise = {
  id: "accuracy",
  lesson: "02_learning",
  title: "accuracy",
  goal:
    "`accuracy(logits, labels)`: **the share of images that are classified correctly**, from 0 to 1. " +
    "The loss is what training lowers; the accuracy is what people want to know.",
  difficulty: 2,
  minutes: 10,
  hints: [
    "The classifier's answer is the class with the largest logit. `tf.argMax(logits, 1)` gives its " +
    "number for each row.",
    "`await tf.argMax(logits, 1).data()` is an array of class numbers. Count the places where it equals " +
    "`labels`, and divide by how many labels there are.",
  ],
  mistakes: {
    count: "this is the number of correct images; divide it by the number of images",
    percent: "this is a percentage; give a share from 0 to 1",
    error: "this is the error, 1 − accuracy",
    by_classes:
      "the number of correct images is divided by the number of classes; divide it by the " +
      "number of images",
    wrong_axis:
      "`tf.argMax` without an axis goes down the columns: it finds the best image for each " +
      "class. Use `tf.argMax(logits, 1)`",
    smallest: "the class with the smallest logit is taken; take the largest",
  },
  probes: [
    probe(run, [
      {
        what: "accuracy of five batches",
        expected: (seed) => String(Number(accuracyOf(cases(seed)[0]!).toFixed(4))),
        points: 2,
        compare: compareAccuracies,
      },
    ]),
  ],
};
