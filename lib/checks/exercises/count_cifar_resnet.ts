/** Lesson 7: the learner's count of a CIFAR network's parameters, for any depth. */
import { countParams } from "../../models/count_params.ts";
import { CIFAR_RESNETS } from "../cifar_resnets.ts";
import { type Assertion, type Comparison, type Exercise, type Plain, probe } from "../exercise.ts";
import { compareCases, compareCount, type Departures, mistakesIn } from "../comparisons.ts";
import { wholeNumbers } from "../numbers.ts";
import { describe, type Trial } from "../trial.ts";

const WIDTHS = [16, 32, 64];

type Shortcut = "none" | "pad" | "projection";

/** What is counted, and how. */
interface Rules {
  /** Numbers that each filter has beside its weights. */
  readonly perFilter: number;
  /** The same for the filters of a projection. */
  readonly perProjection: number;
  readonly linearBias: boolean;
  /** Whether a stage's first convolution is counted with as many channels in as out. */
  readonly fullWidth: boolean;
  readonly convolutionsPerBlock: number;
  readonly stem: "with its norm" | "without its norm" | "none";
  /** Weights of a projection between two channels: of 1×1. */
  readonly projectionArea: number;
  /** The blocks of a stage; undefined stands for n. */
  readonly blocks: number | undefined;
  /** Whether there are projections; undefined stands for as asked. */
  readonly projects: boolean | undefined;
}

const RIGHT: Rules = {
  perFilter: 2,
  perProjection: 2,
  linearBias: true,
  fullWidth: false,
  convolutionsPerBlock: 2,
  stem: "with its norm",
  projectionArea: 1,
  blocks: undefined,
  projects: undefined,
};

/** Mistakes by what they count; some give more than one total. */
const WRONG: Departures<Rules> = {
  // The last is Keras's example.
  biased_convolutions: [{ perFilter: 3, perProjection: 3 }, { perFilter: 3, perProjection: 1 }],
  statistics_counted: [{ perFilter: 4, perProjection: 4 }],
  no_batch_norm: [{ perFilter: 0, perProjection: 0 }],
  projections_without_norm: [{ perProjection: 0 }, { perProjection: 1 }],
  no_linear_bias: [{ linearBias: false }],
  first_convolution_too_wide: [{ fullWidth: true }],
  one_convolution_a_block: [{ convolutionsPerBlock: 1 }],
  no_stem: [{ stem: "none" }],
  no_stem_norm: [{ stem: "without its norm" }],
  wide_projections: [{ projectionArea: 9 }],
  n_ignored: [{ blocks: 3 }],
  shortcut_ignored: [{ projects: false }, { projects: true }],
};

function total(n: number, shortcut: Shortcut, rules: Partial<Rules> = {}): number {
  const ways = { ...RIGHT, ...rules };
  const { perFilter, perProjection, linearBias, fullWidth, projectionArea } = ways;
  const { blocks = n, projects = shortcut === "projection" } = ways;
  const convolutions = ways.convolutionsPerBlock * blocks;
  const stem = { "with its norm": 9 * 3 + perFilter, "without its norm": 9 * 3, none: 0 };
  let parameters = stem[ways.stem] * 16;
  let ni = 16;
  for (const no of WIDTHS) {
    parameters += (9 * (fullWidth ? no : ni) + perFilter) * no;
    parameters += (convolutions - 1) * (9 * no + perFilter) * no;
    if (projects && ni !== no) parameters += (projectionArea * ni + perProjection) * no;
    ni = no;
  }
  return parameters + 64 * 10 + (linearBias ? 10 : 0);
}

type Case = readonly [n: number, shortcut: Shortcut];

/** The cases of each row: networks that the lesson names, and depths drawn from the seed. */
function casesOf(seed: number): readonly (readonly Case[])[] {
  const whole = wholeNumbers(seed);
  const any = (shortcut: Shortcut): Case => [whole(10, 400), shortcut];
  return [
    [[3, "pad"], any("pad")],
    [[3, "projection"], any("projection")],
    [[9, "none"], any("none")],
    [any("projection"), any("projection")],
  ];
}

