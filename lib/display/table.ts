/** Tables: HTML in a notebook, aligned columns in a terminal. */
import { type MimeBundle, show } from "./display.ts";
import { escapeHtml } from "./html.ts";

/** One row: values by the heading of their column. */
export type TableRow = Readonly<Record<string, string | number | boolean>>;

function cellText(value: string | number | boolean | undefined): string {
  if (value === undefined) return "";
  if (typeof value !== "number") return String(value);
  return value.toLocaleString("en-US", { maximumFractionDigits: 4 });
}

/**
 * Builds the table that `showTable` shows. Columns stand in the order in which they first appear;
 * numbers stand on the right, with a comma at each thousand.
 *
 * @example
 * ```ts
 * tableBundle([{ model: "resnet20", parameters: 269722 }])["text/plain"];
 * // model     parameters
 * // resnet20     269,722
 * ```
 */
export function tableBundle(rows: readonly TableRow[]): MimeBundle {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const columns = names.map((name) => {
    const cells = rows.map((row) => cellText(row[name]));
    const right = rows.every((row) => row[name] === undefined || typeof row[name] === "number");
    return { name, cells, right, width: Math.max(name.length, ...cells.map((c) => c.length)) };
  });
  const line = (pick: (column: (typeof columns)[number]) => string): string =>
    columns.map((c) => c.right ? pick(c).padStart(c.width) : pick(c).padEnd(c.width))
      .join("  ").trimEnd();
  const text = [line((c) => c.name), ...rows.map((_, i) => line((c) => c.cells[i] ?? ""))];
  const cell = (tag: "th" | "td", right: boolean, content: string): string =>
    `<${tag} style="text-align: ${right ? "right" : "left"}">${escapeHtml(content)}</${tag}>`;
  // An empty header would be read aloud as a header without a name.
  const head = columns.map((c) => cell(c.name === "" ? "td" : "th", c.right, c.name)).join("");
  const body = rows.map((_, i) =>
    `<tr>${columns.map((c) => cell("td", c.right, c.cells[i] ?? "")).join("")}</tr>`
  );
  return {
    "text/html": `<table><thead><tr>${head}</tr></thead><tbody>${body.join("")}</tbody></table>`,
    "text/plain": text.join("\n"),
  };
}

/**
 * Shows rows as a table.
 *
 * @example
 * ```ts
 * await showTable([
 *   { stage: "layer1", shape: "32×32×16", parameters: 14016 },
 *   { stage: "layer2", shape: "16×16×32", parameters: 51072 },
 * ]);
 * ```
 */
export async function showTable(rows: readonly TableRow[]): Promise<void> {
  await show(tableBundle(rows));
}
