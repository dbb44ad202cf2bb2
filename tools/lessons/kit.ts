// The kit's own course: where its lessons lie, and the exercises they are made of.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Course } from "./build.ts";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** The exercises' facts come in here: `EXERCISES` of lib/checks/exercises/mod.ts. */
export const KIT: Course = { root: ROOT, exercises: new Map() };
