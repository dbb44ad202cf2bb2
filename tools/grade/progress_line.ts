/** How far the grading is, on standard error. */
import process from "node:process";
import type { ClassProgress } from "./grade_class.ts";
import { printable } from "./printable.ts";

const WIDTH = 30;

/** A bar that a terminal redraws in place; elsewhere a line for each tenth. */
export function progressLine(): { show(progress: ClassProgress): void; end(): void } {
  const { stderr } = process;
  let tenths = 0;
  return {
    show({ done, total, student }) {
      const full = Math.round(WIDTH * done / total);
      const bar = "█".repeat(full) + "░".repeat(WIDTH - full);
      const name = printable(student, 30);
      if (stderr.isTTY) stderr.write(`\r${bar} ${done} of ${total}  ${name}\x1b[K`);
      else if (Math.floor(10 * done / total) > tenths) {
        tenths = Math.floor(10 * done / total);
        stderr.write(`${done} of ${total} notebooks\n`);
      }
    },
    end() {
      if (stderr.isTTY) stderr.write("\r\x1b[K");
    },
  };
}
