/** Batch normalisation with the statistics of the batch, as every backend can compute it. */
import * as tf from "@tensorflow/tfjs";

/** The normalised batch and the statistics it was normalised by. */
export interface BatchNormResult {
  /** Same shape as the input. */
  readonly y: tf.Tensor4D;
  /** Mean of each channel, `[channels]`. */
  readonly mean: tf.Tensor1D;
  /** Biased variance of each channel, `[channels]`. */
  readonly variance: tf.Tensor1D;
}

/**
 * Normalises each channel over batch, height and width, then scales and shifts it
 * (Ioffe and Szegedy 2015, algorithm 1).
 */
export function batchNormTraining(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  epsilon: number,
): BatchNormResult {
  const { mean, variance } = tf.moments(x, [0, 1, 2]) as {
    mean: tf.Tensor1D;
    variance: tf.Tensor1D;
  };
  const y = tf.batchNorm(x, mean, variance, beta, gamma, epsilon) as tf.Tensor4D;
  return { y, mean, variance };
}
