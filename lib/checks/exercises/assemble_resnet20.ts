/** Lesson 7: the whole ResNet20 with projection shortcuts, as a model. */
import * as tf from "@tensorflow/tfjs";
import { trace } from "../../blocks/layer.ts";
import { smallResNet } from "../../models/small_resnet.ts";
import { identityKernels, skipKernels } from "../blocks.ts";
import { CIFAR_RESNETS } from "../cifar_resnets.ts";
import { type Comparison, type Exercise, probe } from "../exercise.ts";
import { compareCount, compareNetwork, type Departures, numbersRows } from "../comparisons.ts";
import {
  type ExpectedWeights,
  inputNumbers,
  type LayerSeen,
  probeLayer,
  trainableCount,
  type WeightSeen,
} from "../layers.ts";
import { alikePieces, alikeWeights } from "../networks.ts";
import { type Map4, type Normalize, type Pad, relu, softmax } from "../reference.ts";
import type { Trial } from "../trial.ts";

const IMAGE = [1, 32, 32, 3];
const WIDTHS = [16, 32, 64];
const PARAMETERS = 272_474;
const WEIGHTS: ExpectedWeights = {
  normed: [
    [3, 3, 3, 16],
    ...identityKernels(16, 3),
    ...[...skipKernels(16, 32), ...identityKernels(32, 2)],
    ...[...skipKernels(32, 64), ...identityKernels(64, 2)],
  ],
  biased: [[64, 10]],
};

/** What was seen of the model: `LayerSeen`, and what an image meets on its way. */
interface ModelSeen extends LayerSeen {
  /** Height, width and channels of the image, and what comes out. */
  readonly ends: readonly [readonly (number | null)[], readonly (number | null)[]];
  /** The heights of all maps, each once, the largest first. */
  readonly heights: readonly number[];
}

function probeModel(candidate: unknown, trial: Trial): ModelSeen {
  const model = trial.makeModel(candidate);
  const calls = trace(() =>
    tf.tidy(() => {
      model.predict(tf.zeros(IMAGE));
    })
  );
  const heights = [
    ...shrinking(model.layers.map((layer) => layer.outputShape as tf.Shape)),
    ...shrinking(calls.map(({ outputShape }) => outputShape)),
  ];
  return {
    ends: [model.inputs[0]!.shape.slice(1), model.outputs[0]!.shape.slice(1)],
    heights: [...new Set(heights)].sort((a, b) => b - a),
    ...probeLayer(model, IMAGE, trial.seed, alikeWeights),
  };
}

/**
 * The heights of maps that follow each other, each time that they become less. A layer of its own that
 * pads makes the map larger for a moment: that is no size of the network.
 */
function shrinking(shapes: readonly tf.Shape[]): number[] {
  const heights = [IMAGE[1]!];
  for (const shape of shapes) {
    const height = shape[1] ?? 0;
    if (shape.length === 4 && height < heights.at(-1)!) heights.push(height);
  }
  return heights;
}

/** What a mistake does differently with the same weights. */
interface Variant {
  /** Whether the stem ends in a ReLU. */
  readonly stemRelu?: boolean;
  /** How a 3×3 convolution of stride 2 pads. */
  readonly pad?: Pad;
  /** Whether a softmax follows. */
  readonly probabilities?: boolean;
}

/** Mistakes that leave all weights as they are. */
const WRONG: Departures<Variant> = {
  no_stem_relu: [{ stemRelu: false }],
  same_padding: [{ pad: [0, 1] }],
  softmax_at_the_end: [{ probabilities: true }],
};

/** ResNet20 from its table, computed without TensorFlow. */
function reference(
  seed: number,
  norm: Normalize,
  { stemRelu = true, pad, probabilities = false }: Variant = {},
): Map4 {
  const { convolution, block, classifier } = alikePieces(seed, norm);
  const stem = convolution(inputNumbers(IMAGE, seed), 3, 16);
  let x = stemRelu ? relu(stem) : stem;
  for (const no of WIDTHS) {
    for (let i = 0; i < 3; i++) x = block(x, no, pad);
  }
  const logits = classifier(x, 10);
  return probabilities ? softmax(logits) : logits;
}

const compareOutput = compareNetwork(
  WEIGHTS,
  WRONG,
  reference,
  "does each layer take what the one before gave? is the order the table's?",
);

const MISTAKEN_TOTALS: Readonly<Record<number, string>> = {
  // Keras's example, whose projections have a bias and no batch norm; all biased; the stem alone.
  273_066: "biased_convolutions",
  273_258: "biased_convolutions",
  272_490: "biased_convolutions",
  269_722: "shortcuts_without_parameters",
  272_378: "projections_without_norm",
  272_282: "projections_without_norm",
  272_442: "no_stem_norm",
  267_802: "missing_block",
  253_914: "missing_block",
  198_490: "missing_block",
  272_464: "no_linear_bias",
  272_762: "third_skip_block",
  312_794: "flattened",
};

