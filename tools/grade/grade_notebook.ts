/**
 * Grades one notebook. This process only passes the notebook's content on: worker processes read and
 * analyze the notebook and evaluate the results, and sandboxes run the answers.
 */
import { randomInt } from "node:crypto";
import { type Exercise, pointsOf } from "../../lib/checks/exercise.ts";
import type { CellCode } from "./cell_code.ts";
import type { Course, GradedLesson } from "./course.ts";
import type { NotebookAnswers, OwnCell } from "./notebook_answers.ts";
import type { ExerciseResult, NotebookResult } from "./result.ts";
import type { Sandboxes } from "./sandbox/sandbox.ts";
import type { Submission } from "./submissions.ts";
import type { Evaluation, PlainWritten, Requests } from "./worker/requests.ts";
import { type Worker, WorkerError } from "./worker/worker.ts";

/** The time limit of a notebook, as a multiple of the time limit of an exercise. */
const WHOLE = 5;

/** The maximum number of statements read from the student's own cells. */
const MOST_STATEMENTS = 2_000;

/** The limit for the analysis of a cell, in seconds of CPU time. The longest answer takes 0.1 s. */
const ANALYSIS_SECONDS = 10;

/** Draws two seeds that nobody can predict. */
export function secretSeeds(): number[] {
  return [randomInt(1_000, 1 << 30), randomInt(1_000, 1 << 30)];
}

/** The resources for grading a notebook. */
export interface Means {
  readonly course: Course;
  readonly sandboxes: Sandboxes;
  readonly worker: Worker;
  readonly seeds: readonly number[];
}

/** Grades a notebook's bytes. Every input gives a result. */
export async function gradeNotebook(
  means: Means,
  lesson: GradedLesson,
  { student, file }: Pick<Submission, "student" | "file">,
  bytes: Uint8Array | { readonly unreadable: string },
  digest: string,
): Promise<NotebookResult> {
  const started = performance.now();
  const grading = new NotebookGrading(means, lesson);
  const exercises = await grading.run(bytes);
  const { notices, peakMebibytes } = grading;
  return {
    ...{ student, lesson: lesson.name, file, digest, seeds: means.seeds, notices, exercises },
    seconds: (performance.now() - started) / 1000,
    peakMebibytes,
  };
}

/** The state of grading one notebook: the notices and the resources used so far. */
class NotebookGrading {
  readonly notices: string[] = [];
  peakMebibytes = 0;
  /** CPU time of this notebook's sandboxes; the worker counts its own. */
  #seconds = 0;
  readonly #workerBefore: number;
  readonly #analysisSeconds: number;

  constructor(readonly means: Means, readonly lesson: GradedLesson) {
    this.#workerBefore = means.worker.seconds;
    this.#analysisSeconds = Math.min(ANALYSIS_SECONDS, means.sandboxes.limits.seconds);
  }

  async run(bytes: Uint8Array | { readonly unreadable: string }): Promise<ExerciseResult[]> {
    const found = await this.#read(bytes);
    this.notices.push(...found.notices);
    const answers = new Map(found.answers);
    const code = new Map<string, CellCode>();
    for (const [id, source] of answers) code.set(id, await this.#analyze(source));
    const written = { answers: [...code], own: await this.#analyzeOwn(found.own) };
    const exercises: ExerciseResult[] = [];
    for (const { cell } of this.lesson.cells) {
      const { id, role } = cell;
      if (id === undefined) continue;
      const exercise = this.means.course.exercises.get(id);
      if (role === "answer") {
        exercises.push(waiting(id, cell.points ?? 0, answers.get(id)));
      } else if (role === "solution" && exercise === undefined) {
        const check = this.lesson.cells.find((other) => other.cell.id === `check_${id}`);
        const result = waiting(id, check?.cell.points ?? 0, answers.get(id));
        const reason =
          "the check runs in the learner's process: an instructor has to grade this answer";
        exercises.push({ ...result, reasons: [reason] });
      } else if (role === "solution" && exercise !== undefined) {
        const missing = answersElsewhere(id, this.lesson, written)
          ? undefined
          : found.untouched.includes(id)
          ? "not written yet"
          : ungraded(code.get(id));
        exercises.push(await this.#grade(exercise, written, missing));
      }
    }
    return exercises;
  }

  /** The reason if this notebook has exceeded its time limit. */
  #overtime(): string | undefined {
    const { sandboxes, worker } = this.means;
    const limit = WHOLE * sandboxes.limits.seconds;
    const computed = this.#seconds + worker.seconds - this.#workerBefore;
    return computed > limit
      ? `the notebook used more than ${limit} s of computing time`
      : undefined;
  }

  async #read(bytes: Uint8Array | { readonly unreadable: string }): Promise<NotebookAnswers> {
    const nothing = { answers: [], untouched: [], own: [] };
    if ("unreadable" in bytes) return { ...nothing, notices: [bytes.unreadable] };
    try {
      return await this.means.worker.request("read", { lesson: this.lesson.name }, bytes);
    } catch (error) {
      const notice = `the notebook cannot be read: ${reasonOf(error)}`;
      return { ...nothing, notices: [notice] };
    }
  }

  /** Analyzes a cell's code. Code that cannot be analyzed counts as broken. */
  async #analyze(code: string): Promise<CellCode> {
    const broken = (why: string) => ({ pieces: [], imports: [], broken: why });
    const overtime = this.#overtime();
    if (overtime !== undefined) return broken(overtime);
    try {
      return await this.means.worker.request("analyze", { code }, undefined, this.#analysisSeconds);
    } catch (error) {
      return broken(`the code cannot be analyzed: ${reasonOf(error)}`);
    }
  }

  /** Analyzes the student's own cells, up to the limits. */
  async #analyzeOwn(own: readonly OwnCell[]): Promise<PlainWritten["own"]> {
    const codes: { after: number; code: CellCode }[] = [];
    const { worker } = this.means;
    const before = worker.seconds;
    let statements = 0;
    for (const { after, source } of own) {
      const code = await this.#analyze(source);
      statements += code.pieces.length;
      const why = statements > MOST_STATEMENTS
        ? `together the cells have more than ${MOST_STATEMENTS} statements`
        : worker.seconds - before > this.#analysisSeconds
        ? `the analysis took more than ${this.#analysisSeconds} s`
        : undefined;
      if (why !== undefined) {
        this.notices.push(
          `only the first ${codes.length} of the student's own cells were read: ${why}`,
        );
        break;
      }
      codes.push({ after, code });
    }
    return codes;
  }

