/** Every lesson in Jupyter, in both kernels, as its author solved it and as a learner finds it. */
import assert from "node:assert/strict";
import { exerciseById } from "../../lib/checks/exercises/mod.ts";
import { pointsOf } from "../../lib/checks/exercise.ts";
import { CHECK_MIME } from "../../lib/checks/verdict_bundle.ts";
import { findLessons } from "../../tools/lessons/build.ts";
import { KERNELS, runNotebook } from "../../tools/lessons/execute.ts";
import { KIT } from "../../tools/lessons/kit.ts";
import { failureText, type Notebook, type NotebookCell } from "../../tools/lessons/notebook.ts";

const env = { RESIDUAL_BUDGET: "quick", RESIDUAL_PROGRESS: "off" };

async function run(folder: "solutions" | "notebooks", lesson: string, kernel: "deno" | "tslab") {
  const out = await Deno.makeTempFile({ suffix: ".ipynb" });
  try {
    const path = `${KIT.root}/${folder}/${lesson}.ipynb`;
    return await runNotebook(path, out, { kernel, goOn: true, env });
  } finally {
    await Deno.remove(out);
  }
}

/** The cells that failed, with what they said. */
function failures({ cells }: Notebook): [cell: NotebookCell, text: string][] {
  return cells.flatMap((cell): [NotebookCell, string][] => {
    const error = (cell.outputs ?? []).find(({ output_type }) => output_type === "error");
    return error === undefined ? [] : [[cell, failureText(error)]];
  });
}

/** The points of each verdict that was shown, by exercise. */
function verdicts({ cells }: Notebook): Map<string, number> {
  const shown = cells.flatMap(({ outputs = [] }) => outputs).flatMap(({ data }) => {
    const verdict = (data as Record<string, unknown> | undefined)?.[CHECK_MIME];
    return verdict === undefined ? [] : [verdict as { exercise: string; points: number }];
  });
  return new Map(shown.map(({ exercise, points }) => [exercise, points]));
}

const exercisesOf = (lesson: string) =>
  [...KIT.exercises.values()].filter((exercise) => exercise.lesson === lesson);

for (const lesson of await findLessons(KIT.root)) {
  for (const kernel of KERNELS) {
    Deno.test(`the solution of ${lesson} runs to its end in the ${kernel} kernel, with all points`, async () => {
      const ran = await run("solutions", lesson, kernel);
      assert.deepEqual(failures(ran).map(([, text]) => text), []);
      const points = verdicts(ran);
      for (const { id } of exercisesOf(lesson)) {
        assert.equal(points.get(id), pointsOf(exerciseById(id)), id);
      }
    });

    Deno.test(`${lesson} fails in the ${kernel} kernel at its exercises alone, as a learner finds it`, async () => {
      const ran = await run("notebooks", lesson, kernel);
      const checks = exercisesOf(lesson).map(({ id }) => `check_${id}`);
      const failed = failures(ran);
      assert.deepEqual(
        failed.map(([{ metadata, source }, text]) =>
          metadata.nbgrader?.grade_id ?? `${[source].flat().join("")}\n${text}`
        ),
        checks,
      );
      for (const [, text] of failed) assert.match(text, /CheckFailed: \w+: 0 of \d+ points/);
    });
  }
}
