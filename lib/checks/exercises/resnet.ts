/** Lesson 9: the learner's `resNet(ni, no, repeat)`. */
import { ResNet, resnet18, resnet34 } from "../../models/resnet.ts";
import { stateDict } from "../../models/state_dict.ts";
import {
  identityKernels,
  identityParameters as identity,
  skipKernels,
  skipParameters as skip,
} from "../blocks.ts";
import { type Comparison, type Exercise, probe } from "../exercise.ts";
import { compareCount, compareNumbers, compareShape, compareWithAny } from "../comparisons.ts";
import {
  areWeights,
  disposeWeights,
  type ExpectedWeights,
  inputNumbers,
  probeLayer,
  trainableCount,
  type WeightSeen,
  weightsOf,
} from "../layers.ts";
import { alikePieces, alikeWeights } from "../networks.ts";
import { shapeText, wholeNumbers } from "../numbers.ts";
import { INFERENCE, type Map4, type Normalize, pool, relu } from "../reference.ts";
import { torchvisionEntries, WIDTHS } from "../torchvision.ts";

type Sizes = readonly [ni: number, no: number, repeat: readonly number[]];

const FULL: Sizes = [3, 1000, [2, 2, 2, 2]];

/** Other input channels, fewer classes and different stages, so that no constant is correct by chance. */
function smallSizes(seed: number): Sizes {
  const whole = wholeNumbers(seed);
  // Any number of channels except 3, which a learner may have hard-coded.
  const [ni, longer] = [[1, 2, 4, 5, 6, 7, 8][whole(0, 6)]!, whole(1, 3)];
  return [ni, whole(4, 40), [0, 1, 2, 3].map((stage) => stage === longer ? 2 : 1)];
}

function inputShape(seed: number): number[] {
  return [2, 32, 32, smallSizes(seed)[0]];
}

const SMALL_COUNT = "its parameters";

/** One of the network's weights as `stateDict` lists it. */
interface EntrySeen {
  readonly name: string;
  readonly shape: readonly number[];
}

const head = (ni: number, size = 7) => size * size * ni * 64 + 2 * 64;

/** The parameters of a network, counted by hand. */
function countOf([ni, no, repeat]: Sizes): number {
  const stages = repeat.map((n, i) =>
    i === 0 ? n * identity(64) : skip(WIDTHS[i - 1]!, WIDTHS[i]!) + (n - 1) * identity(WIDTHS[i]!)
  );
  return head(ni) + stages.reduce((total, count) => total + count, 0) + 512 * no + no;
}

/** Totals by the mistake that gives them. */
function wrongTotals([ni, no, repeat]: Sizes): Record<number, string> {
  const total = countOf([ni, no, repeat]);
  const identities = WIDTHS.map(identity);
  const later = identities[1]! + identities[2]! + identities[3]!;
  return {
    [total + later]: "one_block_more",
    [total - skip(256, 512) - (repeat[3]! - 1) * identities[3]! - 256 * no]: "stage_missing",
    [total - head(ni) + head(ni, 3)]: "small_stem",
    [total - repeat[0]! * identities[0]!]: "l0_missing",
    [total + skip(64, 64) - identities[0]!]: "l0_halves",
    ...(String(repeat) === "2,2,2,2" ? {} : {
      [countOf([ni, no, [2, 2, 2, 2]])]: "repeat_ignored",
      [countOf([ni, no, repeat.map(() => repeat[0]!)])]: "repeat_of_first",
    }),
    ...(no === 1000 ? {} : { [countOf([ni, 1000, repeat])]: "classes_ignored" }),
  };
}

/** The weights of a network of these sizes. */
function weightsFor([ni, no, repeat]: Sizes): ExpectedWeights {
  const stages = repeat.flatMap((n, i) => {
    const width = WIDTHS[i]!;
    if (i === 0) return identityKernels(width, n);
    return [...skipKernels(WIDTHS[i - 1]!, width), ...identityKernels(width, n - 1)];
  });
  return { normed: [[7, 7, ni, 64], ...stages], biased: [[512, no]] };
}

