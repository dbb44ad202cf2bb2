/** Stochastic gradient descent as the paper uses it. */
import * as tf from "@tensorflow/tfjs";

/** Settings of the optimiser. */
export interface SgdOptions {
  /** Share of the last step that is added to the next. Default 0.9, with Nesterov's look ahead. */
  momentum?: number;
  /** Pull towards zero, on kernels only: batch norm and biases are left alone. Default 5e-4. */
  weightDecay?: number;
}

type Gradients = Parameters<tf.MomentumOptimizer["applyGradients"]>[0];
type Gradient = { name: string; tensor: tf.Tensor };

/** SGD with Nesterov momentum, and weight decay that spares batch norm and biases. */
export class Sgd extends tf.MomentumOptimizer {
  readonly #weightDecay: number;

  constructor(learningRate: number, { momentum = 0.9, weightDecay = 5e-4 }: SgdOptions = {}) {
    super(learningRate, momentum, true);
    this.#weightDecay = weightDecay;
  }

  override applyGradients(gradients: Gradients): void {
    const named = Array.isArray(gradients)
      ? gradients
      : Object.entries(gradients).map(([name, tensor]) => ({ name, tensor }));
    tf.tidy(() => super.applyGradients(named.map((gradient) => this.#decayed(gradient))));
  }

  /** Also gives back the learning rate's tensor, which TensorFlow.js's own `dispose` forgets. */
  override dispose(): void {
    super.dispose();
    this.c.dispose();
  }

  #decayed({ name, tensor }: Gradient): Gradient {
    const value = tf.engine().registeredVariables[name]!;
    // Kernels have two dimensions or four; gamma, beta and biases have one.
    if (value.rank < 2) return { name, tensor };
    return { name, tensor: tf.add(tensor, tf.mul(value, this.#weightDecay)) };
  }
}
