/**
 * `npx deno task check [NN]`: runs the learner's notebook of a lesson, or of all lessons, in the Deno
 * kernel and prints the results of its checks. Ends with status 1 if one failed.
 */
import path from "node:path";
import process from "node:process";
import { LESSONS } from "../../lib/checks/exercises/mod.ts";
import { lessonTitle } from "../../lib/checks/progress.ts";
import { KIT } from "../lessons/kit.ts";
import { checkLesson } from "./check_lesson.ts";

/** The signals that end this command, with the exit status of each. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

async function main(args: readonly string[], signal: AbortSignal): Promise<number> {
  const [number, ...rest] = args;
  if (rest.length > 0) throw new Error("Usage: npx deno task check [NN]");
  const lessons = number === undefined
    ? LESSONS
    : LESSONS.filter((lesson) => Number(lesson.split("_")[0]) === Number(number));
  if (lessons.length === 0) {
    throw new Error(`No lesson ${number}. There are: ${LESSONS.map(lessonTitle).join(", ")}.`);
  }
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
