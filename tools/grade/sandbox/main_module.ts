/** The small modules that the grader's processes start with. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { digestOf } from "../course.ts";

/**
 * Writes a module into `folder` under a name that its text decides, and returns its path. Two graders can
 * do so at the same time: the module is there whole, or not at all.
 */
export function mainModule(folder: string, source: string): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `main-${digestOf([source]).slice(0, 16)}.js`);
  if (existsSync(file) && readFileSync(file, "utf8") === source) return file;
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, source);
  renameSync(unfinished, file);
  return file;
}
