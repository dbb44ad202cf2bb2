/**
 * Runs a learner's code in a process that may do nothing but compute: Deno's permissions, all refused,
 * limits on time, memory and output, held from outside, and around it an enclosure where the system
 * offers one.
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

/** What came of a run. */
export interface Run {
  /** What the sandbox reported, a JSON text each; nobody has looked into them yet. */
  readonly reports: readonly string[];
  /** Why it was ended, where it did not end by itself. */
  readonly stopped?: string;
  /** Of computing, as far as the system tells; else by the clock. */
  readonly seconds: number;
  readonly peakMebibytes: number;
}

const HEAP_MEBIBYTES = 512;
/** An observation takes some kilobytes; a learner's output is dropped before it is printed. */
const MOST_OUTPUT = 16 << 20;
const POLL_MS = 50;

/** Begins the first report, and the last. */
const READY = '{"kind":"ready"';
const END = '{"kind":"end"';

/** Runs learners' code, each run in a process of its own. */
export class Sandboxes {
  readonly #running = new Set<ChildProcess>();
  readonly #main: string;
  readonly #cache: string;
  #enclosure: Enclosure | undefined;
  #unenclosed = "";
  #closed = false;

  private constructor(
    readonly course: Course,
    readonly limits: Limits,
    readonly folder: string,
  ) {
    this.#cache = join(folder, "cache");
    mkdirSync(this.#cache, { recursive: true });
    this.#main = mainModule(
      folder,
      `import { EXERCISES } from ${JSON.stringify(course.exercisesModule)};
import { run } from ${JSON.stringify(kitUrl("tools/grade/sandbox/inside.ts"))};
await run(EXERCISES);
`,
    );
  }

  /**
   * Tries a sandbox, without and with an enclosure.
   *
   * @param folder Holds what Deno has compiled; it can be kept for the next time.
   * @throws {Error} where no sandbox starts.
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
      sandboxes.#unenclosed = "it was not asked for";
      return sandboxes;
    }
    try {
      const exercises = dirname(fileURLToPath(course.exercisesModule));
      sandboxes.#enclosure = await Enclosure.open(
        join(folder, "root"),
        [sandboxes.#cache, sandboxes.#main, exercises],
      );
      await sandboxes.#try();
    } catch (error) {
      sandboxes.#enclosure?.close();
      sandboxes.#enclosure = undefined;
      sandboxes.#unenclosed = (error as Error).message;
    }
    return sandboxes;
  }

  /** What keeps the learners' code in, in a sentence. */
  get protection(): string {
    const inner = "Answers run with none of Deno's permissions";
    return this.#enclosure === undefined
      ? `${inner}. This system offers no namespaces around that: ${this.#unenclosed}.`
      : `${inner}, in Linux namespaces without network and files.`;
  }

  /**
   * Runs a task to its end, or to a limit's.
   *
   * @throws {Error} where the sandbox itself did not come up: that is not the answer's fault.
   */
  async run(task: Omit<Task, "word">): Promise<Run> {
    if (this.#closed) throw new Error("The grading was stopped.");
    // Only the harness and the grader know this word.
    const word = randomBytes(16).toString("hex");
    return await this.#watch(this.#start(), { ...task, word });
  }

  /** Ends whatever runs, for good. */
  close(): void {
    this.#closed = true;
    for (const child of this.#running) end(child);
    this.#enclosure?.close();
  }

  /** Runs an empty script: a fault of the kit or of the system shows here, and is no answer's. */
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
      // TensorFlow.js asks for NODE_ENV and the like: no answer rather than an error.
      "--ignore-env",
      `--v8-flags=--max-old-space-size=${HEAP_MEBIBYTES},--disallow-code-generation-from-strings`,
      this.#main,
    ];
    const command = this.#enclosure?.command(deno) ?? deno;
    const child = spawn(...limited(this.limits, command, this.limits.seconds), {
      cwd: this.folder,
      env: { ...BARE_ENVIRONMENT, DENO_DIR: this.#cache },
      stdio: "pipe",
    });
    this.#running.add(child);
    return child;
  }

  async #watch(child: ChildProcess, task: Task): Promise<Run> {
    const watch = new Watch(child.pid ?? 0, this.limits);
    let stopped: string | undefined;
    let complaints = "";
    const stop = (why: string) => {
      stopped ??= why;
      end(child);
    };
    const timer = setInterval(() => {
      const passed = watch.look();
      if (passed !== undefined) stop(passed);
    }, POLL_MS);
    const lines = new Lines(task.word, () => end(child));
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
      const how = await new Promise<string>((resolve, reject) => {
        child.on("error", reject);
        child.on("close", (code, signal) => resolve(signal ?? `exit status ${code}`));
      });
      if (!lines.done) stopped ??= whyEnded(how, complaints);
    } finally {
      clearInterval(timer);
      this.#running.delete(child);
    }
    if (!lines.reports[0]?.startsWith(READY)) {
      throw new Error(
        `A sandbox did not start (${stopped ?? "no reason given"}), so no answer can be graded: ` +
          "`npx deno task doctor` says what is wrong with the kit.",
      );
    }
    const { seconds, peakMebibytes } = watch;
    const run = { reports: lines.reports, seconds, peakMebibytes };
    return stopped === undefined || lines.done ? run : { ...run, stopped };
  }
}

function end(child: ChildProcess): void {
  child.kill("SIGKILL");
}

/** The reports in what a sandbox prints; everything else in it is the learner's. */
class Lines {
  readonly reports: string[] = [];
  done = false;
  #line: string[] = [];
  #bytes = 0;
  readonly #decoder = new TextDecoder();

  constructor(readonly word: string, readonly onEnd: () => void) {}

  /** Whether there may be more. */
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
    // Whatever the program has left behind does not matter any more.
    if (this.done) this.onEnd();
  }
}
