// `deno task check [NN]`: runs the learner's notebook of a lesson, or of all lessons, in the Deno kernel
// and prints what its checks say. Ends with status 1 where one failed.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { exerciseById, exercisesOf, LESSONS } from "../../lib/checks/exercises/mod.ts";
import { pointsOf } from "../../lib/checks/exercise.ts";
import { lessonTitle } from "../../lib/checks/progress.ts";
import { CHECK_MIME } from "../../lib/checks/verdict_bundle.ts";
import { runNotebook } from "../lessons/execute.ts";
import { KIT } from "../lessons/kit.ts";
import { failureIn, type Notebook, type NotebookCell } from "../lessons/notebook.ts";

/** What one check cell said. */
interface Said {
  id: string;
  passed: boolean;
  text: string;
}

/** What the checks of a notebook that ran have said, in the order of its exercises. */
function checksOf(lesson: string, { cells }: Notebook): Said[] {
  const cellOf = (id: string) => cells.find(({ metadata }) => metadata.nbgrader?.grade_id === id);
  return exercisesOf(lesson).map(({ id }) => {
    const check = cellOf(`check_${id}`);
    if (check === undefined) return missing(id, "its check cell is not in the notebook any more");
    const tables = tablesIn(check);
    const failure = failureIn(check);
    if (tables.length > 0) {
      return { id, passed: failure === undefined, text: tables.join("\n\n") };
    }
    // An answer that did not run is why its check found nothing to look at.
    const answer = cellOf(id);
    return missing(id, (answer && failureIn(answer)) ?? failure ?? "its cell did not run");
  });
}

/** The tables that a check has shown, as text. */
function tablesIn({ outputs = [] }: NotebookCell): string[] {
  return outputs.flatMap(({ data }) => {
    const bundle = (data ?? {}) as Record<string, unknown>;
    return bundle[CHECK_MIME] === undefined ? [] : [[bundle["text/plain"]].flat().join("")];
  });
}

/** An exercise whose check never came to its table. */
function missing(id: string, why: string): Said {
  const exercise = exerciseById(id);
  return {
    id,
    passed: false,
    text: `✗ ${exercise.title}: 0 of ${pointsOf(exercise)} points\n${why}`,
  };
}

/** Runs one lesson's notebook; says whether all its checks passed. */
async function checkLesson(lesson: string): Promise<boolean> {
  const notebook = path.join(KIT.root, "notebooks", `${lesson}.ipynb`);
  console.log(`━━ ${lessonTitle(lesson)}\n`);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "residual-check-"));
  try {
    const ran = await runNotebook(notebook, path.join(folder, "ran.ipynb"), {
      kernel: "deno",
      goOn: true,
      // It is the checks that matter here: trainings only have to run.
      env: { RESIDUAL_BUDGET: "quick" },
    });
    const said = checksOf(lesson, ran);
    for (const { text } of said) console.log(`${text}\n`);
    return said.every(({ passed }) => passed);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

async function main(args: string[]): Promise<number> {
  const [number, ...rest] = args;
  if (rest.length > 0) throw new Error("Usage: deno task check [NN]");
  const lessons = number === undefined
    ? LESSONS
    : LESSONS.filter((lesson) => Number(lesson.split("_")[0]) === Number(number));
  if (lessons.length === 0) {
    throw new Error(`No lesson ${number}. There are: ${LESSONS.map(lessonTitle).join(", ")}.`);
  }
  let good = true;
  for (const lesson of lessons) good = await checkLesson(lesson) && good;
  return good ? 0 : 1;
}

if (import.meta.main) {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
