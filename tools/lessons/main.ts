// Generates both notebooks of each lesson from solutions/NN_name.ts:
//   solutions/NN_name.ipynb  with the answers and, after --execute, the outputs
//   notebooks/NN_name.ipynb  what a learner opens: answers and hidden tests taken out
//
//   deno task lessons [--check | --execute] [--force] [NN]
//
// A notebook in which somebody has worked is not overwritten, unless --force says so.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join, relative } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import {
  inStep,
  keepOutputs,
  type Notebook,
  notebookText,
  toNotebook,
  untouched,
} from "./notebook.ts";
import { parseLesson, withoutAnswers } from "./parse.ts";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** A notebook as its source says it should be, and where it is kept. */
export interface Generated {
  path: string;
  notebook: Notebook;
  /** Whether a run's outputs are kept in it. */
  keepsOutputs: boolean;
}

/** Both notebooks of a lesson: the solution's, then the learner's. */
export async function generate(root: string, lesson: string): Promise<[Generated, Generated]> {
  const file = join("solutions", `${lesson}.ts`);
  const cells = parseLesson(file, await readFile(join(root, file), "utf8"));
  return [
    {
      path: join("solutions", `${lesson}.ipynb`),
      notebook: toNotebook(lesson, cells),
      keepsOutputs: true,
    },
    {
      path: join("notebooks", `${lesson}.ipynb`),
      notebook: toNotebook(lesson, cells.map(withoutAnswers)),
      keepsOutputs: false,
    },
  ];
}

async function readNotebook(path: string): Promise<Notebook | undefined> {
  if (!existsSync(path)) return undefined;
  return JSON.parse(await readFile(path, "utf8")) as Notebook;
}

async function names(folder: string, ending: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const files = await readdir(folder);
  return files.filter((name) => name.endsWith(ending)).map((name) => basename(name, ending)).sort();
}

/** The lessons under `root`, by name; `number` picks one. */
export async function findLessons(root: string, number?: string): Promise<string[]> {
  const all = (await names(join(root, "solutions"), ".ts")).filter((name) => /^\d\d_/.test(name));
  const found = number === undefined ? all : all.filter((name) => name.startsWith(`${number}_`));
  if (found.length > 0) return found;
  const wanted = number === undefined ? "NN_name.ts" : `${number}_name.ts`;
  throw new Error(`No lesson solutions/${wanted}. There are: ${all.join(", ") || "none"}.`);
}

/**
 * Says what is out of step: one line for each generated file that is missing, differs from its
 * source, or has none. An empty list is good.
 */
export async function checkLessons(root: string, lessons: readonly string[]): Promise<string[]> {
  const problems: string[] = [];
  for (const lesson of lessons) {
    for (const { path, notebook, keepsOutputs } of await generate(root, lesson)) {
      const found = await readNotebook(join(root, path));
      if (found === undefined) problems.push(`${path} is missing`);
      else if (!inStep(notebook, found)) {
        problems.push(`${path} is out of step with solutions/${lesson}.ts`);
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
  lesson: string,
  { force = false }: { force?: boolean } = {},
): Promise<string[]> {
  const changed: { path: string; text: string }[] = [];
  for (const { path, notebook, keepsOutputs } of await generate(root, lesson)) {
    const target = join(root, path);
    const before = existsSync(target) ? await readFile(target, "utf8") : undefined;
    const kept = keepsOutputs && before !== undefined
      ? keepOutputs(notebook, JSON.parse(before) as Notebook)
      : notebook;
    const text = notebookText(kept);
    if (text === before) continue;
    if (before !== undefined && !force && !untouched(JSON.parse(before) as Notebook)) {
      throw new Error(
        `${path} holds somebody's work: its cells are not as they were generated. ` +
          "Move it away, or overwrite it with --force.",
      );
    }
    changed.push({ path, text });
  }
  for (const { path, text } of changed) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return changed.map(({ path }) => path);
}

/** Runs the solution's notebook in the Deno kernel and keeps its outputs. */
async function executeLesson(root: string, lesson: string): Promise<void> {
  const path = join(root, "solutions", `${lesson}.ipynb`);
  const python = join(root, ".venv", "bin", "python");
  if (!existsSync(python)) {
    throw new Error(`No ${relative(root, python)}; run \`npm start -- --setup-only\` first.`);
  }
  const folder = await mkdtemp(join(tmpdir(), "residual-lesson-"));
  try {
    const specs = [join(root, ".venv", "share", "jupyter"), process.env["JUPYTER_PATH"]].filter(
      Boolean,
    );
    const args = ["-m", "jupyter", "nbconvert", "--to", "notebook", "--execute", path];
    const settings = ["--output-dir", folder, "--ExecutePreprocessor.timeout=-1"];
    await promisify(execFile)(python, [...args, ...settings], {
      cwd: root,
      env: { ...process.env, JUPYTER_PATH: specs.join(delimiter) },
      maxBuffer: 1 << 26,
    });
    const ran = await readNotebook(join(folder, basename(path)));
    const source = await readNotebook(path);
    if (ran === undefined || source === undefined) {
      throw new Error(`Jupyter ended well but wrote no notebook for ${relative(root, path)}.`);
    }
    await writeFile(path, notebookText(keepOutputs(source, ran)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      check: { type: "boolean" },
      execute: { type: "boolean" },
      force: { type: "boolean", default: false },
    },
  });
  const [number, ...rest] = positionals;
  if (rest.length > 0 || (values.check && values.execute)) {
    throw new Error("Usage: deno task lessons [--check | --execute] [--force] [NN]");
  }
  const lessons = await findLessons(ROOT, number);
  if (values.check) {
    const problems = await checkLessons(ROOT, lessons);
    for (const problem of problems) console.error(problem);
    if (problems.length > 0) console.error("Run `deno task lessons` to bring them in step.");
    else console.log(`${lessons.length} lesson(s) in step with their sources`);
    return problems.length > 0 ? 1 : 0;
  }
  for (const lesson of lessons) {
    const changed = await writeLesson(ROOT, lesson, { force: values.force });
    console.log(
      changed.length === 0 ? `${lesson}: nothing changed` : `wrote ${changed.join(", ")}`,
    );
    if (!values.execute) continue;
    console.log(`running solutions/${lesson}.ipynb`);
    await executeLesson(ROOT, lesson);
    console.log(`wrote the outputs of solutions/${lesson}.ipynb`);
  }
  return 0;
}

if (import.meta.main) {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
