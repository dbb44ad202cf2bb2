/** Resource limits of a process, enforced from outside. */
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** The resource limits of a process. */
export interface Limits {
  /** The limit on CPU time, and also on the time spent waiting without using the CPU. */
  readonly seconds: number;
  readonly mebibytes: number;
}

/** The resources that a process has used. */
export interface Usage {
  /** CPU time. */
  readonly seconds: number;
  readonly mebibytes: number;
  /** Whether all threads are waiting for something other than a CPU. */
  readonly waits: boolean;
}

/** The unit of CPU time in /proc/PID/stat: 100 on every Linux that Deno supports. */
const TICKS_PER_SECOND = 100;

/** The most that one measurement counts as waiting, in seconds. */
const LONGEST_INTERVAL = 0.1;

/** Whether the system reports what a process uses. */
const HAS_PROC = existsSync("/proc/self/stat");

/** Environment variables for a process that must not see the grader's environment. */
export const BARE_ENVIRONMENT = {
  ...{ DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1", PATH: "/usr/local/bin:/usr/bin:/bin" },
};

/** Returns the command line that runs a command under limits that the system enforces. */
export function limited(
  { mebibytes }: Limits,
  command: readonly string[],
  seconds?: number,
): [program: string, args: string[]] {
  // `ulimit -d` limits allocated memory, not all of which is in use, so it is twice our limit. It prevents a
  // process from filling the machine's memory between two measurements. `ulimit -t` ends an infinite loop
  // after the grader has been killed.
  const computing = seconds === undefined ? "" : ` ulimit -t ${2 * seconds};`;
  // On Linux, `setpriv` ends the process together with the grader.
  const script = `ulimit -c 0;${computing} ulimit -d ${2 * mebibytes * 1024} 2>/dev/null;` +
    ' setpriv --pdeathsig KILL true 2>/dev/null && set -- setpriv --pdeathsig KILL "$@";' +
    ' exec nice -n 19 "$@"';
  return ["/bin/sh", ["-c", script, "sh", ...command]];
}

/**
 * Returns the reason why a process ended early.
 *
 * @param how The signal that ended the process, or "exit status 1".
 * @param complaints The process's standard error.
 */
export function whyEnded(how: string, complaints: string): string {
  // When no memory is left, V8 aborts or crashes, often without a message.
  if (
    ["SIGABRT", "SIGTRAP", "SIGSEGV", "SIGBUS", "SIGILL"].includes(how) ||
    /out of memory/i.test(complaints)
  ) {
    return "the process ran out of memory";
  }
  // Deno panics if it gets no more memory for a buffer or a thread.
  if (/panicked/i.test(complaints)) return "the process ran out of memory or other resources";
  const lines = complaints.trim().split("\n");
  const line = lines.find((line) => /error|Promise/i.test(line)) ?? lines.at(-1) ?? "";
  return `the process ended too early: ${line === "" ? how : line.slice(0, 200)}`;
}

/** Measures a process and its children on Linux; undefined on other systems. */
export function usageOf(pid: number): Usage | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const resident = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
    // utime and stime are fields 14 and 15.
    const fields = fieldsOf(`/proc/${pid}/stat`);
    const ticks = Number(fields[11]) + Number(fields[12]);
    const own = {
      mebibytes: resident / 1024,
      seconds: ticks / TICKS_PER_SECOND,
      waits: fields[0] === "S" && areThreadsWaiting(pid),
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

/** The fields of a stat file from the third on, the state. The name before it may contain spaces. */
function fieldsOf(file: string): string[] {
  const stat = readFileSync(file, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/**
 * Whether no thread of a process computes or is ready to. On a busy machine, the main thread can wait for a
 * thread that waits for a CPU.
 */
function areThreadsWaiting(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).every((thread) =>
    fieldsOf(`/proc/${pid}/task/${thread}/stat`)[0] === "S"
  );
}

/** Watches the resources of a process. CPU time counts, so other busy processes make no difference. */
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

  /** CPU time since the start of the watch; wall-clock time if the system does not report CPU time. */
  get seconds(): number {
    return this.#seconds;
  }

  /** The time spent waiting without using the CPU, in seconds. */
  get waited(): number {
    return this.#waited;
  }

  /** Measures the process again. Returns a message if the process exceeds a limit. */
  measure(): string | undefined {
    const { seconds, mebibytes } = this.limits;
    const now = performance.now();
    const usage = usageOf(this.pid);
    // The process has ended.
    if (usage === undefined && HAS_PROC) return undefined;
    // If the grader itself was delayed, nobody knows what the process did meanwhile.
    const elapsed = Math.min((now - this.#last) / 1000, LONGEST_INTERVAL);
    const computed = usage === undefined
      ? (now - this.#started) / 1000
      : usage.seconds - this.#before;
    if (usage?.waits === true) this.#waited += Math.max(0, elapsed - (computed - this.#seconds));
    this.#seconds = computed;
    this.#last = now;
    this.peakMebibytes = Math.max(this.peakMebibytes, usage?.mebibytes ?? 0);
    if (this.peakMebibytes > mebibytes) {
      return `the process used more than ${mebibytes} MiB of memory`;
    }
    if (computed > seconds) return `timed out after ${seconds} s of computing`;
    if (this.#waited > seconds) return `timed out after ${seconds} s of waiting`;
    return undefined;
  }
}

function childrenOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return children === "" ? [] : children.split(" ").map(Number);
}
