/** The points as CSV, a line for each exercise. */
import { printable } from "./printable.ts";
import type { NotebookResult } from "./result.ts";

type Row = readonly (string | number)[];

/** A cell of a spreadsheet holds 32,767 characters. */
const MOST_CHARACTERS = 32_000;

/** Words of letters and digits, which mean nothing to any spreadsheet. */
const PLAIN = /^[\p{L}\p{N}_][\p{L}\p{N}_.\- ]*$/u;

/** The beginning of a formula, also behind a separator that a spreadsheet may split at. */
const FORMULA = /(^|[;,|])(?=\s*[=+\-@＝＋－＠﹦﹢﹣﹫−])/gu;

/**
 * The points of a class. Points are empty where an instructor has to give them. A student without a graded
 * exercise has one row with 0 points, and with neither lesson nor exercise.
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
    for (const { exercise, points, of } of exercises) {
      own.push([student, lesson, exercise, points ?? "", of]);
    }
  }
  const body = [...rows].flatMap(([student, own]): Row[] =>
    own.length > 0 ? own : [[student, "", "", 0, ""]]
  );
  const head: Row = ["student", "lesson", "exercise", "points", "of"];
  return [head, ...body].map((row) => row.map(field).join(",") + "\r\n").join("");
}

/** A name could be a formula to a spreadsheet: an apostrophe makes it text. */
function field(value: string | number): string {
  if (typeof value === "number") return String(value);
  const text = printable(value, MOST_CHARACTERS).replace(FORMULA, "$1'");
  return text === "" || PLAIN.test(text) ? text : `"${text.replaceAll('"', '""')}"`;
}
