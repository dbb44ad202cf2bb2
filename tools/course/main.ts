/**
 * `npx deno task course FOLDER [--kernel deno|tslab]`: makes a folder that nbgrader takes for a
 * course, with every lesson as an assignment. Made again, it changes what the kit wrote there and
 * nothing else.
 */
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { forCaller, fromCaller } from "../caller_path.ts";
import { parseCommandLine, UsageError } from "../command_line.ts";
import { replaceFile } from "../../lib/replace_file.ts";
import { type Course, findLessons, generate, readLesson } from "../lessons/build.ts";
import { type Kernel, KERNELS } from "../lessons/execute.ts";
import { KIT } from "../lessons/kit.ts";
import { notebookText } from "../lessons/notebook.ts";
import { DISPLAY_NAMES } from "../setup/kernels.ts";
import { makeReachable } from "./reach.ts";
import { configText, teachersPage } from "./texts.ts";

const USAGE = `Usage: npx deno task course FOLDER [--kernel ${KERNELS.join("|")}]`;

/** What a course is made of, and the kernel that its notebooks run on. */
export interface CourseOptions {
  course?: Course;
  kernel?: Kernel;
}

/** Writes the course; returns the names of its assignments. */
export async function makeCourse(
  folder: string,
  { course = KIT, kernel = "deno" }: CourseOptions = {},
): Promise<string[]> {
  const { root } = KIT;
  refuse(folder, root);
  await makeReachable(folder, root);
  const lessons = await findLessons(course.root);
  for (const name of lessons) {
    const [solution] = generate(await readLesson(course, name));
    const target = path.join(folder, "source", name, `${name}.ipynb`);
    const { metadata } = solution.notebook;
    const kernelspec = {
      display_name: DISPLAY_NAMES[kernel],
      language: "typescript",
      name: kernel,
    };
    // Without outputs: nbgrader clears them anyway, and they are most of the file.
    const notebook = { ...solution.notebook, metadata: { ...metadata, kernelspec } };
    await replaceFile(target, notebookText(notebook));
  }
  await replaceFile(path.join(folder, "nbgrader_config.py"), configText(root));
  await replaceFile(path.join(folder, "README.md"), teachersPage(root, lessons));
  return lessons;
}

/** A course must not land on top of something else. */
function refuse(folder: string, root: string): void {
  const resolved = path.resolve(folder);
  if (resolved === root || root.startsWith(`${resolved}${path.sep}`)) {
    throw new Error(`${resolved} contains the kit itself: name another folder for the course.`);
  }
  if (!fs.existsSync(folder)) return;
  if (!fs.statSync(folder).isDirectory()) {
    throw new Error(`${resolved} is a file: expected a new folder, or one of an earlier course.`);
  }
  const there = fs.readdirSync(folder);
  if (there.length === 0 || there.includes("nbgrader_config.py")) return;
  throw new Error(
    `${resolved} holds other files (${
      there.slice(0, 3).join(", ")
    }): expected a new folder, or one ` +
      "of an earlier course.",
  );
}

if (import.meta.main) {
  try {
    const { values, positionals: [folder, ...rest] } = parseCommandLine({
      allowPositionals: true,
      options: { kernel: { type: "string", default: "deno" } },
    }, USAGE);
    const kernel = KERNELS.find((name) => name === values.kernel);
    if (folder === undefined || rest.length > 0 || kernel === undefined) {
      throw new UsageError(USAGE);
    }
    const target = fromCaller(folder);
    const lessons = await makeCourse(target, { kernel });
    console.log(`${forCaller(target)} is a course of ${lessons.length} assignments.`);
    console.log(`What to do with it: ${forCaller(path.join(target, "README.md"))}`);
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
