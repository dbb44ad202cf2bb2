/** `reset`: an exercise as it was before the first try. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { folderAbove } from "../data/checkout.ts";
import { show, showText } from "../display/display.ts";
import { escapeHtml } from "../display/html.ts";
import { exerciseById } from "./exercises/mod.ts";
import { NOTHING_DONE, updateProgress } from "./progress_file.ts";

/** The parts of a notebook that matter here. */
interface NotebookFile {
  readonly cells: readonly {
    readonly metadata?: {
      readonly nbgrader?: { readonly grade_id?: string };
      readonly residual?: { readonly stub?: string };
    };
  }[];
}

/** An exercise in a learner's notebook. */
export interface Stub {
  /** The original content of the exercise's cell. */
  readonly stub: string;
  /** The notebook's path. */
  readonly notebook: string;
  /** The places of the cells that carry the exercise's id: JupyterLab copies it with a cell, and to both halves of a split one. */
  readonly places: readonly number[];
}

/**
 * Finds an exercise in its lesson's notebook, which carries what the cell held at first.
 *
 * @throws {RangeError} if there is no exercise of that id.
 * @throws {Error} if the notebook is missing or damaged, or has lost the cell.
 */
export function stubOf(id: string): Stub {
  const path = join("notebooks", `${exerciseById(id).lesson}.ipynb`);
  const checkout = folderAbove(path);
  if (checkout === undefined) throw new Error(`There is no ${path} in this folder or above it.`);
  const notebook = join(checkout, path);
  let file: NotebookFile;
  try {
    file = JSON.parse(readFileSync(notebook, "utf8")) as NotebookFile;
    if (!Array.isArray(file.cells)) throw new Error("expected a list of cells, found none");
  } catch (error) {
    throw new Error(`${notebook} is not a notebook: ${(error as Error).message}`);
  }
  const places = file.cells.flatMap(({ metadata }, place) =>
    metadata?.nbgrader?.grade_id === id ? [place] : []
  );
  const stub = places.map((place) => file.cells[place]!.metadata?.residual?.stub)
    .find((stub) => stub !== undefined);
  if (stub !== undefined) return { stub, notebook, places };
  throw new Error(
    `${notebook} no longer has the cell of the exercise ${id}. ` +
      `Get the original notebook: git show HEAD:${path} > notebooks/first_version.ipynb`,
  );
}

/**
 * Shows what an exercise's cell held at first, and forgets its points and hints. The cell keeps its
 * content until the learner replaces it.
 *
 * @throws {RangeError} if there is no exercise of that id.
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
  const { stub, places } = stubOf(id);
  const trouble = updateProgress(id, () => NOTHING_DONE);
  const here = places.length === 1
    ? "Put this in place of what is in the exercise's cell:"
    : `${places.length} cells hold parts or copies of your answer. Put this into the first, and ` +
      "delete the others:";
  const there = `Or close the notebook, and in a terminal: npx deno task reset ${id}`;
  await show({
    "text/html": `<div><b>${escapeHtml(title)}</b><p>${here}</p><pre>${escapeHtml(stub)}</pre>` +
      `<p style="opacity: 0.7">${escapeHtml(there)}</p></div>`,
    "text/plain": [title, here, "", stub, "", there].join("\n"),
  });
  if (trouble !== undefined) await showText(trouble);
}
