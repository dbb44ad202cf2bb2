/** A program that is measured: a child process that waits for requests and answers them. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { ownEnvironment } from "../setup/environment.mjs";
import { lastWords, messageOf } from "../setup/errors.mjs";
import { type Answer, type Hello, parseAnswer, parseHello, type Request } from "./protocol.ts";

/** How a contender is started. */
export interface ContenderSpec {
  /** Its name in the report. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Added to the environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** Of what it writes to standard error, which is shown where it fails. */
const KEPT = 20_000;

/** A contender that runs. `await using` ends its process. */
export class Contender implements AsyncDisposable {
  readonly #spec: ContenderSpec;
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #lines: AsyncIterator<string>;
  /** How the process ended, in words. */
  readonly #ended: Promise<string>;
  #hello: Hello = { version: "", backend: "" };
  #errors = "";

  private constructor(spec: ContenderSpec) {
    this.#spec = spec;
    this.#process = spawn(spec.command, [...spec.args], {
      env: ownEnvironment(spec.env),
      stdio: ["pipe", "pipe", "pipe"],
    });
    const reader = createInterface({ input: this.#process.stdout });
    this.#lines = reader[Symbol.asyncIterator]();
    this.#process.stderr.on("data", (chunk) => {
      this.#errors = (this.#errors + String(chunk)).slice(-KEPT);
    });
    // A request that a dead process does not take is noticed where its answer is read.
    this.#process.stdin.on("error", () => {});
    this.#ended = new Promise((resolve) => {
      this.#process.on("error", (error) => {
        resolve(`could not be started: ${error.message}`);
        reader.close();
      });
      this.#process.on(
        "close",
        (code, signal) =>
          resolve(signal === null ? `ended with status ${code}` : `was ended by ${signal}`),
      );
    });
  }

  /**
   * Starts it and waits until it is ready.
   *
   * @throws {Error} where it cannot be started, dies, or says something else than hello.
   */
  static async start(spec: ContenderSpec): Promise<Contender> {
    const contender = new Contender(spec);
    try {
      contender.#hello = await contender.#read("was to say hello", parseHello);
      return contender;
    } catch (error) {
      await contender[Symbol.asyncDispose]();
      throw error;
    }
  }

  get name(): string {
    return this.#spec.name;
  }

  /** What it says of itself. */
  get hello(): Hello {
    return this.#hello;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Lets it make so many steps. @throws {Error} where it dies or answers something else. */
  measure(request: Request): Promise<Answer> {
    this.#process.stdin.write(`${JSON.stringify(request)}\n`);
    const task = `was to measure ${request.steps} steps of ${request.model}, ${request.mode}`;
    return this.#read(task, (line) => parseAnswer(line, request.steps));
  }

  async #read<T>(task: string, parse: (line: string) => T): Promise<T> {
    const { value: line, done } = await this.#lines.next();
    if (done) throw this.#failure(task, await this.#ended);
    try {
      return parse(line);
    } catch (error) {
      throw this.#failure(task, messageOf(error));
    }
  }

  #failure(task: string, what: string): Error {
    const { name, command, args } = this.#spec;
    return new Error(
      `The contender "${name}" ${task}: ${what}. Its last output: ${lastWords(this.#errors)}. ` +
        `To see more, start it by hand and type a request: ${[command, ...args].join(" ")}`,
    );
  }

  /** Ends the process, whatever it is doing: it holds nothing that could be lost. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#ended;
  }
}