/** What the small network gives; nothing where its weights are not those expected, in whatever order. */
function outputOf(weights: readonly WeightSeen[], seed: number, norm: Normalize): Map4[] {
  const [ni, no, repeat] = smallSizes(seed);
  if (!areWeights(weights, weightsFor([ni, no, repeat]))) return [];
  const { convolution, block, classifier } = alikePieces(seed, norm);
  const stem = relu(convolution(inputNumbers(inputShape(seed), seed), 7, 64, { stride: 2 }));
  let x = pool(stem, { size: 3, stride: 2, pad: [1, 1] });
  for (const [stage, blocks] of repeat.entries()) {
    for (let i = 0; i < blocks; i++) x = block(x, WIDTHS[stage]!);
  }
  return [classifier(x, no)];
}

/** A list of shapes as a text in which their order does not matter. */
function inAnyOrder(shapes: readonly (readonly number[])[]): string {
  return shapes.map(String).sort().join(" ");
}

/** Compares the network's weights with torchvision's, by name: a state dict is read by its names. */
function compareEntries(entries: readonly EntrySeen[], weights: readonly WeightSeen[]): Comparison {
  const expected = torchvisionEntries(...FULL);
  const count = `${expected.length} of ${expected.length} names and shapes`;
  const shapes = new Map(entries.map(({ name, shape }) => [name, shapeText(shape)]));
  const wrong = expected.find(([name, shape]) => shapes.get(name) !== shapeText(shape));
  const known = new Set(expected.map(([name]) => name));
  const others = entries.filter(({ name }) => !known.has(name));
  if (wrong === undefined && others.length === 0) {
    // The learner's classes can say anything of their entries.
    if (areWeights(weights, weightsFor(FULL))) return { passed: true, actual: count };
    return {
      passed: false,
      actual: "the list, but other weights",
      next: "the list says one thing and the layers another: list the layers' own weights",
    };
  }
  const right = expected.filter(([name, shape]) => shapes.get(name) === shapeText(shape)).length;
  const renamed = inAnyOrder(entries.map(({ shape }) => shape)) ===
    inAnyOrder(expected.map(([, shape]) => shape));
  const [other] = others;
  const found = wrong === undefined || !shapes.has(wrong[0])
    ? other && `${other.name} ${shapeText(other.shape)}`
    : `${wrong[0]} ${shapes.get(wrong[0])}`;
  return {
    passed: false,
    actual: wrong === undefined
      ? `${others.length} too many: ${found}`
      : `${right} of ${expected.length}${found === undefined ? "" : `; ${found}`}`,
    mistake: renamed ? "layers_unnamed" : undefined,
    next: wrong === undefined
      ? `torchvision has no ${other?.name}`
      : `the first that differs should be ${wrong[0]} ${shapeText(wrong[1])}`,
  };
}

