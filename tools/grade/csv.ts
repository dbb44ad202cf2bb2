/** The points as CSV, a line for each exercise. */
import { printable } from "./printable.ts";
import type { NotebookResult } from "./result.ts";

type Row = readonly (string | number)[];

/** The version of the columns, for programs that read the file. Version 1 had no such column. */
const VERSION = 2;

/** A spreadsheet cell holds at most 32,767 characters. */
const MOST_CHARACTERS = 32_000;

/** Letters, digits and word separators, which no spreadsheet interprets. */
const PLAIN = /^[\p{L}\p{N}_][\p{L}\p{N}_.\- ]*$/u;

/** The start of a formula, also after a character that a spreadsheet may use as a separator. */
const FORMULA = /(^|[;,|])(?=\s*[=+\-@＝＋－＠﹦﹢﹣﹫−])/gu;

/**
 * Writes the points of a class as CSV. The field for points is empty if an instructor has to grade the
 * exercise. A student without a graded exercise has one row with 0 points and no lesson or exercise.
 *
 * @param notebooks The graded notebooks.
 * @param students All students, in the order of their rows.
 */
export function csvOf(
  notebooks: readonly NotebookResult[],
  students: readonly string[] = [],
): string {
  const rows = new Map<string, Row[]>(students.map((student) => [student, []]));
  for (const { student, lesson, exercises } of notebooks) {
    const own = rows.get(student) ?? [];
    rows.set(student, own);
    for (const { exercise, points, maxPoints } of exercises) {
      own.push([student, lesson, exercise, points ?? "", maxPoints, VERSION]);
    }
  }
  const body = [...rows].flatMap(([student, own]): Row[] =>
    own.length > 0 ? own : [[student, "", "", 0, "", VERSION]]
  );
  const head: Row = ["student", "lesson", "exercise", "points", "max_points", "version"];
  return [head, ...body].map((row) => row.map(field).join(",") + "\r\n").join("");
}

/** A spreadsheet could read a name as a formula: an apostrophe turns the name into text. */
function field(value: string | number): string {
  if (typeof value === "number") return String(value);
  const text = printable(value, MOST_CHARACTERS).replace(FORMULA, "$1'");
  return text === "" || PLAIN.test(text) ? text : `"${text.replaceAll('"', '""')}"`;
}
