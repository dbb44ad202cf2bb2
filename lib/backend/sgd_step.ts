/** One step of stochastic gradient descent for one variable. */
import * as tf from "@tensorflow/tfjs";
import { isNative } from "./native/native_backend.ts";
import { nativeSgdStep } from "./native/sgd_step.ts";

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

/** Moves a variable against its gradient and its velocity along, by PyTorch's formula. */
export function sgdStep(
  variable: tf.Variable,
  gradient: tf.Tensor,
  velocity: tf.Variable,
  settings: SgdSettings,
): void {
  if (isNative("sgd")) nativeSgdStep(variable, gradient, velocity, settings);
  else composedSgdStep(variable, gradient, velocity, settings);
}

function composedSgdStep(
  variable: tf.Variable,
  gradient: tf.Tensor,
  velocity: tf.Variable,
  { learningRate, momentum, nesterov, weightDecay }: SgdSettings,
): void {
  tf.tidy(() => {
    const g = weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(variable, weightDecay));
    const v = tf.add(tf.mul(velocity, momentum), g);
    velocity.assign(v);
    const step = nesterov ? tf.add(g, tf.mul(v, momentum)) : v;
    variable.assign(tf.sub(variable, tf.mul(step, learningRate)));
  });
}
