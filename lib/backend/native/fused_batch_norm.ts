/** Batch normalization in training as one operation of TensorFlow's, and its gradient as another. */
import * as tf from "@tensorflow/tfjs";
import { execute } from "./native_backend.ts";

/** The tensors of a batch norm, each `[channels]`. */
export interface BatchNormState {
  readonly gamma: tf.Tensor1D;
  readonly beta: tf.Tensor1D;
  readonly runningMean: tf.LayerVariable;
  readonly runningVariance: tf.LayerVariable;
  /** Added to the variance. */
  readonly epsilon: number;
  /** How far the running statistics move toward the batch's, 0 to 1. */
  readonly momentum: number;
}

/**
 * As `batchNormTraining`, through `FusedBatchNormV3`: it gives the running statistics moved already, the
 * variance unbiased, and keeps what its gradient needs.
 */
export function fusedBatchNormTraining(
  x: tf.Tensor4D,
  { gamma, beta, runningMean, runningVariance, epsilon, momentum }: BatchNormState,
): tf.Tensor4D {
  const attributes = {
    T: "float32",
    U: "float32",
    epsilon,
    data_format: "NHWC",
    is_training: true,
  };
  const normalize = tf.customGrad((...args) => {
    const [x, gamma, beta, save] = args as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const inputs = [x, gamma, beta, runningMean.read(), runningVariance.read()];
    const [y, mean, variance, ...reserved] = execute(
      "FusedBatchNormV3",
      { ...attributes, exponential_avg_factor: momentum },
      inputs,
      6,
    );
    // What else is made here is disposed of at the end, so it is put to use at once.
    runningMean.write(mean!);
    runningVariance.write(variance!);
    save([x, gamma, ...reserved]);
    return {
      value: y!,
      gradFunc: (dy, saved) =>
        execute("FusedBatchNormGradV3", attributes, [dy as tf.Tensor, ...saved], 5).slice(0, 3),
    };
  });
  return normalize(x, gamma, beta) as tf.Tensor4D;
}
