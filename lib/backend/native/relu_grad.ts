/** ReLU's gradient as one operation of TensorFlow's. */
import * as tf from "@tensorflow/tfjs";
import { execute, isNative } from "./native_backend.ts";

/**
 * Registers the gradient of every ReLU, the kit's, TensorFlow.js's layers' and a learner's: `ReluGrad` on
 * the native backend, and elsewhere what TensorFlow.js has, a product with a step function.
 */
export function registerReluGradient(): void {
  tf.registerGradient({
    kernelName: tf.Relu,
    outputsToSave: [true],
    gradFunc: (dy, [y]) => ({ x: () => reluGradient(dy as tf.Tensor, y!) }),
  });
}

/** The gradient where the output was above 0, and 0 elsewhere. */
function reluGradient(dy: tf.Tensor, y: tf.Tensor): tf.Tensor {
  return isNative("relu_grad")
    ? execute("ReluGrad", { T: "float32" }, [dy, y], 1)[0]!
    : tf.mul(dy, tf.step(y));
}
