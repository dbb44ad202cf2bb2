/** How much of the machine programs other than the benchmark's take while it measures. */
import fs from "node:fs";
import os from "node:os";

/** Processor time since the machine started, in the kernel's ticks. */
interface Ticks {
  /** Of all cores, whatever they did. */
  readonly all: number;
  /** Of all cores, at work or taken by other guests of the host. */
  readonly busy: number;
  /** Of the benchmark's own processes. */
  readonly own: number;
}

/** How many cores were at work between two moments for none of our processes. */
export function othersCores(before: Ticks, after: Ticks, cores: number): number {
  const others = (after.busy - before.busy) - (after.own - before.own);
  // Between two ticks nothing is known.
  const all = Math.max(1, after.all - before.all);
  return Math.max(0, cores * others / all);
}

/** Begins to look: what it returns says how many cores the others took since, if Linux tells. */
export function watchOthers(pids: readonly number[]): () => number | undefined {
  const before = readTicks(pids);
  return () => {
    const after = readTicks(pids);
    return before && after && othersCores(before, after, os.cpus().length);
  };
}

/** Reads /proc (see proc(5)); undefined where there is none, or a process has gone. */
function readTicks(pids: readonly number[]): Ticks | undefined {
  try {
    const [, ...columns] = fs.readFileSync("/proc/stat", "utf8").split("\n")[0]!.split(/\s+/);
    const [user, nice, system, idle, waiting, irq, softIrq, stolen] = columns.map(Number) as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const busy = user + nice + system + irq + softIrq + stolen;
    const own = pids.reduce((ticks, pid) => ticks + ticksOf(pid), 0);
    return { all: busy + idle + waiting, busy, own };
  } catch {
    return undefined;
  }
}

function ticksOf(pid: number): number {
  // The second column, the program's name in parentheses, may hold blanks.
  const columns = fs.readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "").split(" ");
  return Number(columns[11]) + Number(columns[12]);
}
