/** Grades a class: several notebooks at a time, each kept as soon as it is done. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { replaceFile } from "../lessons/build.ts";
import { type Course, digestOf, type GradedLesson, Lessons } from "./course.ts";
import { gradeNotebook, secretSeeds } from "./grade_notebook.ts";
import type { NotebookResult } from "./result.ts";
import { type Limits, Sandboxes } from "./sandbox/sandbox.ts";
import type { Submission, Submissions } from "./submissions.ts";

/** How a class is graded. */
export interface ClassSettings {
  readonly course: Course;
  /** Where results are kept while there are more to come. */
  readonly records: string;
  readonly limits: Limits;
  readonly jobs: number;
  readonly force: boolean;
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
  /** Files that were passed over, each with the reason. */
  readonly problems: readonly string[];
  readonly kept: number;
  readonly seconds: number;
}

/** A grading that can be stopped: what is done stays done. */
export class Grading {
  readonly #sandboxes: Sandboxes;
  #stopped = false;

  constructor(readonly settings: ClassSettings) {
    this.#sandboxes = new Sandboxes(settings.limits);
  }

  /** Ends what runs and begins nothing more. */
  stop(): void {
    this.#stopped = true;
    this.#sandboxes.close();
  }

  /** Grades all submissions. @throws {Error} where a sandbox cannot be started at all. */
  async run({ found, problems: passed }: Submissions): Promise<ClassResult> {
    const started = performance.now();
    const { course, jobs, onProgress } = this.settings;
    const lessons = new Lessons(course);
    const names = await lessons.names();
    const seeds = secretSeeds();
    const problems = [...passed];
    const notebooks: NotebookResult[] = [];
    const waiting = [...found];
    let kept = 0;
    let done = 0;
    const work = async () => {
      for (let next = waiting.shift(); next && !this.#stopped; next = waiting.shift()) {
        if (names.includes(next.lesson)) {
          try {
            const result = await this.#grade(await lessons.read(next.lesson), next, seeds);
            notebooks.push(result.notebook);
            if (result.kept) kept++;
          } catch (error) {
            if (this.#stopped) return;
            if (!(error instanceof UnreadableError)) throw error;
            problems.push(`${next.file}: ${error.message}; it was passed over`);
          }
        } else {
          problems.push(
            `${next.file}: there is no lesson ${next.lesson}; expected ${names.join(", ")}`,
          );
        }
        onProgress?.({ done: ++done, of: found.length, kept, student: next.student });
      }
    };
    try {
      await Promise.all(Array.from({ length: jobs }, work));
    } finally {
      this.#sandboxes.close();
    }
    const order = new Map(found.map(({ file }, i) => [file, i]));
    notebooks.sort((a, b) => order.get(a.file)! - order.get(b.file)!);
    return { notebooks, problems, kept, seconds: (performance.now() - started) / 1000 };
  }

  async #grade(
    lesson: GradedLesson,
    submission: Submission,
    seeds: readonly number[],
  ): Promise<{ notebook: NotebookResult; kept: boolean }> {
    const { course, records, limits, force } = this.settings;
    const bytes = contentOf(submission);
    const { student, file } = submission;
    const digest = digestOf([student, file, lesson.digest, JSON.stringify(limits), bytes]);
    const record = join(records, `${digest}.json`);
    const earlier = force ? undefined : readRecord(record, digest);
    if (earlier !== undefined) return { notebook: earlier, kept: true };
    const means = { course, seeds, sandboxes: this.#sandboxes };
    const notebook = await gradeNotebook(means, lesson, submission, bytes, digest);
    // A sandbox that was ended because the teacher stopped the run says nothing about the answer.
    if (!this.#stopped) await replaceFile(record, JSON.stringify(notebook));
    return { notebook, kept: false };
  }
}

/** A submission that cannot be read. */
class UnreadableError extends Error {}

function contentOf(submission: Submission): Uint8Array {
  try {
    return submission.read();
  } catch (error) {
    throw new UnreadableError((error as Error).message);
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
