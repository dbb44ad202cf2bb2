/**
 * Runs a program in a process that may do nothing but compute: Deno's permissions, all refused, and
 * limits on time, memory and what it prints, held from outside.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { kitPath, kitUrl } from "../course.ts";
import type { Task } from "./inside.ts";
import { type Message, readMessage } from "./message.ts";

/** How much a sandbox may take. */
export interface Limits {
  /** Of computing; by the clock three times as much, as other work may be going on. */
  readonly seconds: number;
  readonly mebibytes: number;
}

/** What came of a run. */
export interface Run {
  readonly messages: readonly Message[];
  /** Why it was ended, where it did not end by itself. */
  readonly stopped?: string;
  /** Of computing, as far as the system tells; else by the clock. */
  readonly seconds: number;
  readonly peakMebibytes: number;
}

/** What a sandbox is to run. */
export interface Job {
  readonly task: Omit<Task, "word">;
  /** The word that only the harness and the grader know. */
  readonly word: string;
  readonly program: string;
  /** The `residual` that the program sees. */
  readonly residual: string;
  readonly exercisesModule: string;
}

const HEAP_MEBIBYTES = 512;
/** An observation takes some kilobytes; a learner's output is dropped before it is printed. */
const MOST_OUTPUT = 16 << 20;
const POLL_MS = 50;
/** Of /proc/PID/stat. It is 100 on every Linux that Deno runs on. */
const TICKS_PER_SECOND = 100;

/** A folder for sandboxes, and those that run. */
export class Sandboxes {
  readonly #folder = mkdtempSync(join(tmpdir(), "residual-grade-"));
  readonly #running = new Set<ChildProcess>();
  #runs = 0;

