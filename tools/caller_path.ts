/**
 * Paths as the user types and reads them. `deno task` runs every command in the kit's folder and keeps the
 * folder where the user stands in INIT_CWD.
 */
import path from "node:path";
import process from "node:process";
import { CHECKOUT } from "./setup/paths.ts";

/** The folder where the user stands. */
export function callerFolder(): string {
  const here = process.cwd();
  // Elsewhere the command was not started by `deno task`, and INIT_CWD tells of some other program.
  return here === CHECKOUT ? path.resolve(process.env.INIT_CWD ?? here) : here;
}

/** The absolute path of one that the user typed. */
export function fromCaller(typed: string): string {
  return path.resolve(callerFolder(), typed);
}

/** A path for the user to read and to type: below the folder where they stand it is relative. */
export function forCaller(file: string): string {
  const full = path.resolve(file);
  const relative = path.relative(callerFolder(), full);
  const below = relative !== ".." && !relative.startsWith(`..${path.sep}`);
  return below ? relative || "." : full;
}
