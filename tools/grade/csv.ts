/** The points as CSV, a line for each exercise. */
import type { NotebookResult } from "./result.ts";

/** Points are empty where a teacher has to give them. */
export function csvOf(notebooks: readonly NotebookResult[]): string {
  const rows = notebooks.flatMap(({ student, lesson, exercises }) =>
    exercises.map(({ exercise, points, of }) => [student, lesson, exercise, points ?? "", of])
  );
  return [["student", "lesson", "exercise", "points", "of"], ...rows]
    .map((row) => row.map(field).join(",") + "\r\n").join("");
}

/** A folder's name could be a formula to a spreadsheet: an apostrophe makes it text. */
function field(value: string | number): string {
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
