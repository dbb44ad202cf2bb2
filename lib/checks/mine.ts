/** `mine`: a learner's own passed answer in a later lesson. */
import * as tf from "@tensorflow/tfjs";
import * as backend from "../backend/mod.ts";
import * as blocks from "../blocks/mod.ts";
import * as data from "../data/mod.ts";
import * as display from "../display/mod.ts";
import * as models from "../models/mod.ts";
import * as training from "../training/mod.ts";
import type { Exercise } from "./exercise.ts";
import { exerciseById } from "./exercises/mod.ts";
import { compare } from "./compare.ts";
import { observe } from "./observe.ts";
import { limitOutput } from "./output.ts";
import { lessonTitle } from "./progress.ts";
import { type Progress, readProgress } from "./progress_file.ts";

/** Everything that an answer may use from the kit, by name. */
const KIT: Readonly<Record<string, unknown>> = {
  tf,
  ...backend,
  ...blocks,
  ...data,
  ...display,
  ...models,
  ...training,
};

/**
 * Returns the learner's own answer to an exercise of an earlier lesson, or `kit` if there is none. Shows
 * one line that says which of the two it is, and why.
 *
 * A check that passes keeps the answer's code in the progress file. `mine` evaluates the code with the
 * names of the kit and of the learner's other passed answers, and checks it again: an answer that fails
 * in this version of the kit is not used.
 *
 * @param id The exercise, such as `"res_identity"`.
 * @param kit The kit's own class or function, of the same form.
 * @throws {RangeError} when there is no exercise of that id.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { mine, ResIdentity, startBackend, tf } from "residual";
 *
 * await startBackend();
 * const Identity = await mine("res_identity", ResIdentity);
 * const block = new Identity(16);
 * assert.deepEqual(block(tf.zeros([1, 8, 8, 16])).shape, [1, 8, 8, 16]);
 * ```
 */
export async function mine<Answer>(id: string, kit: Answer): Promise<Answer> {
  const exercise = exerciseById(id);
  const { progress, trouble } = readProgress();
  const found = await answerOf(exercise, progress);
  const name = nameOf(kit) ?? id;
  const line = "answer" in found
    ? `${name}: your own, from lesson ${lessonTitle(exercise.lesson)}.`
    : `${name}: the kit's. ${found.reason}`;
  await display.showText([trouble, line].filter(Boolean).join(" "));
  // The check has compared what the answer does with what the kit's does.
  return "answer" in found ? found.answer as Answer : kit;
}

/** A learner's answer, or why there is none. */
type Found = { readonly answer: unknown } | { readonly reason: string };

async function answerOf(exercise: Exercise, progress: Progress): Promise<Found> {
  const { id, lesson } = exercise;
  const source = progress[id]?.source;
  if (source === undefined) {
    return {
      reason: `No answer of yours to ${id} (lesson ${lessonTitle(lesson)}) has passed yet.`,
    };
  }
  const advice = `Run its cell and its check in lesson ${lessonTitle(lesson)} again.`;
  let answer: unknown;
  try {
    answer = evaluate(source, progress);
  } catch (error) {
    return {
      reason: `Your answer to ${id} cannot be read: ${(error as Error).message}. ${advice}`,
    };
  }
  const result = compare(exercise, await limitOutput(() => observe(exercise, answer, 1)));
  if (result.passed) return { answer };
  const wrong = result.rows.find(({ passed }) => !passed);
  return {
    reason:
      `Your answer to ${id} does not pass here: ${wrong?.what} is ${wrong?.actual}. ${advice}`,
  };
}

/**
 * Evaluates an answer's code. Its names are looked up among the learner's other answers first, then in the
 * kit. tslab compiles a name of the kit to a property of `residual_1` or the like.
 */
function evaluate(source: string, progress: Progress): unknown {
  const others = new Map<string, string>();
  for (const { source: other } of Object.values(progress)) {
    const name = other === undefined ? undefined : declaredName(other);
    if (name !== undefined && other !== source) others.set(name, other!);
  }
  const values = new Map<string, unknown>();
  const scope: Record<string, unknown> = new Proxy({}, {
    has: (_, name) => typeof name === "string" && (others.has(name) || name in KIT || isKit(name)),
    get(_, name) {
      if (typeof name !== "string") return undefined;
      if (isKit(name)) return KIT;
      const other = others.get(name);
      if (other === undefined) return KIT[name];
      // Another answer may use this one in turn: until it is evaluated, the kit's stands in.
      if (!values.has(name)) {
        values.set(name, KIT[name]);
        values.set(name, compile(other, scope));
      }
      return values.get(name);
    },
  });
  return compile(source, scope);
}

const isKit = (name: string) => /^residual_\d+$/.test(name);

function compile(source: string, scope: object): unknown {
  // `with` is the only way to give code names without a list of them; the code itself may be strict.
  return new Function("scope", `with (scope) { return (${source}\n); }`)(scope);
}

/** The name that a class or function declares. */
function declaredName(source: string): string | undefined {
  return /^(?:async\s+)?(?:class|function\s*\*?)\s+([\p{ID_Start}$_][\p{ID_Continue}$]*)/u
    .exec(source)?.[1];
}

function nameOf(value: unknown): string | undefined {
  return typeof value === "function" && value.name !== "" ? value.name : undefined;
}

/** The longest code that the progress file keeps, in characters. */
const MOST_SOURCE = 50_000;

/** The code of an answer that has passed, as the progress file keeps it; undefined for other values. */
export function sourceOf(answer: unknown): string | undefined {
  if (typeof answer !== "function") return undefined;
  const source = Function.prototype.toString.call(answer);
  return source.length <= MOST_SOURCE && !source.includes("[native code]") ? source : undefined;
}
