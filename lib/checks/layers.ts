/** Looks at a learner's layer through what every layer has: its weights, and what it makes of an input. */
import * as tf from "@tensorflow/tfjs";
import { type Numbers, numbersOf, seededNumbers, shapeText, sizeOf, tensorOf } from "./numbers.ts";
import type { Map4, Norm } from "./reference.ts";
import { describe, Trouble } from "./trial.ts";

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
export function probeLayer(
  layer: tf.layers.Layer,
  shape: readonly number[],
  seed: number,
  weights: typeof weightNumbers = weightNumbers,
): LayerSeen {
  return withWeights(layer, shape, seed, weights, (x, seen) => ({
    weights: seen,
    inference: numbersOf(layer.apply(x, { training: false }) as tf.Tensor),
    training: numbersOf(layer.apply(x, { training: true }) as tf.Tensor),
  }));
}

/** The gradient of the output's sum, each value weighted by `gradientNumbers`, for the input. */
export function probeGradient(
  layer: tf.layers.Layer,
  shape: readonly number[],
  seed: number,
  weights: typeof weightNumbers = weightNumbers,
): GradientSeen {
  return withWeights(layer, shape, seed, weights, (x, seen) => {
    const gradient = tf.grad((x) => {
      const y = layer.apply(x, { training: false }) as tf.Tensor;
      return tf.sum(tf.mul(y, tensorOf(gradientNumbers(y.shape, seed))));
    });
    return { weights: seen, gradient: numbersOf(gradient(x)) };
  });
}

/** What each value of an output counts in its weighted sum. */
export function gradientNumbers(shape: readonly number[], seed: number): Map4 {
  return seededNumbers(shape, seed + 7);
}

/** Builds the layer for an input of this shape, and lists its weights without running it. */
export function probeWeights(layer: tf.layers.Layer, shape: readonly number[]): WeightSeen[] {
  try {
    layer.build([null, ...shape.slice(1)]);
    return weightsOf(layer);
  } finally {
    disposeWeights(layer);
  }
}

/** Disposes of a layer's weights; a layer may list one twice. */
export function disposeWeights(layer: tf.layers.Layer): void {
  for (const weight of new Set(layer.weights)) {
    if (weight instanceof tf.LayerVariable) weight.dispose();
  }
}

/** The layer's weights, the trainable ones first. */
export function weightsOf(layer: tf.layers.Layer): WeightSeen[] {
  return variablesOf(layer).map(({ seen }) => seen);
}

/** A weight of a layer, and what was seen of it. */
interface Weight {
  readonly variable: tf.LayerVariable;
  readonly seen: WeightSeen;
}

// A learner's object may have methods of its own with these names.
const { read, write } = tf.LayerVariable.prototype;
const { dataSync } = tf.Tensor.prototype;

/**
 * Reads the lists of a layer's weights once, as their getters may give another list each time. A weight
 * that is listed twice counts once.
 */
function variablesOf(layer: tf.layers.Layer): Weight[] {
  const known = new Set<unknown>();
  const listed = (list: readonly unknown[], trainable: boolean) =>
    Array.from(list).flatMap((variable) => {
      const weight = weightOf(variable, trainable);
      const value = valueOf(weight.variable);
      if (known.has(value)) return [];
      known.add(value);
      return [weight];
    });
  return [...listed(layer.trainableWeights, true), ...listed(layer.nonTrainableWeights, false)];
}

/**
 * Describes a weight that a layer lists.
 *
 * @throws {Trouble} where it is no weight, or its shape is not the shape of its values.
 */
function weightOf(variable: unknown, trainable: boolean): Weight {
  if (!(variable instanceof tf.LayerVariable)) {
    throw new Trouble(`expected a weight made by addWeight, but it lists ${describe(variable)}`);
  }
  const value = valueOf(variable);
  const shape = Array.from(value.shape);
  const size = values(value).length;
  if (!isShape(shape) || sizeOf(shape) !== size) {
    throw new Trouble(`it has a weight of shape ${shapeText(shape)} with ${size} values`);
  }
  return { variable, seen: { name: String(variable.originalName), shape, trainable } };
}

