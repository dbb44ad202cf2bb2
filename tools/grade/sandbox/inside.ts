/**
 * What runs inside a sandbox, before and around the learner's code.
 *
 * All that it needs later is taken into its own hands while nobody else has been here. It hands out
 * values, a line each, after a word that only it and the grader know; what they are worth is decided in
 * the grader's process.
 */
import "node:assert/strict";
import process from "node:process";
import * as tf from "@tensorflow/tfjs";
// All of the kit is there before anything is taken away.
import "../../../lib/mod.ts";
import { registerReluGradient } from "../../../lib/backend/native/relu_grad.ts";
import type { Exercise } from "../../../lib/checks/exercise.ts";
import { observe } from "../../../lib/checks/observe.ts";
import type { Message } from "./message.ts";

/** What the grader asks for, on standard input. */
export interface Task {
  /** The word that each line of the answer begins with. */
  readonly word: string;
  readonly exercise: string;
  readonly seeds: readonly number[];
  /** Seconds that one probe may take. */
  readonly limitSeconds: number;
}

const { exit } = Deno;
const write = Deno.stdout.writeSync.bind(Deno.stdout);
const encoder = new TextEncoder();
const encode = encoder.encode.bind(encoder);
const stringify = JSON.stringify;

let task: Task;
let exercise: Exercise;
const candidates: unknown[] = [];
const hopeless: boolean[] = [];
let notes = 0;

/** Runs the program and ends the process, whatever is still going on in it. */
export async function run(
  exercises: ReadonlyMap<string, Exercise>,
  program: () => Promise<unknown>,
): Promise<void> {
  task = JSON.parse(await new Response(Deno.stdin.readable).text()) as Task;
  const { id, lesson, title, goal, difficulty, minutes, ownParts, looks, limitSeconds = 20 } =
    exercises.get(task.exercise)!;
  exercise = {
    ...{ id, lesson, title, goal, difficulty, minutes, hints: [], mistakes: {} },
    ownParts: ownParts ?? [],
    limitSeconds: Math.min(limitSeconds, task.limitSeconds),
    // The rows know the right values, and are not needed here.
    looks: looks.map(({ probe }) => ({ probe, rows: [] })),
  };
  await tf.setBackend("cpu");
  registerReluGradient();
  seal();
  send({ kind: "ready" });
  try {
    await program();
    send({ kind: "end" });
  } catch (error) {
    send({ kind: "end", error: inWords(error) });
  }
  exit(0);
}

/** What stands in place of `check`: hands out what is to be seen of the candidate. */
export async function take(id: string, candidate: unknown): Promise<void> {
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

/** Notes what the learner's cell threw beside its declarations. */
export function note(error: unknown): void {
  if (notes++ < 5) send({ kind: "note", text: inWords(error) });
}

function send(message: Message): void {
  let rest = encode(`\n${task.word}${stringify(message)}\n`);
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

/** What an answer has no use for. Deno's permissions refuse the rest; these are refused by absence. */
const ABSENT = [
  ...["Deno", "process", "Worker", "SharedWorker", "BroadcastChannel", "MessageChannel"],
  ...["localStorage", "sessionStorage", "caches", "fetch", "WebSocket", "WebSocketStream"],
  ...["EventSource", "XMLHttpRequest", "WebTransport", "navigator", "location", "prompt", "alert"],
  ...["confirm", "close", "reportError", "Request", "createImageBitmap"],
];

/** Takes away what an answer has no use for, and sees to it that the process ends when it should. */
function seal(): void {
  const { build, errors, version } = Deno;
  const { hrtime, nextTick, versions } = process;
  for (const name of ABSENT) Reflect.deleteProperty(globalThis, name);
  // TensorFlow.js asks Node for the time.
  const left = Object.freeze({ env: Object.freeze({}), hrtime, nextTick, versions });
  Object.defineProperty(globalThis, "process", { value: left });
  // Deno's own form of Node's modules asks for these when a training listens for Stop.
  const nothing = () => {};
  const listeners = { addSignalListener: nothing, removeSignalListener: nothing };
  const env = Object.freeze({ get: nothing });
  const deno = Object.freeze({ build, env, errors, version, ...listeners });
  Object.defineProperty(globalThis, "Deno", { value: deno, configurable: true });
  // What is printed is of no use here, and a flood of it would only slow the class down.
  for (const name of Object.keys(console)) {
    if (typeof Reflect.get(console, name) === "function") Reflect.set(console, name, () => {});
  }
  // A promise that fails somewhere is no reason to stop looking.
  addEventListener("unhandledrejection", (event) => event.preventDefault());
  addEventListener("error", (event) => event.preventDefault());
}
