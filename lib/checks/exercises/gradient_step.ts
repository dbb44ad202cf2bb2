/** Lesson 2: one step of gradient descent on a linear classifier. */
import * as tf from "@tensorflow/tfjs";
import { type Comparison, type Exercise, probe } from "../exercise.ts";
import { compareWays, type Departures, mistakesIn } from "../comparisons.ts";
import { agree, type Numbers, seededNumbers, tensorOf, wholeNumbers } from "../numbers.ts";
import type { Trial } from "../trial.ts";

/** A classifier and a batch, drawn from the seed. */
interface Given {
  /** `[pixels, classes]` */
  readonly weights: Numbers;
  /** `[classes]` */
  readonly biases: Numbers;
  /** `[images, pixels]` */
  readonly images: Numbers;
  /** The class of each image. */
  readonly labels: readonly number[];
  readonly learningRate: number;
}

function givenOf(seed: number): Given {
  const whole = wholeNumbers(seed);
  const [images, pixels, classes] = [whole(4, 7), whole(5, 9), whole(3, 4)];
  return {
    weights: seededNumbers([pixels, classes], seed + 1),
    biases: seededNumbers([classes], seed + 2),
    images: seededNumbers([images, pixels], seed + 3, [-2, 2]),
    labels: Array.from({ length: images }, () => whole(0, classes - 1)),
    learningRate: 0.3 + 0.1 * whole(0, 4),
  };
}

/** How a step is made. */
interface Ways {
  readonly sign: 1 | -1;
  readonly usesRate: boolean;
  readonly usesMean: boolean;
  /** What the labels are subtracted from. */
  readonly outputs: "probabilities" | "logits";
  readonly usesLabels: boolean;
  readonly biases: "step" | "stay" | "mean" | "after the weights";
}

/** Mistakes by what they do differently. */
const WRONG: Departures<Ways> = {
  uphill: [{ sign: 1 }],
  no_rate: [{ usesRate: false }],
  sum_not_mean: [{ usesMean: false }],
  no_softmax: [{ outputs: "logits" }],
  labels_ignored: [{ usesLabels: false }],
  biases_stay: [{ biases: "stay" }],
  biases_mean: [{ biases: "mean" }],
  weights_first: [{ biases: "after the weights" }],
};

/** The classifier after the step: weights, then biases. */
function stepped(given: Given, ways: Partial<Ways> = {}): [Numbers, Numbers] {
  const {
    sign = -1,
    usesRate = true,
    usesMean = true,
    outputs = "probabilities",
    usesLabels = true,
    biases: biasStep = "step",
  } = ways;
  const { learningRate, labels } = given;
  const [pixels, classes] = given.weights.shape as [number, number];
  const images = labels.length;
  const value = ({ values }: Numbers, i: number) => values[i] ?? NaN;
  const weights = Array.from(given.weights.values, (w) => w ?? NaN);
  /** The gradient of the mean loss with respect to each logit. */
  const errors = () =>
    labels.map((label, i) => {
      const logits = Array.from({ length: classes }, (_, c) => {
        let logit = value(given.biases, c);
        for (let p = 0; p < pixels; p++) {
          logit += value(given.images, i * pixels + p) * weights[p * classes + c]!;
        }
        return logit;
      });
      const max = Math.max(...logits);
      const sum = logits.reduce((total, logit) => total + Math.exp(logit - max), 0);
      return logits.map((logit, c) => {
        const output = outputs === "logits" ? logit : Math.exp(logit - max) / sum;
        return (output - (usesLabels && c === label ? 1 : 0)) / (usesMean ? images : 1);
      });
    });
  const before = errors();
  const factor = sign * (usesRate ? learningRate : 1);
  for (let p = 0; p < pixels; p++) {
    for (let c = 0; c < classes; c++) {
      const gradient = before.reduce(
        (sum, error, i) => sum + value(given.images, i * pixels + p) * error[c]!,
        0,
      );
      weights[p * classes + c]! += factor * gradient;
    }
  }
  const biasErrors = biasStep === "after the weights" ? errors() : before;
  const biases = Array.from({ length: classes }, (_, c) => {
    const gradient = biasErrors.reduce((sum, error) => sum + error[c]!, 0);
    const share = biasStep === "stay" ? 0 : biasStep === "mean" ? 1 / images : 1;
    return value(given.biases, c) + factor * share * gradient;
  });
  return [{ shape: [pixels, classes], values: weights }, { shape: [classes], values: biases }];
}

