/** Runs the notebook of a lesson's solution in a kernel, cell by cell, as a learner would. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { jupyterEnvironment } from "../setup/jupyter.ts";
import { Site } from "../setup/paths.ts";
import { replaceFile } from "../../lib/replace_file.ts";
import { type Lesson, readNotebook } from "./build.ts";
import { KIT } from "./kit.ts";
import {
  failureIn,
  keepOutputs,
  type Notebook,
  type NotebookCell,
  notebookText,
} from "./notebook.ts";
import { LessonError } from "./parse.ts";

export const KERNELS = ["deno", "tslab"] as const;
export type Kernel = typeof KERNELS[number];

/**
 * Runs a lesson's solution. The Deno kernel's outputs are kept in its notebook, which names that
 * kernel; a run in tslab only proves that the lesson works there.
 *
 * @throws {LessonError} naming the cell that failed, with its error.
 */
export async function executeLesson(root: string, lesson: Lesson, kernel: Kernel): Promise<void> {
  const path = join(root, "solutions", `${lesson.name}.ipynb`);
  const folder = await mkdtemp(join(tmpdir(), "residual-lesson-"));
  try {
    // The points that its outputs tell of are this run's alone.
    const env = { RESIDUAL_PROGRESS: join(folder, "progress.json") };
    const ran = await runNotebook(path, { kernel, env });
    const failure = failedCell(lesson, ran) ?? cellWithValue(lesson, ran);
    if (failure !== undefined) throw failure;
    const source = await readNotebook(path);
    if (source === undefined) throw new Error(`${relative(root, path)} was removed while it ran.`);
    if (kernel !== "deno") return;
    const kept = keepOutputs(source, ran);
    if (kept === source) {
      throw new Error(
        `${relative(root, path)} was changed while it ran, so its outputs were not saved.`,
      );
    }
    await replaceFile(path, notebookText(kept));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** How a notebook is run. */
export interface RunOptions {
  kernel: Kernel;
  /** Whether the cells after a failed one run as well. */
  goOn?: boolean;
  /** More environment for the kernel. */
  env?: Record<string, string>;
  /** The notebook's first cells that run. Default all. */
  cells?: number;
  /** Called when a code cell begins. */
  onBegin?: (index: number) => void;
  /** Called when a code cell has ended, with its outputs. */
  onEnd?: (index: number, cell: NotebookCell) => void;
  /** Ends the run and its kernel. */
  signal?: AbortSignal;
}

/** A line that execute.py writes. */
type RunEvent = { begins: number } | { ended: number; cell: NotebookCell };

/**
 * Runs a notebook where it lies, and returns it with its outputs.
 *
 * @throws {Error} if the kernel ends before the last cell.
 * @throws The reason of `signal`, once the kernel has ended.
 */
export async function runNotebook(path: string, options: RunOptions): Promise<Notebook> {
  const { kernel, goOn = false, env = {}, onBegin, onEnd, signal } = options;
  const notebook = await readNotebook(path);
  if (notebook === undefined) throw new Error(`There is no notebook ${path}.`);
  const python = join(KIT.root, ".venv", "bin", "python");
  if (!existsSync(python)) {
    throw new Error(
      `There is no ${relative(KIT.root, python)}. Run \`npm start -- --setup-only\` first.`,
    );
  }
  const { cells } = notebook;
  const script = join(dirname(fileURLToPath(import.meta.url)), "execute.py");
  const count = String(options.cells ?? cells.length);
  const child = spawn(python, ["-I", script, path, kernel, count, ...(goOn ? ["--go-on"] : [])], {
    env: jupyterEnvironment(new Site(KIT.root), env),
    stdio: ["pipe", "pipe", "pipe"],
  });
  const ended = once(child, "close") as Promise<[code: number | null]>;
  const stop = () => void child.stdin.end();
  signal?.addEventListener("abort", stop);
  if (signal?.aborted) stop();
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => stderr += text);
  let reached = -1;
  let isWhole = false;
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const event = JSON.parse(line) as RunEvent;
      if ("begins" in event) onBegin?.(event.begins);
      else {
        cells[event.ended] = event.cell;
        if ((event.cell.outputs ?? []).length > 0) reached = event.ended;
        onEnd?.(event.ended, event.cell);
      }
    }
    isWhole = true;
  } finally {
    if (!isWhole) stop();
    await ended;
    signal?.removeEventListener("abort", stop);
  }
  signal?.throwIfAborted();
  if ((await ended)[0] === 0) return notebook;
  const said = stderr.trim().split("\n").slice(-20).join("\n");
  const where = reached < 0 ? "before any output" : `after the outputs of cell ${reached + 1}`;
  throw new Error(`The ${kernel} kernel ended ${where}:\n${said}`);
}

/** The error of the first cell that failed, if one did. */
export function failedCell(lesson: Lesson, ran: Notebook): LessonError | undefined {
  return firstCell(lesson, ran, (cell) => {
    const failure = failureIn(cell);
    return failure === undefined ? undefined : `failed\n${failure}`;
  });
}

/**
 * The first cell that shows the value of its last statement: a lesson shows what it means to show by the
 * kit's functions, and the value of a loop or a call is an oversight.
 */
function cellWithValue(lesson: Lesson, ran: Notebook): LessonError | undefined {
  return firstCell(lesson, ran, ({ outputs = [] }) => {
    const shown = outputs.find((output) => output["output_type"] === "execute_result");
    if (shown === undefined) return undefined;
    const { "text/plain": text = "" } = shown["data"] as Record<string, string | string[]>;
    const value = [text].flat().join("").split("\n")[0];
    return `shows the value of its last statement, ${value}\nEnd it with a declaration, or show it.`;
  });
}

function firstCell(
  { file, cells }: Lesson,
  ran: Notebook,
  wrong: (cell: NotebookCell) => string | undefined,
): LessonError | undefined {
  for (const [i, cellThatRan] of ran.cells.entries()) {
    const what = wrong(cellThatRan);
    const cell = cells[i];
    if (what === undefined || cell === undefined) continue;
    const which = `cell ${i + 1} of ${cells.length}${
      cell.id === undefined ? "" : `, "${cell.id}",`
    }`;
    return new LessonError(file, cell.line, `${which} ${what}`);
  }
  return undefined;
}
