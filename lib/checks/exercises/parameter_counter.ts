/** Lesson 3: the learner's `countParameters(model)`. */
import * as tf from "@tensorflow/tfjs";
import { BatchNorm } from "../../blocks/batch_norm.ts";
import { Conv2d } from "../../blocks/conv2d.ts";
import { Linear } from "../../blocks/linear.ts";
import { PlainBlock } from "../../blocks/plain_block.ts";
import { countParams } from "../../models/count_params.ts";
import { type Assertion, type Exercise, probe } from "../exercise.ts";
import { compareCases, compareCount } from "../comparisons.ts";
import { sizeOf, wholeNumbers } from "../numbers.ts";
import type { Trial } from "../trial.ts";

/** A variable of a network, as its definition says it is. */
interface Variable {
  readonly shape: readonly number[];
  readonly kind: "kernel" | "bias" | "scale and shift" | "statistics";
  /** Whether it belongs to a layer inside a block. */
  readonly inBlock?: boolean;
}

/** A layer, and the variables that it must have. */
interface Piece {
  make(): tf.layers.Layer;
  readonly variables: readonly Variable[];
}

interface Network {
  readonly inputShape: number[];
  readonly pieces: readonly Piece[];
}

function convolution(ni: number, no: number, hasBias = false): Piece {
  const bias: Variable[] = hasBias ? [{ shape: [no], kind: "bias" }] : [];
  return {
    make: () => new Conv2d(ni, no, 3, 1, hasBias),
    variables: [{ shape: [3, 3, ni, no], kind: "kernel" }, ...bias],
  };
}

function batchNorm(no: number): Piece {
  const kinds = ["scale and shift", "scale and shift", "statistics", "statistics"] as const;
  return {
    make: () => new BatchNorm(no),
    variables: kinds.map((kind) => ({ shape: [no], kind })),
  };
}

function linear(ni: number, no: number): Piece {
  return {
    make: () => new Linear(ni, no),
    variables: [{ shape: [ni, no], kind: "kernel" }, { shape: [no], kind: "bias" }],
  };
}

function plainBlock(ni: number, no: number): Piece {
  const parts = [convolution(ni, no), batchNorm(no), convolution(no, no), batchNorm(no)];
  return {
    make: () => new PlainBlock(ni, no, ni === no ? 1 : 2),
    variables: parts.flatMap(({ variables }) =>
      variables.map((variable) => ({ ...variable, inBlock: true }))
    ),
  };
}

function pool(): Piece {
  return { make: () => tf.layers.globalAveragePooling2d({}), variables: [] };
}

/** The counts do not depend on the photo's size, and small photos are quick. */
const PHOTO = [8, 8, 3];

function onlyLinear(ni: number, no: number): Network {
  return { inputShape: [ni], pieces: [linear(ni, no)] };
}

function biased(no: number): Network {
  return { inputShape: PHOTO, pieces: [convolution(3, no, true), batchNorm(no)] };
}

/** A plain network with one block for each width. */
function plain(widths: readonly number[], classes: number, hasBias = false): Network {
  const [first, last] = [widths[0]!, widths.at(-1)!];
  return {
    inputShape: PHOTO,
    pieces: [
      ...[convolution(3, first, hasBias), batchNorm(first)],
      ...widths.map((no, i) => plainBlock(widths[i - 1] ?? first, no)),
      ...[pool(), linear(last, classes)],
    ],
  };
}

/** The networks of each row: three networks that the lesson names, and others with random sizes. */
function networks(seed: number): readonly (readonly Network[])[] {
  const whole = wholeNumbers(seed);
  const widths = (): [number, number, number] => [whole(3, 8), whole(9, 16), whole(17, 24)];
  const [a, b, c] = widths();
  const [d, e] = widths();
  return [
    [onlyLinear(64, 10), onlyLinear(whole(20, 90), whole(11, 40))],
    [biased(16), biased(whole(17, 99)), biased(whole(17, 99))],
    [
      plain([16, 16, 16, 32, 32, 32, 64, 64, 64], 10),
      plain([a, a, b, b, c, c], whole(5, 30)),
    ],
    [plain([d, d, e], whole(5, 30), true)],
  ];
}

type Count = (network: Network) => number;

const variablesOf = ({ pieces }: Network) => pieces.flatMap(({ variables }) => variables);
const numbersIn = ({ shape }: Variable) => sizeOf(shape);
const isTrained = ({ kind }: Variable) => kind !== "statistics";

