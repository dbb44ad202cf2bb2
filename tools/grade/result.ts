/** What grading gives, as the JSON has it. */
import type { CheckResult } from "../../lib/checks/compare.ts";

/** One exercise of one student. */
export interface ExerciseResult {
  readonly exercise: string;
  readonly title: string;
  readonly maxPoints: number;
  /** Nothing where a teacher has to read the answer. */
  readonly points?: number;
  /** Why points are missing, or what is to be known about them, in a line or more. */
  readonly reasons: readonly string[];
  /** The table of the seed that gave the fewest points. */
  readonly result?: CheckResult;
  /** The student's text, where a teacher has to read it. */
  readonly answer?: string;
}

/** One notebook of one student. */
export interface NotebookResult {
  readonly student: string;
  readonly lesson: string;
  /** Its path in the submissions. */
  readonly file: string;
  /** Of all that its points depend on; the same again need not be graded again. */
  readonly digest: string;
  /** Of the inputs that its answers were tried on. */
  readonly seeds: readonly number[];
  /** What was done to cells that are not the student's, and the like. */
  readonly notices: readonly string[];
  readonly exercises: readonly ExerciseResult[];
  readonly seconds: number;
  /** The largest sandbox. */
  readonly peakMebibytes: number;
}

/** The points of a notebook without those that a teacher has to give. */
export function pointsIn({ exercises }: Pick<NotebookResult, "exercises">): number {
  return exercises.reduce((sum, { points = 0 }) => sum + points, 0);
}

/** The points that a notebook can have without those that a teacher has to give. */
export function mostIn({ exercises }: Pick<NotebookResult, "exercises">): number {
  return exercises.reduce(
    (sum, { points, maxPoints }) => sum + (points === undefined ? 0 : maxPoints),
    0,
  );
}
