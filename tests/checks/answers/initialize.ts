/** Answers to initialize: right ones, and each mistake that its check knows. */
import type { Answers } from "./answers.ts";

type Random = () => number;
type Shape = readonly number[];
interface Initial {
  weight: Float32Array;
  bias: Float32Array;
}

const product = (shape: Shape) => shape.reduce((n, side) => n * side, 1);
const fanInOf = (shape: Shape) => product(shape.slice(0, -1));
const fanOutOf = (shape: Shape) => product(shape) / (shape.at(-2) ?? 1);
const uniform = (size: number, bound: number, random: Random): Float32Array =>
  Float32Array.from({ length: size }, () => (2 * random() - 1) * bound);
const normal = (size: number, deviation: number, random: Random): Float32Array =>
  Float32Array.from({ length: size }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    return deviation * radius * Math.cos(2 * Math.PI * random());
  });

const weights = (shape: Shape, random: Random, bound = Math.sqrt(1.5 / fanInOf(shape))) =>
  uniform(product(shape), bound, random);
const biases = (shape: Shape, random: Random, bound = 1 / Math.sqrt(fanInOf(shape))) =>
  uniform(shape.at(-1) ?? 0, bound, random);

function right(shape: Shape, random: Random): Initial {
  return { weight: weights(shape, random), bias: biases(shape, random) };
}

/** Loops, PyTorch's formula word for word, and the biases first. */
function biasesFirst(shape: Shape, random: Random): Initial {
  const fanIn = fanInOf(shape);
  const bias = new Float32Array(shape.at(-1) ?? 0);
  for (let i = 0; i < bias.length; i++) {
    const bound = 1 / Math.sqrt(fanIn);
    bias[i] = -bound + 2 * bound * random();
  }
  const gain = Math.sqrt(2 / (1 + Math.sqrt(3) ** 2));
  const bound = Math.sqrt(3) * gain / Math.sqrt(fanIn);
  const weight = new Float32Array(product(shape));
  for (let i = 0; i < weight.length; i++) weight[i] = bound - 2 * bound * random();
  return { weight, bias };
}

const withWeightBound = (boundOf: (shape: Shape) => number) => (shape: Shape, random: Random) => ({
  weight: weights(shape, random, boundOf(shape)),
  bias: biases(shape, random),
});
const withBiasBound = (boundOf: (shape: Shape) => number) => (shape: Shape, random: Random) => ({
  weight: weights(shape, random),
  bias: biases(shape, random, boundOf(shape)),
});
const withWeight =
  (make: (shape: Shape, random: Random) => Float32Array) => (shape: Shape, random: Random) => ({
    weight: make(shape, random),
    bias: biases(shape, random),
  });
const withBias =
  (make: (shape: Shape, random: Random) => Float32Array) => (shape: Shape, random: Random) => ({
    weight: weights(shape, random),
    bias: make(shape, random),
  });

export const answers: Answers = {
  right: { "as the lesson has it": right, "the biases first, in loops": biasesFirst },
  wrong: {
    deviation_as_bound: withWeightBound((shape) => Math.sqrt(0.5 / fanInOf(shape))),
    no_square_root: withWeightBound((shape) => 1.5 / fanInOf(shape)),
    fan_out: withWeightBound((shape) => Math.sqrt(1.5 / fanOutOf(shape))),
    no_kernel_area: withWeightBound((shape) => Math.sqrt(1.5 / (shape.at(-2) ?? 1))),
    a_forgotten: withWeightBound((shape) => Math.sqrt(6 / fanInOf(shape))),
    a_not_squared: withWeightBound((shape) => Math.sqrt(6 / ((1 + Math.sqrt(3)) * fanInOf(shape)))),
    one_sided: withWeight((shape, random) =>
      weights(shape, random).map((weight) => Math.abs(weight))
    ),
    constant: withWeight((shape, random) =>
      new Float32Array(product(shape)).fill(weights([1, 1], random)[0] ?? 0)
    ),
    normal: withWeight((shape, random) =>
      normal(product(shape), Math.sqrt(0.5 / fanInOf(shape)), random)
    ),
    bias_bound_of_weights: withBiasBound((shape) => Math.sqrt(1.5 / fanInOf(shape))),
    bias_no_square_root: withBiasBound((shape) => 1 / fanInOf(shape)),
    bias_by_no: withBiasBound((shape) => 1 / Math.sqrt(shape.at(-1) ?? 1)),
    bias_fan_out: withBiasBound((shape) => 1 / Math.sqrt(fanOutOf(shape))),
    bias_one_sided: withBias((shape, random) =>
      biases(shape, random).map((bias) => Math.abs(bias))
    ),
    bias_constant: withBias((shape) => new Float32Array(shape.at(-1) ?? 0)),
    bias_normal: withBias((shape, random) =>
      normal(shape.at(-1) ?? 0, 1 / Math.sqrt(fanInOf(shape)), random)
    ),
    own_random: (shape: Shape) => right(shape, Math.random),
  },
};