interface StepSeen {
  readonly weights: Numbers;
  readonly biases: Numbers;
}

function read(variable: tf.Variable): Numbers {
  const values = Array.from(
    variable.dataSync(),
    (value) => Number.isFinite(value) ? value : null,
  );
  return { shape: variable.shape, values };
}

function run(candidate: unknown, trial: Trial): StepSeen {
  const given = givenOf(trial.seed);
  const classes = given.biases.values.length;
  const [weights, biases] = tf.tidy(() => [
    tf.variable(tensorOf(given.weights)),
    tf.variable(tensorOf(given.biases)),
  ]) as [tf.Variable, tf.Variable];
  const images = tensorOf(given.images);
  const labels = tf.tensor2d(
    given.labels.map((label) => Array.from({ length: classes }, (_, c) => +(c === label))),
  );
  try {
    trial.run(candidate, weights, biases, images, labels, given.learningRate);
    return { weights: read(weights), biases: read(biases) };
  } finally {
    tf.dispose([weights, biases, images, labels]);
  }
}

/** What explains both the weights and the biases. */
function mistakeIn({ weights, biases }: StepSeen, seed: number): Comparison["mistake"] {
  const given = givenOf(seed);
  if (agree(weights, given.weights) && agree(biases, given.biases)) return "not_assigned";
  return mistakesIn(WRONG, (ways) => {
    const [wrongWeights, wrongBiases] = stepped(given, ways);
    return agree(weights, wrongWeights) && agree(biases, wrongBiases);
  });
}

function comparePart(index: 0 | 1, next: string) {
  return (seen: StepSeen, seed: number): Comparison => {
    const right = stepped(givenOf(seed))[index];
    const comparison = compareWays(
      index === 0 ? seen.weights : seen.biases,
      [right],
      {},
      () => [],
      next,
    );
    return comparison.passed ? comparison : { ...comparison, mistake: mistakeIn(seen, seed) };
  };
}

/** `gradientStep(weights, biases, images, labels, learningRate)`. */
export const gradientStep: Exercise = {
  id: "gradient_step",
  lesson: "02_learning",
  title: "a step against the gradient",
  goal:
    "`gradientStep(weights, biases, images, labels, learningRate)`: **the step that is repeated until " +
    "a network has learned**. It changes the weights and the biases so that the loss of the batch falls.",
  difficulty: 3,
  minutes: 20,
  hints: [
    "Four lines: the probabilities; the error of each logit, `(probability − label) / images`; the two " +
    "gradients; the two new values.",
    "The gradient of the weights is `tf.matMul(images, error, true)`: `true` transposes the images. The " +
    "gradient of the biases is the sum of the errors over the images, `tf.sum(error, 0)`.",
    "`weights.assign(tf.sub(weights, tf.mul(learningRate, gradient)))` moves the weights; the same with " +
    "the biases. `tf.tidy(() => { ... })` around all of it frees the tensors in between.",
  ],
  mistakes: {
    uphill: "the step goes along the gradient, so the loss grows; subtract the gradient",
    no_rate: "the gradient is not multiplied by the learning rate",
    sum_not_mean:
      "the gradients are summed over the batch; divide by the number of images, because " +
      "the loss is a mean",
    no_softmax: "the labels are subtracted from the logits; subtract them from the probabilities",
    labels_ignored: "the labels are not used: the error is the probability minus the label",
    biases_stay: "the weights are correct, but the biases do not change; they have a gradient, too",
    biases_mean:
      "the gradient of the biases is divided by the number of images twice; sum the errors over the " +
      "images with `tf.sum(error, 0)`",
    weights_first:
      "the biases' gradient is computed with the new weights; compute both gradients first, then " +
      "assign both",
    not_assigned:
      "nothing has changed: `tf.sub` makes a new tensor. `weights.assign(...)` stores it",
  },
  probes: [
    probe(run, [
      {
        what: "the weights",
        expected: "weights − learning rate · gradient",
        points: 3,
        compare: comparePart(
          0,
          "take one weight by hand: the mean over the images of pixel · error",
        ),
      },
      {
        what: "the biases",
        expected: "biases − learning rate · gradient",
        points: 2,
        compare: comparePart(1, "the gradient of a bias is the sum of its errors"),
      },
    ]),
  ],
};
