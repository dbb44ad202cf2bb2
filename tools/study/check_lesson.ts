/** Runs a learner's notebook of a lesson and prints the result of each check as soon as it is there. */
import path from "node:path";
import { pointsOf } from "../../lib/checks/exercise.ts";
import { exerciseById, exercisesOf } from "../../lib/checks/exercises/mod.ts";
import type { CheckResult } from "../../lib/checks/compare.ts";
import { CHECK_MIME } from "../../lib/checks/result_bundle.ts";
import { runNotebook } from "../lessons/execute.ts";
import { readNotebook } from "../lessons/build.ts";
import { failureIn, type NotebookCell } from "../lessons/notebook.ts";

/** How a notebook is checked. */
export interface CheckLessonOptions {
  /** Prints a text, which may have several lines. */
  say: (text: string) => void;
  /** After this many seconds, a running cell is named; again each time it has run twice as long. */
  remindSeconds?: number;
  /** After this many seconds, a cell is taken for one that never ends. */
  limitSeconds?: number;
  /** Ends the run and its kernel. */
  signal?: AbortSignal;
}

/** Why a run ended before the last check: a cell that never ends. */
class EndlessCell extends Error {
  override name = "EndlessCell";
}

/**
 * Runs the notebook of a lesson in the Deno kernel, down to its last check.
 *
 * @returns Whether all exercises of the lesson passed.
 * @throws {Error} if the file is not a notebook.
 * @throws The reason of `signal`, once the kernel has ended.
 */
