/** All exercises, in the order of the lessons. */
import type { Exercise } from "../exercise.ts";
import { assembleResNet20 } from "./assemble_resnet20.ts";
import { countCifarResNet } from "./count_cifar_resnet.ts";
import { errorGap } from "./error_gap.ts";
import { resIdentity } from "./res_identity.ts";
import { trainByPlan } from "./train_by_plan.ts";

/** By id. */
export const EXERCISES: ReadonlyMap<string, Exercise> = new Map(
  [resIdentity, assembleResNet20, countCifarResNet, trainByPlan, errorGap].map((
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
