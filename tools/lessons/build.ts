/**
 * Makes both notebooks of each lesson from solutions/NN_name.ts, and says which are out of step:
 *   solutions/NN_name.ipynb  with the answers and, after a run, the outputs
 *   notebooks/NN_name.ipynb  what a learner opens: answers and hidden tests taken out
 */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { replaceFile } from "../../lib/replace_file.ts";
import { type Exercises, withExercises } from "./exercises.ts";
import {
  inStep,
  keepOutputs,
  type Notebook,
  notebookText,
  toNotebook,
  untouched,
} from "./notebook.ts";
import { type Cell, parseLesson, withoutAnswers } from "./parse.ts";
import { checkSubset } from "./subset.ts";

/** A folder with lessons, and the exercises that they are made of. */
export interface Course {
  root: string;
  exercises: Exercises;
}

/** A lesson's source as it will be in its notebooks. */
export interface Lesson {
  /** Such as `07_resnet20`. */
  name: string;
  /** The source, from the course's folder. */
  file: string;
  cells: Cell[];
}

/** Reads a lesson; throws a `LessonError` where its source is not fit for a notebook. */
export async function readLesson({ root, exercises }: Course, name: string): Promise<Lesson> {
  const file = join("solutions", `${name}.ts`);
  const cells = parseLesson(file, await readFile(join(root, file), "utf8"));
  checkSubset(file, cells);
  return { name, file, cells: withExercises(file, name, cells, exercises) };
}

/** A notebook as its source says it should be, and where it is kept. */
export interface Generated {
  path: string;
  notebook: Notebook;
  /** Whether a run's outputs are kept in it. */
  keepsOutputs: boolean;
}

/** Both notebooks of a lesson: the solution's, then the learner's. */
export function generate({ name, cells }: Lesson): [Generated, Generated] {
  return [
    {
      path: join("solutions", `${name}.ipynb`),
      notebook: toNotebook(name, cells),
      keepsOutputs: true,
    },
    {
      path: join("notebooks", `${name}.ipynb`),
      notebook: toNotebook(name, cells.map(withStub)),
      keepsOutputs: false,
    },
  ];
}

/** The cell as a learner gets it, and an exercise's stub a second time, to come back to. */
function withStub(cell: Cell): Cell & { stub?: string } {
  const learners = withoutAnswers(cell);
  return cell.role === "solution" ? { ...learners, stub: learners.lines.join("\n") } : learners;
}

export async function readNotebook(path: string): Promise<Notebook | undefined> {
  if (!existsSync(path)) return undefined;
  return JSON.parse(await readFile(path, "utf8")) as Notebook;
}

async function names(folder: string, ending: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const files = await readdir(folder);
  return files.filter((name) => name.endsWith(ending)).map((name) => basename(name, ending)).sort();
}

/** The lessons under `root`, by name: those of these numbers, or all. */
export async function findLessons(
  root: string,
  numbers: readonly string[] = [],
): Promise<string[]> {
  const all = (await names(join(root, "solutions"), ".ts")).filter((name) => /^\d\d_/.test(name));
  const missing = (numbers.length === 0 && all.length === 0 ? ["NN"] : numbers)
    .find((number) => !all.some((name) => name.startsWith(`${number}_`)));
  if (missing !== undefined) {
    const there = all.join(", ") || "none";
    throw new Error(`There is no lesson solutions/${missing}_name.ts. The lessons are: ${there}.`);
  }
  if (numbers.length === 0) return all;
  return all.filter((name) => numbers.some((number) => name.startsWith(`${number}_`)));
}

/**
 * Says what is out of step: one line for each generated file that is missing, differs from its
 * source, or has none. An empty list is good.
 */
export async function checkLessons(root: string, lessons: readonly Lesson[]): Promise<string[]> {
  const problems: string[] = [];
  for (const lesson of lessons) {
    for (const { path, notebook, keepsOutputs } of generate(lesson)) {
      const found = await readNotebook(join(root, path));
      if (found === undefined) problems.push(`${path} is missing`);
      else if (!inStep(notebook, found)) {
        problems.push(`${path} is out of step with ${lesson.file}`);
      } else if (keepsOutputs && !untouched(found)) {
        problems.push(`${path} was edited by hand`);
      }
    }
  }
  const sources = await names(join(root, "solutions"), ".ts");
  for (const folder of ["solutions", "notebooks"]) {
    for (const name of await names(join(root, folder), ".ipynb")) {
      if (sources.includes(name)) continue;
      problems.push(`${folder}/${name}.ipynb has no source solutions/${name}.ts`);
    }
  }
  return problems;
}

/**
 * Writes both notebooks of a lesson and returns the paths of those that changed.
 *
 * @throws {Error} where somebody has worked in one of them, unless `force`; then neither is written.
 */
export async function writeLesson(
  root: string,
  lesson: Lesson,
  { force = false }: { force?: boolean } = {},
): Promise<string[]> {
  const changed: { path: string; text: string }[] = [];
  for (const { path, notebook, keepsOutputs } of generate(lesson)) {
    const target = join(root, path);
    const before = existsSync(target) ? await readFile(target, "utf8") : undefined;
    const kept = keepsOutputs && before !== undefined
      ? keepOutputs(notebook, JSON.parse(before) as Notebook)
      : notebook;
    const text = notebookText(kept);
    if (text === before) continue;
    if (before !== undefined && !force && !untouched(JSON.parse(before) as Notebook)) {
      throw new Error(
        `${path} contains a learner's work: its cells have changed since they were generated. ` +
          "Move the file away, or overwrite it with --force.",
      );
    }
    changed.push({ path, text });
  }
  for (const { path, text } of changed) await replaceFile(join(root, path), text);
  return changed.map(({ path }) => path);
}
