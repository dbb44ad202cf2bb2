/** What layers ask of their arguments and inputs before they compute. */
import type * as tf from "@tensorflow/tfjs";

/** Refuses sizes that are not whole and positive, naming the first. */
export function requirePositive(layer: string, sizes: Record<string, number>): void {
  for (const [name, size] of Object.entries(sizes)) {
    if (!Number.isInteger(size) || size < 1) {
      throw new RangeError(`${layer} expects a positive whole number as ${name}, got ${size}.`);
    }
  }
}

/** Refuses an input whose last dimension is not the channels that the layer was made for. */
export function requireChannels(layer: string, ni: number, inputShape: tf.Shape): void {
  const channels = inputShape.at(-1);
  if (channels === ni) return;
  if (channels === undefined) {
    throw new RangeError(`${layer} expects an input with ${ni} channels, got a single number.`);
  }
  throw new RangeError(
    `${layer} expects an input with ${ni} channels, got ${channels}: ` +
      `[${inputShape.map((size, i) => size ?? (i === 0 ? "batch" : "any")).join(", ")}].`,
  );
}
