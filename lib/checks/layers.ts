/** Looks at a learner's layer through what every layer has: its weights, and what it makes of an input. */
import * as tf from "@tensorflow/tfjs";
import { type Numbers, numbersOf, seededNumbers, sizeOf, tensorOf } from "./numbers.ts";
import type { Map4, Norm } from "./reference.ts";

/** A weight without its values. */
export interface WeightSeen {
  readonly name: string;
  readonly shape: readonly number[];
  readonly trainable: boolean;
}

/** What was seen of a layer whose weights and input a seed gave. */
export interface LayerSeen {
  readonly weights: readonly WeightSeen[];
  /** What it makes of the input with running statistics. */
  readonly inference: Numbers;
  /** The same with the batch's own. */
  readonly training: Numbers;
}

/** What was seen of a layer's gradient. */
export interface GradientSeen {
  readonly weights: readonly WeightSeen[];
  /** Of the output's weighted sum, for the input. */
  readonly gradient: Numbers;
}

/** Weights by what they are for, in the layer's order. */
export interface Parts {
  readonly kernels: readonly Map4[];
  readonly norms: readonly Norm[];
}

/** Gives the layer weights of the seed and runs it on `inputNumbers(shape, seed)` in both modes. */
export function lookAtLayer(
  layer: tf.layers.Layer,
  shape: readonly number[],
  seed: number,
  weights: typeof weightNumbers = weightNumbers,
): LayerSeen {
  return withWeights(layer, shape, seed, weights, (x) => ({
    weights: weightsOf(layer),
    inference: numbersOf(layer.apply(x, { training: false }) as tf.Tensor),
    training: numbersOf(layer.apply(x, { training: true }) as tf.Tensor),
  }));
}

/** The gradient of the output's sum, each value weighted by `gradientNumbers`, for the input. */
export function lookAtGradient(
  layer: tf.layers.Layer,
  shape: readonly number[],
  seed: number,
  weights: typeof weightNumbers = weightNumbers,
): GradientSeen {
  return withWeights(layer, shape, seed, weights, (x) => {
    const gradient = tf.grad((x) => {
      const y = layer.apply(x, { training: false }) as tf.Tensor;
      return tf.sum(tf.mul(y, tensorOf(gradientNumbers(y.shape, seed))));
    });
    return { weights: weightsOf(layer), gradient: numbersOf(gradient(x)) };
  });
}

/** What each value of an output counts in its weighted sum. */
export function gradientNumbers(shape: readonly number[], seed: number): Map4 {
  return seededNumbers(shape, seed + 7);
}

/** Builds the layer for an input of this shape, and lists its weights without running it. */
export function lookAtWeights(layer: tf.layers.Layer, shape: readonly number[]): WeightSeen[] {
  try {
    layer.build([null, ...shape.slice(1)]);
    return weightsOf(layer);
  } finally {
    for (const weight of layer.weights) weight.dispose();
  }
}

/** The layer's weights, the trainable ones first. */
export function weightsOf(layer: tf.layers.Layer): WeightSeen[] {
  const plain = (trainable: boolean) => ({ originalName, shape }: tf.LayerVariable) => ({
    name: originalName,
    shape: shape.map((size) => size ?? 0),
    trainable,
  });
  return [
    ...layer.trainableWeights.map(plain(true)),
    ...layer.nonTrainableWeights.map(plain(false)),
  ];
}

/** The input that a layer of this seed is run on. */
export function inputNumbers(shape: readonly number[], seed: number): Map4 {
  return seededNumbers(shape, seed);
}

/** The weights that a layer of this seed gets: each its own numbers, statistics positive. */
export function weightNumbers(weights: readonly WeightSeen[], seed: number): Map4[] {
  return weights.map(({ shape, trainable }, i) =>
    seededNumbers(shape, seed + 1000 * (i + 1), trainable ? [-0.7, 0.9] : [0.3, 1.5])
  );
}

/** Sorts seeded weights into kernels and batch norms; biases make the norms come out wrong. */
export function partsOf(weights: readonly WeightSeen[], made: readonly Map4[]): Parts {
  const of = (trainable: boolean, rank: number) =>
    made.filter((_, i) => weights[i]!.trainable === trainable && weights[i]!.shape.length === rank);
  const learned = of(true, 1);
  const running = of(false, 1);
  const norms: Norm[] = [];
  for (let i = 0; i + 1 < Math.min(learned.length, running.length); i += 2) {
    norms.push({
      gamma: learned[i]!.values,
      beta: learned[i + 1]!.values,
      mean: running[i]!.values,
      variance: running[i + 1]!.values,
    });
  }
  return { kernels: of(true, 4), norms };
}

/** Trainable numbers in all. */
export function trainableCount(weights: readonly WeightSeen[]): number {
  return weights.reduce((all, { shape, trainable }) => all + (trainable ? sizeOf(shape) : 0), 0);
}

/** All orders of a list. Layers may be declared in another order than they are used in. */
export function orders<T>(list: readonly T[]): T[][] {
  if (list.length === 0) return [[]];
  return list.flatMap((first, i) =>
    orders([...list.slice(0, i), ...list.slice(i + 1)]).map((rest) => [first, ...rest])
  );
}

/** Builds the layer, gives it these weights, lets `look` see it, and removes the weights again. */
function withWeights<T>(
  layer: tf.layers.Layer,
  shape: readonly number[],
  seed: number,
  weights: typeof weightNumbers,
  look: (x: tf.Tensor) => T,
): T {
  const x = tensorOf(inputNumbers(shape, seed));
  try {
    tf.dispose(layer.apply(x) as tf.Tensor);
    const variables = [...layer.trainableWeights, ...layer.nonTrainableWeights];
    const made = weights(weightsOf(layer), seed);
    variables.forEach((variable, i) => {
      const values = tensorOf(made[i]!);
      variable.write(values);
      values.dispose();
    });
    return look(x);
  } finally {
    x.dispose();
    for (const weight of layer.weights) weight.dispose();
  }
}
