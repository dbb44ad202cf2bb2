/**
 * `npx deno task reset ID`: gives back an exercise in the learner's notebook as it was before the
 * first try. What the learner had written is kept in .residual/answers.
 */
import { randomUUID } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { pointsOf } from "../../lib/checks/exercise.ts";
import { exerciseById } from "../../lib/checks/exercises/mod.ts";
import { NOTHING_DONE, updateProgress } from "../../lib/checks/progress_file.ts";
import { stubOf } from "../../lib/checks/reset.ts";
import { forCaller } from "../caller_path.ts";
import { replaceFile } from "../../lib/replace_file.ts";
import { type Notebook, type NotebookCell, notebookText } from "../lessons/notebook.ts";

/**
 * Puts the stub back into one cell, whatever became of that cell: split, copied, merged with its check, or
 * turned into text.
 *
 * @returns Where the answer is kept, or that there was none.
 */
async function resetExercise(id: string): Promise<string> {
  const { stub, notebook: file, places } = stubOf(id);
  const notebook = JSON.parse(fs.readFileSync(file, "utf8")) as Notebook;
  const answers = places.map((place) => notebook.cells[place]!);
  const [first] = answers as [NotebookCell];
  const answer = answers.map(sourceOf).join("\n");
  const check = missingCheck(id, notebook, stub);
  if (answer === stub && check === undefined && first.cell_type === "code") {
    const trouble = updateProgress(id, () => NOTHING_DONE);
    return [`${id} is as it was at first.`, trouble].filter(Boolean).join("\n");
  }
  const checkout = path.dirname(path.dirname(file));
  const kept = path.join(checkout, ".residual", "answers", `${id}-${Date.now()}.ts`);
  // First the copy, then the change: whatever happens between them, nothing is lost.
  await replaceFile(kept, `${answer}\n`);
  first.cell_type = "code";
  first.source = lines(stub);
  first.outputs = [];
  first.execution_count = null;
  notebook.cells = notebook.cells.flatMap((cell) => {
    if (cell === first) return check === undefined ? [cell] : [cell, check];
    return answers.includes(cell) ? [] : [cell];
  });
  await replaceFile(file, notebookText(notebook));
  const trouble = updateProgress(id, () => NOTHING_DONE);
  return [
    `${forCaller(file)}: ${id} begins anew.`,
    places.length === 1
      ? `The previous content of its cell is kept in ${forCaller(kept)}.`
      : `What was in its ${places.length} cells is kept in ${forCaller(kept)}, and ` +
        "one cell is left.",
    check === undefined ? "" : "Its check cell was missing, and stands below it again.",
    "Is the notebook open? File → Reload Notebook from Disk.",
    trouble,
  ].filter(Boolean).join("\n");
}

/** A new check cell for a notebook in which none is left, as after the cell was merged with its answer. */
function missingCheck(id: string, { cells }: Notebook, stub: string): NotebookCell | undefined {
  const gradeId = `check_${id}`;
  if (cells.some(({ metadata }) => metadata?.nbgrader?.grade_id === gradeId)) return undefined;
  const [, name] = /^(?:async )?(?:class|function)\s+(\w+)/m.exec(stub) ?? [];
  if (name === undefined) return undefined;
  const points = pointsOf(exerciseById(id));
  return {
    ...{ cell_type: "code", execution_count: null, id: randomUUID().slice(0, 8), outputs: [] },
    metadata: {
      nbgrader: {
        ...{ grade: true, grade_id: gradeId, locked: true, points, schema_version: 3 },
        ...{ solution: false, task: false },
      },
    },
    source: [`await check("${id}", ${name});`],
  };
}

function sourceOf({ source }: NotebookCell): string {
  return [source].flat().join("");
}

function lines(text: string): string[] {
  return text.split(/(?<=\n)/);
}

if (import.meta.main) {
  try {
    const [id, ...rest] = process.argv.slice(2);
    if (id === undefined || rest.length > 0) throw new Error("Usage: npx deno task reset EXERCISE");
    console.log(await resetExercise(id));
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
