/** `reset`: an exercise as it was before the first try. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { folderAbove } from "../data/checkout.ts";
import { show, showText } from "../display/display.ts";
import { escapeHtml } from "../display/html.ts";
import { exerciseById } from "./exercises/mod.ts";
import { NOTHING_DONE, updateProgress } from "./progress_file.ts";

/** What of a notebook matters here. */
interface NotebookFile {
  readonly cells: readonly {
    readonly metadata: {
      readonly nbgrader?: { readonly grade_id?: string };
      readonly residual?: { readonly stub?: string };
    };
  }[];
}

/**
 * What the exercise's cell began as: each lesson's notebook carries it.
 *
 * @throws {Error} where the notebook is not there, or is damaged, or lost the cell.
 */
export function stubOf(id: string): { stub: string; notebook: string } {
  const path = join("notebooks", `${exerciseById(id).lesson}.ipynb`);
  const checkout = folderAbove(path);
  if (checkout === undefined) throw new Error(`There is no ${path} in this folder or above it.`);
  const notebook = join(checkout, path);
  let file: NotebookFile;
  try {
    file = JSON.parse(readFileSync(notebook, "utf8")) as NotebookFile;
  } catch (error) {
    throw new Error(`${notebook} is no notebook: ${(error as Error).message}`);
  }
  const cell = file.cells.find(({ metadata }) => metadata.nbgrader?.grade_id === id);
  const stub = cell?.metadata.residual?.stub;
  if (stub !== undefined) return { stub, notebook };
  throw new Error(`${notebook} has no cell of the exercise ${id} any more: its beginning is lost.`);
}

/**
 * Shows what an exercise's cell began as, to begin anew, and forgets its points and hints. What is in
 * the cell stays until the learner replaces it.
 *
 * @throws {RangeError} where there is no exercise of that id.
 *
 * @example
 * ```ts
 * import { reset } from "residual";
 *
 * await reset("res_identity");
 * ```
 */
export async function reset(id: string): Promise<void> {
  const { title } = exerciseById(id);
  const { stub } = stubOf(id);
  const trouble = updateProgress(id, () => NOTHING_DONE);
  const here = "Put this in place of what is in the exercise's cell:";
  const there = `Or close the notebook, and in a terminal: npx deno task reset ${id}`;
  await show({
    "text/html": `<div><b>${escapeHtml(title)}</b><p>${here}</p><pre>${escapeHtml(stub)}</pre>` +
      `<p style="opacity: 0.7">${escapeHtml(there)}</p></div>`,
    "text/plain": [title, here, "", stub, "", there].join("\n"),
  });
  if (trouble !== undefined) await showText(trouble);
}
