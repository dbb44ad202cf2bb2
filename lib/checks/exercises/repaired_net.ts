/** Lesson 8: a residual network with three bugs, repaired by the learner. */
import { BasicBlock } from "../../blocks/basic_block.ts";
import { NIdentityBlocks } from "../../blocks/n_identity_blocks.ts";
import { smallResNet } from "../../models/small_resnet.ts";
import { identityKernels } from "../blocks.ts";
import { CIFAR_RESNETS } from "../cifar_resnets.ts";
import {
  compareCount,
  type CompareOutput,
  compareShape,
  compareWays,
  compareWithAny,
  type Departures,
  numbersRows,
} from "../comparisons.ts";
import { type Comparison, type Exercise, probe } from "../exercise.ts";
import { areWeights, inputNumbers, type LayerSeen, probeLayer, trainableCount } from "../layers.ts";
import { alikePieces, alikeWeights } from "../networks.ts";
import { shapeText } from "../numbers.ts";
import { INFERENCE, type Map4, type Normalize, relu, softmax, sum } from "../reference.ts";

const INPUT = [2, 32, 32, 3];
const OUTPUT = [2, 10];
const WIDTH = 16;
const BLOCKS = 3;

/** The parameters with `norms` batch norms: the stem's, and two for each block. */
function parameters(norms: number): number {
  const convolutions = 9 * 3 * WIDTH + 2 * BLOCKS * 9 * WIDTH * WIDTH;
  return convolutions + norms * 2 * WIDTH + WIDTH * 10 + 10;
}

const PARAMETERS = parameters(1 + 2 * BLOCKS);
const FEW_NORMS = parameters(1 + BLOCKS);

/** How an answer may depart from the repaired network. */
interface Ways {
  /** What follows F(x), which ends in a batch norm. */
  readonly join: (x: Map4, F: Map4) => Map4;
  readonly output: "probabilities";
  /** Whether F(x) ends in its convolution. */
  readonly secondNorm: false;
}

const DEPARTURES: Departures<Ways> = {
  relu_before_sum: [{ join: (x, F) => sum(relu(F), x) }],
  relu_removed: [{ join: (x, F) => sum(F, x) }],
  no_shortcut: [{ join: (_x, F) => relu(F) }],
  softmax_at_the_end: [{ output: "probabilities" }],
  second_norm_removed: [{ secondNorm: false }],
};

/** The network, computed without TensorFlow. */
function reference(
  seed: number,
  norm: Normalize,
  { join = (x, F) => relu(sum(F, x)), output, secondNorm }: Partial<Ways> = {},
): Map4 {
  const { convolution, classifier } = alikePieces(seed, norm);
  const { convolution: bare } = alikePieces(seed, (x) => x);
  let x = relu(convolution(inputNumbers(INPUT, seed), 3, WIDTH, { stride: 2 }));
  for (let i = 0; i < BLOCKS; i++) {
    const inner = relu(convolution(x, 3, WIDTH));
    x = join(x, (secondNorm === false ? bare : convolution)(inner, 3, WIDTH));
  }
  const logits = classifier(x, 10);
  return output === "probabilities" ? softmax(logits) : logits;
}

const compareOutput: CompareOutput = (got, weights, norm, seed) => {
  const normed = [[3, 3, 3, WIDTH], ...identityKernels(WIDTH, BLOCKS)];
  // Batch norms that are missing do not change the numbers: their weights would be those of the others.
  const isComparable = trainableCount(weights) === FEW_NORMS ||
    areWeights(weights, { normed, biased: [[WIDTH, 10]] });
  return compareWays(
    got,
    isComparable ? [reference(seed, norm)] : [],
    isComparable ? DEPARTURES : {},
    (ways) => [reference(seed, norm, ways)],
    "follow x through the block: convolution, batch norm, ReLU, convolution, batch norm, sum, ReLU",
  );
};

/** Three batch norms are missing both where one is used twice and where the second is removed. */
function compareParameters({ weights, inference }: LayerSeen, seed: number): Comparison {
  const count = trainableCount(weights);
  const comparison = compareCount(count, PARAMETERS);
  if (count !== FEW_NORMS) return comparison;
  const { mistake } = compareWithAny(
    INFERENCE,
    (norm) => compareOutput(inference, weights, norm, seed),
  );
  const isRemoved = [mistake].flat().includes("second_norm_removed");
  return { ...comparison, mistake: isRemoved ? "second_norm_removed" : "norm_used_twice" };
}

/** `repairedNet()`. */
export const repairedNet: Exercise = {
  id: "repaired_net",
  lesson: "08_plain_vs_residual",
  title: "find three bugs",
  goal:
    "`repairedNet()`: the network `buggyNet()` without its three bugs. Each of them lets the network run " +
    "and train, only worse.",
  difficulty: 3,
  minutes: 15,
  hints: [
    "Compare the block with the formula relu(F(x) + x), word by word. Then ask what `train` expects as the " +
    "network's output.",
    "One bug is in the constructor's layers and how `forward` uses them, one in the order of the last two " +
    "steps of `forward`, and one behind the last layer of the network.",
    "Use `this.bn2` after `this.conv2`; take `const sum: tf.Tensor4D = tf.add(F, x);` and return " +
    "`tf.relu(sum)`; remove `tf.layers.softmax()`.",
  ],
  mistakes: {
    norm_used_twice:
      "both convolutions of a block share one batch norm, `bn1`: its statistics fit neither. " +
      "The second convolution needs `bn2`",
    relu_before_sum:
      "the ReLU stands before the sum, so that a block can only add and x can only grow: " +
      "first the sum, then the ReLU",
    relu_removed:
      "the last ReLU is gone: without it, the blocks are joined linearly. Move it behind the sum",
    no_shortcut: "x is not added any more: this is a plain block",
    softmax_at_the_end:
      "the network ends with a softmax, and the loss computes another softmax of the " +
      "probabilities: end with Linear",
    second_norm_removed: "F(x) ends without a batch norm: use `bn2` after the second convolution",
  },
  ownParts: [BasicBlock, NIdentityBlocks, ...CIFAR_RESNETS, smallResNet],
  probes: [
    probe(
      (candidate, trial) => probeLayer(trial.makeModel(candidate), INPUT, trial.seed, alikeWeights),
      [
        {
          what: "output shape",
          expected: shapeText(OUTPUT),
          points: 1,
          requires: "numbers with running statistics",
          compare: ({ inference }) =>
            compareShape(inference, OUTPUT, "end with the mean of each map and Linear(16, 10)"),
        },
        {
          what: "trainable parameters",
          expected: PARAMETERS.toLocaleString("en-US"),
          points: 2,
          requires: "numbers with running statistics",
          compare: compareParameters,
        },
        ...numbersRows("those of the repaired network", [3, 1], compareOutput),
      ],
    ),
  ],
};
