/**
 * Explains syntax errors in a process of its own: a parser may need exponential time for a few hundred characters,
 * and the kernel proxy must go on.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { text } from "node:stream/consumers";
import type { Question } from "./explain.ts";
import type { CellError } from "./kernel_kind.ts";

/** Ends the process after so many seconds of CPU time. Half a second is usual. */
const LIMITED = 'ulimit -t 5; exec "$0" "$@"';

/** The syntax error of a cell with its place, or undefined if none was found. */
export async function explainSyntaxError(
  code: string,
  reported?: string,
): Promise<CellError | undefined> {
  const program = join(__dirname, "explain.js");
  const child = spawn("/bin/sh", ["-c", LIMITED, process.execPath, program], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  child.on("error", () => {});
  child.stdin.on("error", () => {}).end(JSON.stringify({ code, reported } satisfies Question));
  const lines = (await text(child.stdout)).trim().split("\n");
  return (JSON.parse(lines.at(-1) || "null") as CellError | null) ?? undefined;
}
