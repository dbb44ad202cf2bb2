/**
 * The command that grades what a class has handed in:
 *
 *   npx deno task grade SUBMISSIONS [--out grades.csv] [--json FILE] [--feedback DIR] [--jobs N]
 *                                   [--timeout S] [--force]
 */
import { copyFile, mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import process from "node:process";
import { forCaller, fromCaller } from "../caller_path.ts";
import { EXERCISES } from "../../lib/checks/exercises/mod.ts";
import { formatSeconds } from "../../lib/display/seconds.ts";
import { replaceFile } from "../../lib/replace_file.ts";
import { kitPath, kitUrl } from "./course.ts";
import { csvOf } from "./csv.ts";
import { type ClassResult, Grading } from "./grade_class.ts";
import { UsageError } from "../command_line.ts";
import { type GradeOptions, parseGradeOptions, USAGE } from "./options.ts";
import { fileNameOf } from "./pages.ts";
import { printable } from "./printable.ts";
import { progressLine } from "./progress_line.ts";
import { studentPage } from "./student_page.ts";
import { findSubmissions } from "./submissions.ts";
import { PLOTLY, summaryPage } from "./summary_page.ts";

/** More than any lesson's check takes, less than what makes a small machine swap. */
const MEBIBYTES = 1024;

/** The maximum number of ungraded files named in the terminal. */
/** Rises when a program that reads the JSON has to change. */
const JSON_VERSION = 1;

const MOST_NAMED = 5;

async function main(args: readonly string[]): Promise<number> {
  // If nobody reads the progress any more, the grading goes on.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  if (args.includes("--help")) {
    console.log(USAGE);
    return 0;
  }
  const options = parseGradeOptions(args);
  const submissions = await findSubmissions(options.submissions, options.student);
  console.error(submissions.layout);
  const progress = progressLine();
  const grading = new Grading({
    course: {
      root: kitPath("."),
      exercises: EXERCISES,
      exercisesModule: kitUrl("lib/checks/exercises/mod.ts"),
    },
    // A shared kit is read-only for its users.
    records: fromCaller(process.env.RESIDUAL_GRADES ?? kitPath(".residual/grades")),
    limits: { seconds: options.timeout, mebibytes: MEBIBYTES },
    jobs: options.jobs,
    force: options.force,
    onStart: (protection) => console.error(protection),
    onProgress: progress.show,
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    // A second signal ends the program at once.
    process.once(signal, () => grading.stop());
  }
  const result = await grading.run(submissions);
  progress.end();
  const { notebooks, students, kept, seconds, stopped } = result;
  if (stopped) {
    console.error(
      `Stopped: ${notebooks.length} of ${submissions.found.length} notebooks are graded and kept. ` +
        `${forCaller(options.out)} was not written. Run the same command again to grade the rest.`,
    );
    return 130;
  }
  const problems = [...result.problems, ...await writeResults(options, result, submissions.others)];
  for (const problem of problems) console.error(problem);
  nameOthers(submissions.others);
  console.log(
    `${counted(notebooks.length, "notebook")} of ${counted(students.length, "student")} ` +
      `graded in ${formatSeconds(seconds)}${
        kept === 0 ? "" : `, ${kept} of them in an earlier run`
      }: ${forCaller(options.out)}`,
  );
  if (notebooks.length === 0) return 1;
  return problems.length > 0 ? 3 : 0;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Names some of the files that are not notebooks. The summary lists all of them. */
function nameOthers(others: readonly string[]): void {
  if (others.length === 0) return;
  const named = others.slice(0, MOST_NAMED).map((path) => printable(path)).join(", ");
  const more = others.length > MOST_NAMED ? `, and ${others.length - MOST_NAMED} more` : "";
  console.error(`Not notebooks, so not graded: ${named}${more}`);
}

/** Writes all requested files. Returns a line for each file that could not be written. */
async function writeResults(
  options: GradeOptions,
  { notebooks, students, problems: found }: ClassResult,
  others: readonly string[],
): Promise<string[]> {
  const { out, json, feedback } = options;
  const problems: string[] = [];
  const attempt = async (file: string, write: () => Promise<void>) => {
    try {
      await write();
    } catch (error) {
      problems.push(`Cannot write ${printable(forCaller(file))}: ${(error as Error).message}`);
    }
  };
  await attempt(out, () => replaceFile(out, csvOf(notebooks, students)));
  if (json !== undefined) {
    const all = { version: JSON_VERSION, students, problems: found, others, notebooks };
    await attempt(json, () => replaceFile(json, `${JSON.stringify(all, null, 1)}\n`));
  }
  if (feedback === undefined) return problems;
  for (const student of students) {
    const file = join(feedback, "students", `${fileNameOf(student)}.html`);
    const own = notebooks.filter((notebook) => notebook.student === student);
    await attempt(file, () => replaceFile(file, studentPage(student, own, EXERCISES)));
  }
  const script = join(feedback, PLOTLY);
  await attempt(script, async () => {
    await mkdir(feedback, { recursive: true });
    const plotly = createRequire(kitPath("package.json")).resolve(`plotly.js-basic-dist-min`);
    await copyFile(plotly, script);
  });
  const summary = join(feedback, "summary.html");
  await attempt(
    summary,
    () => replaceFile(summary, summaryPage({ notebooks, students, problems: found, others })),
  );
  return problems;
}

if (import.meta.main) {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
