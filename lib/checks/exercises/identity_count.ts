/** Lesson 3: how many parameters a row of identity blocks has, told before it is built. */
import { type Exercise, look, type Row } from "../exercise.ts";
import { judgeCount } from "../judgements.ts";

type Formula = (ni: number, repeat: number) => number;

/** Two convolutions of ni filters, 3 by 3 by ni each, and a scale and a shift for every filter. */
const RIGHT: Formula = (ni, repeat) => repeat * 2 * (9 * ni * ni + 2 * ni);

/** Mistakes by what they count. */
const WRONG: Readonly<Record<string, Formula>> = {
  moving_statistics: (ni, repeat) => repeat * 2 * (9 * ni * ni + 4 * ni),
  biases: (ni, repeat) => repeat * 2 * (9 * ni * ni + 3 * ni),
  no_batch_norm: (ni, repeat) => repeat * 2 * 9 * ni * ni,
  one_number_a_filter: (ni, repeat) => repeat * 2 * (9 * ni * ni + ni),
  one_convolution: (ni, repeat) => repeat * (9 * ni * ni + 2 * ni),
  three_weights: (ni, repeat) => repeat * 2 * (3 * ni * ni + 2 * ni),
  flat_filters: (ni, repeat) => repeat * 2 * (9 * ni + 2 * ni),
  one_block: (ni) => 2 * (9 * ni * ni + 2 * ni),
};

/** Sizes that no learner has seen before. */
function sizesOf(seed: number): [ni: number, repeat: number] {
  return [5 + seed % 11, 2 + seed % 7];
}

function row(
  sizes: string,
  expected: string,
  points: number,
  of: (seed: number) => readonly [number, number],
): Row<number> {
  return {
    what: `parameters ${sizes}`,
    expected,
    points,
    judge: (got, seed) => {
      const [ni, repeat] = of(seed);
      const known = Object.entries(WRONG).map(([name, wrong]) => [wrong(ni, repeat), name]);
      return judgeCount(got, RIGHT(ni, repeat), Object.fromEntries(known));
    },
  };
}

/** `identityCount(ni, repeat)`. */
export const identityCount: Exercise = {
  id: "identity_count",
  lesson: "03_identity_block",
  title: "predict the count",
  goal: "`identityCount(ni, repeat)`: the number of trainable parameters of `repeat` identity " +
    "blocks in a row, **before** they are built. Who can count a network has understood it.",
  difficulty: 2,
  minutes: 10,
  hints: [
    "One block first: which of its parts has numbers that training changes? ReLU and the sum have " +
    "none.",
    "One filter is 3 by 3 pixels wide and `ni` channels deep, and a convolution has `ni` such " +
    "filters here. After it, batch norm has two numbers for each filter.",
    "A convolution with its batch norm is `9 * ni * ni + 2 * ni`. A block has two of these, and " +
    "there are `repeat` blocks.",
  ],
  mistakes: {
    moving_statistics: "that counts batch norm's running mean and variance as well; no gradient " +
      "changes them, so papers do not count them",
    biases: "that counts a bias for each filter; these convolutions have none",
    no_batch_norm: "that is the convolutions alone; each batch norm adds a scale and a shift for " +
      "every filter",
    one_number_a_filter:
      "that has one number beside each filter; batch norm has two, a scale and " +
      "a shift (and the convolution has no bias)",
    one_convolution: "that is one convolution a block; a block has two, each with its batch norm",
    three_weights: "that takes 3 weights for 3 by 3 pixels; it is 3 · 3 = 9",
    flat_filters: "that takes filters of one channel; every filter looks at all `ni` channels",
    one_block: "that is one block; there are `repeat` of them",
  },
  looks: [
    look((candidate, trial) => trial.callForNumber(candidate, 16, 3), [
      row("of 3 blocks with 16 channels", "14,016", 1, () => [16, 3]),
    ]),
    look((candidate, trial) => trial.callForNumber(candidate, 64, 9), [
      row("of 9 blocks with 64 channels", "665,856", 1, () => [64, 9]),
    ]),
    look((candidate, trial) => trial.callForNumber(candidate, ...sizesOf(trial.seed)), [
      row("for sizes of the check's choice", "right as well", 1, sizesOf),
    ]),
  ],
};
