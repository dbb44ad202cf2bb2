/**
 * The CIFAR-10 networks of He et al. 2016, section 4.2: 6n + 2 layers, three stages of n blocks.
 *
 * | model                | n  | layers | trainable parameters |
 * | -------------------- | -- | ------ | -------------------- |
 * | plain20, resnet20    | 3  | 20     | 269,722              |
 * | resnet20, projection | 3  | 20     | 272,474              |
 * | resnet32             | 5  | 32     | 464,154              |
 * | resnet44             | 7  | 44     | 658,586              |
 * | plain56, resnet56    | 9  | 56     | 853,018              |
 * | resnet110            | 18 | 110    | 1,727,962            |
 *
 * `"pad"` is the paper's option A, its own choice on CIFAR-10; `"projection"` is option B; `"none"`
 * is the plain network. Many copies on the web have other widths or biased convolutions, and other
 * counts.
 */
import * as tf from "@tensorflow/tfjs";
import { BatchNorm } from "../blocks/batch_norm.ts";
import { Conv2d } from "../blocks/conv2d.ts";
import { Linear } from "../blocks/linear.ts";
import { PlainBlock } from "../blocks/plain_block.ts";
import { requirePositive } from "../blocks/require.ts";
import { ResIdentity } from "../blocks/res_identity.ts";
import { ResPad } from "../blocks/res_pad.ts";
import { ResSkip } from "../blocks/res_skip.ts";
import { connect, imageShape, type ModelOptions } from "./options.ts";

/** What joins the ends of a block. */
export type Shortcut = "pad" | "projection" | "none";

/** Options of the CIFAR networks. */
export interface CifarResNetOptions extends ModelOptions {
  /** Blocks in each stage; the network has 6n + 2 layers. Default 3. */
  n?: number;
  /** Default `"pad"`. */
  shortcut?: Shortcut;
}

/** Options of a CIFAR network whose depth is given. */
export type CifarDepthOptions = Omit<CifarResNetOptions, "n">;

const SHORTCUTS: readonly Shortcut[] = ["pad", "projection", "none"];
const WIDTHS = [16, 32, 64] as const;

/**
 * A network for images `[batch, 32, 32, 3]` that gives logits `[batch, classes]`.
 *
 * @throws {RangeError} where `n`, `classes` or a size is not whole and positive, or the shortcut is
 *   unknown.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { cifarResNet, countParams, startBackend } from "residual";
 *
 * await startBackend();
 * assert.equal(countParams(cifarResNet({ n: 3 })).trainable, 269_722);
 * ```
 */
export function cifarResNet(options: CifarResNetOptions = {}): tf.LayersModel {
  const { n = 3, shortcut = "pad", classes = 10, inputShape = [32, 32, 3] } = options;
  requirePositive("cifarResNet", { n, classes });
  if (!SHORTCUTS.includes(shortcut)) {
    throw new RangeError(
      `cifarResNet expects the shortcut ${SHORTCUTS.join(", ")}, got "${shortcut}".`,
    );
  }
  const shape = imageShape("cifarResNet", inputShape);
  const chain: [string, tf.layers.Layer][] = [
    ["conv1", new Conv2d(shape[2], 16)],
    ["bn1", new BatchNorm(16)],
    ["relu", tf.layers.reLU()],
  ];
  let ni = 16;
  for (const [stage, no] of WIDTHS.entries()) {
    for (let i = 0; i < n; i++) {
      chain.push([`layer${stage + 1}.${i}`, block(ni, no, shortcut)]);
      ni = no;
    }
  }
  chain.push(["avgpool", tf.layers.globalAveragePooling2d({})], [
    "linear",
    new Linear(ni, classes),
  ]);
  const family = shortcut === "none" ? "plain" : "resnet";
  return tf.model({ ...connect(shape, chain, options), name: `${family}${6 * n + 2}` });
}

function block(ni: number, no: number, shortcut: Shortcut): tf.layers.Layer {
  if (shortcut === "none") return new PlainBlock(ni, no, ni === no ? 1 : 2);
  if (ni === no) return new ResIdentity(ni);
  return shortcut === "pad" ? new ResPad(ni, no) : new ResSkip(ni, no, { name: "shortcut" });
}

/**
 * The 20-layer residual network.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { countParams, resnet20, startBackend } from "residual";
 *
 * await startBackend();
 * assert.equal(countParams(resnet20()).trainable, 269_722);
 * ```
 */
export function resnet20(options: CifarDepthOptions = {}): tf.LayersModel {
  return cifarResNet({ ...options, n: 3 });
}

/**
 * The 32-layer residual network.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { countParams, resnet32, startBackend } from "residual";
 *
 * await startBackend();
 * assert.equal(countParams(resnet32()).trainable, 464_154);
 * ```
 */
export function resnet32(options: CifarDepthOptions = {}): tf.LayersModel {
  return cifarResNet({ ...options, n: 5 });
}

/**
 * The 44-layer residual network.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { countParams, resnet44, startBackend } from "residual";
 *
 * await startBackend();
 * assert.equal(countParams(resnet44()).trainable, 658_586);
 * ```
 */
export function resnet44(options: CifarDepthOptions = {}): tf.LayersModel {
  return cifarResNet({ ...options, n: 7 });
}

/**
 * The 56-layer residual network.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { countParams, resnet56, startBackend } from "residual";
 *
 * await startBackend();
 * assert.equal(countParams(resnet56()).trainable, 853_018);
 * ```
 */
export function resnet56(options: CifarDepthOptions = {}): tf.LayersModel {
  return cifarResNet({ ...options, n: 9 });
}

/**
 * The 110-layer residual network.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { countParams, resnet110, startBackend } from "residual";
 *
 * await startBackend();
 * assert.equal(countParams(resnet110()).trainable, 1_727_962);
 * ```
 */
export function resnet110(options: CifarDepthOptions = {}): tf.LayersModel {
  return cifarResNet({ ...options, n: 18 });
}

/**
 * The 20-layer plain network: the same layers, no shortcuts.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { countParams, plain20, startBackend } from "residual";
 *
 * await startBackend();
 * assert.equal(countParams(plain20()).trainable, 269_722);
 * ```
 */
export function plain20(options: Omit<CifarDepthOptions, "shortcut"> = {}): tf.LayersModel {
  return cifarResNet({ ...options, n: 3, shortcut: "none" });
}

/**
 * The 56-layer plain network.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { countParams, plain56, startBackend } from "residual";
 *
 * await startBackend();
 * assert.equal(countParams(plain56()).trainable, 853_018);
 * ```
 */
export function plain56(options: Omit<CifarDepthOptions, "shortcut"> = {}): tf.LayersModel {
  return cifarResNet({ ...options, n: 9, shortcut: "none" });
}
