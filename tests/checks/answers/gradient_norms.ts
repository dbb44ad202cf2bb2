/** Answers to gradient_norms: right ones, and each mistake that its check knows. */
import { tf } from "../../../lib/mod.ts";
import type { Answers } from "./answers.ts";

interface Weight {
  readonly name: string;
  readonly shape: number[];
}
type Gradients = Record<string, tf.Tensor>;

/** An answer with another length, other weights, or another order. */
function answer(
  length: (gradient: tf.Tensor) => tf.Tensor = (gradient) => tf.norm(gradient),
  keep: (shape: number[]) => boolean = (shape) => shape.length === 4,
) {
  return async (weights: Weight[], gradients: Gradients): Promise<number[]> => {
    const lengths: number[] = [];
    for (const { name } of weights.filter(({ shape }) => keep(shape))) {
      const norm = tf.tidy(() => length(gradients[name]!));
      lengths.push((await norm.data())[0]!);
      norm.dispose();
    }
    return lengths;
  };
}

export const answers: Answers = {
  right: {
    "as the lesson has it": answer(),
    "with a promise for each": (weights: Weight[], gradients: Gradients) =>
      weights.filter(({ shape }) => shape.length === 4).map(async ({ name }) => {
        const values = await gradients[name]!.data();
        return Math.hypot(...values);
      }),
    "at once": (weights: Weight[], gradients: Gradients) =>
      Float32Array.from(
        weights.filter(({ shape }) => shape.length === 4),
        ({ name }) => Math.sqrt(tf.tidy(() => tf.sum(tf.square(gradients[name]!)).dataSync()[0]!)),
      ),
  },
  wrong: {
    no_root: answer((gradient) => tf.sum(tf.square(gradient))),
    root_mean_square: answer((gradient) => tf.sqrt(tf.mean(tf.square(gradient)))),
    sum_of_absolutes: answer((gradient) => tf.sum(tf.abs(gradient))),
    largest: answer((gradient) => tf.max(tf.abs(gradient))),
    signed_sum: answer((gradient) => tf.sum(gradient)),
    all_weights: answer(undefined, () => true),
    with_linear: answer(undefined, (shape) => shape.length > 1),
    map_order: (weights: Weight[], gradients: Gradients) =>
      answer()(
        Object.keys(gradients).map((name) => weights.find((weight) => weight.name === name)!),
        gradients,
      ),
    last_first: (weights: Weight[], gradients: Gradients) =>
      answer()([...weights].reverse(), gradients),
  },
};
