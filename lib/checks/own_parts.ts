/** Detects calls of the kit's own parts that the learner should write. */
import type { OwnPart } from "./exercise.ts";

const calls = new WeakMap<OwnPart, number>();

/**
 * Counts method calls of these classes from now on.
 *
 * A learner's object can override every getter, so its own reports prove nothing. A call of the kit's code
 * cannot be hidden.
 *
 * @returns A function that returns the name of the first class that was called since, if any.
 */
export function watchOwnParts(parts: readonly OwnPart[]): () => string | undefined {
  const classes = parts.filter((part) => part.prototype !== undefined);
  for (const part of classes) countCalls(part);
  const before = classes.map((part) => calls.get(part)!);
  return () => classes.find((part, i) => calls.get(part)! > before[i]!)?.name;
}

/** Wraps the methods of a class once, permanently. */
function countCalls(part: OwnPart): void {
  if (calls.has(part)) return;
  calls.set(part, 0);
  const prototype = part.prototype as object;
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    const method: unknown = property.value;
    if (name === "constructor" || typeof method !== "function") continue;
    Object.defineProperty(prototype, name, {
      ...property,
      value(this: unknown, ...args: unknown[]): unknown {
        calls.set(part, calls.get(part)! + 1);
        return Reflect.apply(method, this, args);
      },
    });
  }
}
