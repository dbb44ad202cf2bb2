/** Lesson 8: how long each layer's gradient is. */
import * as tf from "@tensorflow/tfjs";
import { type Comparison, type Exercise, probe } from "../exercise.ts";
import { compareCount, type Departures, mistakesIn } from "../comparisons.ts";
import { type Numbers, seededNumbers, tensorOf, wholeNumbers } from "../numbers.ts";
import type { Trial } from "../trial.ts";

/** A weight of a model and its gradient. */
interface Weight {
  readonly name: string;
  readonly gradient: Numbers;
}

/** The weights of a small network, from the first layer to the last, drawn from the seed. */
function weightsOf(seed: number): Weight[] {
  const whole = wholeNumbers(seed);
  const blocks = whole(3, 6);
  let ni = 3;
  let next = seed;
  const gradient = (...shape: number[]) => seededNumbers(shape, next++, [-1, 1.5]);
  const weights: Weight[] = [];
  for (let block = 0; block < blocks; block++) {
    const [no, size] = [whole(2, 5), 2 * whole(0, 1) + 1];
    weights.push(
      { name: `layer${block}/conv/weight`, gradient: gradient(size, size, ni, no) },
      { name: `layer${block}/bn/weight`, gradient: gradient(no) },
      { name: `layer${block}/bn/bias`, gradient: gradient(no) },
    );
    ni = no;
  }
  weights.push(
    { name: "linear/weight", gradient: gradient(ni, 10) },
    { name: "linear/bias", gradient: gradient(10) },
  );
  return weights;
}

/** The weights in the order of the map, which begins with the second block. */
function mapOrder(weights: readonly Weight[]): Weight[] {
  return [...weights.slice(3), ...weights.slice(0, 3)];
}

/** How the lengths are computed. */
interface Ways {
  readonly length: (values: readonly number[]) => number;
  readonly which: (shape: readonly number[]) => boolean;
  readonly order: "layers" | "map" | "back";
}

const sumOf = (values: readonly number[], f: (value: number) => number) =>
  values.reduce((sum, value) => sum + f(value), 0);
const squares = (values: readonly number[]) => sumOf(values, (value) => value * value);

/** Mistakes by what they do differently. */
const WRONG: Departures<Ways> = {
  no_root: [{ length: squares }],
  root_mean_square: [{ length: (values) => Math.sqrt(squares(values) / values.length) }],
  sum_of_absolutes: [{ length: (values) => sumOf(values, Math.abs) }, {
    length: (values) => sumOf(values, Math.abs) / values.length,
  }],
  largest: [{ length: (values) => Math.max(...values.map(Math.abs)) }],
  signed_sum: [{ length: (values) => sumOf(values, (value) => value) }],
  all_weights: [{ which: () => true }],
  with_linear: [{ which: (shape) => shape.length > 1 }],
  map_order: [{ order: "map" }],
  last_first: [{ order: "back" }],
};

function lengthsOf(seed: number, ways: Partial<Ways> = {}): number[] {
  const {
    length = (values) => Math.sqrt(squares(values)),
    which = (shape) => shape.length === 4,
    order = "layers",
  } = ways;
  const weights = weightsOf(seed);
  const ordered = order === "map"
    ? mapOrder(weights)
    : order === "back"
    ? weights.reverse()
    : weights;
  return ordered.filter(({ gradient }) => which(gradient.shape))
    .map(({ gradient }) => length(gradient.values.map((value) => value ?? NaN)));
}

const same = (a: readonly (number | null)[], b: readonly number[]) =>
  a.length === b.length &&
  b.every((value, i) =>
    typeof a[i] === "number" && Math.abs(a[i] - value) < 1e-3 * Math.max(1, Math.abs(value))
  );

async function run(candidate: unknown, trial: Trial): Promise<(number | null)[]> {
  const weights = weightsOf(trial.seed);
  const variables = weights.map(({ name, gradient }) => ({ name, shape: [...gradient.shape] }));
  const gradients: Record<string, tf.Tensor> = {};
  for (const { name, gradient } of mapOrder(weights)) {
    gradients[name] = tensorOf(gradient);
  }
  try {
    const value = await trial.callAsync(candidate, variables, gradients);
    const list = trial.valuesIn(await (Array.isArray(value) ? Promise.all(value) : value));
    return list.map((number) => Number.isFinite(number) ? number : null);
  } finally {
    tf.dispose(gradients);
  }
}

function mistakeIn(seen: readonly (number | null)[], seed: number): Comparison["mistake"] {
  return mistakesIn(WRONG, (ways) => same(seen, lengthsOf(seed, ways)));
}

/** `gradientNorms(weights, gradients)`. */
export const gradientNorms: Exercise = {
  id: "gradient_norms",
  lesson: "08_plain_vs_residual",
  title: "the length of a gradient",
  goal:
    "`gradientNorms(weights, gradients)`: **the norm of the gradient of each convolution**, from the " +
    "first layer to the last. One number per layer shows whether gradients vanish or explode.",
  difficulty: 2,
  minutes: 12,
  hints: [
    "The kernel of a convolution is the only weight with four axes: `weight.shape.length === 4`. Keep " +
    "those, in the order of `weights`.",
    "The length of a list of numbers is the root of the sum of their squares. `tf.norm(tensor)` " +
    "computes it for a tensor of any shape.",
    "`weights.filter((weight) => weight.shape.length === 4)`, and of each " +
    "`tf.norm(gradients[weight.name]!)`; `(await norm.data())[0]` is the number.",
  ],
  mistakes: {
    no_root: "this is the sum of squares; take its root",
    root_mean_square:
      "the sum of squares is divided by the number of weights; the length is the root of " +
      "the sum itself",
    sum_of_absolutes: "absolute values are summed; the length is the root of the sum of squares",
    largest: "this is the largest value; the length is the root of the sum of squares",
    signed_sum: "positive and negative values cancel out in a sum; square them first",
    all_weights: "there is a length for every weight; keep the convolutions, with four axes",
    with_linear: "the linear layer is in the list, too; keep the weights with four axes",
    map_order:
      "the norms are in the order of `gradients`; go through `weights` instead, which are in the order of the layers",
    last_first: "the last layer comes first; go through `weights` from the beginning",
  },
  probes: [
    probe(run, [
      {
        what: "how many lengths",
        expected: (seed) => String(lengthsOf(seed).length),
        points: 1,
        requires: "the lengths",
        compare: (seen, seed) => {
          const comparison = compareCount(seen.length, lengthsOf(seed).length);
          return comparison.passed ? comparison : { ...comparison, mistake: mistakeIn(seen, seed) };
        },
      },
      {
        what: "the lengths",
        expected: (seed) => lengthsOf(seed).map((length) => length.toFixed(2)).join(", "),
        points: 2,
        compare: (seen, seed) => {
          const text = seen.slice(0, 8).map((value) => value === null ? "NaN" : value.toFixed(2));
          return {
            passed: same(seen, lengthsOf(seed)),
            actual: seen.length === 0 ? "an empty array" : text.join(", "),
            mistake: mistakeIn(seen, seed),
            next:
              "take one small gradient by hand: the root of the sum of the squares of its values",
          };
        },
      },
    ]),
  ],
};
