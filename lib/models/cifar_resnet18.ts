/** ResNet18 with a stem for small images, as in kuangliu/pytorch-cifar: 11,173,962 parameters. */
import * as tf from "@tensorflow/tfjs";
import { BatchNorm } from "../blocks/batch_norm.ts";
import { Conv2d } from "../blocks/conv2d.ts";
import { NIdentityBlocks } from "../blocks/n_identity_blocks.ts";
import { requirePositive } from "../blocks/require.ts";
import { ResNetTail } from "../blocks/resnet_tail.ts";
import { SkipAndNIdentityBlocks } from "../blocks/skip_and_n_identity_blocks.ts";
import { connect, imageShape, type ModelOptions } from "./options.ts";

/**
 * ResNet18's four stages behind a 3×3 convolution of stride 1 and no pool, so that an image of 32×32
 * reaches the first stage with all its pixels.
 *
 * `[batch, 32, 32, 3]` in, logits `[batch, classes]` out, 10 classes by default.
 *
 * @throws {RangeError} where `classes` or a size is not whole and positive.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { cifarResNet18, countParams, startBackend } from "residual";
 *
 * await startBackend();
 * assert.equal(countParams(cifarResNet18()).trainable, 11_173_962);
 * ```
 */
export function cifarResNet18(options: ModelOptions = {}): tf.LayersModel {
  const { classes = 10, inputShape = [32, 32, 3] } = options;
  requirePositive("cifarResNet18", { classes });
  const shape = imageShape("cifarResNet18", inputShape);
  const skip = { name: "shortcut" } as const;
  const ends = connect(shape, [
    ["conv1", new Conv2d(shape[2], 64)],
    ["bn1", new BatchNorm(64)],
    ["relu", tf.layers.reLU()],
    ["layer1", new NIdentityBlocks(64, 2)],
    ["layer2", new SkipAndNIdentityBlocks(64, 128, 2, skip)],
    ["layer3", new SkipAndNIdentityBlocks(128, 256, 2, skip)],
    ["layer4", new SkipAndNIdentityBlocks(256, 512, 2, skip)],
    ["tail", new ResNetTail(512, classes, "linear")],
  ], options);
  return tf.model({ ...ends, name: "cifar_resnet18" });
}
