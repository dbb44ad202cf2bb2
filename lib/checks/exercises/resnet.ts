/** Lesson 7: the learner's `resNet(ni, no, repeat)`. */
import * as tf from "@tensorflow/tfjs";
import { ResNet, resnet18, resnet34 } from "../../models/resnet.ts";
import { stateDict } from "../../models/state_dict.ts";
import { type Exercise, look } from "../exercise.ts";
import { judgeCount, judgeNumbers, judgeShape } from "../judgements.ts";
import {
  inputNumbers,
  lookAtLayer,
  trainableCount,
  type WeightSeen,
  weightsOf,
} from "../layers.ts";
import { seededNumbers, shapeText } from "../numbers.ts";
import { convolve, type Map4, type Norm, normalize, pool, rectify, sum } from "../reference.ts";
import { torchvisionEntries } from "../torchvision.ts";
import { Trouble } from "../trial.ts";

const FULL = [3, 1000, [2, 2, 2, 2]] as const;
/** Grey images, few classes, and stages that differ: nothing that is written down fits by chance. */
const SMALL = [1, 5, [1, 2, 1, 1]] as const;
const INPUT = [2, 32, 32, 1];

type Sizes = readonly [ni: number, no: number, repeat: readonly number[]];

const WIDTHS = [64, 128, 256, 512] as const;

const identity = (no: number) => 18 * no * no + 4 * no;
const skip = (ni: number, no: number) => 9 * ni * no + 9 * no * no + ni * no + 6 * no;
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

/** Numbers of a pattern this long fill a kernel of millions in no time, and look like chance to it. */
const PATTERN = 997;

/** Weights that keep every layer's output near 1, so that ten layers stay within reach of float32. */
function calmWeights(weights: readonly WeightSeen[], seed: number): Map4[] {
  return weights.map(({ shape, trainable }, i) => {
    const range = shape.length > 1 ? [-0.8, 0.8] as const : [trainable ? -0.7 : 0.3, 1.2] as const;
    const { values: pattern } = seededNumbers([PATTERN], seed + 1000 * (i + 1), range);
    const size = shape.reduce((product, side) => product * side, 1);
    const scale = shape.length > 1 ? Math.sqrt(6 * shape.at(-1)! / size) : 1;
    const values = new Array<number>(size).fill(0);
    for (let j = 0; j < size; j++) values[j] = scale * pattern[j % PATTERN]!;
    return { shape, values };
  });
}

/** What the small network gives, layer by layer; nothing where its weights are not those expected. */
function outputOf(weights: readonly WeightSeen[], seed: number): Map4[] {
  const [ni, no, repeat] = SMALL;
  const made = calmWeights(weights, seed);
  const shapes = weights.filter(({ trainable }) => trainable).map(({ shape }) => String(shape));
  if (String(shapes) !== String(kernelsAndNorms(ni, no, repeat))) return [];
  const learned = made.filter((_, i) => weights[i]!.trainable);
  const running = made.filter((_, i) => !weights[i]!.trainable);
  const norm = (x: Map4) => {
    const [gamma, beta, mean, variance] = [learned, learned, running, running]
      .map((list) => list.shift()!.values) as [number[], number[], number[], number[]];
    return normalize(x, { gamma, beta, mean, variance } satisfies Norm);
  };
  const conv = (x: Map4, stride = 1) => norm(convolve(x, learned.shift()!, { stride }));
  const block = (x: Map4, stride: number) => {
    const residual = conv(rectify(conv(x, stride)));
    return rectify(sum(residual, stride === 1 ? x : conv(x, stride)));
  };
  let x = rectify(conv(inputNumbers(INPUT, seed) as Map4, 2));
  x = pool(x, { size: 3, stride: 2, pad: [1, 1] });
  for (const [stage, n] of repeat.entries()) {
    for (let i = 0; i < n; i++) x = block(x, stage > 0 && i === 0 ? 2 : 1);
  }
  // One pixel is left of a small image: the mean over all pixels is that pixel.
  const [kernel, bias] = learned as [Map4, Map4];
  const values = Array.from({ length: INPUT[0]! * no }, (_, i) => {
    const [n, o] = [Math.floor(i / no), i % no];
    return Array.from(
      { length: 512 },
      (_, c) => x.values[n * 512 + c]! * kernel.values[c * no + o]!,
    )
      .reduce((total, value) => total + value, bias.values[o]!);
  });
  return [{ shape: [INPUT[0]!, no], values }];
}

