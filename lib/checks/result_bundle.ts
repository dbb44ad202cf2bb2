/** A result as a learner sees it, and as a grader's program reads it. */
import type { MimeBundle } from "../display/display.ts";
import { escapeHtml } from "../display/html.ts";
import { tableBundle } from "../display/table.ts";
import { inlineHtml } from "./inline.ts";
import type { CheckResult, ResultRow } from "./compare.ts";

/** The MIME type under which a result travels in a notebook. */
export const CHECK_MIME = "application/vnd.residual.check+json";

/** Version 1 had no version field, and other names for some fields. All have `exercise` and `points`. */
const CHECK_VERSION = 2;

/**
 * The result as HTML, as text and as JSON.
 *
 * @param footer A last line: where the learner stands.
 */
export function resultBundle(result: CheckResult, title: string, footer = ""): MimeBundle {
  const { rows, points, maxPoints, passed } = result;
  const heading = `${passed ? "✓" : "✗"} ${title}: ${points} of ${maxPoints} points`;
  const advice = adviceOf(rows);
  const table = tableBundle(rows.map(cellsOf))["text/plain"];
  const text = [
    heading,
    "",
    table,
    ...(advice.length > 0 ? ["", "Look at this next:"] : []),
    ...advice.map((line) => `  → ${line}`),
    ...(footer === "" ? [] : ["", footer]),
  ];
  return {
    "text/html": html(rows, heading, advice, passed, footer),
    "text/plain": text.join("\n"),
    [CHECK_MIME]: { version: CHECK_VERSION, ...result },
  };
}

/** One line for each thing to do; rows with the same advice share theirs. */
function adviceOf(rows: readonly ResultRow[]): string[] {
  // What is wrong comes before what counts only later.
  const inOrder = [...rows.filter(({ passed }) => !passed), ...rows.filter(({ passed }) => passed)];
  const lines = inOrder.flatMap(({ next }) => next.split("\n"));
  return [...new Set(lines.filter((line) => line !== ""))];
}

function cellsOf({ what, expected, actual, passed, points, maxPoints }: ResultRow) {
  return { " ": passed ? "✓" : "✗", what, expected, got: actual, points: `${points}/${maxPoints}` };
}

export const GOOD = "#1a7f37";
export const BAD = "#cf222e";

function html(
  rows: readonly ResultRow[],
  heading: string,
  advice: readonly string[],
  passed: boolean,
  footer: string,
): string {
  const head = ["", "what", "expected", "got", "points"];
  const cell = (text: string, style = "") =>
    `<td style="text-align: left; ${style}">${inlineHtml(text)}</td>`;
  const body = rows.map((row) => {
    const color = `color: ${row.passed ? GOOD : BAD}; font-weight: bold`;
    const [mark, what, expected, got, points] = Object.values(cellsOf(row));
    return `<tr>${cell(mark!, color)}${cell(what!)}${cell(expected!)}${
      cell(got!, row.passed ? "" : `color: ${BAD}`)
    }${cell(points!)}</tr>`;
  });
  return `<div><p style="color: ${passed ? GOOD : BAD}; font-weight: bold; margin: 4px 0">${
    escapeHtml(heading)
  }</p><table><thead><tr>${
    head.map((text) => text === "" ? "<td></td>" : `<th style="text-align: left">${text}</th>`)
      .join("")
  }</tr></thead><tbody>${body.join("")}</tbody></table>${
    advice.map((line) => `<p style="margin: 4px 0">→ ${inlineHtml(line)}</p>`).join("")
  }${
    footer === "" ? "" : `<p style="margin: 4px 0; opacity: 0.7">${escapeHtml(footer)}</p>`
  }</div>`;
}
