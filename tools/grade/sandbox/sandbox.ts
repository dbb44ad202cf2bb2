/**
 * Runs a learner's code in a process that can only compute. The process has no Deno permissions. Limits on
 * time, memory and output are enforced from outside. If the system supports namespaces, an enclosure adds
 * another layer.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { type Course, kitPath, kitUrl } from "../course.ts";
import { Enclosure } from "./enclosure.ts";
import type { Task } from "./inside.ts";
import { BARE_ENVIRONMENT, limited, type Limits, Watch, whyEnded } from "./limits.ts";
import { mainModule } from "./main_module.ts";

/** The outcome of a run. */
export interface Run {
  /** The sandbox's reports as JSON texts, not yet validated. */
  readonly reports: readonly string[];
  /** Why the run was stopped; undefined if the run ended by itself. */
  readonly stopped?: string;
  /** CPU time; wall-clock time if the system does not report CPU time. */
  readonly seconds: number;
  readonly peakMebibytes: number;
}

const HEAP_MEBIBYTES = 512;
/** In bytes; an observation takes a few kilobytes, and a learner's output is dropped. */
const MOST_OUTPUT = 16 << 20;
const POLL_MS = 50;

/** The beginning of the first report and of the last report. */
const READY = '{"kind":"ready"';
const END = '{"kind":"end"';

/** Runs learners' code. Each run has its own process. */
export class Sandboxes {
  readonly #running = new Set<ChildProcess>();
  readonly #main: string;
  /** Deno's cache, and in an enclosure a copy for each run. */
  readonly #cache: string;
  readonly #copy: string;
  #enclosure: Enclosure | undefined;
  #unenclosed = "";
  #closed = false;