export async function checkLesson(
  lesson: string,
  file: string,
  { say, remindSeconds = 30, limitSeconds = 600, signal }: CheckLessonOptions,
): Promise<boolean> {
  const cells = await cellsOf(file);
  const report = new Report(lesson, cells, say);
  const stop = new AbortController();
  const forward = () => stop.abort(signal?.reason);
  signal?.addEventListener("abort", forward);
  if (signal?.aborted) forward();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const watch = (index: number, waited: number, next: number) => {
    const seconds = Math.min(next, limitSeconds);
    timer = setTimeout(() => {
      const name = nameOf(cells, index);
      if (seconds >= limitSeconds) {
        stop.abort(new EndlessCell(`${name} had not ended after ${seconds} s`));
      } else {
        say(`${name} is still running after ${seconds} s.\n`);
        watch(index, seconds, 2 * seconds);
      }
    }, 1000 * (seconds - waited));
  };
  let why: string | undefined;
  try {
    await runNotebook(file, {
      kernel: "deno",
      goOn: true,
      // The checks matter here; training only has to run.
      env: { RESIDUAL_BUDGET: "quick" },
      cells: lastCheck(cells) + 1,
      signal: stop.signal,
      onBegin: (index) => watch(index, 0, remindSeconds),
      onEnd(index, cell) {
        clearTimeout(timer);
        report.cellEnded(index, cell);
      },
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    why = (error as Error).message;
    if (error instanceof EndlessCell) {
      why += ". Does it wait for something that never comes, or loop for ever? " +
        "Correct it or delete it, and run this command again.";
    }
    say(`${why}\n`);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", forward);
  }
  return report.end(why === undefined ? undefined : "its check did not run: see above");
}

/**
 * Reads a notebook's cells.
 *
 * @throws {Error} if the file is not a notebook.
 */
async function cellsOf(file: string): Promise<readonly NotebookCell[]> {
  const where = path.join(path.basename(path.dirname(file)), path.basename(file));
  let cells: unknown;
  try {
    cells = (await readNotebook(file))?.cells;
  } catch (error) {
    throw new Error(`${where} is not a notebook: ${(error as Error).message}`);
  }
  if (Array.isArray(cells)) return cells;
  throw new Error(`${where} is not a notebook: expected a list of cells, found none.`);
}

/** The last cell that may hold a check; what stands below need not run. */
function lastCheck(cells: readonly NotebookCell[]): number {
  return cells.findLastIndex((cell) =>
    cell.cell_type === "code" &&
    (gradeId(cell)?.startsWith("check_") || /\bcheck\s*\(/.test(code(cell)))
  );
}

function gradeId({ metadata }: NotebookCell): string | undefined {
  return metadata?.nbgrader?.grade_id;
}

function code({ source }: NotebookCell): string {
  return [source].flat().join("");
}

/** The longest beginning of a cell that is quoted. */
const MOST_QUOTED = 60;

/** Names a cell by its place and its first line of code. */
function nameOf(cells: readonly NotebookCell[], index: number): string {
  const lines = code(cells[index]!).split("\n").map((line) => line.trim());
  const first = lines.find((line) => line !== "" && !line.startsWith("//")) ?? "";
  const quoted = first.length > MOST_QUOTED ? `${first.slice(0, MOST_QUOTED)}…` : first;
  return `Cell ${index + 1} of ${cells.length}, \`${quoted}\`,`;
}

/** What the checks of one run have said so far. */
class Report {
  /** Whether the last table of each exercise passed. A check may stand in several cells. */
  readonly #passed = new Map<string, boolean>();
  /** Why the cells of an exercise failed; a table below them takes the failure's place. */
  readonly #failures = new Map<string, string>();
  readonly #said = new Set<string>();

  constructor(
    readonly lesson: string,
    readonly cells: readonly NotebookCell[],
    readonly say: (text: string) => void,
  ) {}

  /**
   * Prints what a cell's checks found. The tables name their exercises, so a check counts wherever it
   * stands: in a copy of its cell, in one half of it, or below the answer in the same cell.
   */
  cellEnded(index: number, cell: NotebookCell): void {
    const failure = failureIn(cell);
    const exercise = exercisesOf(this.lesson).find(({ id }) =>
      [id, `check_${id}`].includes(gradeId(cell) ?? "")
    );
    const tables = tablesIn(cell);
    for (const { result, text } of tables) {
      // A cell that catches the failure of its check shows what a failed check looks like.
      if (!result.passed && failure === undefined && exercise === undefined) continue;
      this.#passed.set(result.exercise, result.passed);
      this.#failures.delete(result.exercise);
      this.say(`${text}\n`);
    }
    if (failure !== undefined && !failure.startsWith("CheckFailed")) {
      if (exercise === undefined || tables.length > 0) {
        this.say(`${nameOf(this.cells, index)} failed: ${reasonOf(failure, cell)}\n`);
      } else if (!this.#failures.has(exercise.id)) this.#failures.set(exercise.id, failure);
    }
    if (exercise !== undefined && index === this.#lastCell(exercise.id)) this.#settle(exercise.id);
  }

  /** Prints what has no table yet; returns whether all exercises passed. */
  end(why?: string): boolean {
    const exercises = exercisesOf(this.lesson);
    for (const { id } of exercises) this.#settle(id, why);
    return exercises.every(({ id }) => this.#passed.get(id) === true);
  }

  /** The last cell that carries the exercise's name, or its check's. */
  #lastCell(id: string): number {
    return this.cells.findLastIndex((cell) => [id, `check_${id}`].includes(gradeId(cell) ?? ""));
  }

  /** Prints why an exercise's check never came to its table. */
  #settle(id: string, why?: string): void {
    if (this.#said.has(id) || (this.#passed.has(id) && !this.#failures.has(id))) return;
    this.#said.add(id);
    this.#passed.set(id, false);
    const exercise = exerciseById(id);
    const hasCheck = this.cells.some((cell) => gradeId(cell) === `check_${id}`);
    const reason = this.#failures.get(id) ?? why ??
      (hasCheck
        ? `its check cell does not call check("${id}", …)`
        : "its check cell is not in the notebook any more");
    this.say(`✗ ${exercise.title}: 0 of ${pointsOf(exercise)} points\n${reason}\n`);
  }
}

/**
 * Why a cell failed, in one line. The kernel cannot say why it gives up a cell whose promise the garbage
 * collector has removed.
 */
function reasonOf(failure: string, cell: NotebookCell): string {
  if (failure.includes("the cell could not be run") && /\bawait\b/.test(code(cell))) {
    return "it awaits a promise that nothing can resolve";
  }
  return failure.split("\n")[0]!;
}

/** The tables that a cell's checks have shown. */
function tablesIn({ outputs = [] }: NotebookCell): { result: CheckResult; text: string }[] {
  return outputs.flatMap(({ data }) => {
    const bundle = (data ?? {}) as Record<string, unknown>;
    const result = bundle[CHECK_MIME] as CheckResult | undefined;
    if (result === undefined) return [];
    return [{ result, text: [bundle["text/plain"]].flat().join("") }];
  });
}
