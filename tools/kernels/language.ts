/**
 * Asks the language service, in a process of its own. The process starts with the first question, so a notebook
 * whose reader never asks does not pay for it. If it takes too long, the questions stay without an answer.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { cpuMs } from "./cpu_time.ts";
import type {
  Completions,
  Documentation,
  LanguageAnswer,
  LanguageRequest,
} from "./language_service.ts";
import type { Content } from "./wire.ts";

type Service = ChildProcessByStdio<Writable, Readable, null>;

/** Longer cells are left out. */
const MOST_CHARACTERS = 50_000;
/** The CPU time of an answer, with the start. TypeScript needs exponential time to parse some code. */
const ANSWER_MS = 20_000;
/** A process that neither computes nor answers for this long hangs. */
const MOST_WAIT_MS = 60_000;
const LOOK_MS = 100;
/** A process that nobody asks any more gives its memory back. */
const IDLE_MS = 600_000;
/** After so many failures in a row, the process is not started again. */
const MOST_FAILURES = 3;
/** Ends the process after so much CPU time, even if the kernel proxy has been killed. */
const LIMITED = 'ulimit -t 300; exec "$0" "$@"';
const MEMORY = "--max-old-space-size=1024";

export class Language {
  readonly #checkout: string;
  readonly #cells: string[] = [];
  #service: Service | undefined;
  /** How many of the cells the process has received. */
  #sent = 0;
  #failures = 0;
  /** The questions that are not answered yet, in order. */
  #waiting: ((answer: LanguageAnswer) => void)[] = [];
  /** Ends the process if it is late, or if nobody asks. */
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(checkout: string) {
    this.#checkout = checkout;
  }

  /** Notes a cell that runs. */
  ran(code: string): void {
    if (code.length <= MOST_CHARACTERS) this.#cells.push(code);
  }

  /** The documentation of the name at an offset in UTF-16 units, if there is any. */
  async documentation(code: string, cursor: number): Promise<Documentation | undefined> {
    const answer = await this.#ask({ question: "documentation", code, cursor });
    return answer !== null && "signature" in answer ? answer : undefined;
  }

  /** The names that fit at an offset in UTF-16 units, if there are any. */
  async completions(code: string, cursor: number): Promise<Completions | undefined> {
    const answer = await this.#ask({ question: "completions", code, cursor });
    return answer !== null && "names" in answer ? answer : undefined;
  }

  /** Ends the process. */
  end(): void {
    this.#failures = MOST_FAILURES;
    this.#stop();
  }

  #ask(request: Omit<LanguageRequest, "ran">): Promise<LanguageAnswer> {
    const isLong = request.code.length > MOST_CHARACTERS;
    const service = isLong ? undefined : this.#service ?? this.#start();
    if (service === undefined) return Promise.resolve(null);
    const ran = this.#cells.slice(this.#sent);
    this.#sent = this.#cells.length;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      service.stdin.write(`${JSON.stringify({ ...request, ran })}\n`);
      if (this.#waiting.length === 1) this.#watch(service);
    });
  }

  #start(): Service | undefined {
    if (this.#failures >= MOST_FAILURES) return undefined;
    const program = join(__dirname, "language_service.js");
    const args = ["-c", LIMITED, process.execPath, MEMORY, program, this.#checkout];
    const service = spawn("/bin/sh", args, { stdio: ["pipe", "pipe", "ignore"] });
    this.#service = service;
    this.#sent = 0;
    service.stdin.on("error", () => {});
    createInterface({ input: service.stdout }).on("line", (line) => {
      if (service !== this.#service) return;
      this.#failures = 0;
      this.#waiting.shift()?.(JSON.parse(line) as LanguageAnswer);
      this.#watch(service);
    });
    const failed = () => {
      if (service === this.#service) this.#fail();
    };
    service.on("error", failed).on("exit", failed);
    return service;
  }

  /** Watches over the next answer, or waits for the next question. */
  #watch({ pid }: Service): void {
    clearTimeout(this.#timer);
    if (this.#waiting.length === 0) {
      this.#timer = setTimeout(() => this.#stop(), IDLE_MS).unref();
      return;
    }
    const began = performance.now();
    const before = cpuMs(pid) ?? 0;
    this.#timer = setInterval(() => {
      const waited = performance.now() - began;
      const computed = (cpuMs(pid) ?? before + waited) - before;
      if (computed >= ANSWER_MS || waited >= MOST_WAIT_MS) this.#fail();
    }, LOOK_MS);
  }

  #fail(): void {
    this.#failures += 1;
    this.#stop();
  }

  /** Ends the process. The next process gets all cells again. */
  #stop(): void {
    clearTimeout(this.#timer);
    const service = this.#service;
    this.#service = undefined;
    service?.kill("SIGKILL");
    for (const resolve of this.#waiting.splice(0)) resolve(null);
  }
}

/**
 * The reply to a complete request. The names that fit by their types come before those that the kernel has found.
 *
 * @param kernel The kernel's own reply, if it has answered.
 */
export function completeReply(
  code: string,
  cursor: number,
  kernel: Content | undefined,
  byType: Completions | undefined,
): Content {
  const ofKernel = (kernel?.["matches"] as string[] | undefined ?? [])
    .filter((name) => !/^(?:globalThis\.)?__residual/.test(name));
  const characters = (units: number) => [...code.slice(0, units)].length;
  const place = { cursor_start: characters(cursor), cursor_end: characters(cursor) };
  if (byType === undefined || byType.names.length === 0) {
    return { status: "ok", metadata: {}, ...place, ...kernel, matches: ofKernel };
  }
  const { names, start, areMembers } = byType;
  place.cursor_start = characters(start);
  // For the kernel, a value that does not exist yet is an error, with the members of errors.
  const areAlike = kernel?.["cursor_start"] === place.cursor_start && !areMembers;
  const matches = areAlike ? [...new Set([...names, ...ofKernel])] : names;
  return { status: "ok", metadata: {}, ...place, matches };
}
