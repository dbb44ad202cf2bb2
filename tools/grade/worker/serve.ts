/**
 * The program of a worker process. It reads, analyzes and compiles students' code, and compares the
 * sandboxes' reports with the expected values. It never runs students' code, and can read only the kit.
 */
import { Buffer } from "node:buffer";
import process from "node:process";
import { lessonOf } from "../lesson_of.ts";
import { analyze } from "../cell_code.ts";
import { type Course, Lessons } from "../course.ts";
import { originOf, readAnswers } from "../notebook_answers.ts";
import { programFor } from "../program.ts";
import { evaluate } from "./evaluate.ts";
import type { Header, Kind, Reply, Requests } from "./requests.ts";

type Handlers = {
  [K in Kind]: (
    asks: Requests[K]["asks"],
    bytes: Uint8Array,
  ) => Requests[K]["answers"] | Promise<Requests[K]["answers"]>;
};

/** Handles requests from standard input until the input ends. */
export async function serve(course: Course): Promise<void> {
  const lessons = new Lessons(course);
  const handlers: Handlers = {
    async identify({ file }, bytes) {
      const lesson = lessonOf(file, originOf(bytes), await lessons.names());
      return lesson === undefined ? {} : { lesson };
    },
    async read({ lesson }, bytes) {
      return readAnswers(await lessons.read(lesson), bytes);
    },
    analyze: ({ code }) => analyze(code),
    async build({ lesson, exercise, written: { answers, own } }) {
      const written = { answers: new Map(answers), own };
      try {
        return programFor(await lessons.read(lesson), exercise, written);
      } catch (error) {
        // Deeply nested code overflows TypeScript's stack.
        if (!(error instanceof RangeError)) throw error;
        return { trouble: `the code cannot be compiled: ${error.message}` };
      }
    },
    evaluate: (asks) => evaluate(course.exercises.get(asks.exercise)!, asks),
  };
  for await (const { kind, asks, bytes } of requestsOn(process.stdin)) {
    process.stdout.write(`${JSON.stringify(await replyTo(handlers, kind, asks, bytes))}\n`);
  }
}

async function replyTo(
  handlers: Handlers,
  kind: Kind,
  asks: unknown,
  bytes: Uint8Array,
): Promise<Reply> {
  try {
    // The grader sends the parameters that match the kind.
    return { answer: await handlers[kind](asks as never, bytes) };
  } catch (error) {
    const { name, message } = error as Error;
    return { error: `${name}: ${message.slice(0, 300)}` };
  }
}

/** Reads lines of JSON, each with the bytes that follow it. */
async function* requestsOn(
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ kind: Kind; asks: unknown; bytes: Uint8Array }> {
  const reader = new Reader(input[Symbol.asyncIterator]());
  for (let line = await reader.line(); line !== undefined; line = await reader.line()) {
    const { kind, asks, bytes } = JSON.parse(line) as Header;
    yield { kind, asks, bytes: await reader.take(bytes) };
  }
}

/** Reads lines and bytes from a stream. */
class Reader {
  #chunks: Uint8Array[] = [];

  constructor(readonly input: AsyncIterator<Uint8Array>) {}

  /** The next line without its line break; undefined at the end of the stream. */
  async line(): Promise<string | undefined> {
    let length = 0;
    for (let i = 0;; i++) {
      const chunk = this.#chunks[i] ?? await this.#more();
      if (chunk === undefined) return undefined;
      const end = chunk.indexOf(10);
      if (end >= 0) return Buffer.from(await this.take(length + end + 1)).toString().trimEnd();
      length += chunk.length;
    }
  }

  /** The next `count` bytes, or fewer at the end of the stream. */
  async take(count: number): Promise<Uint8Array> {
    let length = this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    while (length < count) {
      const chunk = await this.#more();
      if (chunk === undefined) break;
      length += chunk.length;
    }
    const all = Buffer.concat(this.#chunks);
    this.#chunks = all.length > count ? [all.subarray(count)] : [];
    return all.subarray(0, count);
  }

  async #more(): Promise<Uint8Array | undefined> {
    const { value, done } = await this.input.next();
    if (done === true) return undefined;
    this.#chunks.push(value);
    return value;
  }
}
