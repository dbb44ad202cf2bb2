/** The part of `node:assert/strict` that lessons and learners use. */
import { inspect } from "../kernel/inspect.ts";

export class AssertionError extends Error {
  override name = "AssertionError";
}

function fail(message: string | Error | undefined, text: string): never {
  throw message instanceof Error ? message : new AssertionError(message ?? text);
}

/** Whether two values are the same, or consist of the same values. */
function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (a instanceof Map || a instanceof Set) return same([...a], [...b as Set<unknown>]);
  const [left, right] = [a, b] as Record<PropertyKey, unknown>[];
  const keys = Reflect.ownKeys(a);
  return keys.length === Reflect.ownKeys(b).length &&
    keys.every((key) => same(left![key], right![key]));
}

type Message = string | Error;

function ok(value: unknown, message?: Message): asserts value {
  if (!value) fail(message, `Expected a true value, got ${inspect(value)}.`);
}

function equal(actual: unknown, expected: unknown, message?: Message): void {
  if (Object.is(actual, expected)) return;
  fail(message, `Expected ${inspect(expected)}, got ${inspect(actual)}.`);
}

function notEqual(actual: unknown, expected: unknown, message?: Message): void {
  if (Object.is(actual, expected)) fail(message, `Expected anything but ${inspect(expected)}.`);
}

function deepEqual(actual: unknown, expected: unknown, message?: Message): void {
  if (same(actual, expected)) return;
  fail(message, `Expected ${inspect(expected)}, got ${inspect(actual)}.`);
}

function throws(work: () => unknown): void {
  try {
    work();
  } catch {
    return;
  }
  fail(undefined, "Expected an error.");
}

async function rejects(work: Promise<unknown> | (() => Promise<unknown>)): Promise<void> {
  try {
    await (typeof work === "function" ? work() : work);
  } catch {
    return;
  }
  fail(undefined, "Expected a rejection.");
}

export default Object.assign(ok, {
  AssertionError,
  deepEqual,
  deepStrictEqual: deepEqual,
  equal,
  notEqual,
  ok,
  rejects,
  strictEqual: equal,
  throws,
});
