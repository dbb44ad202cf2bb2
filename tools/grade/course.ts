/** What a class is graded by: the kit's lessons as their sources have them, and their exercises. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Exercise } from "../../lib/checks/exercise.ts";
import { findLessons, readLesson } from "../lessons/build.ts";
import { factsOf } from "../lessons/kit.ts";
import { type NotebookCell, toNotebook } from "../lessons/notebook.ts";
import { type Cell, withoutAnswers } from "../lessons/parse.ts";
import { analyze, type CellCode } from "./cell_code.ts";

const KIT_ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Where lessons lie, and the exercises that check their answers. */
export interface Course {
  /** The folder that holds `solutions/`. */
  readonly root: string;
  readonly exercises: ReadonlyMap<string, Exercise>;
  /** The module that exports `EXERCISES`: a sandbox loads them from here. */
  readonly exercisesModule: string;
}

/** A cell of a lesson that a grader has to do with. */
export interface LessonCell {
  readonly cell: Cell;
  /** The same cell as the learner got it. */
  readonly handedOut: NotebookCell;
  /** Its code, analyzed; nothing for text. */
  readonly code?: CellCode;
}

/** A lesson as its source has it. */
export interface GradedLesson {
  readonly name: string;
  readonly cells: readonly LessonCell[];
  /** Of all that an answer's points depend on, but for the answer. */
  readonly digest: string;
}

/** Reads lessons when they are asked for, each once. */
export class Lessons {
  readonly #read = new Map<string, Promise<GradedLesson>>();
  #names: readonly string[] | undefined;
  #kit: string | undefined;

  constructor(readonly course: Course) {}

  /** The names of all lessons: "05_identity_block". */
  async names(): Promise<readonly string[]> {
    return this.#names ??= await findLessons(this.course.root);
  }

  /** A lesson, from its source. */
  read(name: string): Promise<GradedLesson> {
    const known = this.#read.get(name);
    if (known !== undefined) return known;
    const reading = this.#readNow(name);
    this.#read.set(name, reading);
    return reading;
  }

  async #readNow(name: string): Promise<GradedLesson> {
    const { root, exercises } = this.course;
    const { cells } = await readLesson({ root, exercises: factsOf(exercises) }, name);
    const { cells: handedOut } = toNotebook(name, cells.map(withoutAnswers));
    return {
      name,
      cells: cells.map((cell, i) => ({
        cell,
        handedOut: handedOut[i]!,
        ...(cell.kind === "code" ? { code: analyze(cell.lines.join("\n")) } : {}),
      })),
      digest: digestOf([this.#kitDigest(), JSON.stringify(cells)]),
    };
  }

  /** The library, the checks and the grader: a change in any of them may change points. */
  #kitDigest(): string {
    return this.#kit ??= digestOf(
      [
        ...["lib", "tools/grade", "tools/lessons"].flatMap((folder) => sources(KIT_ROOT, folder)),
        fileURLToPath(this.course.exercisesModule),
        join(KIT_ROOT, "package-lock.json"),
      ].filter((file) => existsSync(file)).flatMap((file) => [
        relative(KIT_ROOT, file),
        readFileSync(file, "utf8"),
      ]),
    );
  }
}

/** SHA-256 of these texts. */
export function digestOf(texts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(`${text.length}:`).update(text);
  return hash.digest("hex");
}

function sources(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap((entry): string[] => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        return ["dist", "node_modules"].includes(entry.name) ? [] : sources(root, path);
      }
      return entry.name.endsWith(".ts") ? [join(root, path)] : [];
    })
    .sort();
}

/** The URL of a file of the kit. */
export function kitUrl(path: string): string {
  return pathToFileURL(join(KIT_ROOT, path)).href;
}

/** The path of a file of the kit. */
export function kitPath(path: string): string {
  return join(KIT_ROOT, path);
}
