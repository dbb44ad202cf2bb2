/** One step of stochastic gradient descent for one variable. */
import * as tf from "@tensorflow/tfjs";
import { isNative } from "./native/native_backend.ts";
import { nativeSgdStep, type SgdSettings } from "./native/sgd_step.ts";

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
