/** Lesson 4: the learner's `SkipAndNIdentityBlocks(ni, no, repeat)`. */
import { SkipAndNIdentityBlocks } from "../../blocks/skip_and_n_identity_blocks.ts";
import {
  chains,
  identityBlocks,
  identityParameters as identity,
  partsOfEach,
  skipBlocks,
  skipParameters as skip,
} from "../blocks.ts";
import { type Exercise, look } from "../exercise.ts";
import {
  judgeCount,
  judgeNumbers,
  type JudgeOutput,
  judgeShape,
  numbersRows,
} from "../judgements.ts";
import {
  inputNumbers,
  lookAtLayer,
  lookAtWeights,
  type Parts,
  partsOf,
  trainableCount,
  weightNumbers,
} from "../layers.ts";
import { shapeText } from "../numbers.ts";
import type { Map4 } from "../reference.ts";

const NI = 3;
const NO = 4;
const REPEAT = 3;
const INPUT = [2, 8, 8, NI];
const OUTPUT = [2, 4, 4, NO];
const PARAMETERS = skip(NI, NO) + (REPEAT - 1) * identity(NO);

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

const judgeOutput: JudgeOutput = (got, weights, norm, seed) => {
  const x = inputNumbers(INPUT, seed);
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
  return judgeNumbers(
    got,
    right,
    wrong,
    "the skip block first, then block after block; is your ResSkip right?",
  );
};

/** `SkipAndNIdentityBlocks(ni, no, repeat)`. */
export const skipAndNIdentityBlocks: Exercise = {
  id: "skip_and_n_identity_blocks",
  lesson: "04_skip_block",
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
    'Constructor: `this.part("0", new ResSkip(ni, no))`, then `"1"` to `repeat - 1` with ' +
    "`new ResIdentity(no)`. `forward` sends x through one after the other.",
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
    not_parts: "the stage has no weights that train: take each block in with this.part(...)",
  },
  ownParts: [SkipAndNIdentityBlocks],
  looks: [
    look(
      (candidate, trial) => lookAtLayer(trial.make(candidate, NI, NO, REPEAT), INPUT, trial.seed),
      [
        {
          what: "output shape",
          expected: shapeText(OUTPUT),
          points: 1,
          judge: ({ inference }) =>
            judgeShape(inference, OUTPUT, "half the height, half the width, `no` channels", {
              [shapeText([2, 1, 1, NO])]: "all_skips",
            }),
        },
        {
          what: `parameters of ${REPEAT} blocks`,
          expected: String(PARAMETERS),
          points: 1,
          judge: ({ weights }) =>
            judgeCount(trainableCount(weights), PARAMETERS, {
              0: "not_parts",
              [skip(NI, NO)]: "only_skip",
              [PARAMETERS + identity(NO)]: "one_too_many",
              [skip(NI, NO) + (REPEAT - 1) * skip(NO, NO)]: "all_skips",
              [skip(NI, NO) + (REPEAT - 1) * identity(NI)]: "skip_last",
            }),
        },
        ...numbersRows("skip, identity, identity", [2, 1], judgeOutput),
      ],
    ),
    look(
      (candidate, trial) => lookAtWeights(trial.make(candidate, NI, NO, 1), INPUT),
      [
        {
          what: "parameters of a stage of 1 block",
          expected: String(skip(NI, NO)),
          points: 1,
          judge: (weights) =>
            judgeCount(trainableCount(weights), skip(NI, NO), {
              0: "not_parts",
              [skip(NI, NO) + identity(NO)]: "one_too_many",
            }),
        },
      ],
    ),
  ],
};
