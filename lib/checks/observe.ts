/** The first half of a check: runs the learner's code and hands out plain values, whatever it does. */
import process from "node:process";
import vm from "node:vm";
import type { Exercise, Look, OwnPart, Plain } from "./exercise.ts";
import { Trial, Trouble } from "./trial.ts";

/** What a probe gave: its values, or the trouble that kept it from them. */
export type Outcome = { readonly seen: Plain } | { readonly trouble: string };

/** What was seen of a candidate: plain, so that another process can judge it. */
export interface Observation {
  readonly exercise: string;
  readonly seed: number;
  /** Why it was not looked at: nothing was handed in, or the kit's own part. */
  readonly refused?: string;
  /** One for each of the exercise's looks. */
  readonly outcomes: readonly Outcome[];
  /** Tensors that the learner's functions left behind. */
  readonly leaked: number;
}

const LIMIT_SECONDS = 20;

/** Runs every look's probe on the candidate; what the candidate throws becomes an outcome. */
export async function observe(
  exercise: Exercise,
  candidate: unknown,
  seed: number,
): Promise<Observation> {
  const { id, ownParts = [], looks, limitSeconds = LIMIT_SECONDS } = exercise;
  const about = { exercise: id, seed };
  const refused = refusal(candidate, ownParts);
  if (refused !== undefined) return { ...about, refused, outcomes: [], leaked: 0 };
  const trial = new Trial(seed, ownParts);
  const outcomes: Outcome[] = [];
  for (const look of looks) {
    outcomes.push(await outcomeOf(look, candidate, trial, limitSeconds));
  }
  return { ...about, outcomes, leaked: trial.leaked };
}

function refusal(candidate: unknown, ownParts: readonly OwnPart[]): string | undefined {
  if (candidate === undefined || candidate === null) {
    return `${candidate}: has the cell with your code run?`;
  }
  if (typeof candidate !== "function") return undefined;
  for (const part of ownParts) {
    if (candidate === part || candidate.prototype instanceof part) {
      return `the kit's own ${part.name}; write yours`;
    }
    // What is compiled for Node.js calls `(0, module.name)(...)`.
    if (new RegExp(`\\b${part.name}\\s*\\)?\\s*\\(`).test(bodyOf(candidate))) {
      return `a call of the kit's own ${part.name}; write yours`;
    }
  }
  return undefined;
}

/** A function's code without its head and its comments, which may speak of anything. */
function bodyOf(candidate: unknown): string {
  return Function.prototype.toString.call(candidate)
    .replace(/\/\*[^]*?\*\/|\/\/.*/g, "").replace(/^[^{=]*/, "");
}

async function outcomeOf(
  { probe }: Look,
  candidate: unknown,
  trial: Trial,
  limitSeconds: number,
): Promise<Outcome> {
  try {
    const seen = await within(limitSeconds, () => probe(candidate, trial));
    trial.refuseCalledParts();
    // As another process would get it: nothing in it is shared with the candidate any more.
    return { seen: JSON.parse(JSON.stringify(seen)) as Plain };
  } catch (error) {
    return { trouble: troubleOf(error) };
  }
}

/** The function that the script below calls. */
let work: () => unknown = () => undefined;

/** A secret name: code that replaces this property could forge what a check observes. */
const WORK = `residual.${crypto.randomUUID()}`;
Object.defineProperty(globalThis, WORK, { value: () => work() });
const runWork = new vm.Script(`globalThis[${JSON.stringify(WORK)}]()`);

/** The limit of a loop that got too little CPU time is doubled until it reaches this multiple. */
const MOST_PATIENCE = 8;
const TICK_MS = 100;

/**
 * Runs `compute` with a limit on CPU time, in seconds. On a busy machine, wall-clock time may be longer.
 *
 * An infinite loop blocks all timers. Only `node:vm` can stop such a loop, both on Deno and on Node.js.
 */
async function within<T>(seconds: number, compute: () => T): Promise<Awaited<T>> {
  const started = cpuSeconds();
  const result = withinLoop(seconds, compute);
  let timer: ReturnType<typeof setInterval> | undefined;
  let ticks = 0;
  const late = new Promise<never>((_, reject) => {
    // On a busy machine, the ticks are late too.
    timer = setInterval(() => {
      const waited = ++ticks * TICK_MS / 1000;
      if (Math.max(waited, cpuSeconds() - started) > seconds) reject(overtime(seconds));
    }, TICK_MS);
  });
  try {
    return await Promise.race([result, late]);
  } finally {
    clearInterval(timer);
  }
}

/** Runs the synchronous part of `compute` with the same limit. */
function withinLoop<T>(seconds: number, compute: () => T): T {
  work = compute;
  for (let limit = seconds;; limit *= 2) {
    const started = cpuSeconds();
    try {
      return runWork.runInThisContext({ timeout: Math.ceil(1000 * limit) }) as T;
    } catch (error) {
      if ((error as { code?: string }).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
      const hasComputed = cpuSeconds() - started > seconds / 2;
      if (hasComputed || limit >= MOST_PATIENCE * seconds) throw overtime(seconds);
    }
  }
}

/** The CPU time of this process, in seconds. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function overtime(seconds: number): Trouble {
  return new Trouble(`timed out after ${seconds} s: is there an infinite loop?`);
}

/** What was thrown, in one line. */
function troubleOf(error: unknown): string {
  if (error instanceof Trouble) return error.message;
  if (!(error instanceof Error)) return `it throws ${String(error).slice(0, 200)}`;
  if (error.message === "not implemented") return "not written yet";
  const [line = ""] = error.message.split("\n");
  return `it throws ${error.name}: ${line.slice(0, 200)}`;
}
