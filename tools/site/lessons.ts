/** The lessons as the site lists them. */
import { Buffer } from "node:buffer";
import fs from "node:fs";
import path from "node:path";
import { CHECKOUT } from "../setup/paths.ts";

/** A lesson of the site. */
export interface LessonEntry {
  /** The notebook's file name. */
  readonly file: string;
  readonly title: string;
  /** The lesson's first paragraph. */
  readonly summary: string;
  /** The largest picture among the outputs of its solution. */
  readonly picture?: { readonly file: string; readonly bytes: Uint8Array };
}

/** A picture in the outputs of a notebook. */
const PICTURE = /data:image\/(svg|png)(?:\+xml)?;base64,([A-Za-z0-9+/=]+)/g;
/** Larger pictures would make the start page slow. */
const LARGEST_PICTURE = 60_000;

function pictureOf(file: string): LessonEntry["picture"] {
  const text = fs.readFileSync(path.join(CHECKOUT, "solutions", file), "utf8");
  const [largest] = Array.from(text.matchAll(PICTURE))
    .filter(([, , data]) => data!.length < LARGEST_PICTURE)
    .sort(([, , a], [, , b]) => b!.length - a!.length);
  if (largest === undefined) return undefined;
  const [, type, data] = largest;
  return { file: `${path.parse(file).name}.${type}`, bytes: Buffer.from(data!, "base64") };
}

/** The lessons in their order, from their sources. */
export function lessonEntries(): LessonEntry[] {
  const folder = path.join(CHECKOUT, "solutions");
  return fs.readdirSync(folder).filter((name) => name.endsWith(".ts")).sort().map((name) => {
    const source = fs.readFileSync(path.join(folder, name), "utf8");
    const [, title = name, summary = ""] = /^\/\/ # (.*)\n\/\/\n((?:\/\/ .*\n)+)/m.exec(source) ??
      [];
    const file = name.replace(/\.ts$/, ".ipynb");
    const picture = pictureOf(file);
    return {
      file,
      title,
      summary: summary.replace(/^\/\/ /gm, "").replace(/[*`]/g, "").trim(),
      ...(picture === undefined ? {} : { picture }),
    };
  });
}