  private constructor(
    readonly course: Course,
    readonly limits: Limits,
    readonly folder: string,
  ) {
    this.#cache = join(folder, "sandbox-cache");
    this.#copy = join(folder, "copy");
    for (const made of [this.#cache, this.#copy]) mkdirSync(made, { recursive: true });
    this.#main = mainModule(
      folder,
      `import { EXERCISES } from ${JSON.stringify(course.exercisesModule)};
import { run } from ${JSON.stringify(kitUrl("tools/grade/sandbox/inside.ts"))};
await run(EXERCISES);
`,
    );
  }

  /**
   * Tests a sandbox, first without and then with an enclosure.
   *
   * @param folder A cache for compiled modules, which later runs can reuse.
   * @throws {Error} if no sandbox starts.
   */
  static async open(
    course: Course,
    limits: Limits,
    folder: string,
    enclosed = true,
  ): Promise<Sandboxes> {
    const sandboxes = new Sandboxes(course, limits, folder);
    await sandboxes.#try();
    if (!enclosed) {
      sandboxes.#unenclosed = "not requested";
      return sandboxes;
    }
    try {
      const exercises = dirname(fileURLToPath(course.exercisesModule));
      sandboxes.#enclosure = await Enclosure.open(
        join(folder, "root"),
        [sandboxes.#cache, sandboxes.#copy, sandboxes.#main, exercises],
      );
      await sandboxes.#try();
    } catch (error) {
      sandboxes.#enclosure?.close();
      sandboxes.#enclosure = undefined;
      sandboxes.#unenclosed = (error as Error).message;
    }
    return sandboxes;
  }

  /** A sentence about the protection around learners' code. */
  get protection(): string {
    const inner = "Answers run without Deno permissions";
    return this.#enclosure === undefined
      ? `${inner}. Linux namespaces are not used: ${this.#unenclosed}.`
      : `${inner}, in Linux namespaces without network and files.`;
  }

  /**
   * Runs a task until it ends or exceeds a limit.
   *
   * @throws {Error} if the sandbox itself does not start, which is not the answer's fault.
   */
  async run(task: Omit<Task, "word">): Promise<Run> {
    if (this.#closed) throw new Error("The grading was stopped.");
    // Only the harness and the grader know this word.
    const word = randomBytes(16).toString("hex");
    const run = await this.#watch(this.#start(), { ...task, word }) ??
      await this.#watch(this.#start(), { ...task, word });
    if (run !== undefined) return run;
    throw new Error("The system killed the sandbox twice. Is there enough memory?");
  }

  /** Ends all running sandboxes; further runs fail. */
  close(): void {
    this.#closed = true;
    for (const child of this.#running) end(child);
    this.#enclosure?.close();
  }

  /** Runs an empty script. A failure here comes from the kit or the system, not from an answer. */
  async #try(): Promise<void> {
    const [exercise = ""] = this.course.exercises.keys();
    const script = { code: "(async () => {})", imports: [] };
    await this.run({ exercise, seeds: [], limitSeconds: this.limits.seconds, script });
  }

  #start(): ChildProcess {
    const deno = [
      process.execPath,
      ...["run", "--quiet", "--no-prompt", "--no-remote", "--deny-import", "--cached-only"],
      ...["--no-lock", "--config", kitPath("deno.json")],
      // TensorFlow.js reads NODE_ENV and other variables, which must give undefined, not an error.
      "--ignore-env",
      `--v8-flags=--max-old-space-size=${HEAP_MEBIBYTES},--disallow-code-generation-from-strings`,
      this.#main,
    ];
    const command = this.#enclosure?.command(deno, this.#cache, this.#copy) ?? deno;
    const cache = this.#enclosure === undefined ? this.#cache : this.#copy;
    const child = spawn(...limited(this.limits, command, this.limits.seconds), {
      cwd: this.folder,
      env: { ...BARE_ENVIRONMENT, DENO_DIR: cache },
      stdio: "pipe",
    });
    this.#running.add(child);
    return child;
  }

  /** Returns undefined if another program killed the sandbox. */
  async #watch(child: ChildProcess, task: Task): Promise<Run | undefined> {
    const watch = new Watch(child.pid ?? 0, this.limits);
    let stopped: string | undefined;
    let complaints = "";
    const stop = (why: string) => {
      stopped ??= why;
      end(child);
    };
    const timer = setInterval(() => {
      const passed = watch.measure();
      if (passed !== undefined) stop(passed);
    }, POLL_MS);
    const lines = new Lines(task.word, () => end(child));
    child.stdout!.on("data", (chunk: Uint8Array) => {
      if (!lines.add(chunk)) stop(`the output is larger than ${MOST_OUTPUT >> 20} MiB`);
    });
    child.stderr!.on("data", (chunk: Uint8Array) => {
      if (complaints.length < 4096) complaints += new TextDecoder().decode(chunk);
    });
    // If the process has already ended, writing the task fails.
    child.stdin!.on("error", () => {});
    child.stdin!.end(JSON.stringify(task));
    try {
      const how = await new Promise<string>((resolve, reject) => {
        child.on("error", reject);
        child.on("close", (code, signal) => resolve(signal ?? `exit status ${code}`));
      });
      // `unshare` complains if the process inside was killed.
      const isKilled = how === "SIGKILL" || complaints.startsWith("unshare: ");
      if (!lines.done && stopped === undefined && isKilled) return undefined;
      if (!lines.done) stopped ??= whyEnded(how, complaints);
    } finally {
      clearInterval(timer);
      this.#running.delete(child);
    }
    if (!lines.reports[0]?.startsWith(READY)) {
      throw new Error(
        `Cannot start a sandbox, so no answer can be graded: ${stopped ?? "no reason given"}. ` +
          "Run `npx deno task doctor` to check the kit.",
      );
    }
    const { seconds, waited, peakMebibytes } = watch;
    const run = { reports: lines.reports, seconds: seconds + waited, peakMebibytes };
    return stopped === undefined || lines.done ? run : { ...run, stopped };
  }
}

function end(child: ChildProcess): void {
  child.kill("SIGKILL");
}

/** Finds the reports in a sandbox's output. All other lines come from the learner. */
class Lines {
  readonly reports: string[] = [];
  done = false;
  #line: string[] = [];
  #bytes = 0;
  readonly #decoder = new TextDecoder();

  constructor(readonly word: string, readonly onEnd: () => void) {}

  /** Adds output; returns whether more output is allowed. */
  add(chunk: Uint8Array): boolean {
    this.#bytes += chunk.length;
    if (this.#bytes > MOST_OUTPUT) return false;
    const [rest = "", ...lines] = this.#decoder.decode(chunk, { stream: true }).split("\n");
    this.#line.push(rest);
    for (const next of lines) {
      this.#take(this.#line.join(""));
      this.#line = [next];
    }
    return true;
  }

  #take(line: string): void {
    if (this.done || !line.startsWith(this.word)) return;
    const report = line.slice(this.word.length);
    this.reports.push(report);
    this.done = report.startsWith(END);
    // Anything that still runs in the process no longer matters.
    if (this.done) this.onEnd();
  }
}
