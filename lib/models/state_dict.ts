/** Reads and writes a model's weights under PyTorch's names and in PyTorch's layouts. */
import * as tf from "@tensorflow/tfjs";
import { Block } from "../blocks/block.ts";
import { joinPath, ownName } from "../blocks/weight_names.ts";
import { isAutomatic, layerPaths } from "./layer_paths.ts";

/** One entry: convolutions are `[no, ni, height, width]`, linear layers `[no, ni]`. */
export interface StateEntry {
  /** The size of each axis, in PyTorch's order. */
  readonly shape: readonly number[];
  /** The values, flattened; the last axis varies fastest. */
  readonly data: Float32Array;
}

/** A model's entries by name, in PyTorch's order. */
export type StateDict = Map<string, StateEntry>;

/** PyTorch's word for each of TensorFlow's; both libraries' batch norms are here. */
const WORDS: Readonly<Record<string, string>> = {
  kernel: "weight",
  bias: "bias",
  gamma: "weight",
  beta: "bias",
  running_mean: "running_mean",
  running_var: "running_var",
  moving_mean: "running_mean",
  moving_variance: "running_var",
};

/** PyTorch counts its batches here; nothing in a network depends on it. */
const IGNORED = /(^|\.)num_batches_tracked$/;

/** A dimension of PyTorch's for each of TensorFlow's, by rank: `[3, 2, 0, 1]` is OIHW from HWIO. */
const ORDERS: Readonly<Record<number, readonly number[]>> = { 2: [1, 0], 4: [3, 2, 0, 1] };

interface NamedVariable {
  name: string;
  variable: tf.LayerVariable;
}

/**
 * A model's weights and batch-norm statistics, copied, under PyTorch's names and in PyTorch's layouts:
 * what PyTorch's `model.state_dict()` gives, without its `num_batches_tracked`. A layer without a name of
 * its own is named by its place in the model, as in PyTorch's `Sequential`: `"0"`, `"1"`, ...
 *
 * @throws {Error} where a layer has a weight that PyTorch has no word for, or two weights have one name.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { resnet20, startBackend, stateDict } from "residual";
 *
 * await startBackend();
 * const entries = stateDict(resnet20());
 * assert.deepEqual(entries.get("layer2.0.conv1.weight")?.shape, [32, 16, 3, 3]);
 * ```
 */
export function stateDict(model: tf.LayersModel): StateDict {
  return new Map(
    namedVariables(model).map(({ name, variable }) => [name, toEntry(variable)] as const),
  );
}

/**
 * Puts entries into a model: the inverse of `stateDict`. Entries named `num_batches_tracked` are passed
 * over, and a prefix that all names share is ignored, such as `module.` of PyTorch's `DataParallel` or
 * `_orig_mod.` of `torch.compile`.
 *
 * @throws {Error} where entries are missing, unknown, misshapen or not finite, naming them; the model is
 *   then as it was.
 *
 * @example
 * ```ts
 * import { loadStateDict, resnet20, startBackend, stateDict } from "residual";
 *
 * await startBackend();
 * const [teacher, pupil] = [resnet20({ seed: 1 }), resnet20({ seed: 2 })];
 * loadStateDict(pupil, stateDict(teacher));
 * ```
 */
export function loadStateDict(
  model: tf.LayersModel,
  given: ReadonlyMap<string, StateEntry>,
): void {
  const variables = namedVariables(model);
  const entries = withPlaces(variables, withoutPrefix(variables, given));
  const known = new Set(variables.map(({ name }) => name));
  const faults = [
    ...[...entries.keys()].filter((name) => !known.has(name) && !IGNORED.test(name))
      .map((name) => `${name} is not in the model`),
    ...variables.map(({ name, variable }) => faultOf(name, variable, entries.get(name))),
  ].filter((fault) => fault !== "");
  if (faults.length > 0) {
    const more = faults.length > 5 ? `; and ${faults.length - 5} more` : "";
    throw new Error(
      `These entries do not fit ${model.name}: ${faults.slice(0, 5).join("; ")}${more}. ` +
        "The model is unchanged.",
    );
  }
  for (const { name, variable } of variables) {
    const value = toTensor(entries.get(name)!);
    variable.write(value);
    value.dispose();
  }
}

