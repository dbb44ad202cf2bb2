/** Finds the notebooks that a class handed in: in a folder, in a zip, or as nbgrader collects them. */
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { openZip } from "./zip.ts";

/** One notebook that was handed in. */
export interface Submission {
  readonly student: string;
  /** As its file is named; whether there is such a lesson is another question. */
  readonly lesson: string;
  /** Where it lies in what was handed in. */
  readonly file: string;
  /** Reads it. @throws {Error} where it cannot be read, or is too large to be a notebook. */
  read(): Uint8Array;
}

/** All notebooks, and what was passed over. */
export interface Submissions {
  readonly found: readonly Submission[];
  readonly problems: readonly string[];
}

/** Far more than any lesson with all its pictures. */
export const LARGEST_NOTEBOOK = 64 << 20;

/** A file by its path with `/`, and how it is read. */
export interface HandedIn {
  readonly path: string;
  readonly problem?: string;
  read(): Uint8Array;
}

/**
 * Finds the notebooks, by student and lesson.
 *
 * @throws {Error} where there is no such folder or zip, or no notebook in it.
 */
export function findSubmissions(place: string): Submissions {
  let stat;
  try {
    stat = lstatSync(place);
    if (stat.isSymbolicLink()) stat = lstatSync(`${place}/`);
  } catch {
    throw new Error(`There is no ${place}: expected a folder of submissions or a zip of one.`);
  }
  const files = stat.isDirectory() ? filesIn(place, "") : openZip(readFileSync(place), place);
  const { found, problems } = sort(files);
  if (found.length === 0) {
    throw new Error(
      [
        `There is no notebook in ${place}: expected STUDENT/NN_name.ipynb, or nbgrader's ` +
        "submitted/STUDENT/ASSIGNMENT/NN_name.ipynb.",
        ...problems,
      ].join("\n"),
    );
  }
  return { found, problems };
}

function filesIn(root: string, folder: string, depth = 0): HandedIn[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry): HandedIn[] => {
    if (entry.name.startsWith(".") || entry.name === "__MACOSX") return [];
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return depth < 5 ? filesIn(root, path, depth + 1) : [];
    const file = join(root, path);
    const read = () => {
      const { size } = lstatSync(file);
      if (size > LARGEST_NOTEBOOK) throw new Error(tooLarge(size));
      return readFileSync(file);
    };
    if (entry.isFile()) return [{ path, read }];
    // A link could lead to any file of the teacher's.
    return [{ path, read, problem: "it is a link or no plain file, and was not followed" }];
  });
}

/** What is said of a file that is no notebook by its size. */
export function tooLarge(size: number): string {
  return `it has ${size >> 20} MiB; a notebook has ${LARGEST_NOTEBOOK >> 20} at most`;
}

function sort(files: readonly HandedIn[]): Submissions {
  const all = files.filter(({ path }) =>
    path.endsWith(".ipynb") && !path.split("/").some((part) => /^\.(?!\.$)|^__MACOSX$/.test(part))
  );
  // In a whole course of nbgrader's, the teacher's own notebooks lie beside what was handed in.
  const handedIn = all.filter(({ path }) => /^([^/]+\/)?submitted\//.test(path));
  const notebooks = handedIn.length > 0 ? handedIn : all;
  const plain = notebooks.filter(({ problem }) => problem === undefined);
  const wrapper = commonFolder(plain.map(({ path }) => path));
  const problems: string[] = [];
  const found = new Map<string, Submission>();
  const byDepth = (a: HandedIn, b: HandedIn) =>
    a.path.split("/").length - b.path.split("/").length || (a.path < b.path ? -1 : 1);
  for (const { path, problem, read } of [...notebooks].sort(byDepth)) {
    const [student, ...rest] = path.slice(wrapper.length).split("/");
    if (problem !== undefined || student === undefined || rest.length === 0) {
      problems.push(`${path}: ${problem ?? "it lies in no student's folder"}; it was passed over`);
      continue;
    }
    const lesson = basename(path, ".ipynb");
    const key = `${student}/${lesson}`;
    const earlier = found.get(key);
    if (earlier === undefined) found.set(key, { student, lesson, file: path, read });
    else {problems.push(
        `${path}: ${student} has handed in ${earlier.file} too; that one was graded`,
      );}
  }
  return {
    found: [...found.values()].sort((a, b) =>
      a.student === b.student ? (a.lesson < b.lesson ? -1 : 1) : a.student < b.student ? -1 : 1
    ),
    problems,
  };
}

/**
 * The folder around all students' folders: `submitted/`, or what a zip has around everything. nbgrader
 * has a folder more between student and notebook, named as the assignment.
 */
function commonFolder(paths: readonly string[]): string {
  let common = "";
  for (;;) {
    const rest = paths.map((path) => path.slice(common.length).split("/"));
    const first = rest[0]?.[0];
    if (first === undefined || rest.some((parts) => parts[0] !== first)) return common;
    const nextIsStudent = first !== "submitted" &&
      rest.some((parts) =>
        parts.length < 3 || (parts.length === 3 && parts[1] === basename(parts[2]!, ".ipynb"))
      );
    if (nextIsStudent) return common;
    common += `${first}/`;
  }
}
