// `deno task reset ID`: gives an exercise's cell in the learner's notebook back as it was before the first
// try. What the learner had written is kept in .residual/answers.
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { stubOf } from "../../lib/checks/reset.ts";
import { NOTHING_DONE, updateProgress } from "../../lib/checks/progress_file.ts";
import { replaceFile } from "../lessons/build.ts";
import { type Notebook, notebookText } from "../lessons/notebook.ts";

/** Puts the stub back; says where the answer went, or that there was none. */
async function resetExercise(id: string): Promise<string> {
  const { stub, notebook: file } = stubOf(id);
  const notebook = JSON.parse(fs.readFileSync(file, "utf8")) as Notebook;
  const cell = notebook.cells.find(({ metadata }) => metadata.nbgrader?.grade_id === id)!;
  const answer = [cell.source].flat().join("");
  const trouble = updateProgress(id, () => NOTHING_DONE);
  if (answer === stub) return [`${id} is as it was at first.`, trouble].filter(Boolean).join("\n");
  const checkout = path.dirname(path.dirname(file));
  const kept = path.join(checkout, ".residual", "answers", `${id}-${Date.now()}.ts`);
  // First the copy, then the change: whatever happens between them, nothing is lost.
  await replaceFile(kept, `${answer}\n`);
  cell.source = stub.split(/(?<=\n)/);
  cell.outputs = [];
  cell.execution_count = null;
  await replaceFile(file, notebookText(notebook));
  return [
    `${path.relative(checkout, file)}: ${id} begins anew.`,
    `What was in its cell is kept in ${path.relative(checkout, kept)}.`,
    "Is the notebook open? File → Reload Notebook from Disk.",
    trouble,
  ].filter(Boolean).join("\n");
}

if (import.meta.main) {
  try {
    const [id, ...rest] = process.argv.slice(2);
    if (id === undefined || rest.length > 0) throw new Error("Usage: deno task reset EXERCISE");
    console.log(await resetExercise(id));
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
