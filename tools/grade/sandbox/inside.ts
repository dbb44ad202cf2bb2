/**
 * The inside of a sandbox: runs a learner's code as a script and reports what the probes observe.
 *
 * A script cannot hold an import declaration, and `node:vm` gives it no way to load a module. All modules
 * that it may use are loaded here, before it runs. Then every function that is shared with it is locked,
 * so that it cannot alter what the probes and `send` call. What the values are worth is decided elsewhere.
 */
import * as assert from "node:assert";
import * as strict from "node:assert/strict";
import process from "node:process";
import vm from "node:vm";
import * as tf from "@tensorflow/tfjs";
import * as kit from "../../../lib/mod.ts";
import { registerReluGradient } from "../../../lib/backend/native/relu_grad.ts";
import type { Exercise, OwnPart } from "../../../lib/checks/exercise.ts";
import { observe } from "../../../lib/checks/observe.ts";
import { watchOwnParts } from "../../../lib/checks/own_parts.ts";
import type { ImportedName } from "../cell_code.ts";
import type { MODULES } from "../../../lib/checks/refused.ts";
import { lock } from "./lock.ts";
import type { Message } from "./message.ts";

/** A script, and what it imports. */
export interface Script {
  /** An expression: a function of `take`, `note` and the values of `imports`. */
  readonly code: string;
  readonly imports: readonly ImportedName[];
}

/** What the grader asks for, on standard input. */
export interface Task {
  /** The word that each line of the answer begins with. */
  readonly word: string;
  readonly exercise: string;
  readonly seeds: readonly number[];
  /** Seconds that one probe may take. */
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

/** Runs the task's script and ends the process, whatever is still going on in it. */
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
  lock([kit, assert, strict]);
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

/** The exercise as a sandbox needs it: the rows hold the right values, and stay outside. */
function withoutRows(
  { id, lesson, title, goal, difficulty, minutes, ownParts, looks, limitSeconds = 20 }: Exercise,
): Exercise {
  return {
    ...{ id, lesson, title, goal, difficulty, minutes, hints: [], mistakes: {} },
    ownParts: ownParts ?? [],
    limitSeconds: Math.min(limitSeconds, task.limitSeconds),
    looks: looks.map(({ probe }) => ({ probe, rows: [] })),
  };
}

/** What shows, keeps or grades: of no use to an answer here. */
const SILENT = ["check", "hint", "progress", "reset", "show", "showText", "showTable"];

/**
 * The modules as an answer sees them. `residual` is the kit on the plain JavaScript backend, and in place
 * of each part that the exercise asks for it has a function that throws.
 */
function modulesFor(
  ownParts: readonly OwnPart[],
): Record<typeof MODULES[number], object> {
  const backend = new kit.Backend("cpu", "plain JavaScript", "as a grader needs it", []);
  const residual: Record<string, unknown> = {
    ...kit,
    startBackend: () => Promise.resolve(backend),
  };
  for (const name of SILENT) residual[name] = () => Promise.resolve();
  for (const [name, value] of Object.entries(kit)) {
    if (!ownParts.some((part) => (value as unknown) === part)) continue;
    residual[name] = function () {
      throw new Error(`the kit's own ${name}; write yours`);
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

/** The script calls it instead of `check`: reports what each probe observes of the candidate. */
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
  const { looks } = exercise;
  for (let look = 0; look < looks.length; look++) {
    for (let i = 0; i < seeds.length; i++) {
      const seed = seeds[i]!;
      if (hopeless[look]) continue;
      // Look by look, so that one that ends the process takes no other with it.
      const observation = await observe({ ...exercise, looks: [looks[look]!] }, candidate, seed);
      send({ kind: "look", call, seed, look, observation });
      const outcome = observation.outcomes[0];
      // The least of all seeds counts: what had no end once need not be waited for again.
      if (outcome !== undefined && "trouble" in outcome) hopeless[look] = true;
    }
  }
}

/** The script calls it with an error of a statement that declares nothing. */
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
    return "something that cannot be put into words";
  }
}

/** What an answer may use beside the language itself. */
const KEPT = new Set([
  ...["console", "performance", "crypto", "structuredClone", "queueMicrotask"],
  ...["setTimeout", "clearTimeout", "setInterval", "clearInterval", "setImmediate"],
  ...["clearImmediate", "TextEncoder", "TextDecoder", "URL", "URLSearchParams", "atob", "btoa"],
  ...["Event", "EventTarget", "AbortController", "AbortSignal", "DOMException", "Buffer", "global"],
  // TensorFlow.js keeps its engine and its registries there.
  ...["_tfengine", "_tfGlobals"],
]);

/**
 * Leaves the language and a few names more. Deno's permissions refuse what the others would do; these are
 * refused by absence, too. Sees to it that the process ends when it should.
 */
function seal(): void {
  // A promise that fails somewhere is no reason to stop looking.
  addEventListener("unhandledrejection", (event) => event.preventDefault());
  addEventListener("error", (event) => event.preventDefault());
  const { build, errors, version } = Deno;
  // Deno has it, and its types do not.
  const cpuUsage: unknown = Reflect.get(Deno, "cpuUsage");
  const { hrtime, nextTick, versions } = process;
  const language = vm.runInNewContext("Object.getOwnPropertyNames(globalThis)") as string[];
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    if (!KEPT.has(name) && !language.includes(name)) Reflect.deleteProperty(globalThis, name);
  }
  // TensorFlow.js asks Node for the time.
  const left = Object.freeze({ env: Object.freeze({}), hrtime, nextTick, versions });
  Object.defineProperty(globalThis, "process", { value: left });
  // Deno's own form of Node's modules asks for these: a training listens for Stop, a probe has a limit.
  const nothing = () => {};
  const listeners = { addSignalListener: nothing, removeSignalListener: nothing };
  const env = Object.freeze({ get: nothing });
  const deno = Object.freeze({ build, cpuUsage, env, errors, version, ...listeners });
  Object.defineProperty(globalThis, "Deno", { value: deno });
  // What is printed is of no use here, and a flood of it would only slow the class down.
  for (const name of Object.keys(console)) {
    if (typeof Reflect.get(console, name) === "function") Reflect.set(console, name, () => {});
  }
}
