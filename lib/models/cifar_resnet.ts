/**
 * The CIFAR-10 networks of He et al. 2016, section 4.2: 6n + 2 layers, three stages of n blocks.
 *
 * | model                 | n | layers | trainable parameters |
 * | --------------------- | - | ------ | -------------------- |
 * | plain20               | 3 | 20     | 269,722              |
 * | resnet20, pad         | 3 | 20     | 269,722              |
 * | resnet20, projection  | 3 | 20     | 272,474              |
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
import { ResIdentity } from "../blocks/res_identity.ts";
import { ResPad } from "../blocks/res_pad.ts";
import { ResSkip } from "../blocks/res_skip.ts";
import { seedWeights } from "../blocks/seed.ts";

/** What joins the ends of a block. */
export type Shortcut = "pad" | "projection" | "none";

/** Options of the CIFAR networks. */
export interface CifarResNetOptions {
  /** Blocks in each stage; the network has 6n + 2 layers. Default 3. */
  n?: number;
  /** Default `"pad"`. */
  shortcut?: Shortcut;
  /** Classes to tell apart. Default 10. */
  classes?: number;
  /** The same seed gives the same initial weights. Default 0. */
  seed?: number;
}

const SHORTCUTS: readonly Shortcut[] = ["pad", "projection", "none"];
const WIDTHS = [16, 32, 64] as const;

/**
 * A network for images `[batch, 32, 32, 3]` that gives logits `[batch, classes]`.
 *
 * @throws {RangeError} where `n` or `classes` is not a whole positive number, or the shortcut is
 *   unknown.
 *
 * @example
 * ```ts
 * import { cifarResNet, countParams } from "residual";
 *
 * console.log(countParams(cifarResNet({ n: 3 })).trainable); // 269722
 * ```
 */
export function cifarResNet(options: CifarResNetOptions = {}): tf.LayersModel {
  const { n = 3, shortcut = "pad", classes = 10, seed = 0 } = options;
  if (!Number.isInteger(n) || n < 1) {
    throw new RangeError(`cifarResNet needs a whole n of at least 1, and got ${n}.`);
  }
  if (!SHORTCUTS.includes(shortcut)) {
    throw new RangeError(
      `cifarResNet knows the shortcuts ${SHORTCUTS.join(", ")}, not "${shortcut}".`,
    );
  }
  seedWeights(seed);

  const image = tf.input({ shape: [32, 32, 3], name: "image" });
  let x = apply("conv1", new Conv2d(3, 16), image);
  x = apply("bn1", new BatchNorm(16), x);
  x = apply("relu", tf.layers.reLU(), x);
  let ni = 16;
  for (const [stage, no] of WIDTHS.entries()) {
    for (let i = 0; i < n; i++) {
      x = apply(`layer${stage + 1}.${i}`, block(ni, no, shortcut), x);
      ni = no;
    }
  }
  x = apply("avgpool", tf.layers.globalAveragePooling2d({}), x);
  const logits = apply("linear", new Linear(ni, classes), x);
  const family = shortcut === "none" ? "plain" : "resnet";
  return tf.model({ inputs: image, outputs: logits, name: `${family}${6 * n + 2}` });
}

/** The 20-layer residual network. */
export function resnet20(options: Omit<CifarResNetOptions, "n"> = {}): tf.LayersModel {
  return cifarResNet({ ...options, n: 3 });
}

/** The 20-layer plain network: the same layers, no shortcuts. */
export function plain20(options: Omit<CifarResNetOptions, "n" | "shortcut"> = {}): tf.LayersModel {
  return cifarResNet({ ...options, n: 3, shortcut: "none" });
}

function block(ni: number, no: number, shortcut: Shortcut): tf.layers.Layer {
  if (shortcut === "none") return new PlainBlock(ni, no, ni === no ? 1 : 2);
  if (ni === no) return new ResIdentity(ni);
  return shortcut === "pad" ? new ResPad(ni, no) : new ResSkip(ni, no, "shortcut");
}

function apply(name: string, layer: tf.layers.Layer, x: tf.SymbolicTensor): tf.SymbolicTensor {
  layer.name = name;
  return layer.apply(x) as tf.SymbolicTensor;
}
