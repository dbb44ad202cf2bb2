/** Lesson 6: the learner's `SkipAndNIdentityBlocks(ni, no, repeat)`. */
import { SkipAndNIdentityBlocks } from "../../blocks/skip_and_n_identity_blocks.ts";
import {
  chains,
  identityBlocks,
  identityKernels,
  identityParameters as identity,
  partsOfEach,
  skipBlocks,
  skipKernels,
  skipParameters as skip,
} from "../blocks.ts";
import { type Exercise, probe } from "../exercise.ts";
import {
  compareCount,
  compareNumbers,
  type CompareOutput,
  compareShape,
  numbersRows,
} from "../comparisons.ts";
import {
  areWeights,
  inputNumbers,
  type Parts,
  partsOf,
  probeLayer,
  probeWeights,
  trainableCount,
  weightNumbers,
} from "../layers.ts";
import { shapeText, wholeNumbers } from "../numbers.ts";
import type { Map4 } from "../reference.ts";

const REPEAT = 3;

/** Sizes drawn from the seed. */
interface Sizes {
  readonly ni: number;
  readonly no: number;
  readonly input: readonly number[];
  readonly output: readonly number[];
  /** The output shape if each block halves the feature map. */
  readonly halvedThrice: readonly number[];
  /** The channels of a stage with one block. */
  readonly single: readonly [ni: number, no: number];
}

function sizesOf(seed: number): Sizes {
  const whole = wholeNumbers(seed);
  const [batch, half, ni] = [whole(2, 3), whole(3, 5), whole(2, 9)];
  const no = ni + whole(1, 10);
  const single = whole(8, 24);
  return {
    ...{ ni, no },
    input: [batch, 2 * half, 2 * half, ni],
    output: [batch, half, half, no],
    halvedThrice: [batch, Math.ceil(half / 4), Math.ceil(half / 4), no],
    single: [single, single + whole(1, 24)],
  };
}

function parameters({ ni, no }: Sizes): number {
  return skip(ni, no) + (REPEAT - 1) * identity(no);
}

/** The skip block's weights and the others', wherever among the blocks it was declared. */
function split({ kernels, norms }: Parts): { skip: Parts; others: Parts }[] {
  const from = [...kernels.keys()].filter((at) =>
    at % 2 === 0 && kernels.slice(at, at + 3).some(({ shape }) => shape[0] === 1)
  );
  const without = <T>(list: readonly T[], at: number) => [
    ...list.slice(0, at),
    ...list.slice(at + 3),
  ];
  return from.map((at) => ({
    skip: { kernels: kernels.slice(at, at + 3), norms: norms.slice(at, at + 3) },
    others: { kernels: without(kernels, at), norms: without(norms, at) },
  }));
}

const compareOutput: CompareOutput = (got, weights, norm, seed) => {
  const { ni, no, input } = sizesOf(seed);
  const x = inputNumbers(input, seed);
  const right: Map4[] = [];
  const wrong: Record<string, Map4[]> = { shared_block: [], one_too_few: [], not_chained: [] };
  for (const { skip, others } of split(partsOf(weights, weightNumbers(weights, seed)))) {
    const meanings = (repeat: number) =>
      partsOfEach(others, repeat).map((block) => identityBlocks(block, norm));
    const all = meanings(REPEAT - 1);
    const single = meanings(1).flat();
    for (const halve of skipBlocks(skip, norm)) {
      const y = halve(x);
      if (all.length > 0) right.push(...chains(all).map((chain) => chain(y)));
      wrong["not_chained"]!.push(...all.flat().map((block) => block(y)));
      wrong["one_too_few"]!.push(...single.map((block) => block(y)));
      wrong["shared_block"]!.push(...single.map((block) => block(block(y))));
    }
  }
  const normed = [...skipKernels(ni, no), ...identityKernels(no, REPEAT - 1)];
  return compareNumbers(
    got,
    areWeights(weights, { normed }) ? right : [],
    wrong,
    "the skip block first, then block after block; is your ResSkip right?",
  );
};