/** The shapes of all trainable weights in the order in which an image meets them. */
function kernelsAndNorms(ni: number, no: number, repeat: readonly number[]): string[] {
  return torchvisionEntries(ni, no, repeat)
    .filter(([name]) => !name.includes("running"))
    .map(([, [first, second, ...rest]]) =>
      [...rest, ...second === undefined ? [] : [second], first].join(",")
    );
}

/** `resNet(ni, no, repeat)`. */
export const resNet: Exercise = {
  id: "resnet",
  lesson: "07_resnet18",
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
  looks: [
    look((candidate, trial) => {
      const model = trial.make(candidate, ...FULL);
      if (!(model instanceof tf.LayersModel)) {
        throw new Trouble("it makes a layer, where a model was expected: `tf.model({ ... })`");
      }
      try {
        return {
          outputs: model.outputs[0]!.shape.slice(1).map((size) => size ?? 0),
          weights: weightsOf(model),
          entries: [...stateDict(model)].map(([name, { shape }]) => ({ name, shape })),
        };
      } finally {
        for (const weight of model.weights) weight.dispose();
      }
    }, [
      {
        what: "ResNet18's output for one image",
        expected: "[1000]",
        points: 1,
        judge: ({ outputs }) => judgeShape({ shape: outputs }, [1000], "one for each class"),
      },
      {
        what: "ResNet18's parameters",
        expected: countOf(FULL).toLocaleString("en-US"),
        points: 2,
        judge: ({ weights }) =>
          judgeCount(trainableCount(weights), countOf(FULL), wrongTotals(FULL)),
      },
      {
        what: "torchvision's list, entry by entry",
        expected: "102 of 102 names and shapes",
        points: 2,
        judge: ({ entries }) => {
          const expected = torchvisionEntries(...FULL);
          const shapes = (list: readonly string[]) => list.join(" ");
          const wrong = expected.findIndex(([name, shape], i) =>
            entries[i]?.name !== name || shapeText(entries[i]!.shape) !== shapeText(shape)
          );
          const good = wrong < 0 && entries.length === expected.length;
          const renamed = !good &&
            shapes(entries.map(({ shape }) => shapeText(shape))) ===
              shapes(expected.map(([, shape]) => shapeText(shape)));
          const [name, shape] = expected[wrong] ?? ["nothing more", []];
          const found = entries[wrong < 0 ? expected.length : wrong];
          return {
            good,
            got: good
              ? "102 of 102 names and shapes"
              : `${found?.name ?? "nothing"} ${shapeText(found?.shape ?? [])}`,
            mistake: renamed ? "layers_unnamed" : undefined,
            next: `the first that differs should be ${name} ${shapeText(shape)}`,
          };
        },
      },
    ]),
    look((candidate, trial) => {
      const model = trial.make(candidate, ...SMALL);
      const channels = model instanceof tf.LayersModel ? model.inputs[0]!.shape.at(-1) : undefined;
      if (channels !== 1) {
        for (const weight of model.weights) weight.dispose();
        return { channels: channels ?? 0 };
      }
      return { channels, layer: lookAtLayer(model, INPUT, trial.seed, calmWeights) };
    }, [
      {
        what: "channels of `resNet(1, 5, [1, 2, 1, 1])`",
        expected: "1",
        points: 1,
        judge: ({ channels }) => judgeCount(channels, 1, { 3: "channels_ignored" }),
      },
      {
        what: "its parameters",
        expected: countOf(SMALL).toLocaleString("en-US"),
        points: 1,
        judge: ({ layer }) =>
          judgeCount(trainableCount(layer?.weights ?? []), countOf(SMALL), wrongTotals(SMALL)),
      },
      {
        what: "its numbers for two grey images",
        expected: "as computed layer by layer",
        points: 2,
        judge: ({ layer }, seed) =>
          layer === undefined ? { good: false, got: "nothing" } : judgeNumbers(
            layer.inference,
            outputOf(layer.weights, seed),
            {},
            "head, l0, l1, l2, l3, tail: each takes what the one before gives",
          ),
      },
    ]),
  ],
};
