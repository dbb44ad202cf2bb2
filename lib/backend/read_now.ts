/** Whether the numbers of a tensor can be read without waiting. */
import * as tf from "@tensorflow/tfjs";

/** A graphics card's memory is read asynchronously. */
export function canReadNow(): boolean {
  return tf.getBackend() !== "webgpu";
}
