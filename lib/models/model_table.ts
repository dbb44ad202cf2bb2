/** A model as a table, one row for each block, to be compared with the paper's. */
import * as tf from "@tensorflow/tfjs";
import { type Call, trace } from "../blocks/layer.ts";
import { Block } from "../blocks/block.ts";
import { Sequence } from "../blocks/sequence.ts";
import { joinPath, ownName } from "../blocks/weight_names.ts";
import { countParams } from "./count_params.ts";

/** One block of a model. A type, so that `showTable` takes it. */
export type ModelRow = {
  /** Its path, as in weight names. */
  block: string;
  /** Its class. */
  kind: string;
  /** What comes out for one image: height × width × channels. */
  output: string;
  /** Trainable parameters. */
  parameters: number;
  /** Those of all rows up to this one. */
  cumulative: number;
  /** Multiply-adds of its convolutions and linear layers for one image. */
  "multiply-adds": number;
};

/** How a table is made. */
export interface ModelTableOptions {
  /** Height and width of the image, for a model that takes any. Default `[224, 224]`. */
  size?: readonly [number, number];
}

/**
 * Lists a model's blocks with what comes out of each, its parameters and its multiply-adds (the paper's
 * "FLOPs": table 1 of He et al. 2016 gives 1.8 · 10⁹ for ResNet18). Layers without parameters are left
 * out.
 *
 * @throws {Error} where the model takes other than one image tensor.
 *
 * @example
 * ```ts
 * import { modelTable, resnet20, showTable } from "residual";
 *
 * await showTable(modelTable(resnet20()));
 * ```
 */
export function modelTable(
  model: tf.LayersModel,
  { size: [height, width] = [224, 224] }: ModelTableOptions = {},
): ModelRow[] {
  const [, ...image] = model.inputs.length === 1 ? model.inputs[0]!.shape : [];
  if (image.length !== 3) {
    const shapes = model.inputs.map((input) => `[${input.shape.map((side) => side ?? "any")}]`);
    throw new Error(`modelTable needs a model of one image; ${model.name} takes ${shapes}.`);
  }
  const shape = [image[0] ?? height, image[1] ?? width, image[2]!];
  const calls = trace(() =>
    tf.tidy(() => {
      model.predict(tf.zeros([1, ...shape]));
    })
  );
  let cumulative = 0;
  return model.layers.flatMap((layer) => blocksOf(layer, layer.name)).flatMap(([block, layer]) => {
    const parameters = countParams(layer).trainable;
    if (parameters === 0) return [];
    cumulative += parameters;
    return [{
      block,
      kind: layer.getClassName(),
      output: outputOf(layer, calls).slice(1).join("×"),
      parameters,
      cumulative,
      "multiply-adds": multiplyAdds(layer, calls),
    }];
  });
}

/** The rows of a layer: stages are listed block by block. */
function blocksOf(layer: tf.layers.Layer, path: string): [string, tf.layers.Layer][] {
  if (!(layer instanceof Sequence)) return [[path, layer]];
  return [...layer.parts].flatMap(([name, part]) => blocksOf(part, joinPath(path, name)));
}

function outputOf(layer: tf.layers.Layer, calls: readonly Call[]): readonly (number | null)[] {
  return calls.find((call) => call.layer === layer)?.outputShape ?? layer.outputShape as tf.Shape;
}

function multiplyAdds(layer: tf.layers.Layer, calls: readonly Call[]): number {
  if (layer instanceof Block) {
    return [...layer.parts.values()].reduce((sum, part) => sum + multiplyAdds(part, calls), 0);
  }
  const kernel = layer.weights.find((weight) => ownName(weight) === "kernel");
  if (kernel === undefined) return 0;
  // Each weight of a filter is used once for each pixel that comes out.
  const pixels = outputOf(layer, calls).slice(1, -1).reduce<number>(
    (n, side) => n * (side ?? 1),
    1,
  );
  return pixels * kernel.shape.reduce<number>((n, side) => n * (side ?? 1), 1);
}
