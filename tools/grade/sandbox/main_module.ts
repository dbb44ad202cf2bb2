/** Writes the main modules of the grader's processes. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { replaceFileSync } from "../../../lib/replace_file.ts";
import { digestOf } from "../course.ts";

/**
 * Writes a module into `folder` and returns its path. The file name contains a digest of the source. Several
 * graders can do this at the same time: the file is always complete.
 */
export function mainModule(folder: string, source: string): string {
  const file = join(folder, `main-${digestOf([source]).slice(0, 16)}.js`);
  if (existsSync(file) && readFileSync(file, "utf8") === source) return file;
  replaceFileSync(file, source);
  return file;
}