  /** Grades one answer. `missing` is the reason if the answer is missing. */
  async #grade(
    exercise: Exercise,
    written: PlainWritten,
    missing: string | undefined,
  ): Promise<ExerciseResult> {
    const early = missing ?? this.#overtime();
    const program = early === undefined
      ? await this.#build(exercise.id, written)
      : { trouble: early };
    if ("trouble" in program) return await this.#without(exercise, { stopped: program.trouble });
    if ("refused" in program) return await this.#without(exercise, program);
    const { seeds, sandboxes } = this.means;
    const run = await sandboxes.run({
      ...{ exercise: exercise.id, seeds, script: program.script },
      limitSeconds: sandboxes.limits.seconds / 3,
    });
    this.peakMebibytes = Math.max(this.peakMebibytes, run.peakMebibytes);
    this.#seconds += run.seconds;
    const { reports, stopped } = run;
    try {
      return await this.#evaluate(exercise, {
        ...{ exercise: exercise.id, seeds, calls: program.calls, reports },
        ...(stopped === undefined ? {} : { stopped }),
      });
    } catch (error) {
      const stopped = `the results cannot be evaluated: ${reasonOf(error)}`;
      return await this.#without(exercise, { stopped });
    }
  }

  /** Builds the program, or returns the reason why it cannot be built. */
  async #build(exercise: string, written: PlainWritten): Promise<Requests["build"]["answers"]> {
    const lesson = this.lesson.name;
    try {
      return await this.means.worker.request("build", { lesson, exercise, written });
    } catch (error) {
      return { trouble: `the code cannot be compiled: ${reasonOf(error)}` };
    }
  }

  /** The result of an answer that did not run, or whose reports cannot be evaluated. */
  async #without(
    exercise: Exercise,
    why: Pick<Evaluation, "stopped" | "refused">,
  ): Promise<ExerciseResult> {
    const { seeds } = this.means;
    return await this.#evaluate(exercise, {
      ...{ exercise: exercise.id, seeds, calls: 1, reports: [], ...why },
    });
  }

  async #evaluate(exercise: Exercise, asks: Evaluation): Promise<ExerciseResult> {
    const { id, title } = exercise;
    const { result, reasons } = await this.means.worker.request("evaluate", asks);
    const points = { maxPoints: pointsOf(exercise), points: result.points };
    return { exercise: id, title, ...points, result, reasons };
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof WorkerError) return error.message;
  throw error;
}

/** Whether one of the student's own cells above the check declares a name that the answer should declare. */
function answersElsewhere(
  id: string,
  { cells }: GradedLesson,
  { own }: Pick<PlainWritten, "own">,
): boolean {
  const check = cells.findIndex(({ cell }) => cell.id === `check_${id}`);
  const { code: asked } = cells.find(({ cell }) => cell.id === id)!;
  const names = new Set(asked?.pieces.flatMap(({ declares }) => declares));
  return own.some(({ after, code }) =>
    after < check && code.pieces.some(({ declares }) => declares.some((name) => names.has(name)))
  );
}

function ungraded(code: CellCode | undefined): string | undefined {
  if (code === undefined) return "no answer";
  return code.broken;
}

/** A question that an instructor has to grade. */
function waiting(id: string, maxPoints: number, answer: string | undefined): ExerciseResult {
  return {
    ...{ exercise: id, title: id.replaceAll("_", " "), maxPoints },
    answer: answer ?? "",
    reasons: [answer === undefined ? "no answer" : "waits for an instructor"],
  };
}
