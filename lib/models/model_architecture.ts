/** A model for its diagram: the blocks, their output shapes and their shortcuts. */
import type * as tf from "@tensorflow/tfjs";
import type { ArchitectureBlock } from "./architecture_block.ts";
import { countParams } from "./count_params.ts";
import { type ImageSize, modelBlocks } from "./model_blocks.ts";

/**
 * Lists a model's blocks for `showArchitecture`, from the image on, layers without parameters
 * included. A block's shortcut is found in what the block computes, so that your own blocks have theirs.
 *
 * @throws {Error} where the model takes other than one image tensor.
 *
 * @example
 * ```ts
 * import { modelArchitecture, resnet20, showArchitecture, startBackend } from "residual";
 *
 * await startBackend();
 * await showArchitecture(modelArchitecture(resnet20()), { title: "resnet20" });
 * ```
 */
export function modelArchitecture(
  model: tf.LayersModel,
  options: ImageSize = {},
): ArchitectureBlock[] {
  const { image, blocks, outputOf, shortcutOf } = modelBlocks("modelArchitecture", model, options);
  return [
    { name: "", kind: "image", output: image, parameters: 0, shortcut: "none" },
    ...blocks.map(([name, layer]): ArchitectureBlock => ({
      name,
      kind: layer.getClassName(),
      output: outputOf(layer).slice(1),
      parameters: countParams(layer).trainable,
      shortcut: shortcutOf(layer),
    })),
  ];
}