/** Sums what each variable that counts is worth. */
const total =
  (counts: (variable: Variable) => boolean, worth: (variable: Variable) => number): Count =>
  (network) =>
    variablesOf(network).filter(counts).reduce((sum, variable) => sum + worth(variable), 0);

const RIGHT: Count = total(isTrained, numbersIn);

/** Mistakes by what they compute. */
const WRONG: Readonly<Record<string, Count | readonly Count[]>> = {
  moving_statistics: total(() => true, numbersIn),
  no_biases: total((variable) => isTrained(variable) && variable.kind !== "bias", numbersIn),
  kernels_only: total(({ kind }) => kind === "kernel", numbersIn),
  variables_counted: [total(isTrained, () => 1), total(() => true, () => 1)],
  // The input is a layer, too.
  layers_counted: ({ pieces }) => pieces.length + 1,
  sizes_added: total(isTrained, ({ shape }) => shape.reduce((sum, size) => sum + size, 0)),
  blocks_left_out: total((variable) => isTrained(variable) && !variable.inBlock, numbersIn),
};

/** What the learner's function says of each network. */
function run(candidate: unknown, trial: Trial): number[][] {
  return networks(trial.seed).map((alike) =>
    alike.map(({ inputShape, pieces }) => {
      const inputs = tf.input({ shape: inputShape });
      let outputs = inputs;
      for (const piece of pieces) outputs = piece.make().apply(outputs) as tf.SymbolicTensor;
      const model = tf.model({ inputs, outputs });
      try {
        return trial.callForNumber(candidate, model);
      } finally {
        for (const weight of model.weights) weight.dispose();
      }
    })
  );
}

/** The mistake that gives every one of these counts. */
function mistakeOf(counts: readonly number[], seed: number): string | undefined {
  const all = networks(seed).flat();
  return Object.entries(WRONG)
    .find(([, variants]) =>
      [variants].flat().some((count) => all.every((network, i) => counts[i] === count(network)))
    )?.[0];
}

function row(index: number, what: string, expected: string): Assertion<number[][]> {
  return {
    ...{ what, expected, points: 1 },
    compare: (counts, seed) =>
      compareCases(networks(seed)[index]!, (network, i) => ({
        ...compareCount(counts[index]![i]!, RIGHT(network)),
        mistake: mistakeOf(counts.flat(), seed),
      }), () => "a network with other sizes"),
  };
}

/** `countParameters(model)`. */
export const parameterCounter: Exercise = {
  id: "parameter_counter",
  lesson: "03_convolution",
  title: "a parameter counter",
  goal: "`countParameters(model)`: how many numbers training can change. A wrong count is the " +
    "quickest sign of a wrong network, and each lesson from here on compares one with the paper's.",
  difficulty: 2,
  minutes: 10,
  hints: [
    "The model has the list already, blocks and all: `model.trainableWeights`. Each entry has a " +
    "`shape`.",
    "A variable of shape `[3, 3, 16, 32]` holds 3 · 3 · 16 · 32 numbers: **multiply** the sizes of " +
    "one shape, then **add up** over all variables.",
    "`shape` may hold `null` for TypeScript, never for a weight: " +
    "`shape.reduce<number>((product, size) => product * (size ?? 1), 1)` is the size of one.",
  ],
  mistakes: {
    moving_statistics: "the running means and variances are counted too. They move, but no " +
      "gradient moves them: `model.trainableWeights` leaves them out, `model.weights` does not",
    no_biases: "the biases are left out; training changes them too",
    kernels_only:
      "only the kernels are counted; biases, and the scales and shifts of batch norm, " +
      "are trained too",
    variables_counted: "this counts the variables, not the numbers in them: a kernel of " +
      "[3, 3, 16, 32] is one variable of 4,608 numbers",
    layers_counted: "this counts the layers, not the numbers in them",
    sizes_added: "the sizes of a shape are added; multiply them: [64, 10] is 640 numbers, not 74",
    blocks_left_out: "what lies inside blocks is left out; `model.trainableWeights` reaches it",
  },
  ownParts: [countParams],
  probes: [
    probe(run, [
      row(0, "Linear(64, 10)", "650"),
      row(1, "Conv2d(3, 16) with bias, BatchNorm(16)", "480"),
      row(2, "plain20, 18 of its convolutions in blocks", "269,722"),
      row(3, "a network of other sizes", "its shapes' product, summed"),
    ]),
  ],
};
