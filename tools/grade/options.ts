/** The options of `npx deno task grade`. */
import { availableParallelism } from "node:os";
import { fromCaller } from "../caller_path.ts";
import { parseCommandLine, UsageError, wholeNumberOption } from "../command_line.ts";

/** What a teacher asked for. All paths are absolute. */
export interface GradeOptions {
  readonly submissions: string;
  /** A path pattern that contains the student's name. */
  readonly student?: string;
  readonly out: string;
  readonly json?: string;
  readonly feedback?: string;
  readonly jobs: number;
  /** Seconds for an exercise. */
  readonly timeout: number;
  readonly force: boolean;
}

export const USAGE = `Usage: npx deno task grade SUBMISSIONS [options]

SUBMISSIONS is a folder or a zip with a folder for each student, or a download from Canvas, Moodle or
nbgrader. The answers, and the student's code that they use, come from the notebooks; the checks come
from the kit. Answers run without network, files, environment or other programs.

--student P      a path pattern with the student's name, such as "week1/STUDENT-*.ipynb" or
                 "*/STUDENT/**": * matches anything except "/", ** matches anything
--out FILE       points as CSV: student, lesson, exercise, points, max_points (default grades.csv)
--json FILE      the same with reasons, seeds and each check's table
--feedback DIR   a page for each student in DIR/students, and DIR/summary.html for the teacher
--jobs N         notebooks graded at the same time (default: one less than the processors)
--timeout S      seconds that an exercise may compute (default 60; five times that for a whole notebook)
--force          grade again what an earlier run has graded
--help           this text

Results are kept in .residual/grades, or in the folder that RESIDUAL_GRADES names: after Ctrl-C the same
command grades the rest.
Exit status: 0 everything was graded, whatever its points; 1 nothing could be graded; 2 the command line
was not understood; 3 some files were not graded (they are named); 130 stopped.`;

/** Reads the command line. @throws {UsageError} saying what was expected. */
export function parseGradeOptions(args: readonly string[]): GradeOptions {
  const { values, positionals } = parseCommandLine({
    args: [...args],
    allowPositionals: true,
    options: {
      student: { type: "string" },
      out: { type: "string", default: "grades.csv" },
      json: { type: "string" },
      feedback: { type: "string" },
      jobs: { type: "string" },
      timeout: { type: "string", default: "60" },
      force: { type: "boolean", default: false },
    },
  }, USAGE);
  const [submissions, ...rest] = positionals;
  if (submissions === undefined || rest.length > 0) {
    throw new UsageError(
      `Expected one folder or zip of submissions, got ${positionals.length}. --help says more.`,
    );
  }
  const { student, out, json, feedback, jobs, timeout, force } = values;
  return {
    ...{ submissions: fromCaller(submissions), out: fromCaller(out), force },
    ...(student === undefined ? {} : { student }),
    ...(json === undefined ? {} : { json: fromCaller(json) }),
    ...(feedback === undefined ? {} : { feedback: fromCaller(feedback) }),
    jobs: jobs === undefined
      ? Math.max(1, availableParallelism() - 1)
      : wholeNumberOption("jobs", jobs, { least: 1, most: 64 }),
    timeout: wholeNumberOption("timeout", timeout, { least: 1, most: 86_400 }),
  };
}
