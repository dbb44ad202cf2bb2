/** Grades a class: several notebooks in parallel. Each result is saved immediately. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { replaceFile } from "../../lib/replace_file.ts";
import { type Course, digestOf, type GradedLesson, Lessons } from "./course.ts";
import { gradeNotebook, secretSeeds } from "./grade_notebook.ts";
import { lessonOf, onePerLesson } from "./lesson_of.ts";
import { printable } from "./printable.ts";
import type { NotebookResult } from "./result.ts";
import type { Limits } from "./sandbox/limits.ts";
import { Sandboxes } from "./sandbox/sandbox.ts";
import type { Submission, Submissions } from "./submissions.ts";
import { runTasks, type Task } from "./task_queue.ts";
import { Worker, WorkerError } from "./worker/worker.ts";

/** Settings for grading a class. */
export interface ClassSettings {
  readonly course: Course;
  /** The folder for the results of each notebook, which later runs reuse. */
  readonly records: string;
  readonly limits: Limits;
  readonly jobs: number;
  readonly force: boolean;
  /** Whether to run sandboxes in an enclosure if the system supports enclosures. Default true. */
  readonly enclosed?: boolean;
  readonly onStart?: (protection: string) => void;
  readonly onProgress?: (progress: ClassProgress) => void;
}

/** The progress of the grading. */
export interface ClassProgress {
  readonly done: number;
  readonly total: number;
  /** Notebooks whose results come from an earlier run. */
  readonly kept: number;
  readonly student: string;
}

/** The results of a class. */
export interface ClassResult {
  readonly notebooks: readonly NotebookResult[];
  /** All students, including those without a graded notebook. */
  readonly students: readonly string[];
  /** Problems that an instructor has to look at, each with a reason. */
  readonly problems: readonly string[];
  readonly kept: number;
  readonly seconds: number;
  /** Whether grading stopped early. */
  readonly stopped: boolean;
}

/** A notebook whose lesson is known. */
interface Assigned extends Submission {
  readonly lesson: string;
}

/** A notebook's bytes, or the reason why the file could not be read. */
type Content = Uint8Array | { readonly unreadable: string };

/** Grades a class. `stop` interrupts the run and keeps all finished results. */
export class Grading {
  readonly #lessons: Lessons;
  readonly #workers: readonly Worker[];
  readonly #problems: string[] = [];
  #sandboxes: Sandboxes | undefined;
  #stopped = false;

  constructor(readonly settings: ClassSettings) {
    const { course, limits, jobs } = settings;
    this.#lessons = new Lessons(course);
    this.#workers = Array.from({ length: jobs }, () => new Worker(course, limits, this.#folder));
  }

  /** Ends all running work and starts no new work. */
  stop(): void {
    this.#stopped = true;
    this.#close();
  }

