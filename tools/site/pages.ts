/** The start page of the browser edition. */
import fs from "node:fs";
import path from "node:path";
import { escapeHtml } from "../../lib/display/html.ts";
import { CHECKOUT } from "../setup/paths.ts";

/** A lesson as the start page lists it. */
interface LessonEntry {
  readonly file: string;
  readonly title: string;
  /** The lesson's first paragraph. */
  readonly summary: string;
}

/** The lessons in their order, from their sources. */
export function lessonEntries(): LessonEntry[] {
  const folder = path.join(CHECKOUT, "solutions");
  return fs.readdirSync(folder).filter((name) => name.endsWith(".ts")).sort().map((name) => {
    const source = fs.readFileSync(path.join(folder, name), "utf8");
    const [, title = name, summary = ""] = /^\/\/ # (.*)\n\/\/\n((?:\/\/ .*\n)+)/m.exec(source) ??
      [];
    return {
      file: name.replace(/\.ts$/, ".ipynb"),
      title,
      summary: summary.replace(/^\/\/ /gm, "").replace(/[*`]/g, "").trim(),
    };
  });
}

/** The start page as HTML; `settings` is an element that JupyterLite's pages read. */
export function startPage(settings: string): string {
  const template = fs.readFileSync(path.join(CHECKOUT, "site/pages/index.html"), "utf8");
  const lessons = lessonEntries().map(({ file, title, summary }) => {
    const address = `lab/index.html?path=notebooks/${file}`;
    return `<li><h3><a href="${address}">${escapeHtml(title)}</a></h3><p>${
      escapeHtml(summary)
    }</p></li>`;
  });
  return template.replace("<!-- LESSONS -->", lessons.join("\n        "))
    .replace("<!-- SETTINGS -->", () => settings);
}
