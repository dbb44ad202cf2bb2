/** The blocks of a model, for its table and its diagram. */
import * as tf from "@tensorflow/tfjs";
import { traceKernels } from "../backend/trace_kernels.ts";
import { type Call, trace } from "../blocks/layer.ts";
import { Sequence } from "../blocks/sequence.ts";
import { joinPath } from "../blocks/weight_names.ts";
import type { ShortcutKind } from "./architecture_block.ts";
import { layerPaths } from "./layer_paths.ts";
import { findShortcut } from "./shortcuts.ts";

/** Which images a model is looked at with. */
export interface ImageSize {
  /** Height and width of the image, for a model that takes any. Default `[224, 224]`. */
  size?: readonly [number, number];
}

/** A model's blocks in order, and the output shape of each layer for one image. */
export interface ModelBlocks {
  /** Height, width and channels of the image. */
  image: number[];
  /** Each block with its path, as in weight names. */
  blocks: [path: string, layer: tf.layers.Layer][];
  /** The shape of a layer's output, the batch first. */
  outputOf(layer: tf.layers.Layer): readonly (number | null)[];
  /** The kind of a block's shortcut. */
  shortcutOf(layer: tf.layers.Layer): ShortcutKind;
}

/**
 * Sends one image of zeros through a model and lists its blocks; stages are listed block by block.
 *
 * @throws {Error} where the model takes other than one image tensor.
 */
export function modelBlocks(
  caller: string,
  model: tf.LayersModel,
  { size: [height, width] = [224, 224] }: ImageSize,
): ModelBlocks {
  const [, ...shape] = model.inputs.length === 1 ? model.inputs[0]!.shape : [];
  if (shape.length !== 3) {
    const shapes = model.inputs.map((input) => `[${input.shape.map((side) => side ?? "any")}]`);
    throw new Error(
      `${caller} expects a model whose input is one image, got ${model.name} with the input ${shapes}.`,
    );
  }
  const image = [shape[0] ?? height, shape[1] ?? width, shape[2]!];
  let calls: Call[] = [];
  const kernels = traceKernels(() => {
    calls = trace(() =>
      tf.tidy(() => {
        model.predict(tf.zeros([1, ...image]));
      })
    );
  });
  return {
    image,
    blocks: layerPaths(model).flatMap(([path, layer]) => blocksOf(layer, path)),
    outputOf: (layer) =>
      calls.find((call) => call.layer === layer)?.outputShape ?? layer.outputShape as tf.Shape,
    shortcutOf(layer) {
      const call = calls.find((call) => call.layer === layer);
      return call === undefined ? "none" : findShortcut(kernels, call.input, call.output);
    },
  };
}

function blocksOf(layer: tf.layers.Layer, path: string): [string, tf.layers.Layer][] {
  if (!(layer instanceof Sequence)) return [[path, layer]];
  return [...layer.parts].flatMap(([name, part]) => blocksOf(part, joinPath(path, name)));
}
