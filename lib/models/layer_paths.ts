/** Names a model's layers so that the next run of a program finds them again. */
import * as tf from "@tensorflow/tfjs";

/**
 * Returns a model's layers, each with the name that its weights have in a file: the layer's own name, or
 * its place in the model if TensorFlow.js has named it. Automatic names depend on what else the program
 * has built before.
 */
export function layerPaths(model: tf.LayersModel): [path: string, layer: tf.layers.Layer][] {
  return model.layers.filter((layer) => layer.getClassName() !== "InputLayer")
    .map((layer, place) => [isAutomatic(layer.name) ? String(place) : layer.name, layer]);
}

/** Whether TensorFlow.js has made up this name of a layer or model: `conv2d_Conv2d8`, `model1`. */
export function isAutomatic(name: string): boolean {
  if (/^(model|sequential_)\d+$/.test(name)) return true;
  return /_[A-Z]/.test(name) && /^(.+)\1\d+$/.test(name.replaceAll("_", "").toLowerCase());
}
