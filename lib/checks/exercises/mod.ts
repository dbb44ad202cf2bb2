/** All exercises, in the order of the lessons. */
import type { Exercise } from "../exercise.ts";
import { augment } from "./augment.ts";
import { crop } from "./crop.ts";
import { flip } from "./flip.ts";
import { normalize } from "./normalize.ts";
import { pixelIndex } from "./pixel_index.ts";
import { resIdentity } from "./res_identity.ts";

/** By id. */
export const EXERCISES: ReadonlyMap<string, Exercise> = new Map(
  [
    pixelIndex,
    normalize,
    crop,
    flip,
    augment,
    resIdentity,
  ].map((exercise) => [exercise.id, exercise]),
);

/**
 * The exercise of that id.
 *
 * @throws {RangeError} where there is none.
 */
export function exerciseById(id: string): Exercise {
  const exercise = EXERCISES.get(id);
  if (exercise !== undefined) return exercise;
  throw new RangeError(
    `There is no exercise "${id}". There are: ${[...EXERCISES.keys()].join(", ")}.`,
  );
}
