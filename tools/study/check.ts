/**
 * `npx deno task check [LESSON]`: runs the learner's notebook of a lesson, or of all lessons, in the Deno
 * kernel and prints the results of its checks. Ends with status 1 if one failed.
 */
import path from "node:path";
import process from "node:process";
import { LESSONS } from "../../lib/checks/exercises/mod.ts";
import { lessonTitle } from "../../lib/checks/progress.ts";
import { forCaller, fromCaller } from "../caller_path.ts";
import { UsageError } from "../command_line.ts";
import { KIT } from "../lessons/kit.ts";
import { checkLesson } from "./check_lesson.ts";

const USAGE = `Usage: npx deno task check [LESSON]

LESSON is a number, such as 5, or a notebook of the kit (default: all lessons).`;

/** Finds the lesson that a number, a name or a notebook's path stands for. */
function lessonOf(typed: string): string {
  const number = /^\d+/.exec(path.basename(typed))?.[0];
  const lesson = LESSONS.find((lesson) => Number(number) === parseInt(lesson));
  if (lesson === undefined) {
    throw new UsageError(
      `There is no lesson ${typed}. The lessons are: ${LESSONS.map(lessonTitle).join(", ")}.`,
    );
  }
  const notebook = path.join(KIT.root, "notebooks", `${lesson}.ipynb`);
  if (/[/\\]|\.ipynb$/.test(typed) && fromCaller(typed) !== notebook) {
    throw new UsageError(
      `check runs the kit's own notebooks, such as ${
        forCaller(notebook)
      }, and ${typed} is another ` +
        "file. To grade other notebooks, use npx deno task grade.",
    );
  }
  return lesson;
}

/** The signals that end this command, with the exit status of each. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

async function main(args: readonly string[], signal: AbortSignal): Promise<number> {
  const [typed, ...rest] = args;
  if (rest.length > 0 || typed?.startsWith("-")) throw new UsageError(USAGE);
  const lessons = typed === undefined ? LESSONS : [lessonOf(typed)];
  let passed = true;
  for (const lesson of lessons) {
    console.log(`━━ ${lessonTitle(lesson)}\n`);
    const file = path.join(KIT.root, "notebooks", `${lesson}.ipynb`);
    passed = await checkLesson(lesson, file, { say: console.log, signal }) && passed;
  }
  return passed ? 0 : 1;
}

if (import.meta.main) {
  const stop = new AbortController();
  for (const [name, status] of Object.entries(SIGNALS)) {
    process.on(name, () => {
      process.exitCode = status;
      stop.abort(new Error("Interrupted."));
    });
  }
  try {
    const status = await main(process.argv.slice(2), stop.signal);
    process.exitCode ??= status;
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode ??= 1;
  }
  // A listener for a signal keeps the process alive.
  process.exit();
}
