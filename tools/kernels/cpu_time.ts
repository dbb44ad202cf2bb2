/** The CPU time of another process, which unlike the clock does not run while the machine does other things. */
import { readFileSync } from "node:fs";

/** Linux counts in hundredths of a second, whatever its own clock is. */
const MS_PER_TICK = 10;

/** The CPU time that a process has used, in milliseconds; undefined where /proc does not say it. */
export function cpuMs(pid: number | undefined): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // What follows the program's name, which may contain spaces: utime is the 12th field, stime the 13th.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
  } catch {
    return undefined;
  }
}
