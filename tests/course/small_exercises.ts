/** The exercises of the small lesson, as a grader's sandbox loads them. */
import type { Exercise } from "../../lib/checks/exercise.ts";
import { exerciseById } from "../../lib/checks/exercises/mod.ts";

/** The exercises by id. */
export const EXERCISES: ReadonlyMap<string, Exercise> = new Map(
  ["res_identity", "identity_count"].map((id) => [id, exerciseById(id)]),
);
