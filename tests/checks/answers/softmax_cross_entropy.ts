/** Answers to softmax_cross_entropy: right ones, and each mistake that its check knows. */
import { tf } from "../../../lib/mod.ts";
import type { Answers } from "./answers.ts";

type Loss = (logits: tf.Tensor2D, labels: tf.Tensor2D) => tf.Tensor;

/** An answer that frees what it computes in between. */
const tidy = (loss: Loss): Loss => (logits, labels) => tf.tidy(() => loss(logits, labels));

const logProbabilities = (logits: tf.Tensor) => tf.log(tf.softmax(logits as tf.Tensor2D));

export const answers: Answers = {
  right: {
    "as the lesson has it": tidy((logits, labels) =>
      tf.mean(tf.sub(tf.logSumExp(logits, 1), tf.sum(tf.mul(labels, logits), 1)))
    ),
    "with logSoftmax": tidy((logits, labels) =>
      tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), labels), 1)))
    ),
    "with the maximum subtracted": tidy((logits, labels) => {
      const shifted = tf.sub(logits, tf.max(logits, 1, true));
      const sums = tf.sum(tf.exp(shifted), 1);
      return tf.mean(tf.sub(tf.log(sums), tf.sum(tf.mul(labels, shifted), 1)));
    }),
    "with loops": (logits: tf.Tensor2D, labels: tf.Tensor2D) => {
      const [rows, classes] = [logits.arraySync(), labels.arraySync()];
      const losses = rows.map((row, i) => {
        const max = Math.max(...row);
        const sum = row.reduce((total, logit) => total + Math.exp(logit - max), 0);
        return Math.log(sum) + max - row[classes[i]!.indexOf(1)]!;
      });
      return tf.scalar(losses.reduce((total, loss) => total + loss, 0) / losses.length);
    },
  },
  wrong: {
    no_log_sum_exp: tidy((logits, labels) => {
      const sums = tf.sum(tf.exp(logits), 1);
      return tf.mean(tf.sub(tf.log(sums), tf.sum(tf.mul(labels, logits), 1)));
    }),
    no_softmax: tidy((logits, labels) =>
      tf.neg(tf.mean(tf.sum(tf.mul(tf.log(logits), labels), 1)))
    ),
    softmax_twice: tidy((logits, labels) =>
      tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(tf.softmax(logits)), labels), 1)))
    ),
    sum_not_mean: tidy((logits, labels) => tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), labels)))),
    mean_of_all: tidy((logits, labels) => tf.neg(tf.mean(tf.mul(tf.logSoftmax(logits), labels)))),
    wrong_sign: tidy((logits, labels) => tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), labels), 1))),
    other_logarithm: tidy((logits, labels) =>
      tf.div(tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), labels), 1))), Math.LN2)
    ),
    no_logarithm: tidy((logits, labels) =>
      tf.mean(tf.sub(1, tf.sum(tf.mul(tf.softmax(logits), labels), 1)))
    ),
    all_classes: tidy((logits, labels) => {
      const p = tf.softmax(logits);
      const others = tf.mul(tf.sub(1, labels), tf.log(tf.sub(1, p)));
      return tf.neg(tf.mean(tf.sum(tf.add(tf.mul(labels, logProbabilities(logits)), others), 1)));
    }),
  },
};
