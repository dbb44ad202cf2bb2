/** Stochastic gradient descent as the paper uses it. */
import * as tf from "@tensorflow/tfjs";
import { sgdStep } from "../backend/sgd_step.ts";

/** Settings of the optimizer. */
export interface SgdOptions {
  /** The fraction of the last step that is added to the next. Default 0.9. */
  momentum?: number;
  /** Whether a step looks ahead along its momentum (Sutskever et al. 2013). Default true. */
  nesterov?: boolean;
  /** Pull toward zero, on kernels only; batch norm and biases have none. Default 5e-4. */
  weightDecay?: number;
}

/** The gradient of each variable, by name or as a list. */
export type Gradients = Parameters<tf.Optimizer["applyGradients"]>[0];

/**
 * SGD with momentum, and weight decay that spares batch norm and biases. It is a `tf.Optimizer`, so that
 * `model.compile` takes it.
 *
 * @throws {RangeError} when a setting is negative or not a number, or momentum is 1 or more.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Sgd, startBackend, tf } from "residual";
 *
 * await startBackend();
 * const optimizer = new Sgd(0.1, { weightDecay: 0 });
 * const x = tf.variable(tf.scalar(3));
 * for (let i = 0; i < 100; i++) optimizer.minimize(() => tf.square(x) as tf.Scalar);
 * assert.ok(Math.abs(x.dataSync()[0]!) < 0.05);
 * ```
 */
export class Sgd extends tf.Optimizer {
  /** The learning rate of the next step; a schedule changes it. */
  learningRate: number;
  readonly #options: Required<SgdOptions>;
  readonly #velocities: Map<string, tf.Variable> = new Map();

  constructor(
    learningRate: number,
    { momentum = 0.9, nesterov = true, weightDecay = 5e-4 }: SgdOptions = {},
  ) {
    super();
    for (const [name, value] of Object.entries({ learningRate, momentum, weightDecay })) {
      if (!Number.isFinite(value) || value < 0 || (name === "momentum" && value >= 1)) {
        const range = name === "momentum" ? "from 0 to below 1" : "from 0";
        throw new RangeError(`Sgd expects a ${name} ${range}, got ${value}.`);
      }
    }
    this.learningRate = learningRate;
    this.#options = { momentum, nesterov, weightDecay };
  }

  override applyGradients(gradients: Gradients): void {
    const entries = Array.isArray(gradients)
      ? gradients.map(({ name, tensor }) => [name, tensor] as const)
      : Object.entries(gradients);
    for (const [name, gradient] of entries) {
      const variable = tf.engine().registeredVariables[name]!;
      const { momentum, nesterov, weightDecay } = this.#options;
      sgdStep(variable, gradient, this.#velocityOf(variable), {
        learningRate: this.learningRate,
        momentum,
        nesterov,
        // Kernels have two dimensions or four; gamma, beta and biases have one.
        weightDecay: variable.rank < 2 ? 0 : weightDecay,
      });
    }
    this.incrementIterations();
  }

  #velocityOf(variable: tf.Variable): tf.Variable {
    let velocity = this.#velocities.get(variable.name);
    if (velocity === undefined) {
      velocity = tf.tidy(() => tf.variable(tf.zerosLike(variable), false));
      this.#velocities.set(variable.name, velocity);
    }
    return velocity;
  }

  /** Each variable's velocity, copied, in the order of `variables`: zeros before its first step. */
  velocities(variables: readonly tf.Variable[]): Float32Array[] {
    return variables.map((variable) =>
      Float32Array.from(this.#velocityOf(variable).dataSync<"float32">())
    );
  }

  /** Sets velocities that `velocities` returned. */
  setVelocities(variables: readonly tf.Variable[], values: readonly Float32Array[]): void {
    for (const [i, variable] of variables.entries()) {
      const tensor = tf.tensor(values[i]!.slice(), variable.shape);
      this.#velocityOf(variable).assign(tensor);
      tensor.dispose();
    }
  }

  override dispose(): void {
    super.dispose();
    for (const velocity of this.#velocities.values()) velocity.dispose();
    this.#velocities.clear();
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { learningRate: this.learningRate, ...this.#options };
  }

  /** The name under which TensorFlow.js saves the optimizer. */
  static get className(): string {
    return "Sgd";
  }
}
