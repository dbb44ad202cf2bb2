/** The first half of a check: runs the learner's code and hands out plain values, whatever it does. */
import process from "node:process";
import vm from "node:vm";
import "../backend/engine_state.ts";
import { rememberState } from "../backend/termination.ts";
import type { Exercise, Plain, Probe } from "./exercise.ts";
import type { OwnPart } from "./own_parts.ts";
import { isClass, Trial, Trouble } from "./trial.ts";

/** What a probe gave: its values, or the trouble that kept it from them. */
export type Outcome =
  | { readonly seen: Plain }
  | { readonly trouble: string; readonly isLate?: true };

/** What was seen of a candidate: plain, so that another process can compare it. */
export interface Observation {
  readonly exercise: string;
  readonly seed: number;
  /** Why it was not looked at: nothing was handed in, or the kit's own part. */
  readonly refused?: string;
  /** One for each of the exercise's probes. */
  readonly outcomes: readonly Outcome[];
  /** Tensors that the learner's functions left behind. */
  readonly leaked: number;
}

const LIMIT_SECONDS = 20;

/** Runs every probe on the candidate. An error that the candidate throws becomes an outcome. */
export async function observe(
  exercise: Exercise,
  candidate: unknown,
  seed: number,
): Promise<Observation> {
  const { id, ownParts = [], probes, limitSeconds = LIMIT_SECONDS } = exercise;
  const about = { exercise: id, seed };
  const refused = refusal(candidate, ownParts);
  if (refused !== undefined) return { ...about, refused, outcomes: [], leaked: 0 };
  const trial = new Trial(seed, ownParts);
  const outcomes: Outcome[] = [];
  let limit = limitSeconds;
  for (const probe of probes) {
    const outcome = await outcomeOf(probe, candidate, trial, limit);
    outcomes.push(outcome);
    // An endless loop is mostly met by every probe: the others need not take as long to show it.
    if ("isLate" in outcome) limit = Math.min(limit, Math.max(1, limitSeconds / 10));
  }
  return { ...about, outcomes, leaked: trial.leaked };
}

function refusal(candidate: unknown, ownParts: readonly OwnPart[]): string | undefined {
  if (candidate === undefined || candidate === null) {
    return `${candidate}: have you run the cell with your code?`;
  }
  if (typeof candidate !== "function") return undefined;
  for (const part of ownParts) {
    if (candidate === part || candidate.prototype instanceof part) {
      return `the kit's own ${part.name}; write yours`;
    }
    // A trial counts the uses of classes. Only the text shows the call of a function.
    if (!isClass(part) && calls(candidate, part.name)) {
      return `a call of the kit's own ${part.name}; write yours`;
    }
  }
  return undefined;
}

/** Whether the code of a function or class calls a function of this name. */
function calls(candidate: { readonly name: string }, name: string): boolean {
  // A function that has the name itself may call itself, and a class its own method.
  const before = candidate.name === name ? "(?<!\\bthis)\\." : "\\b";
  // What is compiled for Node.js calls `(0, module.name)(...)`.
  return new RegExp(`${before}${name}\\s*\\)?\\s*\\(`).test(bodyOf(candidate));
}

/** Comments, strings and templates: they may contain anything. */
const NO_CODE = /\/\*[^]*?\*\/|\/\/.*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[^]|[^`\\])*`/g;

/** A function's code without its head, its comments and its strings. */
function bodyOf(candidate: unknown): string {
  return Function.prototype.toString.call(candidate).replace(NO_CODE, "").replace(/^[^{=]*/, "");
}

async function outcomeOf(
  { run }: Probe,
  candidate: unknown,
  trial: Trial,
  limitSeconds: number,
): Promise<Outcome> {
  try {
    const seen = await within(limitSeconds, () => run(candidate, trial));
    // As another process would get it: nothing in it is shared with the candidate any more. The values
    // may have getters of the candidate's, which can use the kit's own parts, too.
    const text = await within(limitSeconds, () => JSON.stringify(seen));
    trial.refuseUsedParts();
    return { seen: JSON.parse(text) as Plain };
  } catch (error) {
    const trouble = troubleOf(error);
    return error instanceof Overtime ? { trouble, isLate: true } : { trouble };
  }
}

/** The function that the script below calls, once. */
let work: (() => unknown) | undefined;

/** A secret name: code that replaces this property could forge what a check observes. */
const WORK = `residual.${crypto.randomUUID()}`;
Object.defineProperty(globalThis, WORK, { value: callWork });
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
      if (Math.max(waited, cpuSeconds() - started) > seconds) reject(new Overtime(seconds));
    }, TICK_MS);
  });
  try {
    return await Promise.race([result, late]);
  } finally {
    clearInterval(timer);
  }
}

function callWork(): unknown {
  const compute = work;
  // The learner's code may find this function.
  work = undefined;
  return compute?.();
}

/** Runs the synchronous part of `compute` with the same limit. */
function withinLoop<T>(seconds: number, compute: () => T): T {
  const restoreState = rememberState();
  for (let limit = seconds;; limit *= 2) {
    work = compute;
    const [started, startedAt] = [cpuSeconds(), performance.now()];
    const timeout = Math.ceil(1000 * limit);
    try {
      return runWork.runInThisContext({ timeout }) as T;
    } catch (error) {
      // A native call that the timeout interrupts may fail with an error of its own.
      const isLate = performance.now() - startedAt >= timeout;
      if (!isLate && (error as { code?: string }).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") {
        throw error;
      }
      restoreState();
      const hasComputed = cpuSeconds() - started > seconds / 2;
      if (hasComputed || limit >= MOST_PATIENCE * seconds) throw new Overtime(seconds);
    }
  }
}

/** The CPU time of this process, in seconds. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** A probe that took longer than its limit. */
class Overtime extends Trouble {
  constructor(seconds: number) {
    super(`timed out after ${seconds} s: is there an infinite loop?`);
  }
}

/** What was thrown, in one line. */
function troubleOf(error: unknown): string {
  if (error instanceof Trouble) return error.message;
  if (!(error instanceof Error)) return `it throws ${String(error).slice(0, 200)}`;
  if (error.message === "not implemented") return "not written yet";
  // A native error begins with a line that is only a number.
  const [line = ""] = error.message.replace(/^Invalid TF_Status: \d+\s+Message: /, "").split("\n");
  // On Deno the kernel proxy replaces the first form by the second (tools/kernels/cell_places.ts).
  const place = /\bresidual-cell-\d+:\d+:\d+|\bcell \d+, line \d+, column \d+/
    .exec(error.stack ?? "");
  return `it throws ${error.name}: ${line.slice(0, 300)}${place === null ? "" : ` (${place[0]})`}`;
}
