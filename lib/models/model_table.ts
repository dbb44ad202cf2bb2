/** A model as a table, one row for each block, to be compared with the paper's. */
import type * as tf from "@tensorflow/tfjs";
import { Block } from "../blocks/block.ts";
import { ownName } from "../blocks/weight_names.ts";
import { countParams } from "./count_params.ts";
import { type ImageSize, type ModelBlocks, modelBlocks } from "./model_blocks.ts";

/** One block of a model. A type, so that `showTable` takes it. */
export type ModelRow = {
  /** Its path, as in weight names. */
  block: string;
  /** Its class. */
  kind: string;
  /** The output shape for one image: height × width × channels. */
  output: string;
  /** Trainable parameters. */
  parameters: number;
  /** Those of all rows up to this one. */
  cumulative: number;
  /** Multiply-adds of its convolutions and linear layers for one image. */
  "multiply-adds": number;
};

/**
 * Lists a model's blocks with what comes out of each, its parameters and its multiply-adds (the paper's
 * "FLOPs": table 1 of He et al. 2016 gives 1.8 · 10⁹ for ResNet18). Layers without parameters are left
 * out.
 *
 * @throws {Error} where the model takes other than one image tensor.
 *
 * @example
 * ```ts
 * import { modelTable, resnet20, showTable, startBackend } from "residual";
 *
 * await startBackend();
 * await showTable(modelTable(resnet20()));
 * ```
 */
export function modelTable(model: tf.LayersModel, options: ImageSize = {}): ModelRow[] {
  const { blocks, outputOf } = modelBlocks("modelTable", model, options);
  let cumulative = 0;
  return blocks.flatMap(([block, layer]) => {
    const parameters = countParams(layer).trainable;
    if (parameters === 0) return [];
    cumulative += parameters;
    return [{
      block,
      kind: layer.getClassName(),
      output: outputOf(layer).slice(1).join("×"),
      parameters,
      cumulative,
      "multiply-adds": multiplyAdds(layer, outputOf),
    }];
  });
}

function multiplyAdds(layer: tf.layers.Layer, outputOf: ModelBlocks["outputOf"]): number {
  if (layer instanceof Block) {
    return [...layer.parts.values()].reduce((sum, part) => sum + multiplyAdds(part, outputOf), 0);
  }
  const kernel = layer.weights.find((weight) => ownName(weight) === "kernel");
  if (kernel === undefined) return 0;
  // Each weight of a filter is used once for each pixel that comes out.
  const pixels = outputOf(layer).slice(1, -1).reduce<number>(
    (n, side) => n * (side ?? 1),
    1,
  );
  return pixels * kernel.shape.reduce<number>((n, side) => n * (side ?? 1), 1);
}