function probeCounts(candidate: unknown, trial: Trial): Plain[][] {
  return casesOf(trial.seed).map((cases) =>
    cases.map((network): Plain => {
      const value = trial.call(candidate, ...network);
      return typeof value === "number" && Number.isFinite(value) ? value : describe(value);
    })
  );
}

function row(index: number, what: string, expected: string): Assertion<Plain[][]> {
  return {
    ...{ what, expected, points: 1 },
    compare: (counts, seed) =>
      compareCases(
        casesOf(seed)[index]!,
        (network, i) => compareTotal(counts[index]![i], network, mistakeOf(counts, seed)),
        ([n, shortcut]) => `countResNet(${n}, "${shortcut}")`,
      ),
  };
}

/** What explains all counts. */
function mistakeOf(counts: readonly Plain[][], seed: number): Comparison["mistake"] {
  const all = casesOf(seed).flat();
  const got = counts.flat();
  return mistakesIn(
    WRONG,
    (rules) => all.every(([n, shortcut], i) => got[i] === total(n, shortcut, rules)),
  );
}

function compareTotal(
  got: Plain | undefined,
  [n, shortcut]: Case,
  mistake: Comparison["mistake"],
): Comparison {
  if (typeof got !== "number") {
    return { passed: false, actual: String(got), next: "return one whole number" };
  }
  return { ...compareCount(got, total(n, shortcut)), mistake };
}

/** `countResNet(n, shortcut)`. */
export const countCifarResNet: Exercise = {
  id: "count_cifar_resnet",
  lesson: "07_resnet20",
  title: "count any depth",
  goal: "`countResNet(n, shortcut)`: the trainable parameters of the network with 6n + 2 layers, " +
    "**from arithmetic alone**. Then you know what a network costs before you build it.",
  difficulty: 2,
  minutes: 15,
  hints: [
    "A stage of n blocks has 2n convolutions with batch norm. All have as many channels in as out, " +
    "but for the first one of stages 2 and 3.",
    "Without projections: the stem is `convAndNorm(3, 16)`; a stage is `convAndNorm(ni, no)` once and " +
    "`convAndNorm(no, no)` 2n − 1 times; at the end stand 64 · 10 + 10.",
    "A projection from ni to no filters is a 1×1 convolution with its batch norm: ni · no + 2 · no. " +
    'There are two, at 16 → 32 and 32 → 64, and only for `"projection"`.',
  ],
  mistakes: {
    biased_convolutions:
      "a bias is counted for each filter; the convolutions have none, because the batch norm's shift takes its place",
    statistics_counted:
      "the running means and variances are counted too; nothing trains them, so " +
      "papers leave them out: two numbers a filter, not four",
    no_batch_norm: "the batch norms are missing: a scale and a shift for each filter",
    projections_without_norm:
      "the two projections have a batch norm too, 2 numbers a filter, and " +
      "no bias",
    no_linear_bias: "the linear layer has a bias: 10 more",
    first_convolution_too_wide:
      "the first convolution of stages 2 and 3 still takes the channels of " +
      "the stage before, 16 and 32",
    one_convolution_a_block: "a block has two convolutions, so a stage has 2n",
    no_stem: "the stem is missing: a 3×3 convolution from 3 to 16 channels, with its batch norm",
    no_stem_norm: "the stem has a batch norm too: 32 more",
    wide_projections: "a projection is a 1×1 convolution: ni · no weights, not 9 · ni · no",
    n_ignored: "`n` changes nothing: a stage has n blocks, so 2n convolutions",
    shortcut_ignored:
      'only "projection" has parameters on its two shortcuts; "pad" and "none" have ' +
      "none",
  },
  ownParts: [...CIFAR_RESNETS, countParams],
  probes: [
    probe(probeCounts, [
      row(0, "20 layers, pad", "269,722"),
      row(1, "20 layers, projection", "272,474"),
      row(2, "56 layers, plain", "853,018"),
      row(3, "a depth that the check chooses", "the correct count"),
    ]),
  ],
};
