/** Answers to gradient_step: right ones, and each mistake that its check knows. */
import { tf } from "../../../lib/mod.ts";
import type { Answers } from "./answers.ts";

type Weights = tf.Variable<tf.Rank.R2>;
type Biases = tf.Variable<tf.Rank.R1>;

/** What an answer may do differently. */
interface Change {
  readonly error?: (probabilities: tf.Tensor, labels: tf.Tensor, logits: tf.Tensor) => tf.Tensor;
  readonly divisor?: (images: number) => number;
  readonly move?: (value: tf.Tensor, gradient: tf.Tensor, rate: number) => tf.Tensor;
  readonly biasGradient?: (error: tf.Tensor) => tf.Tensor;
}

const downhill = (value: tf.Tensor, gradient: tf.Tensor, rate: number) =>
  tf.sub(value, tf.mul(rate, gradient));

function answer({
  error: errorOf = (probabilities, labels) => tf.sub(probabilities, labels),
  divisor = (images) => images,
  move = downhill,
  biasGradient = (error) => tf.sum(error, 0),
}: Change = {}) {
  return (weights: Weights, biases: Biases, xs: tf.Tensor2D, ys: tf.Tensor2D, rate: number) =>
    tf.tidy(() => {
      const logits = tf.add(tf.matMul(xs, weights), biases) as tf.Tensor2D;
      const error = tf.div(errorOf(tf.softmax(logits), ys, logits), divisor(xs.shape[0]));
      const gradient = tf.matMul(xs, error as tf.Tensor2D, true);
      weights.assign(move(weights, gradient, rate) as tf.Tensor2D);
      biases.assign(move(biases, biasGradient(error), rate) as tf.Tensor1D);
    });
}

export const answers: Answers = {
  right: {
    "as the lesson has it": answer(),
    "with TensorFlow.js's own gradients": (
      weights: Weights,
      biases: Biases,
      xs: tf.Tensor2D,
      ys: tf.Tensor2D,
      rate: number,
    ) =>
      tf.tidy(() => {
        const loss = () => {
          const logits = tf.add(tf.matMul(xs, weights), biases) as tf.Tensor2D;
          return tf.losses.softmaxCrossEntropy(ys, logits) as tf.Scalar;
        };
        const { grads } = tf.variableGrads(loss, [weights, biases]);
        for (const variable of [weights, biases]) {
          variable.assign(tf.sub(variable, tf.mul(rate, grads[variable.name]!)) as never);
        }
      }),
  },
  wrong: {
    uphill: answer({ move: (value, gradient, rate) => tf.add(value, tf.mul(rate, gradient)) }),
    no_rate: answer({ move: (value, gradient) => tf.sub(value, gradient) }),
    sum_not_mean: answer({ divisor: () => 1 }),
    no_softmax: answer({ error: (_, labels, logits) => tf.sub(logits, labels) }),
    labels_ignored: answer({ error: (probabilities) => probabilities }),
    biases_stay: (w: Weights, b: Biases, xs: tf.Tensor2D, ys: tf.Tensor2D, rate: number) => {
      const before = b.clone();
      answer()(w, b, xs, ys, rate);
      b.assign(before);
      before.dispose();
    },
    biases_mean: answer({ biasGradient: (error) => tf.mean(error, 0) }),
    weights_first: (w: Weights, b: Biases, xs: tf.Tensor2D, ys: tf.Tensor2D, rate: number) =>
      tf.tidy(() => {
        const error = () =>
          tf.div(
            tf.sub(tf.softmax(tf.add(tf.matMul(xs, w), b) as tf.Tensor2D), ys),
            xs.shape[0],
          ) as tf.Tensor2D;
        w.assign(tf.sub(w, tf.mul(rate, tf.matMul(xs, error(), true))));
        b.assign(tf.sub(b, tf.mul(rate, tf.sum(error(), 0))) as tf.Tensor1D);
      }),
    not_assigned: (w: Weights, b: Biases, xs: tf.Tensor2D, ys: tf.Tensor2D, rate: number) =>
      tf.tidy(() => {
        const logits = tf.add(tf.matMul(xs, w), b) as tf.Tensor2D;
        const error = tf.div(tf.sub(tf.softmax(logits), ys), xs.shape[0]) as tf.Tensor2D;
        downhill(w, tf.matMul(xs, error, true), rate);
        downhill(b, tf.sum(error, 0), rate);
      }),
  },
};