/** `resNet(ni, no, repeat)`. */
export const resNet: Exercise = {
  id: "resnet",
  lesson: "09_resnet18",
  title: "the whole network",
  goal: "`resNet(ni, no, repeat)`: head, four stages and tail in a row. With 3 channels, 1000 " +
    "classes and `[2, 2, 2, 2]` it is ResNet18, weight for weight as **torchvision** has it.",
  difficulty: 4,
  minutes: 20,
  hints: [
    "Six layers: the head, `NIdentityBlocks(64, repeat[0])`, three times " +
    "`SkipAndNIdentityBlocks(...)` and the tail. Each takes what the one before gives.",
    "torchvision counts its stages from 1: l0 is called `layer1`, l3 `layer4`. Set " +
    "`layer.name` before `layer.apply`.",
    "The first stage keeps the map, as the head's pool has halved it already: " +
    "`NIdentityBlocks(64, l0)`. Then `SkipAndNIdentityBlocks(64, 128, l1)`, `(128, 256, l2)`, " +
    "`(256, 512, l3)`, where `const [l0 = 1, l1 = 1, l2 = 1, l3 = 1] = repeat;`.",
  ],
  mistakes: {
    one_block_more: "there is one block too many in l1, l2 and l3: the skip block is one of the " +
      "`repeat` blocks",
    stage_missing: "the stage of 512 filters is missing",
    l0_missing: "l0, the stage of 64 filters, is missing",
    l0_halves: "l0 begins with a skip block. Its map keeps its size: take NIdentityBlocks",
    small_stem: "the head has a 3×3 convolution; ResNet18's is 7×7. Is your ResNetHead finished?",
    repeat_ignored: "there are two blocks in each stage, whatever `repeat` says",
    repeat_of_first: "each stage has `repeat[0]` blocks; the i-th has `repeat[i]`",
    classes_ignored: "there are 1000 classes, whatever `no` says",
    channels_ignored: "the images have 3 channels, whatever `ni` says",
    layers_unnamed:
      "the shapes are torchvision's, but not the names: call the stages `layer1` to " +
      "`layer4`, the head's parts `conv1` and `bn1`, the tail's `fc`, and let head and tail be " +
      "transparent",
  },
  ownParts: [ResNet, resnet18, resnet34],
  limitSeconds: 60,
  probes: [
    probe((candidate, trial) => {
      const model = trial.makeModel(candidate, ...FULL);
      try {
        return {
          outputs: model.outputs[0]!.shape.slice(1).map((size) => size ?? 0),
          weights: weightsOf(model),
          entries: [...stateDict(model)].map(([name, { shape }]) => ({ name, shape })),
        };
      } finally {
        disposeWeights(model);
      }
    }, [
      {
        what: "ResNet18's output for one image",
        expected: "[1000]",
        points: 1,
        requires: SMALL_COUNT,
        compare: ({ outputs }) => compareShape({ shape: outputs }, [1000], "one for each class"),
      },
      {
        what: "ResNet18's parameters",
        expected: countOf(FULL).toLocaleString("en-US"),
        points: 2,
        requires: SMALL_COUNT,
        compare: ({ weights }) =>
          compareCount(trainableCount(weights), countOf(FULL), wrongTotals(FULL)),
      },
      {
        what: "torchvision's list, entry by entry",
        expected: "102 of 102 names and shapes",
        points: 2,
        requires: SMALL_COUNT,
        compare: ({ entries, weights }) => compareEntries(entries, weights),
      },
    ]),
    probe((candidate, trial) => {
      const sizes = smallSizes(trial.seed);
      const model = trial.makeModel(candidate, ...sizes);
      const channels = model.inputs[0]!.shape.at(-1) ?? 0;
      if (channels === sizes[0]) {
        const layer = probeLayer(model, inputShape(trial.seed), trial.seed, alikeWeights);
        return { channels, layer };
      }
      disposeWeights(model);
      return { channels };
    }, [
      {
        what: "channels of a smaller network",
        expected: (seed) => {
          const [ni, no, repeat] = smallSizes(seed);
          return `${ni} in resNet(${ni}, ${no}, [${repeat.join(", ")}])`;
        },
        points: 1,
        requires: SMALL_COUNT,
        compare: ({ channels }, seed) =>
          compareCount(channels, smallSizes(seed)[0], { 3: "channels_ignored" }),
      },
      {
        what: SMALL_COUNT,
        expected: (seed) => countOf(smallSizes(seed)).toLocaleString("en-US"),
        points: 1,
        compare: ({ layer }, seed) => {
          const sizes = smallSizes(seed);
          const count = trainableCount(layer?.weights ?? []);
          return compareCount(count, countOf(sizes), wrongTotals(sizes));
        },
      },
      {
        what: "its numbers for two images",
        expected: "as computed layer by layer",
        points: 2,
        compare: ({ layer }, seed) => {
          if (layer === undefined) return { passed: false, actual: "nothing" };
          const next = "head, l0, l1, l2, l3, tail: each takes the output of the one before";
          return compareWithAny(
            INFERENCE,
            (norm) =>
              compareNumbers(layer.inference, outputOf(layer.weights, seed, norm), {}, next),
          );
        },
      },
    ]),
  ],
};