  constructor(readonly limits: Limits) {
    mkdirSync(join(this.#folder, "cache"));
  }

  /**
   * Runs a job to its end, or to a limit's.
   *
   * @throws {Error} where the sandbox itself did not come up: that is not the answer's fault.
   */
  async run({ task, word, program, residual, exercisesModule }: Job): Promise<Run> {
    const folder = join(this.#folder, `run-${this.#runs++}`);
    mkdirSync(folder);
    try {
      writeFileSync(join(folder, "program.js"), program);
      writeFileSync(join(folder, "residual.js"), residual);
      writeFileSync(
        join(folder, "main.js"),
        `import { EXERCISES } from "${exercisesModule}";
import { run } from "${kitUrl("tools/grade/sandbox/inside.ts")}";
await run(EXERCISES, () => import("./program.js"));
`,
      );
      return await this.#watch(this.#start(folder), { ...task, word });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /** Ends what runs, and removes the folder. */
  close(): void {
    for (const child of this.#running) end(child);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #start(folder: string): ChildProcess {
    const deno = [
      process.execPath,
      ...["run", "--quiet", "--no-prompt", "--no-remote", "--deny-import", "--cached-only"],
      ...["--no-lock", "--config", kitPath("deno.json")],
      // TensorFlow.js asks for NODE_ENV and the like: no answer rather than an error.
      "--ignore-env",
      `--v8-flags=--max-old-space-size=${HEAP_MEBIBYTES},--disallow-code-generation-from-strings`,
      join(folder, "main.js"),
    ];
    // The kernel's own limit is on what a process may write to (twice ours, as not all of that is in
    // use): between two looks at its size nothing can fill the machine's memory.
    // The one on computing ends a loop whose grader has been killed.
    const script = `ulimit -c 0; ulimit -t ${2 * this.limits.seconds};` +
      ` ulimit -d ${2 * this.limits.mebibytes * 1024} 2>/dev/null;` +
      ' exec nice -n 19 "$@"';
    const child = spawn("/bin/sh", ["-c", script, "sh", ...deno], {
      cwd: folder,
      env: {
        ...{ DENO_DIR: join(this.#folder, "cache"), DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
        PATH: "/usr/local/bin:/usr/bin:/bin",
      },
      stdio: "pipe",
    });
    this.#running.add(child);
    return child;
  }

  async #watch(child: ChildProcess, task: Task): Promise<Run> {
    const started = performance.now();
    const { seconds, mebibytes } = this.limits;
    let stopped: string | undefined;
    let peakMebibytes = 0;
    let computed: number | undefined;
    let complaints = "";
    const stop = (why: string) => {
      stopped ??= why;
      end(child);
    };
    const elapsed = () => (performance.now() - started) / 1000;
    const timer = setInterval(() => {
      const used = child.pid === undefined ? undefined : usage(child.pid);
      peakMebibytes = Math.max(peakMebibytes, used?.mebibytes ?? 0);
      computed = used?.seconds ?? computed;
      if ((used?.mebibytes ?? 0) > mebibytes) stop(`it took more than ${mebibytes} MiB of memory`);
      if ((used?.seconds ?? 0) > seconds) stop(`no end after ${seconds} s of computing`);
      if (elapsed() > 3 * seconds) stop(`no end after ${3 * seconds} s`);
    }, POLL_MS);
    const lines = new Lines(task.word, (done) => {
      // Whatever the program has left behind does not matter any more.
      if (done) end(child);
    });
    child.stdout!.on("data", (chunk: Uint8Array) => {
      if (!lines.add(chunk)) stop(`it printed more than ${MOST_OUTPUT >> 20} MiB`);
    });
    child.stderr!.on("data", (chunk: Uint8Array) => {
      if (complaints.length < 4096) complaints += new TextDecoder().decode(chunk);
    });
    // A process that has ended already does not take its task.
    child.stdin!.on("error", () => {});
    child.stdin!.end(JSON.stringify(task));
    try {
      await new Promise<void>((resolve, reject) => {
        child.on("error", reject);
        child.on("close", () => resolve());
      });
    } finally {
      clearInterval(timer);
      this.#running.delete(child);
    }
    if (!lines.done) stopped ??= endedEarly(complaints);
    if (!lines.messages.some(({ kind }) => kind === "ready")) {
      throw new Error(
        `A sandbox did not start (${stopped ?? "no reason given"}), so no answer can be graded: ` +
          "`npx deno task doctor` says what is wrong with the kit.",
      );
    }
    const run = { messages: lines.messages, seconds: computed ?? elapsed(), peakMebibytes };
    return stopped === undefined || lines.done ? run : { ...run, stopped };
  }
}

function endedEarly(complaints: string): string {
  if (/heap out of memory|out of memory/i.test(complaints)) {
    return `it took more than ${HEAP_MEBIBYTES} MiB of memory`;
  }
  const [line] = /^.*(?:Error|error|Promise).*$/m.exec(complaints) ?? [];
  return `it ended before its check was done${line === undefined ? "" : `: ${line.slice(0, 200)}`}`;
}

function end(child: ChildProcess): void {
  child.kill("SIGKILL");
}

/** The messages in what a program prints; everything else in it is the learner's. */
class Lines {
  readonly messages: Message[] = [];
  done = false;
  #rest = "";
  #bytes = 0;
  readonly #decoder = new TextDecoder();

  constructor(readonly word: string, readonly onMessage: (done: boolean) => void) {}

  /** Whether there may be more. */
  add(chunk: Uint8Array): boolean {
    this.#bytes += chunk.length;
    if (this.#bytes > MOST_OUTPUT) return false;
    if (this.done) return true;
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      if (this.done || !line.startsWith(this.word)) continue;
      const message = readMessage(line.slice(this.word.length));
      if (message === undefined) continue;
      this.messages.push(message);
      this.done = message.kind === "end";
      this.onMessage(this.done);
    }
    return true;
  }
}

/** What a process uses, on Linux. */
function usage(pid: number): { mebibytes: number; seconds: number } | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const resident = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in brackets may hold blanks; utime and stime are fields 14 and 15.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = Number(fields[11]) + Number(fields[12]);
    return { mebibytes: resident / 1024, seconds: ticks / TICKS_PER_SECOND };
  } catch {
    return undefined;
  }
}