/** Removes a prefix that all names share, if more of them are the model's without it. */
function withoutPrefix(
  variables: readonly NamedVariable[],
  entries: ReadonlyMap<string, StateEntry>,
): ReadonlyMap<string, StateEntry> {
  const known = new Set(variables.map(({ name }) => name));
  const names = [...entries.keys()];
  const fitting = (start: string) =>
    names.filter((name) => name.startsWith(start) && known.has(name.slice(start.length))).length;
  const first = variables[0]?.name ?? "";
  const prefix = names.filter((name) => name.endsWith(`.${first}`))
    .map((name) => name.slice(0, -first.length))
    .find((start) => names.every((name) => name.startsWith(start)));
  if (prefix === undefined || fitting(prefix) <= fitting("")) return entries;
  return new Map([...entries].map(([name, entry]) => [name.slice(prefix.length), entry]));
}

/**
 * Names entries by place. Older files of the kit have the automatic names of the program that saved
 * them, `conv2d_Conv2d8.weight`, in the model's order.
 */
function withPlaces(
  variables: readonly NamedVariable[],
  entries: ReadonlyMap<string, StateEntry>,
): ReadonlyMap<string, StateEntry> {
  const names = [...entries.keys()].filter((name) => !IGNORED.test(name));
  const isOld = names.length === variables.length &&
    names.some((name) => name.split(".").some(isAutomatic));
  if (!isOld) return entries;
  return new Map(names.map((name, i) => [variables[i]!.name, entries.get(name)!]));
}

function faultOf(name: string, variable: tf.LayerVariable, entry: StateEntry | undefined): string {
  if (entry === undefined) return `${name} is missing`;
  const expected = torchShape(variable.shape as number[]);
  if (String(entry.shape) !== String(expected)) {
    return `${name} should be [${expected.join(", ")}] and is [${entry.shape.join(", ")}]`;
  }
  const size = expected.reduce((product, side) => product * side, 1);
  if (entry.data.length !== size) {
    return `${name} should have ${size} values and has ${entry.data.length}`;
  }
  const bad = entry.data.findIndex((value) => !Number.isFinite(value));
  return bad < 0 ? "" : `${name} has ${entry.data[bad]} at place ${bad}`;
}

/** All variables of a model in the order in which an image meets them. */
function namedVariables(model: tf.LayersModel): NamedVariable[] {
  const variables = layerPaths(model).flatMap(([path, layer]) => variablesOf(layer, path));
  const names = new Set<string>();
  for (const { name } of variables) {
    if (names.has(name)) {
      throw new Error(
        `Two weights of ${model.name} are named ${name}: give their layers different names.`,
      );
    }
    names.add(name);
  }
  return variables;
}

function variablesOf(layer: tf.layers.Layer, path: string): NamedVariable[] {
  if (layer instanceof Block) {
    const prefix = layer.transparent ? "" : path;
    return [...layer.parts].flatMap(([name, part]) => variablesOf(part, joinPath(prefix, name)));
  }
  if (layer instanceof tf.LayersModel) {
    return layerPaths(layer).flatMap(([name, inner]) => variablesOf(inner, joinPath(path, name)));
  }
  return layer.weights.map((variable) => {
    const word = WORDS[ownName(variable)];
    if (word === undefined) {
      throw new Error(
        `There is no PyTorch name for ${variable.originalName} of ${path}: ` +
          `stateDict knows ${Object.keys(WORDS).join(", ")}.`,
      );
    }
    return { name: joinPath(path, word), variable };
  });
}

function torchShape(shape: readonly number[]): number[] {
  return ORDERS[shape.length]?.map((i) => shape[i]!) ?? [...shape];
}

function toEntry(variable: tf.LayerVariable): StateEntry {
  const order = ORDERS[variable.shape.length];
  const value = variable.read();
  if (order === undefined) return { shape: value.shape, data: Float32Array.from(value.dataSync()) };
  const transposed = tf.transpose(value, [...order]);
  const data = Float32Array.from(transposed.dataSync());
  transposed.dispose();
  return { shape: transposed.shape, data };
}

function toTensor({ shape, data }: StateEntry): tf.Tensor {
  const order = ORDERS[shape.length];
  // A tensor may go on to use the array that it is made from.
  if (order === undefined) return tf.tensor(data.slice(), [...shape]);
  const back = shape.map((_, i) => order.indexOf(i));
  return tf.tidy(() => tf.transpose(tf.tensor(data, [...shape]), back));
}
