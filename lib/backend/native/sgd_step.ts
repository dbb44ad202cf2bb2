/** A step of gradient descent: one pass over plain arrays where they are small, else `ResourceApplyMomentum`. */
import * as tf from "@tensorflow/tfjs";
import { execute } from "./native_backend.ts";

/** How a step is made. */
export interface SgdSettings {
  readonly learningRate: number;
  /** Share of the last step that is added to this one, 0 to 1. */
  readonly momentum: number;
  /** Whether the step looks ahead along its momentum (Nesterov's form). */
  readonly nesterov: boolean;
  /** Pull toward zero, as a share of the weight that is added to its gradient. */
  readonly weightDecay: number;
}

/** From so many values on the operation is faster than the loop (measured: between 2,304 and 9,216). */
const LARGE = 4096;

/** As `sgdStep`. */
export function nativeSgdStep(
  variable: tf.Variable,
  gradient: tf.Tensor,
  velocity: tf.Variable,
  settings: SgdSettings,
): void {
  const step = variable.size < LARGE ? arraySgdStep : momentumStep;
  step(variable, gradient, velocity, settings);
}

/**
 * A network has many small variables, and eight operations for each cost more in calls than in arithmetic:
 * reading a gradient, one loop and a new tensor take half the time (ResNet20).
 */
function arraySgdStep(
  variable: tf.Variable,
  gradient: tf.Tensor,
  velocity: tf.Variable,
  { learningRate, momentum, nesterov, weightDecay }: SgdSettings,
): void {
  const [weights, gradients, velocities] = [variable, gradient, velocity].map((tensor) =>
    tensor.dataSync<"float32">()
  ) as [Float32Array, Float32Array, Float32Array];
  const { length } = weights;
  // New arrays: a tensor may hold on to the one that it was made from.
  const nextWeights = new Float32Array(length);
  const nextVelocities = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    const g = gradients[i]! + weightDecay * weights[i]!;
    const v = momentum * velocities[i]! + g;
    nextVelocities[i] = v;
    nextWeights[i] = weights[i]! - learningRate * (nesterov ? g + momentum * v : v);
  }
  assign(variable, nextWeights);
  assign(velocity, nextVelocities);
}

function assign(variable: tf.Variable, values: Float32Array): void {
  const tensor = tf.tensor(values, variable.shape);
  variable.assign(tensor);
  tensor.dispose();
}

function momentumStep(
  variable: tf.Variable,
  gradient: tf.Tensor,
  velocity: tf.Variable,
  { learningRate, momentum, nesterov, weightDecay }: SgdSettings,
): void {
  const type = { dtype: "float32" };
  tf.tidy(() => {
    // The operation moves TensorFlow's own variables, and copies before it writes what ours still hold.
    // These two are lent to one after another of ours, of any shape: theirs is not looked at. TensorFlow
    // keeps what they held last.
    const [weights, velocities] = ["residual_weights", "residual_velocity"].map((shared_name) =>
      execute("VarHandleOp", { ...type, shape: [], shared_name, container: "" }, [], 1)[0]!
    ) as [tf.Tensor, tf.Tensor];
    execute("AssignVariableOp", type, [weights, variable], 0);
    execute("AssignVariableOp", type, [velocities, velocity], 0);
    const g = weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(variable, weightDecay));
    execute(
      "ResourceApplyMomentum",
      { T: "float32", use_nesterov: nesterov },
      [weights, velocities, tf.scalar(learningRate), g, tf.scalar(momentum)],
      0,
    );
    variable.assign(execute("ReadVariableOp", type, [weights], 1)[0]!);
    velocity.assign(execute("ReadVariableOp", type, [velocities], 1)[0]!);
  });
}
