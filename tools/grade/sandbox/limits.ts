/** Limits on what a process may take, held from outside. */
import { readFileSync } from "node:fs";

/** How much a process may take. */
export interface Limits {
  /** Of computing, and as long again of waiting without computing. */
  readonly seconds: number;
  readonly mebibytes: number;
}

/** What a process has taken. */
export interface Usage {
  /** Of computing. */
  readonly seconds: number;
  readonly mebibytes: number;
  /** Whether it waits for something other than a processor. */
  readonly waits: boolean;
}

/** Of /proc/PID/stat. It is 100 on every Linux that Deno runs on. */
const TICKS_PER_SECOND = 100;

/** The variables of a process that must not learn anything from the grader's environment. */
export const BARE_ENVIRONMENT = {
  ...{ DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1", PATH: "/usr/local/bin:/usr/bin:/bin" },
};

/** The command line that runs a command under limits that the system itself holds. */
export function limited(
  { mebibytes }: Limits,
  command: readonly string[],
  seconds?: number,
): [program: string, args: string[]] {
  // The limit on memory is on what a process may write to (twice ours, as not all of that is in use):
  // between two looks at its size nothing can fill the machine's memory. The one on computing ends a
  // loop whose grader has been killed.
  const computing = seconds === undefined ? "" : ` ulimit -t ${2 * seconds};`;
  const script = `ulimit -c 0;${computing} ulimit -d ${2 * mebibytes * 1024} 2>/dev/null;` +
    ' exec nice -n 19 "$@"';
  return ["/bin/sh", ["-c", script, "sh", ...command]];
}

/**
 * Why a process ended before its work was done.
 *
 * @param how The signal that ended it, or "exit status 1".
 * @param complaints What it wrote on standard error.
 */
export function whyEnded(how: string, complaints: string): string {
  // Where no more memory is to be had, V8 aborts, often without a word.
  if (["SIGABRT", "SIGTRAP"].includes(how) || /out of memory/i.test(complaints)) {
    return "it ran out of memory";
  }
  const lines = complaints.trim().split("\n");
  const line = lines.find((line) => /error|Promise/i.test(line)) ?? lines.at(-1) ?? "";
  return `it ended before its check was done: ${line === "" ? how : line.slice(0, 200)}`;
}

/** What a process and its children use, on Linux; undefined where the system does not tell. */
export function usageOf(pid: number): Usage | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const resident = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in brackets may hold blanks; utime and stime are fields 14 and 15.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = Number(fields[11]) + Number(fields[12]);
    const own = {
      ...{
        mebibytes: resident / 1024,
        seconds: ticks / TICKS_PER_SECOND,
        waits: fields[0] === "S",
      },
    };
    return childrenOf(pid).map(usageOf).reduce<Usage>((sum, used) => ({
      mebibytes: sum.mebibytes + (used?.mebibytes ?? 0),
      seconds: sum.seconds + (used?.seconds ?? 0),
      waits: sum.waits && (used?.waits ?? true),
    }), own);
  } catch {
    return undefined;
  }
}

/** Watches what a process takes. Its computing counts; that others compute meanwhile does not. */
export class Watch {
  readonly #started = performance.now();
  readonly #before: number;
  #seconds = 0;
  #waited = 0;
  #last = performance.now();
  peakMebibytes = 0;

  constructor(readonly pid: number, readonly limits: Limits) {
    this.#before = usageOf(pid)?.seconds ?? 0;
  }

  /** Of computing since the watch began, as far as the system tells; else by the clock. */
  get seconds(): number {
    return this.#seconds;
  }

  /** Looks once more; gives the limit that the process has passed, if any. */
  look(): string | undefined {
    const { seconds, mebibytes } = this.limits;
    const now = performance.now();
    const usage = usageOf(this.pid);
    const computed = usage === undefined
      ? (now - this.#started) / 1000
      : usage.seconds - this.#before;
    if (usage?.waits === true && computed === this.#seconds) this.#waited += now - this.#last;
    this.#seconds = computed;
    this.#last = now;
    this.peakMebibytes = Math.max(this.peakMebibytes, usage?.mebibytes ?? 0);
    if (this.peakMebibytes > mebibytes) return `it took more than ${mebibytes} MiB of memory`;
    if (computed > seconds) return `no end after ${seconds} s of computing`;
    if (this.#waited > 1000 * seconds) return `no end after ${seconds} s of waiting`;
    return undefined;
  }
}

function childrenOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return children === "" ? [] : children.split(" ").map(Number);
}
