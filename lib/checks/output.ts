/**
 * Limits what a learner's code prints while a check calls it. A check may call a function thousands of
 * times; with a `console.log` in it, a front end would give up and lose the check's table.
 */
import { Console } from "node:console";
import process from "node:process";
import { Writable } from "node:stream";

/** The most that is printed in one check. */
const MOST_LINES = 40;
const MOST_CHARACTERS = 4000;

type Print = (text: string) => void;
type Functions = Record<string, (...args: unknown[]) => unknown>;

/** The functions of `console` as they print without a limit. */
const plain: Functions = {};
/** The functions that print in their place while a check runs. */
let limitedConsole: Functions | undefined;

// A learner's code may have taken one of them before the check: `const log = console.log`.
for (const [name, print] of Object.entries(console as unknown as Functions)) {
  if (typeof print !== "function" || name === "Console") continue;
  plain[name] = print;
  Reflect.set(
    console,
    name,
    (...args: unknown[]): unknown => Reflect.apply(limitedConsole?.[name] ?? print, console, args),
  );
}

/** Passes text on until there has been enough of it, then counts. */
class Limit {
  #lines = MOST_LINES;
  #characters = MOST_CHARACTERS;
  /** How many outputs were left out, whole or in part. */
  leftOut = 0;

  get isReached(): boolean {
    return this.#lines <= 0 || this.#characters <= 0;
  }

  print(text: string, print: Print): void {
    if (text === "") return;
    if (this.isReached) {
      this.leftOut++;
      return;
    }
    const lines = text.split(/(?<=\n)/);
    const few = lines.slice(0, this.#lines).join("").slice(0, this.#characters);
    this.#lines -= lines.length;
    this.#characters -= few.length;
    if (few.length < text.length) this.leftOut++;
    print(few.length < text.length ? `${few.trimEnd()} …\n` : few);
  }
}

/** The checks that run now, and what ends their limit. */
let running = 0;
let remove: (() => void) | undefined;

/** Runs `work` with a limit on its output, and reports how much was left out. */
export async function limitOutput<T>(work: () => Promise<T>): Promise<T> {
  if (running++ === 0) remove = install(new Limit());
  try {
    return await work();
  } finally {
    if (--running === 0) remove?.();
  }
}

/** Limits everything that prints; the function that it returns takes the limit away again. */
function install(limit: Limit): () => void {
  // `console` prints through these streams in Node.js: what has passed the limit once is let through.
  let isPassed = false;
  const limited = (text: string, print: Print) =>
    limit.print(text, (few) => {
      isPassed = true;
      try {
        print(few);
      } finally {
        isPassed = false;
      }
    });
  const lineBy = (print: (line: string) => void): Print => (text) =>
    print.call(console, text.replace(/\n$/, ""));
  limitedConsole = limitConsole(limit, limited, lineBy(plain["log"]!), lineBy(plain["error"]!));

  const undo: (() => void)[] = [];
  for (const stream of [process.stdout, process.stderr]) {
    const { write } = stream;
    const limitedWrite = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
      const pass = (text: string) => Reflect.apply(write, stream, [text, ...rest]);
      if (isPassed) return Reflect.apply(write, stream, [chunk, ...rest]);
      limited(textOf(chunk), pass);
      return true;
    };
    undo.push(replace(stream, "write", limitedWrite));
  }

  const { Deno } = globalThis as { Deno?: { stdout: DenoStream; stderr: DenoStream } };
  for (const stream of Deno === undefined ? [] : [Deno.stdout, Deno.stderr]) {
    const { writeSync } = stream;
    const limitedWrite = (chunk: Uint8Array): number => {
      if (isPassed) return writeSync.call(stream, chunk);
      limited(textOf(chunk), (text) => writeSync.call(stream, new TextEncoder().encode(text)));
      return chunk.length;
    };
    undo.push(replace(stream, "writeSync", limitedWrite));
    undo.push(
      replace(stream, "write", (chunk: Uint8Array) => Promise.resolve(limitedWrite(chunk))),
    );
  }

  return () => {
    limitedConsole = undefined;
    for (const putBack of undo.reverse()) putBack();
    const { leftOut } = limit;
    if (leftOut === 0) return;
    const count = `${leftOut.toLocaleString("en-US")} ${leftOut === 1 ? "output" : "outputs"}`;
    console.log(`… ${count} of your code left out: a check may call it thousands of times.`);
  };
}

interface DenoStream {
  write(chunk: Uint8Array): Promise<number>;
  writeSync(chunk: Uint8Array): number;
}

/** These always print, so that beyond the limit their arguments need not be formatted. */
const PRINTING: readonly string[] = [
  ...["log", "info", "debug", "warn", "error", "dir", "dirxml", "table", "trace"],
];

/** The functions of a console whose output passes through the limit. */
function limitConsole(
  limit: Limit,
  limited: (text: string, print: Print) => void,
  log: Print,
  error: Print,
): Functions {
  const streamTo = (print: Print) =>
    new Writable({
      decodeStrings: false,
      write(text: string, _encoding, done) {
        limited(text, print);
        done();
      },
    });
  const own = new Console({ stdout: streamTo(log), stderr: streamTo(error) });
  const functions = own as unknown as Functions;
  const entries = Object.keys(plain).map((name) => [name, (...args: unknown[]) => {
    if (limit.isReached && PRINTING.includes(name)) limit.leftOut++;
    else Reflect.apply(functions[name] ?? plain[name]!, own, args);
  }]);
  return Object.fromEntries(entries) as Functions;
}

/** Gives an object another function under this name; returns the function that puts the first one back. */
function replace(owner: object, name: string, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(owner, name);
  Object.defineProperty(owner, name, {
    ...{ configurable: true, enumerable: before?.enumerable ?? false, writable: true },
    value,
  });
  return () => {
    if (before === undefined) Reflect.deleteProperty(owner, name);
    else Object.defineProperty(owner, name, before);
  };
}

function textOf(chunk: string | Uint8Array): string {
  return typeof chunk === "string" ? chunk : new TextDecoder().decode(chunk);
}
