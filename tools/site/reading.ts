/** The solved lessons as plain pages with their outputs, for readers: they need no kernel and no script. */
import fs from "node:fs";
import path from "node:path";
import { BAD, GOOD } from "../../lib/checks/result_bundle.ts";
import { escapeHtml } from "../../lib/display/html.ts";
import { runCommand } from "../setup/command.mjs";
import type { Site } from "../setup/paths.ts";
import type { LessonEntry } from "./lessons.ts";
import { pageTemplate } from "./template.ts";

/** What reading.py writes. */
interface Parts {
  readonly light: string;
  readonly dark: string;
  readonly bodies: Readonly<Record<string, string>>;
}

/** The folder of the pages in the site. */
export const READING = "read";

/** Writes a page for each lesson into the site. @throws {Error} with nbconvert's output when it fails. */
export async function writeReadingPages(
  site: Site,
  lessons: readonly LessonEntry[],
  work: string,
  out: string,
): Promise<void> {
  const parts = path.join(work, "reading.json");
  const notebooks = lessons.map(({ file }) => site.at("solutions", file));
  const script = site.at("tools/site/reading.py");
  const { code, output } = await runCommand(site.python, ["-I", script, parts, ...notebooks]);
  if (code !== 0) throw new Error(`The lessons could not be converted:\n${output.slice(-3000)}`);
  const { light, dark, bodies } = JSON.parse(fs.readFileSync(parts, "utf8")) as Parts;
  const template = pageTemplate("pages/lesson.html");
  const styles = `${light}\n@media (prefers-color-scheme: dark) {\n${dark}\n}\n` +
    ".highlight { background: none; }";
  fs.mkdirSync(path.join(out, READING), { recursive: true });
  for (const [i, { file, title }] of lessons.entries()) {
    const links = [
      link(pageOf(lessons[i - 1]), "← Previous"),
      link("../index.html", "All lessons"),
      link(`../lab/index.html?path=notebooks/${file}`, "Open as a notebook"),
      link(pageOf(lessons[i + 1]), "Next →"),
    ].join("\n");
    const page = template.replace("<!-- TITLE -->", () => escapeHtml(title))
      .replace("/* STYLES */", () => styles)
      .replaceAll("<!-- LINKS -->", () => links)
      .replace("<!-- BODY -->", () => accessible(bodies[path.parse(file).name]!));
    fs.writeFileSync(path.join(out, READING, pageOf({ file })!), page);
  }
}

/** The file name of a lesson's page. */
export function pageOf(lesson: Pick<LessonEntry, "file"> | undefined): string | undefined {
  return lesson === undefined ? undefined : lesson.file.replace(/\.ipynb$/, ".html");
}

/**
 * Lets the keyboard scroll long lines of code, screen readers skip headers without a name, and colors of check
 * results follow the page's.
 */
function accessible(body: string): string {
  return body.replaceAll("<pre>", '<pre tabindex="0">')
    .replaceAll(/<th style="text-align: \w+"><\/th>/g, "<td></td>")
    .replaceAll(`color: ${BAD}`, "color: var(--bad)")
    .replaceAll(`color: ${GOOD}`, "color: var(--good)");
}

function link(address: string | undefined, text: string): string {
  return address === undefined ? "<span></span>" : `<a href="${address}">${text}</a>`;
}
