/** Finds a block's shortcut in the operations that the block computes. */
import * as tf from "@tensorflow/tfjs";
import type { KernelCall } from "../backend/trace_kernels.ts";
import type { ShortcutKind } from "./architecture_block.ts";

/** How a tensor was computed from another one. */
interface Origin {
  /** Sizes of the variables on all ways between the two, by their ids. */
  readonly weights: ReadonlyMap<number, number>;
  /** Ids of the tensors on these ways. */
  readonly tensors: ReadonlySet<number>;
  readonly shape: readonly number[];
}

const SUMS: ReadonlySet<string> = new Set(["Add", "AddV2", "AddN"]);

/**
 * Returns what a block adds to its main branch. A sum counts if two sides depend on the block's input
 * and no weights follow it; the side with fewer weights is the shortcut.
 */
export function findShortcut(
  allCalls: readonly KernelCall[],
  input: tf.Tensor,
  output: tf.Tensor,
): ShortcutKind {
  const end = allCalls.findIndex(({ outputs }) => outputs.some(({ id }) => id === output.id));
  const calls = allCalls.slice(0, end + 1);
  const origins = originsFrom(input, calls);
  for (const { kernel, inputs, outputs: [sum] } of calls) {
    if (sum === undefined || !SUMS.has(kernel) || !origins.has(sum.id)) continue;
    const kind = kindOf(inputs, origins, input.shape);
    if (kind === "none") continue;
    if (originsFrom(sum, calls).get(output.id)?.weights.size === 0) return kind;
  }
  return "none";
}

/** Follows a tensor through the operations: how each tensor that depends on it was computed. */
function originsFrom(start: tf.Tensor, calls: readonly KernelCall[]): Map<number, Origin> {
  const origins = new Map<number, Origin>([
    [start.id, { weights: new Map(), tensors: new Set([start.id]), shape: start.shape }],
  ]);
  for (const { inputs, outputs } of calls) {
    const sources = inputs.map(({ id }) => origins.get(id)).filter((origin) =>
      origin !== undefined
    );
    if (sources.length === 0) continue;
    const weights = new Map(sources.flatMap((source) => [...source.weights]));
    for (const tensor of inputs) {
      if (tensor instanceof tf.Variable) weights.set(tensor.id, tensor.size);
    }
    const before = sources.flatMap(({ tensors }) => [...tensors]);
    for (const { id, shape } of outputs) {
      if (!origins.has(id)) origins.set(id, { weights, tensors: new Set([...before, id]), shape });
    }
  }
  return origins;
}

/** What the smaller side of a sum is. */
function kindOf(
  inputs: readonly tf.Tensor[],
  origins: ReadonlyMap<number, Origin>,
  inputShape: readonly number[],
): ShortcutKind {
  const [shortcut, ...others] = inputs.map(({ id }) => ({ id, origin: origins.get(id) }))
    .sort((a, b) => sizeOf(a.origin) - sizeOf(b.origin));
  const main = others.at(-1);
  if (shortcut?.origin === undefined || main?.origin === undefined) return "none";
  if (sizeOf(shortcut.origin) === sizeOf(main.origin)) return "none";
  if (shortcut.origin.weights.size === 0) {
    return String(shortcut.origin.shape) === String(inputShape) ? "identity" : "pad";
  }
  // Where the main branch begins at the other side, the sum belongs to a block inside this one.
  return main.origin.tensors.has(shortcut.id) ? "none" : "projection";
}

/** How many parameters a tensor depends on; less than none if it does not depend on the block's input. */
function sizeOf(origin: Origin | undefined): number {
  return origin === undefined ? -1 : [...origin.weights.values()].reduce((sum, n) => sum + n, 0);
}
