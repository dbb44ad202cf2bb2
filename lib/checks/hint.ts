/** `hint`: help that comes in small steps. */
import { show, showText } from "../display/display.ts";
import { escapeHtml } from "../display/html.ts";
import { exerciseById } from "./exercises/mod.ts";
import { inlineHtml, plainText } from "./inline.ts";
import { readProgress, updateProgress } from "./progress_file.ts";

/**
 * Opens one more hint of an exercise, and shows all that are open.
 *
 * @throws {RangeError} where there is no exercise of that id.
 *
 * @example
 * ```ts
 * import { hint } from "residual";
 *
 * await hint("res_identity");
 * ```
 */
export async function hint(id: string): Promise<void> {
  const { hints, title } = exerciseById(id);
  const before = readProgress().progress[id]?.hints ?? 0;
  const open = Math.min(before + 1, hints.length);
  const trouble = updateProgress(id, (kept) => ({ ...kept, hints: Math.max(kept.hints, open) }));
  const shown = hints.slice(0, open);
  const last = open === hints.length
    ? before === hints.length ? "All hints are open." : "This was the last hint."
    : `${hints.length - open} more: run this again.`;
  await show({
    "text/html": `<div><b>${escapeHtml(title)}</b><ol>${
      shown.map((text) => `<li>${inlineHtml(text)}</li>`).join("")
    }</ol><p style="opacity: 0.7">${last}</p></div>`,
    "text/plain": [title, ...shown.map((text, i) => `  ${i + 1}. ${plainText(text)}`), last].join(
      "\n",
    ),
  });
  if (trouble !== undefined) await showText(trouble);
}
