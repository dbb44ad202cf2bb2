/** The page that a student gets: each check's table, what was recognized, and hints. */
import type { Exercise } from "../../lib/checks/exercise.ts";
import { inlineHtml } from "../../lib/checks/inline.ts";
import { resultBundle } from "../../lib/checks/result_bundle.ts";
import { escapeHtml } from "../../lib/display/html.ts";
import { page } from "./pages.ts";
import { type ExerciseResult, mostIn, type NotebookResult, pointsIn } from "./result.ts";

/** The page of one student with all notebooks that were handed in. */
export function studentPage(
  student: string,
  notebooks: readonly NotebookResult[],
  exercises: ReadonlyMap<string, Exercise>,
): string {
  if (notebooks.length === 0) return page(student, "<p>There was no notebook to grade.</p>");
  return page(student, notebooks.map((notebook) => lessonHtml(notebook, exercises)).join("\n"));
}

function lessonHtml(
  notebook: NotebookResult,
  exercises: ReadonlyMap<string, Exercise>,
): string {
  const open = notebook.exercises.filter(({ points }) => points === undefined);
  const later = open.length === 0
    ? ""
    : `; up to ${
      open.reduce((sum, { maxPoints }) => sum + maxPoints, 0)
    } more when a teacher has read your text`;
  return `<section><h2>Lesson ${escapeHtml(notebook.lesson)}: ${pointsIn(notebook)} of ${
    mostIn(notebook)
  } points${later}</h2>
${notices(notebook.notices)}
${notebook.exercises.map((result) => exerciseHtml(result, exercises)).join("\n")}
</section>`;
}

function exerciseHtml(
  { exercise, title, maxPoints, result, reasons, answer }: ExerciseResult,
  exercises: ReadonlyMap<string, Exercise>,
): string {
  if (result === undefined) {
    return `<h3>${escapeHtml(title)}: waits for your teacher (${maxPoints} points)</h3>
<pre>${escapeHtml(answer ?? "")}</pre>`;
  }
  const known = exercises.get(exercise);
  const hints = result.passed || known === undefined ? [] : known.hints;
  const help = hints.length === 0
    ? ""
    : `<details><summary>Hints</summary><ol>${
      hints.map((hint) => `<li>${inlineHtml(hint)}</li>`).join("")
    }</ol></details>`;
  return `${resultBundle(result, title)["text/html"]}${notices(reasons)}${help}`;
}

function notices(texts: readonly string[]): string {
  return texts.map((text) => `<p class="notice">${escapeHtml(text)}</p>`).join("\n");
}
