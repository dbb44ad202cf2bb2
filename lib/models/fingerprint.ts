/**
 * Tells networks apart that have the same weights: a plain network and its residual twin differ only in
 * what they compute.
 */
import * as tf from "@tensorflow/tfjs";

/** Height and width of the test image for a model that takes any size. */
const NOMINAL_SIZE = 64;
/** Outputs that are compared. */
const OUTPUTS = 10;

/**
 * Returns a model's first outputs for one fixed test image; undefined if the model does not take and
 * return a single tensor, or an output is not finite.
 */
export function fingerprint(model: tf.LayersModel): number[] | undefined {
  const [input, output] = [model.inputs, model.outputs].map((ends) =>
    ends.length === 1 ? ends[0] : undefined
  );
  if (input?.dtype !== "float32" || output === undefined) return undefined;
  const shape = input.shape.map((size, i) => size ?? (i === 0 ? 1 : NOMINAL_SIZE));
  const values = tf.tidy(() => {
    const image = Float32Array.from(
      { length: tf.util.sizeFromShape(shape) },
      (_, i) => Math.sin(i),
    );
    const outputs = model.predict(tf.tensor(image, shape)) as tf.Tensor;
    return [...outputs.dataSync().slice(0, OUTPUTS)];
  });
  return values.every(Number.isFinite) ? values : undefined;
}

/** Whether two fingerprints are of the same network; backends round differently. */
export function isSame(a: readonly number[], b: readonly number[]): boolean {
  const scale = Math.max(...a.map(Math.abs), ...b.map(Math.abs));
  return a.length === b.length &&
    a.every((value, i) => Math.abs(value - b[i]!) <= 0.01 * scale + 1e-6);
}
