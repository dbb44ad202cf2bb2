/** All exercises, in the order of the lessons. */
import type { Exercise } from "../exercise.ts";
import { identityCount } from "./identity_count.ts";
import { nIdentityBlocks } from "./n_identity_blocks.ts";
import { padShortcut } from "./pad_shortcut.ts";
import { resIdentity } from "./res_identity.ts";
import { resSkip } from "./res_skip.ts";
import { skipAndNIdentityBlocks } from "./skip_and_n_identity_blocks.ts";

/** By id. */
export const EXERCISES: ReadonlyMap<string, Exercise> = new Map(
  [resIdentity, identityCount, nIdentityBlocks, padShortcut, resSkip, skipAndNIdentityBlocks].map((
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
