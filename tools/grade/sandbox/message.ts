/** The reports of a sandbox: one line of JSON each. */
import type { Plain } from "../../../lib/checks/exercise.ts";
import type { Observation, Outcome } from "../../../lib/checks/observe.ts";

/** A report of a sandbox. */
export type Message =
  /** The kit has been loaded; the learner's code comes next. */
  | { kind: "ready" }
  /** One look at one candidate. `call` counts the calls of `check` in its cell. */
  | { kind: "probe"; call: number; seed: number; probe: number; observation: Observation }
  /** A call with the candidate of an earlier one. */
  | { kind: "same"; call: number; as: number }
  /** What the learner's cell threw beside its declarations. */
  | { kind: "note"; text: string }
  /** The program came to its end, or threw. */
  | { kind: "end"; error?: string };

/** Longer texts from a learner are cut, because an error message fills one line. */
export const LONGEST_TEXT = 500;

/** More values than any probe reports: the weights of ResNet18 are reported by name and shape. */
const MOST_VALUES = 500_000;
/** Deeper than the values of any probe. */
const DEEPEST = 12;

/** Parses a message; undefined for text that is not a valid message. */
export function readMessage(line: string): Message | undefined {
  let message: Readonly<Record<string, unknown>>;
  try {
    message = Object(JSON.parse(line));
  } catch {
    return undefined;
  }
  const { kind, call, as, seed, probe, text, error } = message;
  if (kind === "ready") return { kind };
  if (kind === "end") return typeof error === "string" ? { kind, error: cut(error) } : { kind };
  if (kind === "note") return typeof text === "string" ? { kind, text: cut(text) } : undefined;
  if (!isIndex(call)) return undefined;
  if (kind === "same") return isIndex(as) ? { kind, call, as } : undefined;
  const observation = readObservation(message["observation"]);
  if (kind !== "probe" || !isIndex(seed) || !isIndex(probe) || !observation) return undefined;
  return { kind, call, seed, probe, observation };
}

/** Cuts a text to at most `LONGEST_TEXT` characters. */
export function cut(text: string): string {
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT - 1)}…`;
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function readObservation(value: unknown): Observation | undefined {
  const { exercise, seed, refused, outcomes, leaked } = Object(value) as Record<string, unknown>;
  if (typeof exercise !== "string" || !isIndex(seed) || !isIndex(leaked)) return undefined;
  if (refused !== undefined && typeof refused !== "string") return undefined;
  // Each message reports one probe.
  if (!Array.isArray(outcomes) || outcomes.length > 1) return undefined;
  const read = outcomes.map(readOutcome);
  if (read.includes(undefined)) return undefined;
  return {
    ...{ exercise: cut(exercise), seed, outcomes: read as Outcome[], leaked },
    ...(refused === undefined ? {} : { refused: cut(refused) }),
  };
}

function readOutcome(value: unknown): Outcome | undefined {
  // The value was parsed from JSON.
  const { seen, trouble } = Object(value) as Readonly<Record<string, Plain | undefined>>;
  if (typeof trouble === "string") return { trouble: cut(trouble) };
  if (seen === undefined || valuesIn(seen, MOST_VALUES, DEEPEST) > MOST_VALUES) return undefined;
  return { seen };
}

/** Counts the values in an object at any depth; more than `most` if the object is too large or too deep. */
function valuesIn(value: Plain, most: number, depth: number): number {
  if (typeof value !== "object" || value === null) return 1;
  if (depth === 0) return most + 1;
  let count = 1;
  for (const part of Object.values(value)) {
    count += valuesIn(part, most - count, depth - 1);
    if (count > most) break;
  }
  return count;
}
