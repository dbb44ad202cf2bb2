/** Counts a model's parameters the way papers and PyTorch do. */
import type * as tf from "@tensorflow/tfjs";

/** Parameters of a model. */
export interface ParamCount {
  /** What training changes by its gradient: the number that papers give. */
  readonly trainable: number;
  /** The running statistics of batch norm. */
  readonly nonTrainable: number;
  /** The sum of both, as TensorFlow.js's own `countParams()` returns it. */
  readonly total: number;
}

/**
 * Counts the parameters of a model or of one layer.
 *
 * @throws {Error} where a layer has not been applied to an input yet: its parameters do not exist.
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
export function countParams(model: tf.LayersModel | tf.layers.Layer): ParamCount {
  if (!model.built) {
    throw new Error(
      `${model.name} is not built yet: apply it to an input before you count its parameters.`,
    );
  }
  const trainable = count(model.trainableWeights);
  const nonTrainable = count(model.nonTrainableWeights);
  return { trainable, nonTrainable, total: trainable + nonTrainable };
}

function count(weights: readonly tf.LayerVariable[]): number {
  return weights.reduce(
    (sum, { shape }) => sum + shape.reduce<number>((n, s) => n * (s ?? 1), 1),
    0,
  );
}
