/**
 * The command that grades what a class has handed in:
 *
 *   deno task grade SUBMISSIONS [--out grades.csv] [--json FILE] [--feedback DIR] [--jobs N] [--timeout S]
 *                               [--force]
 */
import { copyFile, mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import process from "node:process";
import { EXERCISES } from "../../lib/checks/exercises/mod.ts";
import { formatSeconds } from "../../lib/display/seconds.ts";
import { replaceFile } from "../lessons/build.ts";
import { kitPath, kitUrl } from "./course.ts";
import { csvOf } from "./csv.ts";
import { type ClassResult, Grading } from "./grade_class.ts";
import { type GradeOptions, parseGradeOptions, USAGE, UsageError } from "./options.ts";
import { fileNameOf } from "./pages.ts";
import { progressLine } from "./progress_line.ts";
import { studentPage } from "./student_page.ts";
import { findSubmissions } from "./submissions.ts";
import { PLOTLY, summaryPage } from "./summary_page.ts";

/** More than any lesson's check takes, less than what makes a small machine swap. */
const MEBIBYTES = 1024;

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help")) {
    console.log(USAGE);
    return 0;
  }
  const options = parseGradeOptions(args);
  const submissions = findSubmissions(options.submissions);
  const progress = progressLine();
  const grading = new Grading({
    course: {
      root: kitPath("."),
      exercises: EXERCISES,
      exercisesModule: kitUrl("lib/checks/exercises/mod.ts"),
    },
    // Where many share a kit, nobody writes in it.
    records: process.env.RESIDUAL_GRADES ?? kitPath(".residual/grades"),
    limits: { seconds: options.timeout, mebibytes: MEBIBYTES },
    jobs: options.jobs,
    force: options.force,
    onProgress: progress.show,
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      grading.stop();
      progress.end();
      console.error("Stopped. What is graded is kept: the same command goes on from here.");
      process.exit(130);
    });
  }
  const result = await grading.run(submissions);
  progress.end();
  await writeResults(options, result);
  for (const problem of result.problems) console.error(problem);
  const { notebooks, kept, seconds } = result;
  console.log(
    `${notebooks.length} notebooks graded in ${formatSeconds(seconds)}` +
      `${kept === 0 ? "" : `, ${kept} of them before`}: ${options.out}`,
  );
  if (notebooks.length === 0) return 1;
  return result.problems.length > 0 ? 3 : 0;
}

async function writeResults(options: GradeOptions, result: ClassResult): Promise<void> {
  const { notebooks, problems } = result;
  await replaceFile(options.out, csvOf(notebooks));
  if (options.json !== undefined) {
    await replaceFile(options.json, `${JSON.stringify({ problems, notebooks }, null, 1)}\n`);
  }
  const { feedback } = options;
  if (feedback === undefined) return;
  for (const student of new Set(notebooks.map((notebook) => notebook.student))) {
    const own = notebooks.filter((notebook) => notebook.student === student);
    const file = join(feedback, "students", `${fileNameOf(student)}.html`);
    await replaceFile(file, studentPage(student, own, EXERCISES));
  }
  await mkdir(feedback, { recursive: true });
  const plotly = createRequire(kitPath("package.json")).resolve(`plotly.js-basic-dist-min`);
  await copyFile(plotly, join(feedback, PLOTLY));
  await replaceFile(join(feedback, "summary.html"), summaryPage(notebooks, problems));
}

if (import.meta.main) {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
