/**
 * The small network of the PyTorch tutorial's chapter "deep residual network"
 * (yunjey/pytorch-tutorial): 195,738 parameters.
 */
import * as tf from "@tensorflow/tfjs";
import { BatchNorm } from "../blocks/batch_norm.ts";
import { Conv2d } from "../blocks/conv2d.ts";
import { NIdentityBlocks } from "../blocks/n_identity_blocks.ts";
import { requirePositive } from "../blocks/require.ts";
import { ResNetTail } from "../blocks/resnet_tail.ts";
import { SkipAndNIdentityBlocks } from "../blocks/skip_and_n_identity_blocks.ts";
import { connect, imageShape, type ModelOptions } from "./options.ts";

/**
 * Three stages of two blocks with 16, 32 and 64 filters. Its projections are 3×3 convolutions, unlike
 * those of the paper.
 *
 * `[batch, 32, 32, 3]` in, logits `[batch, classes]` out, 10 classes by default.
 *
 * @throws {RangeError} where `classes` or a size is not whole and positive.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { countParams, smallResNet, startBackend } from "residual";
 *
 * await startBackend();
 * assert.equal(countParams(smallResNet()).trainable, 195_738);
 * ```
 */
export function smallResNet(options: ModelOptions = {}): tf.LayersModel {
  const { classes = 10, inputShape = [32, 32, 3] } = options;
  requirePositive("smallResNet", { classes });
  const shape = imageShape("smallResNet", inputShape);
  const skip = { kernelSize: 3 };
  const ends = connect(shape, [
    ["conv", new Conv2d(shape[2], 16)],
    ["bn", new BatchNorm(16)],
    ["relu", tf.layers.reLU()],
    ["layer1", new NIdentityBlocks(16, 2)],
    ["layer2", new SkipAndNIdentityBlocks(16, 32, 2, skip)],
    ["layer3", new SkipAndNIdentityBlocks(32, 64, 2, skip)],
    ["tail", new ResNetTail(64, classes)],
  ], options);
  return tf.model({ ...ends, name: "small_resnet" });
}
