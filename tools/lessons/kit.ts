/** The kit's own course: where its lessons lie, and the exercises they are made of. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Exercise, pointsOf } from "../../lib/checks/exercise.ts";
import { EXERCISES } from "../../lib/checks/exercises/mod.ts";
import type { Course } from "./build.ts";
import type { Exercises } from "./exercises.ts";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** What the builder needs to know about these exercises. */
export function factsOf(exercises: ReadonlyMap<string, Exercise>): Exercises {
  return new Map(
    [...exercises].map(([id, exercise]) => [id, { ...exercise, points: pointsOf(exercise) }]),
  );
}

export const KIT: Course = {
  root: ROOT,
  exercises: factsOf(EXERCISES),
};
