/** Batch normalization with the statistics of the batch. */
import * as tf from "@tensorflow/tfjs";
import { type BatchNormState, fusedBatchNormTraining } from "./native/fused_batch_norm.ts";
import { isNative } from "./native/native_backend.ts";

/**
 * Normalizes each channel over batch, height and width, then scales and shifts it (Ioffe and Szegedy
 * 2015, algorithm 1), and moves the running statistics, the variance unbiased as in PyTorch. The batch
 * has two values or more for each channel.
 */
export function batchNormTraining(x: tf.Tensor4D, state: BatchNormState): tf.Tensor4D {
  return isNative("batch_norm")
    ? fusedBatchNormTraining(x, state)
    : composedBatchNormTraining(x, state);
}

function composedBatchNormTraining(
  x: tf.Tensor4D,
  { gamma, beta, runningMean, runningVariance, epsilon, momentum }: BatchNormState,
): tf.Tensor4D {
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  const values = x.size / gamma.size;
  const move = (running: tf.LayerVariable, batch: tf.Tensor) =>
    running.write(tf.add(tf.mul(running.read(), 1 - momentum), tf.mul(batch, momentum)));
  move(runningMean, mean);
  move(runningVariance, tf.mul(variance, values / (values - 1)));
  return tf.batchNorm4d(
    x,
    mean as tf.Tensor1D,
    variance as tf.Tensor1D,
    beta,
    gamma,
    epsilon,
  );
}
