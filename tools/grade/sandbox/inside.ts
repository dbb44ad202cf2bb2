/**
 * The program inside a sandbox. It runs a learner's code as a script and reports what the probes observe.
 *
 * A script cannot contain an import declaration, and `node:vm` gives the script no way to load a module. All
 * allowed modules are loaded here before the script runs. Then all shared functions are locked, so the script
 * cannot change functions that the probes and `send` call. The values are evaluated outside the sandbox.
 */
import * as assert from "node:assert";
import * as strict from "node:assert/strict";
import process from "node:process";
import vm from "node:vm";
import * as tf from "@tensorflow/tfjs";
import * as kit from "../../../lib/mod.ts";
import { registerReluGradient } from "../../../lib/backend/native/relu_grad.ts";
import type { Exercise } from "../../../lib/checks/exercise.ts";
import type { OwnPart } from "../../../lib/checks/own_parts.ts";
import { observe } from "../../../lib/checks/observe.ts";
import { watchOwnParts } from "../../../lib/checks/own_parts.ts";
import type { ImportedName } from "../cell_code.ts";
import type { MODULES } from "../../../lib/checks/refused.ts";
import { lock } from "./lock.ts";
import type { Message } from "./message.ts";

/** A script and its imports. */
export interface Script {
  /** An expression: a function of `take`, `note` and the values of `imports`. */
  readonly code: string;
  readonly imports: readonly ImportedName[];
}

/** The grader's task, read from standard input. */
export interface Task {
  /** A secret word at the start of each report. */
  readonly word: string;
  readonly exercise: string;
  readonly seeds: readonly number[];
  /** The time limit of one probe, in seconds. */
  readonly limitSeconds: number;
  readonly script: Script;
}

const { exit } = Deno;
const write = Deno.stdout.writeSync.bind(Deno.stdout);
const encoder = new TextEncoder();

let task: Task;
let exercise: Exercise;
const candidates: unknown[] = [];
const hopeless: boolean[] = [];
let notes = 0;

/** Runs the task's script, then ends the process, even if some code is still running. */
export async function run(exercises: ReadonlyMap<string, Exercise>): Promise<void> {
  task = JSON.parse(await new Response(Deno.stdin.readable).text()) as Task;
  exercise = withoutRows(exercises.get(task.exercise)!);
  const { script } = task;
  const ownParts = exercise.ownParts ?? [];
  const modules = modulesFor(ownParts);
  const values = script.imports.map(({ module, imported }) => {
    const exported = modules[module as typeof MODULES[number]];
    return imported === "*" ? exported : Reflect.get(exported, imported);
  });
  await tf.setBackend("cpu");
  registerReluGradient();
  watchOwnParts(ownParts);
  seal();
  // An answer may replace the functions of the console, which do nothing.
  lock([kit, assert, strict], [console]);
  send({ kind: "ready" });
  try {
    const program = new vm.Script(script.code, { filename: "answer.js" });
    const main = program.runInThisContext() as (...values: unknown[]) => Promise<void>;
    await main(take, note, ...values);
    send({ kind: "end" });
  } catch (error) {
    send({ kind: "end", error: inWords(error) });
  }
  exit(0);
}

/** Removes the rows from an exercise: they contain the expected values, which stay outside the sandbox. */
function withoutRows(
  { id, lesson, title, goal, difficulty, minutes, ownParts, probes, limitSeconds = 20 }: Exercise,
): Exercise {
  return {
    ...{ id, lesson, title, goal, difficulty, minutes, hints: [], mistakes: {} },
    ownParts: ownParts ?? [],
    limitSeconds: Math.min(limitSeconds, task.limitSeconds),
    probes: probes.map(({ run }) => ({ run, assertions: [] })),
  };
}

/** Functions that show, save or grade. They do nothing in a sandbox. */
const SILENT = ["check", "hint", "progress", "reset", "show", "showText", "showTable"];

/**
 * Returns the modules that an answer can import. `residual` is the kit with the plain JavaScript backend.
 * Each part that the exercise asks for is replaced by a function that throws an error.
 */
function modulesFor(
  ownParts: readonly OwnPart[],
): Record<typeof MODULES[number], object> {
  const backend = new kit.Backend("cpu", "plain JavaScript", "for the grader", []);
  const residual: Record<string, unknown> = {
    ...kit,
    startBackend: () => Promise.resolve(backend),
  };
  for (const name of SILENT) residual[name] = () => Promise.resolve();
  for (const [name, value] of Object.entries(kit)) {
    if (!ownParts.some((part) => (value as unknown) === part)) continue;
    residual[name] = function () {
      throw new Error(`this is the kit's own ${name}; write your own`);
    };
  }
  return {
    residual: Object.freeze(Object.assign(Object.create(null), residual)),
    "@tensorflow/tfjs": tf,
    "@tensorflow/tfjs-core": tf,
    "@tensorflow/tfjs-layers": tf,
    "node:assert": assert,
    "node:assert/strict": strict,
  };
}

