/**
 * The ImageNet networks of He et al. 2016, table 1, as torchvision has them.
 *
 * | model     | blocks     | repeat        | trainable parameters |
 * | --------- | ---------- | ------------- | -------------------- |
 * | resnet18  | basic      | [2, 2, 2, 2]  | 11,689,512           |
 * | resnet34  | basic      | [3, 4, 6, 3]  | 21,797,672           |
 * | resnet50  | bottleneck | [3, 4, 6, 3]  | 25,557,032           |
 * | resnet101 | bottleneck | [3, 4, 23, 3] | 44,549,160           |
 */
import * as tf from "@tensorflow/tfjs";
import type { Block } from "../blocks/block.ts";
import { EXPANSION } from "../blocks/bottleneck.ts";
import { reportConstruction } from "../blocks/layer.ts";
import { NBottlenecks } from "../blocks/n_bottlenecks.ts";
import { NIdentityBlocks } from "../blocks/n_identity_blocks.ts";
import { requirePositive } from "../blocks/require.ts";
import { ResNetHead } from "../blocks/resnet_head.ts";
import { ResNetTail } from "../blocks/resnet_tail.ts";
import { SkipAndNIdentityBlocks } from "../blocks/skip_and_n_identity_blocks.ts";
import { connect, imageShape, type ModelOptions } from "./options.ts";

/** What the stages are made of. */
export type BlockKind = "basic" | "bottleneck";

/** Options of a network that is put together by hand. */
export interface ResNetOptions extends Omit<ModelOptions, "classes"> {
  /** Default `"basic"`. */
  block?: BlockKind;
  /** Its name. Default `"resnet"`. */
  name?: string;
}

const BLOCK_KINDS: readonly BlockKind[] = ["basic", "bottleneck"];

/**
 * A head, four stages of 64, 128, 256 and 512 filters, and a tail. It is a `tf.LayersModel`: it
 * summarizes, predicts, trains, saves.
 *
 * `[batch, height, width, ni]` in, logits `[batch, no]` out.
 *
 * @throws {RangeError} where a size is not whole and positive, `repeat` has not four numbers, or the
 *   kind of block is unknown.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { countParams, ResNet, startBackend, tf } from "residual";
 *
 * await startBackend();
 * const model = new ResNet(3, 1000, [2, 2, 2, 2]);
 * const logits = model.predict(tf.zeros([1, 32, 32, 3])) as tf.Tensor;
 * assert.deepEqual(logits.shape, [1, 1_000]);
 * assert.equal(countParams(model).trainable, 11_689_512);
 * ```
 */
export class ResNet extends tf.LayersModel {
  constructor(
    /** Channels of the images: 3 for color. */
    readonly ni: number,
    /** Classes. */
    readonly no: number,
    /** Blocks in each of the four stages. */
    readonly repeat: readonly number[],
    options: ResNetOptions = {},
  ) {
    const { block = "basic", inputShape = [null, null, ni], name = "resnet" } = options;
    requirePositive("ResNet", { ni, no });
    if (repeat.length !== 4) {
      throw new RangeError(
        `ResNet expects the numbers of blocks in four stages, got repeat [${repeat.join(", ")}].`,
      );
    }
    requirePositive("ResNet", Object.fromEntries(repeat.map((n, i) => [`repeat[${i}]`, n])));
    if (!BLOCK_KINDS.includes(block)) {
      throw new RangeError(`ResNet expects the block ${BLOCK_KINDS.join(" or ")}, got "${block}".`);
    }
    const shape = imageShape("ResNet", inputShape);
    const [l0, l1, l2, l3] = STAGES[block](repeat as Repeat);
    const width = block === "basic" ? 512 : 512 * EXPANSION;
    const chain = [
      ["head", new ResNetHead(ni, 64)],
      ["layer1", l0],
      ["layer2", l1],
      ["layer3", l2],
      ["layer4", l3],
      ["tail", new ResNetTail(width, no)],
    ] as const;
    super({ ...connect(shape, chain, options), name });
    reportConstruction(this);
  }
}

type Repeat = readonly [number, number, number, number];

const STAGES: Record<BlockKind, (repeat: Repeat) => [Block, Block, Block, Block]> = {
  basic: ([r0, r1, r2, r3]) => [
    new NIdentityBlocks(64, r0),
    new SkipAndNIdentityBlocks(64, 128, r1),
    new SkipAndNIdentityBlocks(128, 256, r2),
    new SkipAndNIdentityBlocks(256, 512, r3),
  ],
  bottleneck: ([r0, r1, r2, r3]) => [
    new NBottlenecks(64, 64, r0),
    new NBottlenecks(256, 128, r1, 2),
    new NBottlenecks(512, 256, r2, 2),
    new NBottlenecks(1024, 512, r3, 2),
  ],
};

/**
 * The 18-layer network.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { countParams, resnet18, startBackend } from "residual";
 *
 * await startBackend();
 * assert.equal(countParams(resnet18()).trainable, 11_689_512);
 * ```
 */
export function resnet18(options: ModelOptions = {}): tf.LayersModel {
  return imageNet("resnet18", [2, 2, 2, 2], "basic", options);
}

/**
 * The 34-layer network.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { countParams, resnet34, startBackend } from "residual";
 *
 * await startBackend();
 * assert.equal(countParams(resnet34()).trainable, 21_797_672);
 * ```
 */
export function resnet34(options: ModelOptions = {}): tf.LayersModel {
  return imageNet("resnet34", [3, 4, 6, 3], "basic", options);
}

/**
 * The 50-layer network, of bottleneck blocks.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { countParams, resnet50, startBackend } from "residual";
 *
 * await startBackend();
 * assert.equal(countParams(resnet50()).trainable, 25_557_032);
 * ```
 */
export function resnet50(options: ModelOptions = {}): tf.LayersModel {
  return imageNet("resnet50", [3, 4, 6, 3], "bottleneck", options);
}

/**
 * The 101-layer network, of bottleneck blocks.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { countParams, resnet101, startBackend } from "residual";
 *
 * await startBackend();
 * assert.equal(countParams(resnet101()).trainable, 44_549_160);
 * ```
 */
export function resnet101(options: ModelOptions = {}): tf.LayersModel {
  return imageNet("resnet101", [3, 4, 23, 3], "bottleneck", options);
}

function imageNet(
  name: string,
  repeat: Repeat,
  block: BlockKind,
  { classes = 1000, ...options }: ModelOptions,
): tf.LayersModel {
  requirePositive(name, { classes });
  const channels = options.inputShape?.[2] ?? 3;
  return new ResNet(channels, classes, repeat, { ...options, block, name });
}
