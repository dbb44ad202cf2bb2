/** Batch normalization with PyTorch's numbers. */
import * as tf from "@tensorflow/tfjs";
import { batchNormTraining } from "../backend/batch_norm.ts";
import { KitLayer, register } from "./layer.ts";
import { requireChannels, requirePositive } from "./require.ts";

const EPSILON = 1e-5;
const MOMENTUM = 0.1;

/**
 * Normalizes each channel to mean 0 and variance 1, then scales by gamma and shifts by beta
 * (Ioffe and Szegedy 2015). While training it uses the batch's statistics and moves the running
 * ones a tenth of the way towards them; otherwise it uses the running ones.
 *
 * As in PyTorch, the running variance is the unbiased one; TensorFlow's is the biased.
 * Input and output `[batch, height, width, no]`.
 *
 * @throws {RangeError} where the input has not `no` channels, or, in training, only one value for
 *   each: one image that strides have brought down to one pixel has no variance.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { BatchNorm, startBackend, tf } from "residual";
 *
 * await startBackend();
 * const x = tf.randomUniform([8, 4, 4, 2], 5, 9);
 * const y = new BatchNorm(2).apply(x, { training: true }) as tf.Tensor;
 * assert.ok(Math.abs(tf.mean(y).dataSync()[0]!) < 1e-3);
 * ```
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
    const zeros = () => new Float32Array(this.no);
    const ones = () => new Float32Array(this.no).fill(1);
    this.#gamma = this.variable("gamma", [this.no], ones);
    this.#beta = this.variable("beta", [this.no], zeros);
    this.#runningMean = this.variable("running_mean", [this.no], zeros, false);
    this.#runningVariance = this.variable("running_var", [this.no], ones, false);
    super.build(inputShape);
  }

  override forward(x: tf.Tensor4D): tf.Tensor4D {
    requireChannels("BatchNorm", this.no, x.shape);
    const gamma = this.#gamma!.read() as tf.Tensor1D;
    const beta = this.#beta!.read() as tf.Tensor1D;
    const [runningMean, runningVariance] = [this.#runningMean!, this.#runningVariance!];
    if (!this.training) {
      const [mean, variance] = [runningMean.read(), runningVariance.read()] as tf.Tensor1D[];
      return tf.batchNorm4d(x, mean!, variance!, beta, gamma, EPSILON);
    }
    const values = x.size / this.no;
    if (values < 2) {
      throw new RangeError(
        `BatchNorm expects two or more values for each channel in training, got [${x.shape}]: ` +
          "train with more images, or larger ones.",
      );
    }
    const state = {
      gamma,
      beta,
      runningMean,
      runningVariance,
      epsilon: EPSILON,
      momentum: MOMENTUM,
    };
    return batchNormTraining(x, state);
  }

  /** Sets its scale to zero, so that its output is only its shift. */
  zeroGamma(): void {
    const zeros = tf.zeros([this.no]);
    this.#gamma?.write(zeros);
    zeros.dispose();
  }

  override computeOutputShape(inputShape: tf.Shape): tf.Shape {
    return inputShape;
  }
}

register(BatchNorm);
