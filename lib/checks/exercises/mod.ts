/** All exercises, in the order of the lessons. */
import type { Exercise } from "../exercise.ts";
import { initialize } from "./initialize.ts";
import { resIdentity } from "./res_identity.ts";
import { resNet } from "./resnet.ts";
import { resNetHead } from "./resnet_head.ts";
import { resNetTail } from "./resnet_tail.ts";

/** By id. */
export const EXERCISES: ReadonlyMap<string, Exercise> = new Map(
  [resIdentity, resNetHead, resNetTail, resNet, initialize].map((
    exercise,
  ) => [exercise.id, exercise]),
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
