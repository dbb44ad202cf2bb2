/** Answers to accuracy: right ones, and each mistake that its check knows. */
import { tf } from "../../../lib/mod.ts";
import type { Answers } from "./answers.ts";

type Predict = (logits: tf.Tensor2D) => tf.Tensor;

/** An answer with other predictions, or another value made of the number of correct images. */
function answer(
  value: (correct: number, images: number, classes: number) => number = (correct, images) =>
    correct / images,
  predict: Predict = (logits) => tf.argMax(logits, 1),
) {
  return async (logits: tf.Tensor2D, labels: Uint8Array): Promise<number> => {
    const classes = tf.tidy(() => predict(logits));
    const predictions = await classes.data();
    classes.dispose();
    let correct = 0;
    for (let i = 0; i < labels.length; i++) if (predictions[i] === labels[i]) correct++;
    return value(correct, labels.length, logits.shape[1]);
  };
}

export const answers: Answers = {
  right: {
    "as the lesson has it": answer(),
    "with arrays": async (logits: tf.Tensor2D, labels: Uint8Array) => {
      const rows = await logits.array();
      const right = rows.filter((row, i) => row.indexOf(Math.max(...row)) === labels[i]);
      return right.length / rows.length;
    },
    "without a promise": (logits: tf.Tensor2D, labels: Uint8Array) =>
      tf.tidy(() =>
        tf.mean(tf.equal(tf.argMax(logits, 1), tf.tensor1d(labels, "int32")).toFloat())
          .dataSync()[0]
      ),
  },
  wrong: {
    count: answer((correct) => correct),
    percent: answer((correct, images) => 100 * correct / images),
    error: answer((correct, images) => 1 - correct / images),
    by_classes: answer((correct, _, classes) => correct / classes),
    wrong_axis: answer(undefined, (logits) => tf.argMax(logits)),
    smallest: answer(undefined, (logits) => tf.argMin(logits, 1)),
  },
};