/** `SkipAndNIdentityBlocks(ni, no, repeat)`. */
export const skipAndNIdentityBlocks: Exercise = {
  id: "skip_and_n_identity_blocks",
  lesson: "06_skip_block",
  title: "a whole stage",
  goal:
    "`SkipAndNIdentityBlocks(ni, no, repeat)`: one skip block, then identity blocks, **`repeat` " +
    "blocks in all**. With it and `NIdentityBlocks`, a ResNet is five lines.",
  difficulty: 2,
  minutes: 10,
  hints: [
    "Which block must come first, so that the others may have `no` channels in and out?",
    "`repeat` counts all blocks. One of them is the skip block, so `repeat - 1` identity blocks " +
    "follow it.",
    "In the constructor, write `this.blocks = [new ResSkip(ni, no), ...identities];`, where " +
    "`identities` is an array of `repeat - 1` blocks `new ResIdentity(no)`. `forward` calls one block " +
    "after the other.",
  ],
  mistakes: {
    one_too_many: "that is one block too many: `repeat` counts the skip block as well, so " +
      "`repeat - 1` identity blocks follow it",
    one_too_few: "one identity block is missing: `repeat - 1` of them follow the skip block",
    only_skip: "there is the skip block alone; `repeat - 1` identity blocks follow it",
    all_skips: "every block halves the map; only the first should be a ResSkip",
    skip_last: "the identity blocks come first, with `ni` channels; the skip block opens the stage",
    shared_block: "one identity block is used again and again; each needs weights of its own",
    not_chained: "each identity block gets the skip block's result; it should get what the block " +
      "before it made",
    not_parts:
      "the stage does not find its blocks: assign an array of blocks to a property in the " +
      "constructor, `this.blocks = [...]`",
  },
  ownParts: [SkipAndNIdentityBlocks],
  probes: [
    probe((candidate, trial) => {
      const { ni, no, input } = sizesOf(trial.seed);
      return probeLayer(trial.make(candidate, ni, no, REPEAT), input, trial.seed);
    }, [
      {
        what: "output shape",
        expected: (seed) => shapeText(sizesOf(seed).output),
        points: 1,
        compare: ({ inference }, seed) => {
          const { output, halvedThrice } = sizesOf(seed);
          return compareShape(inference, output, "half the height, half the width, `no` channels", {
            [shapeText(halvedThrice)]: "all_skips",
          });
        },
      },
      {
        what: `parameters of ${REPEAT} blocks`,
        expected: (seed) => parameters(sizesOf(seed)).toLocaleString("en-US"),
        points: 1,
        compare: ({ weights }, seed) => {
          const sizes = sizesOf(seed);
          const { ni, no } = sizes;
          return compareCount(trainableCount(weights), parameters(sizes), {
            0: "not_parts",
            [skip(ni, no)]: "only_skip",
            [parameters(sizes) + identity(no)]: "one_too_many",
            [skip(ni, no) + (REPEAT - 1) * skip(no, no)]: "all_skips",
            [skip(ni, no) + (REPEAT - 1) * identity(ni)]: "skip_last",
          });
        },
      },
      ...numbersRows("skip, identity, identity", [2, 1], compareOutput),
    ]),
    probe((candidate, trial) => {
      const { input, single: [ni, no] } = sizesOf(trial.seed);
      return probeWeights(trial.make(candidate, ni, no, 1), [...input.slice(0, 3), ni]);
    }, [
      {
        what: "parameters of a stage of 1 block",
        expected: (seed) => {
          const [ni, no] = sizesOf(seed).single;
          return `${skip(ni, no).toLocaleString("en-US")} from ${ni} to ${no} channels`;
        },
        points: 1,
        compare: (weights, seed) => {
          const [ni, no] = sizesOf(seed).single;
          return compareCount(trainableCount(weights), skip(ni, no), {
            0: "not_parts",
            [skip(ni, no) + identity(no)]: "one_too_many",
          });
        },
      },
    ]),
  ],
};
