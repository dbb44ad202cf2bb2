/** All exercises, in the order of the lessons. */
import type { Exercise } from "../exercise.ts";
import { countUses } from "../own_parts.ts";
import { accuracy } from "./accuracy.ts";
import { assembleResNet20 } from "./assemble_resnet20.ts";
import { augment } from "./augment.ts";
import { batchNorm } from "./batch_norm.ts";
import { bottleneck } from "./bottleneck.ts";
import { bottleneckNet } from "./bottleneck_net.ts";
import { convBnRelu } from "./conv_bn_relu.ts";
import { convolve } from "./convolve.ts";
import { countCifarResNet } from "./count_cifar_resnet.ts";
import { countResNet } from "./count_resnet.ts";
import { crop } from "./crop.ts";
import { flip } from "./flip.ts";
import { gradientStep } from "./gradient_step.ts";
import { gradientNorms } from "./gradient_norms.ts";
import { identityCount } from "./identity_count.ts";
import { initialize } from "./initialize.ts";
import { nIdentityBlocks } from "./n_identity_blocks.ts";
import { normalize } from "./normalize.ts";
import { outputSize } from "./output_size.ts";
import { padShortcut } from "./pad_shortcut.ts";
import { parameterCounter } from "./parameter_counter.ts";
import { pixelIndex } from "./pixel_index.ts";
import { plainStack } from "./plain_stack.ts";
import { repairedNet } from "./repaired_net.ts";
import { resIdentity } from "./res_identity.ts";
import { resSkip } from "./res_skip.ts";
import { resNet } from "./resnet.ts";
import { resNetHead } from "./resnet_head.ts";
import { resNetTail } from "./resnet_tail.ts";
import { skipAndNIdentityBlocks } from "./skip_and_n_identity_blocks.ts";
import { softmaxCrossEntropy } from "./softmax_cross_entropy.ts";
import { trainLoop } from "./train_loop.ts";
import { transfer } from "./transfer.ts";

const IN_ORDER: readonly (readonly Exercise[])[] = [
  [pixelIndex],
  [normalize, crop, flip, augment],
  [softmaxCrossEntropy, gradientStep, accuracy, trainLoop],
  [outputSize, convolve, batchNorm, parameterCounter],
  [convBnRelu, plainStack],
  [resIdentity, identityCount, nIdentityBlocks],
  [padShortcut, resSkip, skipAndNIdentityBlocks],
  [countCifarResNet, assembleResNet20],
  [gradientNorms, repairedNet],
  [resNetHead, resNetTail, resNet],
  [initialize, transfer],
  [bottleneck, countResNet, bottleneckNet],
];

/** By id. */
export const EXERCISES: ReadonlyMap<string, Exercise> = new Map(
  IN_ORDER.flat().map((exercise) => [exercise.id, exercise]),
);

countUses([...EXERCISES.values()].flatMap(({ ownParts = [] }) => ownParts));

/** The names of the lessons that have exercises, in their order. */
export const LESSONS: readonly string[] = [
  ...new Set(IN_ORDER.flat().map(({ lesson }) => lesson)),
].sort();

/** A lesson's exercises, in their order. */
export function exercisesOf(lesson: string): Exercise[] {
  return [...EXERCISES.values()].filter((exercise) => exercise.lesson === lesson);
}

/**
 * The exercise of that id.
 *
 * @throws {RangeError} where there is none.
 */
export function exerciseById(id: string): Exercise {
  const exercise = EXERCISES.get(id);
  if (exercise !== undefined) return exercise;
  throw new RangeError(
    `There is no exercise "${id}". There are: ${[...EXERCISES.keys()].join(", ")}.`,
  );
}
