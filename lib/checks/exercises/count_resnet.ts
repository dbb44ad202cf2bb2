/** Lesson 11: the learner's count of an ImageNet network's parameters, for both kinds of blocks. */
import { countParams } from "../../models/count_params.ts";
import { ResNet, resnet101, resnet18, resnet34, resnet50 } from "../../models/resnet.ts";
import { type Assertion, type Comparison, type Exercise, type Plain, probe } from "../exercise.ts";
import { compareCases, compareCount, type Departures, mistakesIn } from "../comparisons.ts";
import { wholeNumbers } from "../numbers.ts";
import { describe, type Trial } from "../trial.ts";

const WIDTHS = [64, 128, 256, 512];
const CLASSES = 1000;

type BlockKind = "basic" | "bottleneck";

/** What is counted, and how. */
interface Rules {
  /** Numbers that each filter has beside its weights. */
  readonly perFilter: number;
  /** The factor by which a bottleneck ends wider than its 3×3 convolution. */
  readonly expansion: number;
  /** Whether the classifier takes the channels that the last stage gives. */
  readonly wideClassifier: boolean;
  readonly linearBias: boolean;
  /** The blocks that have a projection. */
  readonly projections: "needed" | "halving" | "none" | "every stage";
  readonly projectionNorms: boolean;
  readonly head: boolean;
  /** The blocks of the stages; undefined stands for as asked. */
  readonly repeat: readonly number[] | undefined;
}

/** Mistakes by what they count. */
const WRONG: Departures<Rules> = {
  biased_convolutions: [{ perFilter: 3 }],
  statistics_counted: [{ perFilter: 4 }],
  no_batch_norm: [{ perFilter: 0 }],
  no_expansion: [{ expansion: 1 }],
  narrow_classifier: [{ wideClassifier: false }],
  no_linear_bias: [{ linearBias: false }],
  no_first_projection: [{ projections: "halving" }],
  no_projections: [{ projections: "none" }],
  needless_projection: [{ projections: "every stage" }],
  projections_without_norm: [{ projectionNorms: false }],
  no_head: [{ head: false }],
  repeat_ignored: [{ repeat: [3, 4, 6, 3] }],
};

function total(kind: BlockKind, asked: readonly number[], rules: Partial<Rules> = {}): number {
  const {
    perFilter = 2,
    expansion = 4,
    wideClassifier = true,
    linearBias = true,
    projections = "needed",
    projectionNorms = true,
    head = true,
    repeat = asked,
  } = rules;
  const convolution = (size: number, ni: number, no: number) => (size * size * ni + perFilter) * no;
  let parameters = head ? convolution(7, 3, 64) : 0;
  let ni = 64;
  for (const [stage, width] of WIDTHS.entries()) {
    const no = kind === "basic" ? width : expansion * width;
    for (let block = 0; block < repeat[stage]!; block++) {
      parameters += kind === "basic"
        ? convolution(3, ni, width) + convolution(3, width, width)
        : convolution(1, ni, width) + convolution(3, width, width) + convolution(1, width, no);
      const projects = block === 0 && {
        needed: ni !== no,
        halving: stage > 0,
        none: false,
        "every stage": true,
      }[projections];
      if (projects) parameters += projectionNorms ? convolution(1, ni, no) : ni * no;
      ni = no;
    }
  }
  const features = wideClassifier ? ni : WIDTHS.at(-1)!;
  return parameters + features * CLASSES + (linearBias ? CLASSES : 0);
}

type Case = readonly [kind: BlockKind, repeat: readonly number[]];

/** The cases of each assertion: a network that has a name, and stages drawn from the seed. */
function casesOf(seed: number): readonly (readonly Case[])[] {
  const whole = wholeNumbers(seed);
  const any = (kind: BlockKind): Case => [kind, WIDTHS.map(() => whole(2, 30))];
  return [
    [["basic", [3, 4, 6, 3]], any("basic")],
    [["bottleneck", [3, 4, 6, 3]], any("bottleneck")],
    [["bottleneck", [3, 4, 23, 3]], any("bottleneck")],
  ];
}

