/** Answers to parameter_counter: right ones, and each mistake that its check knows. */
import { Block, type tf } from "../../../lib/mod.ts";
import type { Answers } from "./answers.ts";

const sizeOf = ({ shape }: tf.LayerVariable) =>
  shape.reduce<number>((product, size) => product * (size ?? 1), 1);

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

const withReduce = (model: tf.LayersModel) => sum(model.trainableWeights.map(sizeOf));

function withLoops(model: tf.LayersModel): number {
  let count = 0;
  for (const weight of model.trainableWeights) {
    let numbers = 1;
    for (const size of weight.shape) numbers *= size!;
    count += numbers;
  }
  return count;
}

const layerByLayer = (model: tf.LayersModel) =>
  sum(model.layers.flatMap((layer) => layer.trainableWeights.map((weight) => weight.read().size)));

const everything = (model: tf.LayersModel) => sum(model.weights.map(sizeOf));

const withoutBiases = (model: tf.LayersModel) =>
  sum(model.trainableWeights.filter(({ name }) => !name.includes("bias")).map(sizeOf));

const kernels = (model: tf.LayersModel) =>
  sum(model.trainableWeights.filter(({ shape }) => shape.length > 1).map(sizeOf));

const variables = (model: tf.LayersModel) => model.trainableWeights.length;

const layers = (model: tf.LayersModel) => model.layers.length;

const added = (model: tf.LayersModel) =>
  sum(model.trainableWeights.flatMap(({ shape }) => shape.map((size) => size ?? 0)));

const withoutBlocks = (model: tf.LayersModel) =>
  sum(
    model.layers.filter((layer) => !(layer instanceof Block))
      .flatMap((layer) => layer.trainableWeights.map(sizeOf)),
  );

export const answers: Answers = {
  right: {
    "as the lesson has it": withReduce,
    "two loops": withLoops,
    "layer by layer, from the tensors": layerByLayer,
  },
  wrong: {
    moving_statistics: everything,
    no_biases: withoutBiases,
    kernels_only: kernels,
    variables_counted: variables,
    layers_counted: layers,
    sizes_added: added,
    blocks_left_out: withoutBlocks,
  },
};
