/** The start page of the browser edition. */
import path from "node:path";
import { escapeHtml } from "../../lib/display/html.ts";
import { exercisesOf } from "../../lib/checks/exercises/mod.ts";
import { pointsOf } from "../../lib/checks/exercise.ts";
import { lessonEntries } from "./lessons.ts";
import { pageTemplate } from "./template.ts";
import { pageOf, READING } from "./reading.ts";

/** The points of each exercise of a lesson, for the progress on the start page. */
function pointsBy(file: string): string {
  const exercises = exercisesOf(path.parse(file).name);
  return JSON.stringify(Object.fromEntries(exercises.map((one) => [one.id, pointsOf(one)])));
}

/** The start page as HTML; `settings` is an element that JupyterLite's pages read. */
export function startPage(settings: string): string {
  const template = pageTemplate("pages/index.html");
  const lessons = lessonEntries().map(({ file, title, summary, picture }) => {
    const address = `lab/index.html?path=notebooks/${file}`;
    return [
      `<li data-points="${escapeHtml(pointsBy(file))}">`,
      picture === undefined ? "" : `<img src="pictures/${picture.file}" alt="" loading="lazy">`,
      `<div><h3><a href="${address}">${escapeHtml(title)}</a></h3>`,
      `<p>${escapeHtml(summary)}</p>`,
      `<p><a href="${READING}/${
        pageOf({ file })
      }">Read the solved lesson</a> <span class="points"></span></p>`,
      "</div></li>",
    ].join("");
  });
  return template.replace("<!-- LESSONS -->", lessons.join("\n        "))
    .replace("<!-- SETTINGS -->", () => settings);
}