  /** Grades all submissions. @throws {Error} if no sandbox can be started. */
  async run({ found, students, problems }: Submissions): Promise<ClassResult> {
    const started = performance.now();
    const { course, limits, enclosed, onStart, onProgress } = this.settings;
    this.#problems.push(...problems);
    const notebooks: NotebookResult[] = [];
    let kept = 0;
    let done = 0;
    try {
      const sandboxes = await Sandboxes.open(course, limits, this.#folder, enclosed);
      this.#sandboxes = sandboxes;
      onStart?.(sandboxes.protection);
      const seeds = secretSeeds();
      const grade = (submission: Assigned) =>
        this.#task(submission.file, async (worker) => {
          const result = await this.#grade({ sandboxes, worker, seeds }, submission);
          if (this.#stopped) return [];
          notebooks.push(result.notebook);
          if (result.kept) kept++;
          onProgress?.({ done: ++done, total: found.length, kept, student: submission.student });
          return [];
        });
      const byStudent = Map.groupBy(found, ({ student }) => student);
      await runTasks(
        this.#workers,
        // A student's notebooks are identified when it is the student's turn, so that nobody's number of
        // notebooks delays the others.
        [...byStudent].map(([student, own]) =>
          this.#task(student, async (worker) => {
            const assigned = await this.#assign(own, worker);
            done += own.length - assigned.length;
            return assigned.map(grade);
          })
        ),
        () => this.#stopped,
      );
    } catch (error) {
      // Interrupted work throws errors.
      if (!this.#stopped) throw error;
    } finally {
      this.#close();
    }
    const order = new Map(found.map(({ file }, i) => [file, i]));
    notebooks.sort((a, b) => order.get(a.file)! - order.get(b.file)!);
    const seconds = (performance.now() - started) / 1000;
    const stopped = this.#stopped;
    return { notebooks, students, problems: this.#problems, kept, seconds, stopped };
  }

  /** Deno's compiled modules, which later runs reuse. */
  get #folder(): string {
    return join(this.settings.records, "compiled");
  }

  /** A task whose error is a problem, and does not affect the others. */
  #task(about: string, work: Task<Worker>): Task<Worker> {
    return async (worker) => {
      try {
        return await work(worker);
      } catch (error) {
        if (!this.#stopped) {
          const reason = printable((error as Error).message, 500);
          this.#problems.push(`${printable(about)}: cannot be graded: ${reason}`);
        }
        return [];
      }
    };
  }

  /** Finds the lesson of each of a student's notebooks, and selects one notebook for each lesson. */
  async #assign(own: readonly Submission[], worker: Worker): Promise<Assigned[]> {
    const names = await this.#lessons.names();
    const assigned: Assigned[] = [];
    for (const submission of own) {
      if (this.#stopped) return [];
      const { student, file } = submission;
      const lesson = await lessonIn(submission, names, worker);
      if (lesson === undefined) {
        this.#problems.push(
          `${printable(file)}: neither the metadata nor the file name matches a lesson of the ` +
            `course: expected ${names.join(", ")}`,
        );
      } else assigned.push({ student, file, lesson, read: () => submission.read() });
    }
    const { graded, problems } = onePerLesson(assigned);
    this.#problems.push(...problems);
    return graded;
  }

  async #grade(
    means: { sandboxes: Sandboxes; worker: Worker; seeds: readonly number[] },
    submission: Assigned,
  ): Promise<{ notebook: NotebookResult; kept: boolean }> {
    const { course, records, limits, force } = this.settings;
    const names = await this.#lessons.names();
    const lesson: GradedLesson = await this.#lessons.read(submission.lesson);
    const content = await contentOf(submission);
    const { student, file } = submission;
    const digest = digestOf([
      ...[student, file, lesson.digest, JSON.stringify(limits)],
      "unreadable" in content ? content.unreadable : content,
    ]);
    const record = join(records, `${digest}.json`);
    const earlier = force ? undefined : readRecord(record, digest, submission);
    if (earlier !== undefined) return { notebook: earlier, kept: true };
    const graded = await gradeNotebook({ course, ...means }, lesson, submission, content, digest);
    const notebook = { ...graded, notices: [...misnamed(submission, names), ...graded.notices] };
    // If the instructor stopped the run, a process that ended says nothing about the answer.
    if (!this.#stopped) await this.#keep(record, notebook);
    return { notebook, kept: false };
  }

  /** Keeps a result for later runs. The result counts even if the disk is full. */
  async #keep(record: string, notebook: NotebookResult): Promise<void> {
    try {
      await replaceFile(record, JSON.stringify(notebook));
    } catch (error) {
      const reason = printable((error as Error).message);
      this.#problems.push(`${printable(notebook.file)}: the result cannot be kept: ${reason}`);
    }
  }

  #close(): void {
    this.#sandboxes?.close();
    for (const worker of this.#workers) worker.close();
  }
}

/** The lesson of a notebook, from the metadata or else from the file name. */
async function lessonIn(
  submission: Submission,
  names: readonly string[],
  worker: Worker,
): Promise<string | undefined> {
  const { file } = submission;
  const content = await contentOf(submission);
  if ("unreadable" in content) return lessonOf(file, undefined, names);
  try {
    return (await worker.request("identify", { file }, content)).lesson;
  } catch (error) {
    if (!(error instanceof WorkerError)) throw error;
    return lessonOf(file, undefined, names);
  }
}

/** A notice if the file name and the metadata disagree. */
function misnamed({ file, lesson }: Assigned, names: readonly string[]): string[] {
  const named = lessonOf(file, undefined, names);
  if (named === undefined || named === lesson) return [];
  const name = printable(file.slice(file.lastIndexOf("/") + 1));
  return [`the file is named "${name}", but its metadata says lesson ${lesson}`];
}

async function contentOf(submission: Submission): Promise<Content> {
  try {
    return await submission.read();
  } catch (error) {
    return { unreadable: `the notebook could not be read: ${printable((error as Error).message)}` };
  }
}

/** The kept result of a notebook. The student, lesson and file come from the submission. */
function readRecord(
  file: string,
  digest: string,
  { student, lesson, file: path }: Assigned,
): NotebookResult | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const record = JSON.parse(readFileSync(file, "utf8")) as Partial<NotebookResult> | null;
    const lists = [record?.exercises, record?.notices, record?.seeds];
    // Damaged, or not a record: the notebook is graded again.
    if (record?.digest !== digest || !lists.every(Array.isArray)) return undefined;
    return { ...record as NotebookResult, student, lesson, file: path };
  } catch {
    return undefined;
  }
}
