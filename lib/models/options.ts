/** What every model can be told. */
import * as tf from "@tensorflow/tfjs";
import { BasicBlock } from "../blocks/basic_block.ts";
import { Block } from "../blocks/block.ts";
import { Bottleneck } from "../blocks/bottleneck.ts";
import { type Initialization, withSeed } from "../blocks/init.ts";
import { PlainBlock } from "../blocks/plain_block.ts";
import { requirePositive } from "../blocks/require.ts";

/** Options of every model. */
export interface ModelOptions {
  /** The number of classes. Default 1000 for ImageNet's models, 10 for CIFAR's. */
  classes?: number;
  /**
   * Height, width and channels of an image; null is any height or width. Default `[null, null, 3]`
   * for ImageNet's models, `[32, 32, 3]` for CIFAR's.
   */
  inputShape?: readonly [number | null, number | null, number];
  /** How the weights begin. Default `"kaimingNormal"`. */
  init?: Initialization;
  /** The same seed gives the same initial weights. Default 0. */
  seed?: number;
  /** Whether each residual block begins as its shortcut, its last batch norm's scale 0. Default false. */
  zeroInitResidual?: boolean;
}

/** An image's shape, or an error that names what is wrong with it. */
export function imageShape(
  model: string,
  [height, width, channels]: readonly [number | null, number | null, number],
): [number | null, number | null, number] {
  requirePositive(model, {
    "height of inputShape": height ?? 1,
    "width of inputShape": width ?? 1,
    "channels of inputShape": channels,
  });
  return [height, width, channels];
}

/** Layers by their names, in the order in which an image goes through them. */
export type Chain = readonly (readonly [name: string, layer: tf.layers.Layer])[];

/** Builds a chain of layers with the seed and the initialization of the options, and returns both ends. */
export function connect(
  shape: readonly (number | null)[],
  chain: Chain,
  { init, seed = 0, zeroInitResidual = false }: ModelOptions,
): { inputs: tf.SymbolicTensor; outputs: tf.SymbolicTensor } {
  return withSeed(seed, init, () => {
    const inputs = tf.input({ shape: [...shape], name: "image" });
    let outputs = inputs;
    for (const [name, layer] of chain) {
      layer.name = name;
      outputs = layer.apply(outputs) as tf.SymbolicTensor;
      if (zeroInitResidual) zeroResidualGammas(layer);
    }
    return { inputs, outputs };
  });
}

/** Lets each residual block of a layer begin as its shortcut. */
function zeroResidualGammas(layer: tf.layers.Layer): void {
  // A plain block has no shortcut: with a scale of 0, its output would be 0.
  if (!(layer instanceof Block) || layer instanceof PlainBlock) return;
  if (layer instanceof BasicBlock || layer instanceof Bottleneck) layer.zeroGamma();
  else for (const part of layer.parts.values()) zeroResidualGammas(part);
}
