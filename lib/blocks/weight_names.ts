/** Weights are named by their path in the model: `layer1.0.conv1.kernel`. */
import type * as tf from "@tensorflow/tfjs";

/** The part of a weight that holds the name it is saved under. */
interface Named {
  originalName: string;
}

/** A path and one step more; the first step has nothing before it. */
export function joinPath(path: string, step: string): string {
  return path === "" ? step : `${path}.${step}`;
}

/** A weight's own name, the last step of its path: `kernel`. */
export function ownName({ originalName }: tf.LayerVariable): string {
  return originalName.split(/[./]/).at(-1) ?? originalName;
}

/**
 * Names the weights that a layer owns itself `<path>.<weight>`, so that saving and loading find
 * them; TensorFlow.js refuses to load a model in which two weights share a name.
 */
export function nameWeights(layer: tf.layers.Layer, path: string): void {
  for (const weight of layer.weights) {
    // `originalName` is readonly to users of the library; the owner of the layer sets it here.
    (weight as Named).originalName = joinPath(path, ownName(weight));
  }
}
