// The kit's own course: where its lessons lie, and the exercises they are made of.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { pointsOf } from "../../lib/checks/exercise.ts";
import { EXERCISES } from "../../lib/checks/exercises/mod.ts";
import type { Course } from "./build.ts";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

export const KIT: Course = {
  root: ROOT,
  exercises: new Map(
    [...EXERCISES].map(([id, exercise]) => [id, { ...exercise, points: pointsOf(exercise) }]),
  ),
};