/** Replaces `check` in the script: reports what each probe observes about the candidate. */
async function take(id: string, candidate: unknown): Promise<void> {
  if (id !== task.exercise) return;
  const call = candidates.length;
  for (let i = 0; i < call; i++) {
    if (candidates[i] === candidate) {
      candidates[call] = candidate;
      return send({ kind: "same", call, as: i });
    }
  }
  candidates[call] = candidate;
  const { seeds } = task;
  const { probes } = exercise;
  for (let probe = 0; probe < probes.length; probe++) {
    for (let i = 0; i < seeds.length; i++) {
      const seed = seeds[i]!;
      if (hopeless[probe]) continue;
      // One report per probe: if a probe ends the process, the other reports are safe.
      const observation = await observe({ ...exercise, probes: [probes[probe]!] }, candidate, seed);
      send({ kind: "probe", call, seed, probe, observation });
      const outcome = observation.outcomes[0];
      // The seed with the fewest points counts, so one failure makes the other seeds unnecessary.
      if (outcome !== undefined && "trouble" in outcome) hopeless[probe] = true;
    }
  }
}

/** The script calls this function with errors of statements that declare nothing. */
function note(error: unknown): void {
  if (notes++ < 5) send({ kind: "note", text: inWords(error) });
}

function send(message: Message): void {
  let rest = encoder.encode(`\n${task.word}${JSON.stringify(message)}\n`);
  while (rest.length > 0) rest = rest.subarray(write(rest));
}

function inWords(error: unknown): string {
  try {
    const { name, message } = error as Error;
    return message === "not implemented" ? "not written yet" : `${name}: ${message}`.slice(0, 300);
  } catch {
    return "a value that cannot be converted to text";
  }
}

/** Global names that an answer may use in addition to the language itself. */
const KEPT = new Set([
  ...["console", "performance", "crypto", "structuredClone", "queueMicrotask"],
  ...["setTimeout", "clearTimeout", "setInterval", "clearInterval", "setImmediate"],
  ...["clearImmediate", "TextEncoder", "TextDecoder", "URL", "URLSearchParams", "atob", "btoa"],
  ...["Event", "EventTarget", "AbortController", "AbortSignal", "DOMException", "Buffer", "Blob"],
  ...["CustomEvent", "MessageChannel", "MessagePort", "MessageEvent", "ReadableStream"],
  ...["WritableStream", "TransformStream", "global", "self"],
  // TensorFlow.js stores its engine and its registries in these.
  ...["_tfengine", "_tfGlobals"],
]);

/**
 * Removes all global names except the language and the names in `KEPT`. Deno's permissions already block the
 * other names, so this is a second layer. Rejected promises and unhandled errors no longer end the process.
 */
function seal(): void {
  // An unhandled rejection or error must not stop the probes.
  addEventListener("unhandledrejection", (event) => event.preventDefault());
  addEventListener("error", (event) => event.preventDefault());
  const { build, errors, version } = Deno;
  // Deno's types lack this function.
  const cpuUsage: unknown = Reflect.get(Deno, "cpuUsage");
  const { hrtime, nextTick, versions } = process;
  const language = vm.runInNewContext("Object.getOwnPropertyNames(globalThis)") as string[];
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    if (!KEPT.has(name) && !language.includes(name)) Reflect.deleteProperty(globalThis, name);
  }
  // TensorFlow.js reads the time from Node.
  const left = Object.freeze({ env: Object.freeze({}), hrtime, nextTick, versions });
  Object.defineProperty(globalThis, "process", { value: left });
  // Deno's Node modules need these: a training run listens for Stop, and a probe has a time limit.
  const nothing = () => {};
  const listeners = { addSignalListener: nothing, removeSignalListener: nothing };
  const env = Object.freeze({ get: nothing });
  const deno = Object.freeze({ build, cpuUsage, env, errors, version, ...listeners });
  Object.defineProperty(globalThis, "Deno", { value: deno });
  // Nobody reads the output here, and too much output would slow down the grading.
  const silent = Object.keys(console).map((name) => [name, nothing] as const);
  Object.defineProperty(globalThis, "console", { value: Object.fromEntries(silent) });
}
