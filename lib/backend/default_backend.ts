/**
 * Warns when TensorFlow.js falls back on its backend in plain JavaScript because nobody has started one.
 *
 * TensorFlow.js then starts that backend by itself and advises the user to install tfjs-node, which the
 * kit already has. The kit's own warning takes the place of that advice.
 */
import * as tf from "@tensorflow/tfjs";

const NAME = "cpu";

/** The part of the backend that prints TensorFlow.js's advice at its first tensor. */
interface CpuBackend {
  firstUse: boolean;
}

function replaceAdvice(): void {
  const create = tf.findBackendFactory(NAME);
  tf.removeBackend(NAME);
  tf.registerBackend(NAME, () => {
    const backend = create() as tf.KernelBackend & CpuBackend;
    backend.firstUse = false;
    // `tf.setBackend` sets the name before it creates the backend: then somebody asked for this one.
    if (tf.getBackend() !== NAME) console.warn(WARNING);
    return backend;
  });
}

const WARNING = "Warning: no backend was started, so TensorFlow.js computes in plain JavaScript, " +
  "more than 1,000 times slower than TensorFlow's library. Add this line before the first tensor " +
  "or model:\n  await startBackend();";

// Removing a backend disposes its tensors, so a program that has used TensorFlow.js already keeps it.
if (tf.getBackend() !== NAME) replaceAdvice();
