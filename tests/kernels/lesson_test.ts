/**
 * Every lesson in Jupyter, in both kernels, as its author solved it and as a learner finds it.
 *
 * The two run side by side: much of the time goes into starting kernels, on one core.
 */
import assert from "node:assert/strict";
import { exerciseById } from "../../lib/checks/exercises/mod.ts";
import { pointsOf } from "../../lib/checks/exercise.ts";
import { CHECK_MIME } from "../../lib/checks/result_bundle.ts";
import { findLessons } from "../../tools/lessons/build.ts";
import { KERNELS, runNotebook } from "../../tools/lessons/execute.ts";
import { KIT } from "../../tools/lessons/kit.ts";
import { failureIn, type Notebook, type NotebookCell } from "../../tools/lessons/notebook.ts";

const env = { RESIDUAL_BUDGET: "quick", RESIDUAL_PROGRESS: "off" };

function run(folder: "solutions" | "notebooks", lesson: string, kernel: "deno" | "tslab") {
  const path = `${KIT.root}/${folder}/${lesson}.ipynb`;
  return runNotebook(path, { kernel, goOn: true, env });
}

/** The cells that failed, with what they said. */
function failures({ cells }: Notebook): [cell: NotebookCell, text: string][] {
  return cells.flatMap((cell): [NotebookCell, string][] => {
    const failure = failureIn(cell);
    return failure === undefined ? [] : [[cell, failure]];
  });
}

/** The points of each result that was shown, by exercise. */
function results({ cells }: Notebook): Map<string, number> {
  const shown = cells.flatMap(({ outputs = [] }) => outputs).flatMap(({ data }) => {
    const result = (data as Record<string, unknown> | undefined)?.[CHECK_MIME];
    return result === undefined ? [] : [result as { exercise: string; points: number }];
  });
  return new Map(shown.map(({ exercise, points }) => [exercise, points]));
}

const exercisesOf = (lesson: string) =>
  [...KIT.exercises.values()].filter((exercise) => exercise.lesson === lesson);

for (const lesson of await findLessons(KIT.root)) {
  for (const kernel of KERNELS) {
    Deno.test(`${lesson} runs in the ${kernel} kernel`, async (test) => {
      const [solved, found] = await Promise.all([
        run("solutions", lesson, kernel),
        run("notebooks", lesson, kernel),
      ]);

      await test.step("the solution runs to the end, with all points", () => {
        assert.deepEqual(failures(solved).map(([, text]) => text), []);
        const points = results(solved);
        for (const { id } of exercisesOf(lesson)) {
          assert.equal(points.get(id), pointsOf(exerciseById(id)), id);
        }
      });

      await test.step("the learner's notebook fails only in its exercises", () => {
        const failed = failures(found);
        assert.deepEqual(
          failed.map(([{ metadata, source }, text]) =>
            metadata.nbgrader?.grade_id ?? `${[source].flat().join("")}\n${text}`
          ),
          exercisesOf(lesson).map(({ id }) => `check_${id}`),
        );
        for (const [{ outputs }, text] of failed) {
          assert.match(text, /CheckFailed: \w+: 0 of \d+ points/, JSON.stringify(outputs));
        }
      });
    });
  }
}
