/** A model's numbers under PyTorch's names and in PyTorch's layouts, both ways. */
import * as tf from "@tensorflow/tfjs";
import { Block } from "../blocks/block.ts";
import { joinPath, ownName } from "../blocks/weight_names.ts";

/** One entry: convolutions are `[no, ni, height, width]`, linear layers `[no, ni]`. */
export interface StateEntry {
  readonly shape: readonly number[];
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
 * what PyTorch's `model.state_dict()` gives, without its `num_batches_tracked`.
 *
 * @throws {Error} where a layer has a weight that PyTorch has no word for.
 *
 * @example
 * ```ts
 * import { resnet20, stateDict } from "residual";
 *
 * const entries = stateDict(resnet20());
 * console.log(entries.get("layer2.0.conv1.weight")?.shape); // [32, 16, 3, 3]
 * ```
 */
export function stateDict(model: tf.LayersModel): StateDict {
  return new Map(
    namedVariables(model).map(({ name, variable }) => [name, toEntry(variable)] as const),
  );
}

/**
 * Puts entries into a model: the inverse of `stateDict`. Entries named `num_batches_tracked` are passed
 * over.
 *
 * @throws {Error} where entries are missing, unknown, misshapen or not finite, naming them; the model is
 *   then as it was.
 *
 * @example
 * ```ts
 * import { loadStateDict, resnet20, stateDict } from "residual";
 *
 * const [teacher, pupil] = [resnet20({ seed: 1 }), resnet20({ seed: 2 })];
 * loadStateDict(pupil, stateDict(teacher));
 * ```
 */
export function loadStateDict(
  model: tf.LayersModel,
  entries: ReadonlyMap<string, StateEntry>,
): void {
  const variables = namedVariables(model);
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
        "The model is as it was.",
    );
  }
  for (const { name, variable } of variables) {
    const value = toTensor(entries.get(name)!);
    variable.write(value);
    value.dispose();
  }
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
  return model.layers.flatMap((layer) => variablesOf(layer, layer.name));
}

function variablesOf(layer: tf.layers.Layer, path: string): NamedVariable[] {
  if (layer instanceof Block) {
    const prefix = layer.transparent ? "" : path;
    return [...layer.parts].flatMap(([name, part]) => variablesOf(part, joinPath(prefix, name)));
  }
  if (layer instanceof tf.LayersModel) {
    return layer.layers.flatMap((inner) => variablesOf(inner, joinPath(path, inner.name)));
  }
  return layer.weights.map((variable) => {
    const word = WORDS[ownName(variable)];
    if (word === undefined) {
      throw new Error(
        `PyTorch has no word for ${variable.originalName} of ${path}: ` +
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
