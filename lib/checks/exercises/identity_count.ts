/** Lesson 5: the parameters of a row of identity blocks, counted before the row is built. */
import { type Assertion, type Comparison, type Exercise, probe } from "../exercise.ts";
import { compareCases, compareCount, type Departures, mistakesIn } from "../comparisons.ts";
import { wholeNumbers } from "../numbers.ts";

type Sizes = readonly [ni: number, repeat: number];

/** What is counted. */
interface Rules {
  /** Numbers that each filter has beside its weights: a scale and a shift. */
  readonly perFilter: number;
  readonly convolutions: number;
  /** Weights of a filter in one channel. */
  readonly area: number;
  /** How deep a filter is; undefined stands for ni. */
  readonly depth: number | undefined;
  /** How many blocks; undefined stands for `repeat`. */
  readonly blocks: number | undefined;
}

/** Mistakes by what they count. */
const WRONG: Departures<Rules> = {
  moving_statistics: [{ perFilter: 4 }],
  biases: [{ perFilter: 3 }],
  no_batch_norm: [{ perFilter: 0 }],
  one_number_a_filter: [{ perFilter: 1 }],
  one_convolution: [{ convolutions: 1 }],
  three_weights: [{ area: 3 }],
  flat_filters: [{ depth: 1 }],
  one_block: [{ blocks: 1 }],
};

function total([ni, repeat]: Sizes, rules: Partial<Rules> = {}): number {
  const { perFilter = 2, convolutions = 2, area = 9, depth = ni, blocks = repeat } = rules;
  return blocks * convolutions * ni * (area * depth + perFilter);
}

/** Whether each mistake gives a different total. */
function tellsMistakes(sizes: Sizes): boolean {
  const totals = [{}, ...Object.values(WRONG).flat()].map((rules) => total(sizes, rules));
  return new Set(totals).size === totals.length;
}

/** The cases of each row: two sizes that the lesson names, and others drawn from the seed. */
function casesOf(seed: number): readonly (readonly Sizes[])[] {
  const whole = wholeNumbers(seed);
  const other = (): Sizes => {
    const sizes: Sizes = [whole(5, 128), whole(3, 30)];
    return tellsMistakes(sizes) ? sizes : other();
  };
  return [[[16, 3], other()], [[64, 9], other()], [other(), other()]];
}

function row(index: number, sizes: string, expected: string): Assertion<number[][]> {
  return {
    what: `parameters ${sizes}`,
    expected,
    points: 1,
    compare: (counts, seed) =>
      compareCases(casesOf(seed)[index]!, (sizes, i) => ({
        ...compareCount(counts[index]![i]!, total(sizes)),
        mistake: mistakeOf(counts.flat(), seed),
      }), (sizes) => `identityCount(${sizes.join(", ")})`),
  };
}

/** What explains all counts. */
function mistakeOf(counts: readonly number[], seed: number): Comparison["mistake"] {
  const all = casesOf(seed).flat();
  return mistakesIn(WRONG, (rules) => all.every((sizes, i) => counts[i] === total(sizes, rules)));
}

/** `identityCount(ni, repeat)`. */
export const identityCount: Exercise = {
  id: "identity_count",
  lesson: "05_identity_block",
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
  probes: [
    probe(
      (candidate, trial) =>
        casesOf(trial.seed).map((cases) =>
          cases.map((sizes) => trial.callForNumber(candidate, ...sizes))
        ),
      [
        row(0, "of 3 blocks with 16 channels", "14,016"),
        row(1, "of 9 blocks with 64 channels", "665,856"),
        row(2, "for sizes that the check chooses", "the correct count"),
      ],
    ),
  ],
};