/**
 * Returns the tensor of a weight.
 *
 * @throws {Trouble} where it holds something else.
 */
function valueOf(variable: tf.LayerVariable): tf.Tensor {
  const value: unknown = read.call(variable);
  if (value instanceof tf.Variable) return value;
  throw new Trouble(`expected a tensor in each weight, got ${describe(value)}`);
}

function values(tensor: tf.Tensor): ArrayLike<number> {
  return dataSync.call(tensor) as ArrayLike<number>;
}

/**
 * Writes numbers into a weight and reads them back.
 *
 * @throws {Trouble} where the weight does not keep them.
 */
function writeNumbers({ variable }: Weight, numbers: Map4): void {
  const tensor = tensorOf(numbers);
  write.call(variable, tensor);
  tensor.dispose();
  const kept = values(valueOf(variable));
  const differs = numbers.values.some((value, i) =>
    !(Math.abs(kept[i]! - value) <= 1e-3 * Math.max(1, Math.abs(value)))
  );
  if (differs) throw new Trouble("it has a weight that does not store assigned values");
}

function isShape(shape: readonly unknown[]): shape is readonly number[] {
  return shape.every((side) => Number.isInteger(side) && (side as number) > 0);
}

/** The weights that a layer or model should have, listed by its kernels. */
export interface ExpectedWeights {
  /** Kernels that a batch norm follows: two trainable weights of its size and two others. */
  readonly normed: readonly (readonly number[])[];
  /** Kernels that have a bias. */
  readonly biased?: readonly (readonly number[])[];
}

/** Whether these are exactly the expected weights, in whatever order. */
export function areWeights(
  weights: readonly WeightSeen[],
  { normed, biased = [] }: ExpectedWeights,
): boolean {
  const vectors = (kernel: readonly number[], ...trainable: boolean[]) =>
    trainable.map((trainable) => ({ shape: [kernel.at(-1)!], trainable }));
  const expected = [
    ...[...normed, ...biased].map((shape) => ({ shape, trainable: true })),
    ...normed.flatMap((kernel) => vectors(kernel, true, true, false, false)),
    ...biased.flatMap((kernel) => vectors(kernel, true)),
  ];
  const inOrder = (list: readonly Omit<WeightSeen, "name">[]) =>
    list.map(({ shape, trainable }) => `${shapeText(shape)} ${trainable}`).sort().join();
  return inOrder(weights) === inOrder(expected);
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
  if (!weights.every(({ shape }) => isShape(shape))) return { kernels: [], norms: [] };
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

/** Trainable numbers in all; NaN where a shape is none. */
export function trainableCount(weights: readonly WeightSeen[]): number {
  if (!weights.every(({ shape }) => isShape(shape))) return NaN;
  return weights.reduce((all, { shape, trainable }) => all + (trainable ? sizeOf(shape) : 0), 0);
}

/** All orders of a list. Layers may be declared in another order than they are used in. */
export function orders<T>(list: readonly T[]): T[][] {
  if (list.length === 0) return [[]];
  return list.flatMap((first, i) =>
    orders([...list.slice(0, i), ...list.slice(i + 1)]).map((rest) => [first, ...rest])
  );
}

/** Builds the layer, gives it these weights, calls `compute`, and removes the weights again. */
function withWeights<T>(
  layer: tf.layers.Layer,
  shape: readonly number[],
  seed: number,
  weights: typeof weightNumbers,
  compute: (x: tf.Tensor, weights: readonly WeightSeen[]) => T,
): T {
  const x = tensorOf(inputNumbers(shape, seed));
  try {
    tf.dispose(layer.apply(x) as tf.Tensor);
    const variables = variablesOf(layer);
    const seen = variables.map(({ seen }) => seen);
    const made = weights(seen, seed);
    variables.forEach((variable, i) => writeNumbers(variable, made[i]!));
    return compute(x, seen);
  } finally {
    x.dispose();
    disposeWeights(layer);
  }
}
