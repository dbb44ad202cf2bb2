/** Finds a block's shortcut in the operations that the block computes. */
import * as tf from "@tensorflow/tfjs";
import type { KernelCall } from "../backend/trace_kernels.ts";
import type { ShortcutKind } from "../display/mod.ts";

/** What a tensor was computed from, as far as it depends on a block's input. */
interface Origin {
  /** Sizes of the variables on all ways from the block's input, by their ids. */
  readonly weights: ReadonlyMap<number, number>;
  /** Ids of the tensors on these ways. */
  readonly tensors: ReadonlySet<number>;
  readonly shape: readonly number[];
}

const SUMS: ReadonlySet<string> = new Set(["Add", "AddV2", "AddN"]);

/**
 * Returns what a block adds to its main branch. A sum counts if both sides depend on the block's input
 * and no weights follow it; the side with fewer weights is the shortcut.
 */
export function findShortcut(
  calls: readonly KernelCall[],
  input: tf.Tensor,
  output: tf.Tensor,
): ShortcutKind {
  const origins = new Map<number, Origin>([
    [input.id, { weights: new Map(), tensors: new Set([input.id]), shape: input.shape }],
  ]);
  const sums: { id: number; kind: ShortcutKind }[] = [];
  for (const { kernel, inputs, outputs } of calls) {
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
      if (origins.has(id)) continue;
      origins.set(id, { weights, tensors: new Set([...before, id]), shape });
      if (SUMS.has(kernel)) sums.push({ id, kind: kindOf(inputs, origins, input.shape) });
    }
  }
  const end = origins.get(output.id);
  return sums.find(({ id, kind }) =>
    kind !== "none" && end !== undefined && end.tensors.has(id) &&
    end.weights.size === origins.get(id)!.weights.size
  )?.kind ?? "none";
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
