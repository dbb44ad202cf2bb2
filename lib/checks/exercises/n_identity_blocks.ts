/** Lesson 5: the learner's `NIdentityBlocks(ni, repeat)`. */
import { NIdentityBlocks } from "../../blocks/n_identity_blocks.ts";
import {
  chains,
  IDENTITY_WIRING,
  identityBlocks,
  identityKernels,
  identityParameters,
  partsOfEach,
  PLAIN_WIRING,
  type Step,
  type Wiring,
} from "../blocks.ts";
import { type Comparison, type Exercise, probe } from "../exercise.ts";
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
  partsOf,
  probeLayer,
  probeWeights,
  trainableCount,
  weightNumbers,
  type WeightSeen,
} from "../layers.ts";
import { shapeText, wholeNumbers } from "../numbers.ts";
import { relu, sum } from "../reference.ts";

const REPEAT = 3;

/** Sizes drawn from the seed. */
interface Sizes {
  readonly ni: number;
  readonly input: readonly number[];
  /** The channels and the number of blocks of a larger sequence. */
  readonly wide: number;
  readonly more: number;
}

function sizesOf(seed: number): Sizes {
  const whole = wholeNumbers(seed);
  const [batch, side, ni] = [whole(2, 3), whole(4, 6), whole(3, 8)];
  return { ni, input: [batch, side, side, ni], wide: whole(9, 60), more: whole(5, 14) };
}

/** Compares the parameters of a sequence of blocks; a wrong total reveals the number of blocks. */
function compareBlocks(
  weights: readonly WeightSeen[],
  ni: number,
  repeat: number,
  mistakes: Readonly<Record<number, string>> = {},
): Comparison {
  const block = identityParameters(ni);
  return compareCount(trainableCount(weights), repeat * block, {
    0: "not_parts",
    [block * (repeat - 1)]: "one_too_few",
    [block * (repeat + 1)]: "one_too_many",
    ...mistakes,
  });
}

const MORE_PARAMETERS = "parameters of more and wider blocks";

const compareOutput: CompareOutput = (got, weights, norm, seed) => {
  const { ni, input } = sizesOf(seed);
  const parts = partsOf(weights, weightNumbers(weights, seed));
  const x = inputNumbers(input, seed);
  const blocks = (repeat: number, wiring: Wiring = IDENTITY_WIRING): Step[][] =>
    partsOfEach(parts, repeat).map((block) => identityBlocks(block, norm, wiring));
  // A stack of other parts has no blocks, and its chain would be nothing at all.
  const through = (blocks: Step[][]) =>
    blocks.length === 0 ? [] : chains(blocks).map((chain) => chain(x));
  const right = through(blocks(REPEAT));
  const single = blocks(1).flat();
  const normed = identityKernels(ni, REPEAT);
  return compareNumbers(got, areWeights(weights, { normed }) ? right : [], {
    one_block: single.map((block) => block(x)),
    shared_block: single.map((block) => block(block(block(x)))),
    not_chained: blocks(REPEAT).flat().map((block) => block(x)),
    outer_shortcut: right.flatMap((y) => [sum(y, x), relu(sum(y, x))]),
    plain_blocks: through(blocks(REPEAT, PLAIN_WIRING)),
  }, "what comes out of one block goes into the next; is your ResIdentity right?");
};

/** `NIdentityBlocks(ni, repeat)`. */
export const nIdentityBlocks: Exercise = {
  id: "n_identity_blocks",
  lesson: "05_identity_block",
  title: "a row of blocks",
  goal:
    "`NIdentityBlocks(ni, repeat)`: `repeat` identity blocks one after the other, as one block. " +
    "A whole stage of a network will be a single line.",
  difficulty: 2,
  minutes: 10,
  hints: [
    "Create the blocks in the constructor and assign an array of them to `this.blocks`. In " +
    "`forward`, call one block after the other.",
    "`Array.from({ length: repeat }, () => new ResIdentity(ni))` creates an array of `repeat` blocks.",
    "`forward` begins with `let y = x;`, has `for (const block of this.blocks) y = block(y);` and " +
    "returns `y`.",
  ],
  mistakes: {
    not_parts: "the row does not find its blocks: assign an array of blocks to a property in the " +
      "constructor, `this.blocks = [...]`",
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
  probes: [
    probe((candidate, trial) => {
      const { ni, input } = sizesOf(trial.seed);
      return probeLayer(trial.make(candidate, ni, REPEAT), input, trial.seed);
    }, [
      {
        what: "output shape",
        expected: (seed) => shapeText(sizesOf(seed).input),
        points: 1,
        compare: ({ inference }, seed) =>
          compareShape(inference, sizesOf(seed).input, "identity blocks keep the shape"),
      },
      {
        what: `parameters of ${REPEAT} blocks`,
        expected: (seed) => (REPEAT * identityParameters(sizesOf(seed).ni)).toLocaleString("en-US"),
        points: 1,
        // With so few channels, an answer could list all possible counts.
        requires: MORE_PARAMETERS,
        compare: ({ weights }, seed) => compareBlocks(weights, sizesOf(seed).ni, REPEAT),
      },
      ...numbersRows("block after block", [2, 1], compareOutput),
    ]),
    probe((candidate, trial) => {
      const { input, wide, more } = sizesOf(trial.seed);
      return probeWeights(trial.make(candidate, wide, more), [...input.slice(0, 3), wide]);
    }, [
      {
        what: MORE_PARAMETERS,
        expected: (seed) => {
          const { wide, more } = sizesOf(seed);
          const count = (more * identityParameters(wide)).toLocaleString("en-US");
          return `${count} in ${more} blocks of ${wide} channels`;
        },
        points: 1,
        compare: (weights, seed) => {
          const { wide, more } = sizesOf(seed);
          return compareBlocks(weights, wide, more, {
            [REPEAT * identityParameters(wide)]: "fixed_repeat",
          });
        },
      },
    ]),
  ],
};
