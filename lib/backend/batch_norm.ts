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
  return normalize(x, gamma, beta, mean as tf.Tensor1D, variance as tf.Tensor1D, epsilon);
}

/**
 * Normalizes with these statistics. The gradient takes into account that they depend on x (Ioffe and Szegedy
 * 2015, section 3). Its own formula needs two passes over the values of x, where TensorFlow.js's gradients
 * of each operation need many.
 */
function normalize(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  mean: tf.Tensor1D,
  variance: tf.Tensor1D,
  epsilon: number,
): tf.Tensor4D {
  const withGradient = tf.customGrad((...args) => {
    const [x, gamma, beta, save] = args as unknown as [
      tf.Tensor4D,
      tf.Tensor1D,
      tf.Tensor1D,
      tf.GradSaveFunc,
    ];
    save([x, gamma, mean, variance]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [x, gamma, mean, variance] = saved as [
        tf.Tensor4D,
        tf.Tensor1D,
        tf.Tensor1D,
        tf.Tensor1D,
      ];
      const count = x.size / gamma.size;
      const inverse = tf.rsqrt(tf.add(variance, epsilon));
      const dBeta = tf.sum(dy, [0, 1, 2]);
      const products = tf.sum(tf.mul(dy, x), [0, 1, 2]);
      const dGamma = tf.mul(tf.sub(products, tf.mul(mean, dBeta)), inverse);
      // With x^ = (x - mean) * inverse, dx = scale * (dy - dBeta / n - x^ * dGamma / n): linear in dy and x.
      const scale = tf.mul(gamma, inverse);
      const slope = tf.neg(tf.div(tf.mul(tf.mul(scale, inverse), dGamma), count));
      const shift = tf.neg(tf.add(tf.div(tf.mul(scale, dBeta), count), tf.mul(slope, mean)));
      const dx = tf.add(tf.add(tf.mul(dy, scale), tf.mul(x, slope)), shift);
      return [dx, dGamma, dBeta];
    };
    return { value: tf.batchNorm4d(x, mean, variance, beta, gamma, epsilon), gradFunc };
  });
  return withGradient(x, gamma, beta) as tf.Tensor4D;
}
