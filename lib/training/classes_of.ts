/** The number of classes of a model. */
import type * as tf from "@tensorflow/tfjs";

/**
 * Returns the number of classes that a model tells apart.
 *
 * @throws {Error} when its output has no fixed number of classes.
 */
export function classesOf({ name, outputs }: tf.LayersModel): number {
  const classes = outputs[0]?.shape.at(-1);
  if (typeof classes === "number") return classes;
  throw new Error(`${name} does not classify: its output has no fixed number of classes.`);
}
