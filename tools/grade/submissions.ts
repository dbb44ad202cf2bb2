/** Finds a class's notebooks in a folder or a zip, in the layouts of learning platforms and nbgrader. */
import { type Stats, statSync } from "node:fs";
import { basename, resolve } from "node:path";
import { forCaller } from "../caller_path.ts";
import { byLayout } from "./by_layout.ts";
import { byPattern } from "./by_pattern.ts";
import { readFolder } from "./folder.ts";
import { withZipsOpened } from "./inner_zips.ts";
import type { FolderItem } from "./item.ts";
import { printable } from "./printable.ts";
import type { Submissions } from "./roster.ts";
import { StudentPattern } from "./student_pattern.ts";
import { openZip } from "./zip.ts";

export type { Submission, Submissions } from "./roster.ts";

/**
 * Finds every student and every notebook. No file disappears silently: a file that is not graded is listed
 * as a problem or as one of the other files.
 *
 * @param place A folder or a zip.
 * @param studentPattern The option `--student`, a path pattern that contains the student's name.
 * @throws {UsageError} if the pattern is invalid
 * @throws {Error} if the place cannot be read or contains no student
 */
export async function findSubmissions(
  place: string,
  studentPattern?: string,
): Promise<Submissions> {
  const pattern = studentPattern === undefined ? undefined : new StudentPattern(studentPattern);
  const root = await withZipsOpened(
    await readPlace(place),
    pattern && ((path) => pattern.studentOf(path)),
  );
  const submissions = pattern === undefined ? byLayout(root) : byPattern(root, pattern);
  if (submissions.students.length > 0) return submissions;
  const expected = pattern === undefined
    ? "STUDENT/NN_name.ipynb, or nbgrader's submitted/STUDENT/ASSIGNMENT/NN_name.ipynb"
    : `paths that match --student "${printable(pattern.text)}"`;
  throw new Error(
    [
      `No students found in ${printable(forCaller(place))}: expected ${expected}.`,
      ...submissions.problems,
    ]
      .join(
        "\n",
      ),
  );
}

async function readPlace(place: string): Promise<FolderItem> {
  const shown = printable(forCaller(place));
  let stat: Stats;
  try {
    stat = statSync(place);
  } catch {
    throw new Error(`Cannot find ${shown}: expected a folder of submissions, or a zip of one.`);
  }
  const disk = resolve(place);
  try {
    if (stat.isDirectory()) return readFolder(disk);
    if (!stat.isFile()) throw new Error("expected a folder or a zip");
    return await openZip({ kind: "file", name: basename(disk), path: "", disk, read: neverRead });
  } catch (error) {
    const reason = printable((error as Error).message);
    throw new Error(
      `Cannot read ${shown} as ${stat.isDirectory() ? "a folder" : "a zip"}: ${reason}.`,
    );
  }
}

/** A zip on disk is read in parts. */
function neverRead(): Promise<never> {
  throw new Error("a zip on disk is not read as a whole");
}
