/** All exercises, in the order of the lessons. */
import type { Exercise } from "../exercise.ts";
import { convBnRelu } from "./conv_bn_relu.ts";
import { outputSize } from "./output_size.ts";
import { parameterCounter } from "./parameter_counter.ts";
import { plainStack } from "./plain_stack.ts";
import { resIdentity } from "./res_identity.ts";

/** By id. */
export const EXERCISES: ReadonlyMap<string, Exercise> = new Map(
  [outputSize, parameterCounter, convBnRelu, plainStack, resIdentity].map((
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
