/** The teacher's page: the class at a glance, and what went wrong most often. */
import { escapeHtml } from "../../lib/display/html.ts";
import { tableBundle, type TableRow } from "../../lib/display/table.ts";
import { fileNameOf, page } from "./pages.ts";
import { mostIn, type NotebookResult, pointsIn } from "./result.ts";

/** The script that draws the histogram; it lies beside the page, so that no network is needed. */
export const PLOTLY = "plotly-basic.min.js";

/** A wrong answer that the class gave. */
export interface CommonMistake {
  readonly lesson: string;
  readonly exercise: string;
  readonly mistake: string;
  readonly explanation: string;
  readonly students: number;
}

/** The known wrong answers of the class, the most frequent first. */
export function commonMistakes(notebooks: readonly NotebookResult[]): CommonMistake[] {
  const found = new Map<string, CommonMistake>();
  for (const { lesson, exercises } of notebooks) {
    for (const { exercise, result } of exercises) {
      for (const { name: mistake, explanation } of result?.mistakes ?? []) {
        const key = JSON.stringify([lesson, exercise, mistake]);
        const students = (found.get(key)?.students ?? 0) + 1;
        found.set(key, { lesson, exercise, mistake, explanation, students });
      }
    }
  }
  return [...found.values()].sort((a, b) => b.students - a.students);
}

/** The submissions of a class and their results. */
export interface Summary {
  readonly notebooks: readonly NotebookResult[];
  /** All students. */
  readonly students: readonly string[];
  readonly problems: readonly string[];
  /** Files that are not notebooks. */
  readonly others: readonly string[];
}

/** The page of a class. */
export function summaryPage({ notebooks, students, problems, others }: Summary): string {
  const lessons = [...new Set(notebooks.map(({ lesson }) => lesson))].sort();
  const sections = lessons.map((lesson, i) =>
    lessonHtml(lesson, notebooks.filter((notebook) => notebook.lesson === lesson), i)
  );
  const graded = new Set(notebooks.map(({ student }) => student));
  const missing = students.filter((student) => !graded.has(student));
  const lists = [
    listHtml("Without a graded notebook", missing),
    listHtml("Problems", problems),
    listHtml("Files that are not notebooks", others),
  ];
  return page(
    "Grades",
    [...sections, ...lists].join("\n"),
    `<script src="${PLOTLY}"></script>\n`,
  );
}

/** A section with a list of texts; empty if there are no texts. */
function listHtml(title: string, texts: readonly string[]): string {
  if (texts.length === 0) return "";
  const items = texts.map((text) => `<li>${escapeHtml(text)}</li>`).join("");
  return `<section><h2>${title}</h2><ul>${items}</ul></section>`;
}

function lessonHtml(lesson: string, notebooks: readonly NotebookResult[], place: number): string {
  const mistakes = commonMistakes(notebooks);
  const waiting = notebooks.flatMap(({ student, exercises }) =>
    exercises.filter(({ points }) => points === undefined).map((e) => ({ student, ...e }))
  );
  const most = Math.max(...notebooks.map(mostIn));
  const values = notebooks.map(pointsIn);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const noticed = notebooks.flatMap(({ student, notices }) =>
    notices.map((notice) => ({ student, notice }))
  );
  return `<section><h2>Lesson ${escapeHtml(lesson)}</h2>
<p>${notebooks.length} notebooks, ${mean.toFixed(1)} of ${most} points on average.</p>
${histogram(`points-${place}`, values, most)}
<h3>Most frequent wrong answers</h3>
${
    table(
      mistakes.map(({ exercise, mistake, students, explanation }) => ({
        ...{ exercise, mistake, students, explanation },
      })),
      "None that a check knows by name.",
    )
  }
<h3>Students</h3>
<table><thead><tr><th>student</th><th>points</th><th>exercises</th></tr></thead><tbody>${
    notebooks.map(studentRow).join("")
  }</tbody></table>
<h3>Waiting for a teacher</h3>
${
    waiting.length === 0
      ? "<p>Nothing.</p>"
      : waiting.map(({ student, title, maxPoints, answer, reasons }) =>
        `<p><b>${escapeHtml(student)}</b>, ${escapeHtml(title)} (${maxPoints} points): ${
          escapeHtml(reasons.join("; "))
        }</p><pre>${escapeHtml(answer ?? "")}</pre>`
      ).join("")
  }
<h3>Noticed</h3>
${table(noticed, "Nothing unusual in any notebook.")}
</section>`;
}

function studentRow(notebook: NotebookResult): string {
  const { student, exercises } = notebook;
  const each = exercises.map(({ exercise, points, maxPoints }) =>
    `${exercise} ${points ?? "?"}/${maxPoints}`
  );
  const link = encodeURIComponent(fileNameOf(student));
  return `<tr><td><a href="students/${link}.html">${escapeHtml(student)}</a></td><td>${
    pointsIn(notebook)
  }/${mostIn(notebook)}</td><td>${escapeHtml(each.join(", "))}</td></tr>`;
}

function table(rows: readonly TableRow[], none: string): string {
  if (rows.length === 0) return `<p>${none}</p>`;
  return String(tableBundle(rows)["text/html"]);
}

/** How many students have how many points. */
function histogram(id: string, values: readonly number[], most: number): string {
  const x = Array.from({ length: most + 1 }, (_, i) => i);
  // plotly.js's basic bundle draws bars and has no histogram of its own.
  const data = [{ type: "bar", x, y: x.map((n) => values.filter((value) => value === n).length) }];
  const layout = {
    height: 280,
    bargap: 0.1,
    margin: { t: 10, r: 10, b: 45, l: 45 },
    xaxis: { title: { text: "points" }, range: [-0.5, most + 0.5] },
    yaxis: { title: { text: "students" }, rangemode: "tozero", tickformat: "d" },
  };
  const args = [id, data, layout, { displaylogo: false, responsive: true }];
  // All of it is the grader's own numbers; `<` is written otherwise all the same, as this is a script.
  const json = args.map((value) => JSON.stringify(value).replaceAll("<", "\\u003c")).join(", ");
  return `<div id="${id}"></div><script>Plotly.newPlot(${json});</script>`;
}