/** How many 3×3 convolutions have 16, 32 and 64 filters. */
function convolutionsText(weights: readonly WeightSeen[]): string {
  const counts = WIDTHS.map((width) =>
    weights.filter(({ shape }) => shape.length === 4 && shape[0] === 3 && shape[3] === width).length
  );
  return counts.map((count, i) => `${count} of ${WIDTHS[i]}`).join(", ");
}

function compareText(actual: string, expected: string, next: string): Comparison {
  return { passed: actual === expected, actual, next };
}

const ENDS = "32×32×3 → 10";
const CONVOLUTIONS = "7 of 16, 6 of 32, 6 of 64";
const HEIGHTS = "32, 16, 8";
/** The row that needs real feature maps: weights and shapes alone are easy to fake. */
const MAPS = "heights of the maps";
const COUNTED_FILTERS = "3×3 convolutions, by filters";

/** `assembleResNet20()`. */
export const assembleResNet20: Exercise = {
  id: "assemble_resnet20",
  lesson: "07_resnet20",
  title: "assemble ResNet20",
  goal: "`assembleResNet20()`: the paper's 20-layer network, with **projection shortcuts**, put " +
    "together from its parts. What you have understood as a table becomes a network that learns.",
  difficulty: 3,
  minutes: 15,
  hints: [
    "Write the layers into a list, in the table's order: the stem has three, then come nine blocks, " +
    "then two more.",
    "Stage 1 is `ResIdentity(16)` three times. Stage 2 opens with `ResSkip(16, 32)` and goes on with " +
    "`ResIdentity(32)` twice. Stage 3 does the same with 32 and 64.",
    "Start with `let x = image;`, go through the list with " +
    "`x = layer.apply(x) as tf.SymbolicTensor;`, and end with " +
    "`return tf.model({ inputs: image, outputs: x });`.",
  ],
  mistakes: {
    biased_convolutions:
      "there are convolutions with a bias, as in Keras's example; the batch norm " +
      "after each has a shift already. Take Conv2d, which has none",
    shortcuts_without_parameters:
      "269,722 is the network whose shortcuts have no parameters; where " +
      "the map is halved, take ResSkip",
    projections_without_norm: "the two projections have no batch norm; ResSkip brings one along",
    no_stem_norm: "the stem has no batch norm: its 16 scales and 16 shifts are missing",
    missing_block: "a ResIdentity is missing: each stage has three blocks",
    no_linear_bias: "the linear layer has no bias; take Linear, which has one",
    third_skip_block:
      "stage 1 begins with a ResSkip too; its map is not halved and its filters stay " +
      "16, so all its blocks are ResIdentity(16)",
    flattened: "the linear layer takes every pixel; first take the mean over all pixels with " +
      "tf.layers.globalAveragePooling2d({})",
    no_stem_relu: "the stem has no ReLU after its batch norm",
    same_padding:
      '"same" at stride 2 pads only below and on the right; Conv2d pads alike on all sides',
    softmax_at_the_end:
      "there is a softmax at the end; the training's loss takes one itself, so the " +
      "network ends with Linear",
  },
  ownParts: [...CIFAR_RESNETS, smallResNet],
  limitSeconds: 120,
  probes: [
    probe<ModelSeen>(probeModel, [
      {
        what: "image and output",
        expected: ENDS,
        points: 1,
        requires: MAPS,
        compare: ({ ends }) =>
          compareText(
            ends.map((shape) => shape.map((side) => side ?? "any").join("×")).join(" → "),
            ENDS,
            "begin with `image`, end with Linear(64, 10)",
          ),
      },
      {
        what: COUNTED_FILTERS,
        expected: CONVOLUTIONS,
        points: 1,
        requires: MAPS,
        compare: ({ weights }) =>
          compareText(
            convolutionsText(weights),
            CONVOLUTIONS,
            "the stem has one, and each of the three blocks of a stage has two. A block that is used " +
              "again counts once: make each with `new`",
          ),
      },
      {
        what: MAPS,
        expected: HEIGHTS,
        points: 1,
        compare: ({ heights }) =>
          compareText(
            heights.join(", "),
            HEIGHTS,
            "only stages 2 and 3 halve the map",
          ),
      },
      {
        what: "trainable parameters",
        expected: "272,474",
        points: 2,
        requires: COUNTED_FILTERS,
        compare: ({ weights }) =>
          compareCount(trainableCount(weights), PARAMETERS, MISTAKEN_TOTALS),
      },
      ...numbersRows("ResNet20's", [2, 1], compareOutput),
    ]),
  ],
};
