/**
 * Asks the language service, in a process of its own. The process starts with the first question, so a notebook
 * whose reader never asks does not pay for it.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type {
  Completions,
  Documentation,
  LanguageAnswer,
  LanguageRequest,
} from "./language_service.ts";

type Service = ChildProcessByStdio<Writable, Readable, null>;

/** After so many failures, the process is not started again. */
const MOST_FAILURES = 3;
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

  constructor(checkout: string) {
    this.#checkout = checkout;
  }

  /** Notes a cell that runs. */
  ran(code: string): void {
    this.#cells.push(code);
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
    this.#service?.kill("SIGKILL");
  }

  #ask(request: Omit<LanguageRequest, "ran">): Promise<LanguageAnswer> {
    const service = this.#service ?? this.#start();
    if (service === undefined) return Promise.resolve(null);
    const ran = this.#cells.slice(this.#sent);
    this.#sent = this.#cells.length;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      service.stdin.write(`${JSON.stringify({ ...request, ran })}\n`);
    });
  }

  #start(): Service | undefined {
    if (this.#failures >= MOST_FAILURES) return undefined;
    const program = join(__dirname, "language_service.js");
    const service = spawn(process.execPath, [MEMORY, program, this.#checkout], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    this.#service = service;
    this.#sent = 0;
    service.stdin.on("error", () => {});
    createInterface({ input: service.stdout }).on("line", (line) => {
      this.#waiting.shift()?.(JSON.parse(line) as LanguageAnswer);
    });
    const failed = () => {
      if (service !== this.#service) return;
      this.#failures++;
      this.#service = undefined;
      for (const resolve of this.#waiting.splice(0)) resolve(null);
    };
    service.on("error", failed).on("exit", failed);
    return service;
  }
}
