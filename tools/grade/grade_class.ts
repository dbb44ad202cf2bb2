/** Grades a class: several notebooks at a time, each kept as soon as it is done. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { replaceFile } from "../lessons/build.ts";
import { type Course, digestOf, type GradedLesson, Lessons } from "./course.ts";
import { gradeNotebook, secretSeeds } from "./grade_notebook.ts";
import { lessonOf, onePerLesson } from "./lesson_of.ts";
import { printable } from "./printable.ts";
import type { NotebookResult } from "./result.ts";
import type { Limits } from "./sandbox/limits.ts";
import { Sandboxes } from "./sandbox/sandbox.ts";
import type { Submission, Submissions } from "./submissions.ts";
import { Worker, WorkerError } from "./worker/worker.ts";

/** How a class is graded. */
export interface ClassSettings {
  readonly course: Course;
  /** Where results are kept while there are more to come. */
  readonly records: string;
  readonly limits: Limits;
  readonly jobs: number;
  readonly force: boolean;
  /** Whether sandboxes run in an enclosure where the system offers one. Default true. */
  readonly enclosed?: boolean;
  readonly onStart?: (protection: string) => void;
  readonly onProgress?: (progress: ClassProgress) => void;
}

/** How far the grading is. */
export interface ClassProgress {
  readonly done: number;
  readonly of: number;
  /** Taken from an earlier run. */
  readonly kept: number;
  readonly student: string;
}

/** What came of a class. */
export interface ClassResult {
  readonly notebooks: readonly NotebookResult[];
  /** Everyone in the class, also without a notebook that could be graded. */
  readonly students: readonly string[];
  /** What an instructor has to look at, each with the reason. */
  readonly problems: readonly string[];
  readonly kept: number;
  readonly seconds: number;
  /** Whether it was stopped before its end. */
  readonly stopped: boolean;
}

/** A notebook whose lesson is known. */
interface Assigned extends Submission {
  readonly lesson: string;
}

/** A notebook's bytes, or why there are none. */
type Content = Uint8Array | { readonly unreadable: string };

/** A grading that can be stopped: what is done stays done. */
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

  /** Ends what runs and begins nothing more. */
  stop(): void {
    this.#stopped = true;
    this.#close();
  }

  /** Grades all submissions. @throws {Error} where no sandbox can be started at all. */
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
      const assigned = await this.#assign(found);
      const seeds = secretSeeds();
      await this.#share(assigned, async (submission, worker) => {
        const result = await this.#grade({ sandboxes, worker, seeds }, submission);
        if (this.#stopped) return;
        notebooks.push(result.notebook);
        if (result.kept) kept++;
        onProgress?.({ done: ++done, of: assigned.length, kept, student: submission.student });
      });
    } catch (error) {
      // What is ended in the middle of its work complains.
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

  /** What Deno has compiled of the kit; the next grading starts with it. */
  get #folder(): string {
    return join(this.settings.records, "compiled");
  }

  /** Each worker takes the next item as soon as it is free. */
  async #share<Item extends Submission>(
    items: readonly Item[],
    work: (item: Item, worker: Worker) => Promise<void>,
  ): Promise<void> {
    const waiting = [...items];
    await Promise.all(this.#workers.map(async (worker) => {
      for (let next = waiting.shift(); next && !this.#stopped; next = waiting.shift()) {
        try {
          await work(next, worker);
        } catch (error) {
          if (this.#stopped) return;
          // One notebook's trouble is not the others'.
          const reason = printable((error as Error).message, 500);
          this.#problems.push(`${printable(next.file)}: it could not be graded: ${reason}`);
        }
      }
    }));
  }

  /** Finds the lesson of each notebook, and of several for one lesson the one that is graded. */
  async #assign(found: readonly Submission[]): Promise<Assigned[]> {
    const names = await this.#lessons.names();
    const assigned = new Map<Submission, Assigned>();
    await this.#share(found, async (submission, worker) => {
      const lesson = await lessonIn(submission, names, worker);
      if (lesson === undefined) {
        this.#problems.push(
          `${printable(submission.file)}: neither its metadata nor its name says a lesson of the ` +
            `course: expected ${names.join(", ")}`,
        );
      } else {
        const { student, file } = submission;
        assigned.set(submission, { student, file, lesson, read: () => submission.read() });
      }
    });
    const { graded, problems } = onePerLesson(found.flatMap((one) => assigned.get(one) ?? []));
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
    const earlier = force ? undefined : readRecord(record, digest);
    if (earlier !== undefined) return { notebook: earlier, kept: true };
    const graded = await gradeNotebook({ course, ...means }, lesson, submission, content, digest);
    const notebook = { ...graded, notices: [...misnamed(submission, names), ...graded.notices] };
    // A process that was ended because the teacher stopped the run says nothing about the answer.
    if (!this.#stopped) await replaceFile(record, JSON.stringify(notebook));
    return { notebook, kept: false };
  }

  #close(): void {
    this.#sandboxes?.close();
    for (const worker of this.#workers) worker.close();
  }
}

/** The lesson of a notebook: its metadata's, else its name's. */
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

/** A notice where a file's name and its metadata disagree. */
function misnamed({ file, lesson }: Assigned, names: readonly string[]): string[] {
  const named = lessonOf(file, undefined, names);
  if (named === undefined || named === lesson) return [];
  const name = printable(file.slice(file.lastIndexOf("/") + 1));
  return [`the file is named "${name}"; its metadata says lesson ${lesson}`];
}

async function contentOf(submission: Submission): Promise<Content> {
  try {
    return await submission.read();
  } catch (error) {
    return { unreadable: `the notebook could not be read: ${printable((error as Error).message)}` };
  }
}

function readRecord(file: string, digest: string): NotebookResult | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const record = JSON.parse(readFileSync(file, "utf8")) as NotebookResult;
    return record.digest === digest ? record : undefined;
  } catch {
    return undefined; // Not ours, or damaged: it is graded again.
  }
}
