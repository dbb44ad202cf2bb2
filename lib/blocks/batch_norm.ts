/** Batch normalisation with PyTorch's numbers. */
import * as tf from "@tensorflow/tfjs";
import { batchNormTraining } from "../backend/batch_norm.ts";
import { requireChannels, requirePositive } from "./conv2d.ts";
import { KitLayer, register } from "./layer.ts";

const EPSILON = 1e-5;
const MOMENTUM = 0.1;

/**
 * Normalises each channel to mean 0 and variance 1, then scales by gamma and shifts by beta
 * (Ioffe and Szegedy 2015). While training it uses the batch's statistics and moves the running
 * ones a tenth of the way towards them; otherwise it uses the running ones.
 *
 * As in PyTorch, the running variance is the unbiased one; TensorFlow's is the biased.
 * Input and output `[batch, height, width, no]`.
 */
export class BatchNorm extends KitLayer {
  #gamma: tf.LayerVariable | undefined;
  #beta: tf.LayerVariable | undefined;
  #runningMean: tf.LayerVariable | undefined;
  #runningVariance: tf.LayerVariable | undefined;

  constructor(
    /** Channels. */
    readonly no: number,
  ) {
    super({ no });
    requirePositive("BatchNorm", { no });
  }

  override build(inputShape: tf.Shape): void {
    requireChannels("BatchNorm", this.no, inputShape);
    const weight = (name: string, start: tf.serialization.Serializable, trainable: boolean) =>
      this.addWeight(
        name,
        [this.no],
        "float32",
        start as ReturnType<typeof tf.initializers.ones>,
        undefined,
        trainable,
      );
    this.#gamma = weight("gamma", tf.initializers.ones(), true);
    this.#beta = weight("beta", tf.initializers.zeros(), true);
    this.#runningMean = weight("running_mean", tf.initializers.zeros(), false);
    this.#runningVariance = weight("running_var", tf.initializers.ones(), false);
    super.build(inputShape);
  }

  override forward(x: tf.Tensor4D): tf.Tensor4D {
    const gamma = this.#gamma!.read() as tf.Tensor1D;
    const beta = this.#beta!.read() as tf.Tensor1D;
    const runningMean = this.#runningMean!.read() as tf.Tensor1D;
    const runningVariance = this.#runningVariance!.read() as tf.Tensor1D;
    if (!this.training) {
      return tf.batchNorm4d(x, runningMean, runningVariance, beta, gamma, EPSILON);
    }
    const { y, mean, variance } = batchNormTraining(x, gamma, beta, EPSILON);
    const values = x.size / this.no;
    const unbiased = variance.mul(values / Math.max(values - 1, 1)) as tf.Tensor1D;
    this.#runningMean!.write(towards(runningMean, mean));
    this.#runningVariance!.write(towards(runningVariance, unbiased));
    return y;
  }

  override computeOutputShape(inputShape: tf.Shape): tf.Shape {
    return inputShape;
  }
}

function towards(running: tf.Tensor1D, batch: tf.Tensor1D): tf.Tensor1D {
  return running.mul(1 - MOMENTUM).add(batch.mul(MOMENTUM));
}

register(BatchNorm);