function probeCounts(candidate: unknown, trial: Trial): Plain[][] {
  return casesOf(trial.seed).map((cases) =>
    cases.map(([kind, repeat]): Plain => {
      const value = trial.call(candidate, kind, [...repeat]);
      return typeof value === "number" && Number.isFinite(value) ? value : describe(value);
    })
  );
}

/** The mistake that explains all counts. */
function mistakeOf(counts: readonly Plain[][], seed: number): Comparison["mistake"] {
  const all = casesOf(seed).flat();
  const actual = counts.flat();
  return mistakesIn(
    WRONG,
    (rules) => all.every(([kind, repeat], i) => actual[i] === total(kind, repeat, rules)),
  );
}

function countAssertion(
  index: number,
  what: string,
  expected: string,
  points: number,
): Assertion<Plain[][]> {
  return {
    ...{ what, expected, points },
    compare: (counts, seed) =>
      compareCases(
        casesOf(seed)[index]!,
        ([kind, repeat], i): Comparison => {
          const actual = counts[index]![i];
          if (typeof actual !== "number") {
            return { passed: false, actual: String(actual), next: "return one whole number" };
          }
          return { ...compareCount(actual, total(kind, repeat)), mistake: mistakeOf(counts, seed) };
        },
        ([kind, repeat]) => `countResNet("${kind}", [${repeat.join(", ")}])`,
      ),
  };
}

/** `countResNet(block, repeat)`. */
export const countResNet: Exercise = {
  id: "count_resnet",
  lesson: "11_bottleneck",
  title: "count ResNet34, 50 and 101",
  goal:
    "`countResNet(block, repeat)`: the trainable parameters of torchvision's networks, **from " +
    "arithmetic alone**. One function counts all of them, and shows where their parameters are.",
  difficulty: 3,
  minutes: 20,
  hints: [
    "Write a helper for a convolution with its batch norm, `size * size * ni * no + 2 * no`, and keep " +
    "`ni`, the channels that the next block gets, in a variable.",
    "The stages have a `width` of 64, 128, 256 and 512. A basic block ends with `width` channels, a " +
    "bottleneck with `4 * width`. A projection from `ni` to `no` is needed where they differ.",
    "Begin with `conv(7, 3, 64)`. For each block of each stage add its convolutions, and the projection " +
    "if `ni !== no`; then set `ni = no`. End with `ni * 1000 + 1000`.",
  ],
  mistakes: {
    biased_convolutions:
      "a bias is counted for each filter; the convolutions have none, because the " +
      "batch norm's shift does its work",
    statistics_counted:
      "the running means and variances are counted too; training does not change " +
      "them by a gradient, so each filter has two parameters, not four",
    no_batch_norm: "the batch norms are missing: a scale and a shift for each filter",
    no_expansion: "a bottleneck ends with `4 * width` channels; here it ends with `width`",
    narrow_classifier: "the linear layer takes 512 values; after bottlenecks it takes 2,048",
    no_linear_bias: "the linear layer has a bias: 1,000 more",
    no_first_projection:
      "the first stage of bottlenecks has a projection too, from 64 to 256 channels, " +
      "although it does not halve the map",
    no_projections: "the projections are missing: one in each stage that changes the channels",
    needless_projection:
      "the first stage of basic blocks has no projection: it keeps its 64 channels",
    projections_without_norm: "each projection has a batch norm: 2 parameters for each filter",
    no_head: "the head is missing: a 7×7 convolution from 3 to 64 channels, with its batch norm",
    repeat_ignored: "`repeat` changes nothing: it has the number of blocks of each stage",
  },
  ownParts: [ResNet, resnet18, resnet34, resnet50, resnet101, countParams],
  probes: [
    probe(probeCounts, [
      countAssertion(0, "ResNet34, and any other", "21,797,672", 1),
      countAssertion(1, "ResNet50, and any other", "25,557,032", 2),
      countAssertion(2, "ResNet101, and any other", "44,549,160", 1),
    ]),
  ],
};
