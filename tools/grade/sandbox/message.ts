/** What a sandbox tells the grader, a line of JSON each. */
import type { Observation, Outcome } from "../../../lib/checks/observe.ts";

/** What a sandbox tells the grader. */
export type Message =
  /** The kit has been loaded; the learner's code comes next. */
  | { kind: "ready" }
  /** One look at one candidate. `call` counts the calls of `check` in its cell. */
  | { kind: "look"; call: number; seed: number; look: number; observation: Observation }
  /** A call with the candidate of an earlier one. */
  | { kind: "same"; call: number; as: number }
  /** What the learner's cell threw beside its declarations. */
  | { kind: "note"; text: string }
  /** The program came to its end, or threw. */
  | { kind: "end"; error?: string };

/**
 * Reads a message. Code that runs beside the sender may have changed how it writes: what has not the
 * form of a message is none.
 */
export function readMessage(line: string): Message | undefined {
  let message: Readonly<Record<string, unknown>>;
  try {
    message = Object(JSON.parse(line));
  } catch {
    return undefined;
  }
  const { kind, call, as, seed, look, text, error } = message;
  if (kind === "ready") return { kind };
  if (kind === "end") return typeof error === "string" ? { kind, error } : { kind };
  if (kind === "note") return typeof text === "string" ? { kind, text } : undefined;
  if (!isIndex(call)) return undefined;
  if (kind === "same") return isIndex(as) ? { kind, call, as } : undefined;
  const observation = readObservation(message["observation"]);
  if (kind !== "look" || !isIndex(seed) || !isIndex(look) || !observation) return undefined;
  return { kind, call, seed, look, observation };
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function readObservation(value: unknown): Observation | undefined {
  const { exercise, seed, refused, outcomes, leaked } = Object(value) as Record<string, unknown>;
  if (typeof exercise !== "string" || !isIndex(seed) || !isIndex(leaked)) return undefined;
  if (refused !== undefined && typeof refused !== "string") return undefined;
  if (!Array.isArray(outcomes) || !outcomes.every(isOutcome)) return undefined;
  return { exercise, seed, outcomes, leaked, ...(refused === undefined ? {} : { refused }) };
}

function isOutcome(value: unknown): value is Outcome {
  const { seen, trouble } = Object(value) as Record<string, unknown>;
  return seen !== undefined || typeof trouble === "string";
}
