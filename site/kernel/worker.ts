/** The kernel's half in a worker: runs cells and answers the page. */
import { mountFiles } from "../node/files.ts";
import { setSettings } from "../node/settings.ts";
import { cellFile, CellSyntaxError, compileCell } from "./cell.ts";
import { beginCell, guard, pressStop, shareStop } from "./guard.ts";
import { inspect } from "./inspect.ts";
import type { ExecuteReply, OutputType, Request, ToPage, ToWorker } from "./protocol.ts";

/** The worker's own side; the DOM's types describe a page's. */
const page = globalThis as unknown as {
  postMessage(message: ToPage): void;
  onmessage: ((event: { readonly data: ToWorker }) => void) | null;
};
const globals = globalThis as unknown as Record<string | symbol, unknown>;

/** What cells can import. */
const MODULES: Readonly<Record<string, () => Promise<unknown>>> = {
  "residual": () => import("../../lib/mod.ts"),
  "node:assert/strict": () => import("../node/assert_strict.ts"),
};

function show(type: OutputType, content: unknown): Promise<void> {
  page.postMessage({ to: "output", type, content });
  return Promise.resolve();
}

// Checks and lessons read results synchronously, which a graphics card's memory does not allow: TensorFlow.js
// would answer with wrong numbers.
Object.defineProperty(navigator, "gpu", { value: undefined });

// lib/display finds its front end here.
globals[Symbol.for("residual.browser")] = { broadcast: show };

const STREAMS = { log: "stdout", info: "stdout", debug: "stdout", warn: "stderr", error: "stderr" };
for (const [method, name] of Object.entries(STREAMS)) {
  const own = console[method as "log"].bind(console);
  console[method as "log"] = (...values: unknown[]) => {
    own(...values);
    const text = values.map((value) => typeof value === "string" ? value : inspect(value));
    void show("stream", { name, text: `${text.join(" ")}\n` });
  };
}

/** The code of each cell, for the places of errors. */
const cells = new Map<number, string>();

async function load(name: string): Promise<unknown> {
  const module = MODULES[name];
  if (module !== undefined) return await module();
  throw new Error(
    `Cannot import "${name}" in the browser edition, which has only ${
      Object.keys(MODULES).map((known) => `"${known}"`).join(" and ")
    }.`,
  );
}

async function execute(code: string, number: number): Promise<ExecuteReply> {
  beginCell();
  cells.set(number, code);
  try {
    const { script, names } = compileCell(code, number);
    for (const name of names) declare(name);
    const run = (0, eval)(script) as (
      load: (name: string) => Promise<unknown>,
      guard: () => void,
    ) => Promise<[unknown]>;
    const [value] = await run(load, guard);
    if (value !== undefined) {
      const data = { "text/plain": inspect(value) };
      await show("execute_result", { execution_count: number, data, metadata: {} });
    }
    return { status: "ok", user_expressions: {}, payload: [] };
  } catch (error) {
    const content = errorContent(error, number);
    await show("error", content);
    return { status: "error", ...content };
  }
}

/** Makes a global variable of the name. Names of the browser's own, such as `name`, are replaced. */
function declare(name: string): void {
  const own = Object.getOwnPropertyDescriptor(globalThis, name);
  if (own !== undefined && "value" in own && own.writable) return;
  Object.defineProperty(globalThis, name, {
    value: undefined,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

function errorContent(error: unknown, number: number): Record<string, unknown> {
  if (error instanceof CellSyntaxError) {
    const line = cells.get(number)!.split("\n")[error.line - 1] ?? "";
    const place = `cell ${number}, line ${error.line}, column ${error.column}`;
    return {
      ename: error.name,
      evalue: error.message,
      traceback: [
        `${error.name}: ${error.message}`,
        `    at ${place}`,
        "",
        `    ${line}`,
        `    ${" ".repeat(Math.max(0, error.column - 1))}^`,
      ],
    };
  }
  const { name = "Error", message = String(error), stack = "" } = (error ?? {}) as Partial<Error>;
  return { ename: name, evalue: message, traceback: [`${name}: ${message}`, ...places(stack)] };
}

/** The calls of a stack that lie in cells, as the installed kernels write them. */
function places(stack: string): string[] {
  return stack.split("\n").flatMap((line) => {
    const [, file, at, column] = /(residual-cell-\d+):(\d+):(\d+)/.exec(line) ?? [];
    if (file === undefined) return [];
    const name = /^\s*at (?:async )?([\w$.]+) \(/.exec(line)?.[1] ?? /^([\w$.]+)@/.exec(line)?.[1];
    const place = `cell ${file.slice(cellFile(0).length - 1)}, line ${at}, column ${column}`;
    return [`    at ${name === undefined || name === "eval" ? place : `${name} (${place})`}`];
  });
}

function complete(code: string, cursor: number): Record<string, unknown> {
  const [, path, word = ""] = /(?:([\w$.]+)\.)?([\w$]*)$/.exec(code.slice(0, cursor)) ?? [];
  let owner: unknown = globalThis;
  for (const part of path?.split(".") ?? []) {
    owner = (owner as Record<string, unknown> | null | undefined)?.[part];
  }
  const matches = new Set<string>();
  for (let at = owner; at !== null && at !== undefined && at !== Object.prototype;) {
    for (const name of Object.getOwnPropertyNames(at)) {
      if (name.startsWith(word) && /^[A-Za-z$][\w$]*$/.test(name)) matches.add(name);
    }
    at = Object.getPrototypeOf(Object(at));
  }
  return {
    status: "ok",
    matches: [...matches].sort(),
    cursor_start: cursor - word.length,
    cursor_end: cursor,
    metadata: {},
  };
}

async function answer(request: Request): Promise<unknown> {
  switch (request.type) {
    case "start":
      setSettings(request.settings);
      mountFiles(request.files, (path, text) => page.postMessage({ to: "keep", path, text }));
      shareStop(request.stop);
      return {};
    case "execute":
      return await execute(request.code, request.number);
    case "complete":
      return complete(request.code, request.cursor);
  }
}

page.onmessage = async ({ data }) => {
  if (data.type === "stop") {
    pressStop();
    page.postMessage({ to: "stopping" });
    return;
  }
  page.postMessage({ to: "reply", id: data.id, content: await answer(data) });
};
