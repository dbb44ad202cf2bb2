/** Lesson 3: the learner's `NIdentityBlocks(ni, repeat)`. */
import { NIdentityBlocks } from "../../blocks/n_identity_blocks.ts";
import {
  chains,
  IDENTITY_WIRING,
  identityBlocks,
  identityParameters,
  partsOfEach,
  PLAIN_WIRING,
  type Step,
  type Wiring,
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
  partsOf,
  trainableCount,
  weightNumbers,
} from "../layers.ts";
import { shapeText } from "../numbers.ts";
import { rectify, sum } from "../reference.ts";

const NI = 3;
const REPEAT = 3;
const MORE = 5;
const INPUT = [2, 5, 5, NI];
const BLOCK = identityParameters(NI);

/** Wrong totals, by how many blocks they are of. */
const totals = (repeat: number): Readonly<Record<number, string>> => ({
  0: "not_parts",
  [BLOCK * (repeat - 1)]: "one_too_few",
  [BLOCK * (repeat + 1)]: "one_too_many",
});

const judgeOutput: JudgeOutput = (got, weights, norm, seed) => {
  const parts = partsOf(weights, weightNumbers(weights, seed));
  const x = inputNumbers(INPUT, seed);
  const blocks = (repeat: number, wiring: Wiring = IDENTITY_WIRING): Step[][] =>
    partsOfEach(parts, repeat).map((block) => identityBlocks(block, norm, wiring));
  // A stack of other parts has no blocks, and its chain would be nothing at all.
  const through = (blocks: Step[][]) =>
    blocks.length === 0 ? [] : chains(blocks).map((chain) => chain(x));
  const right = through(blocks(REPEAT));
  const single = blocks(1).flat();
  return judgeNumbers(got, right, {
    one_block: single.map((block) => block(x)),
    shared_block: single.map((block) => block(block(block(x)))),
    not_chained: blocks(REPEAT).flat().map((block) => block(x)),
    outer_shortcut: right.flatMap((y) => [sum(y, x), rectify(sum(y, x))]),
    plain_blocks: through(blocks(REPEAT, PLAIN_WIRING)),
  }, "what comes out of one block goes into the next; is your ResIdentity right?");
};

/** `NIdentityBlocks(ni, repeat)`. */
export const nIdentityBlocks: Exercise = {
  id: "n_identity_blocks",
  lesson: "03_identity_block",
  title: "a row of blocks",
  goal:
    "`NIdentityBlocks(ni, repeat)`: `repeat` identity blocks one after the other, as one block. " +
    "A whole stage of a network will be a single line.",
  difficulty: 2,
  minutes: 10,
  hints: [
    "Make the blocks in the constructor and keep them in an array; in `forward`, x goes through one " +
    "after the other.",
    'Each block needs a name of its own: `this.part("0", new ResIdentity(ni))`, then `"1"`, and so ' +
    "on. `Array.from({ length: repeat }, (_, i) => ...)` makes an array of `repeat` things.",
    "`forward` begins with `let y = x;`, has `for (const block of this.blocks) y = block(y);` and " +
    "returns `y`.",
  ],
  mistakes: {
    not_parts: "the row has no weights that train: take each block in with this.part(name, block)",
    one_too_few: "one block is missing: here all `repeat` blocks are identity blocks",
    one_too_many: "that is one block more than `repeat`",
    one_block: "x goes through one block, whatever `repeat` says",
    shared_block: "one block is used again and again; each needs weights of its own: " +
      "new ResIdentity(ni) for every one",
    fixed_repeat: "there are always three blocks; take `repeat` of them",
    not_chained: "each block gets x; it should get what the block before it made",
    outer_shortcut: "x is added once more at the end; each block has added its own input already",
    plain_blocks: "the blocks do not add their input; take ResIdentity",
  },
  ownParts: [NIdentityBlocks],
  looks: [
    look((candidate, trial) => lookAtLayer(trial.make(candidate, NI, REPEAT), INPUT, trial.seed), [
      {
        what: "output shape",
        expected: shapeText(INPUT),
        points: 1,
        judge: ({ inference }) => judgeShape(inference, INPUT, "identity blocks keep the shape"),
      },
      {
        what: `parameters of ${REPEAT} blocks`,
        expected: String(REPEAT * BLOCK),
        points: 1,
        judge: ({ weights }) => judgeCount(trainableCount(weights), REPEAT * BLOCK, totals(REPEAT)),
      },
      ...numbersRows("block after block", [2, 1], judgeOutput),
    ]),
    look(
      (candidate, trial) => lookAtWeights(trial.make(candidate, NI, MORE), INPUT),
      [
        {
          what: `parameters of ${MORE} blocks`,
          expected: String(MORE * BLOCK),
          points: 1,
          judge: (weights) =>
            judgeCount(trainableCount(weights), MORE * BLOCK, {
              ...totals(MORE),
              [REPEAT * BLOCK]: "fixed_repeat",
            }),
        },
      ],
    ),
  ],
};
