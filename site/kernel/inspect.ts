/** Values as text, for `console.log` and for a cell's value. */

/** A value as a reader of code would write it, on as few lines as it needs. */
export function inspect(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") {
    const isClass = /^class\b/.test(Function.prototype.toString.call(value));
    return `[${isClass ? "class" : "Function"}: ${value.name || "(anonymous)"}]`;
  }
  if (typeof value !== "object" || value === null) return String(value);
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (value instanceof Map) return `Map(${value.size}) ${inspect(Object.fromEntries(value))}`;
  if (value instanceof Set) return `Set(${value.size}) ${inspect([...value])}`;
  if (value instanceof Promise) return "Promise";
  const { name } = (value.constructor ?? {}) as { name?: string };
  if (name === "Tensor" || name === "Variable") return String(value);
  if (ArrayBuffer.isView(value)) {
    const { length } = value as Uint8Array;
    const first = Array.from((value as Uint8Array).subarray(0, MOST_ITEMS));
    return `${name}(${length}) [${first.join(", ")}${length > MOST_ITEMS ? ", ..." : ""}]`;
  }
  try {
    const text = JSON.stringify(value, plain, 1) ?? String(value);
    const line = text.replace(/\s*\n\s*/g, " ");
    const shown = line.length <= LINE ? line : text;
    return name === undefined || name === "Object" || name === "Array" ? shown : `${name} ${shown}`;
  } catch {
    return `[${name ?? "Object"}]`;
  }
}

const MOST_ITEMS = 100;
const LINE = 100;

/** What JSON cannot hold, as text. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return inspect(value);
  return value === undefined || Number.isNaN(value) ? String(value) : value;
}
