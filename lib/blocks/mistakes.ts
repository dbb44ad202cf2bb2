/** Explains mistakes in a `forward` method that JavaScript and TensorFlow.js report in other words. */
import * as tf from "@tensorflow/tfjs";

const RELU = "For ReLU, `tf.relu(x)` computes; `tf.layers.reLU(x)` only creates a layer.";

/** What a value is that should be a tensor, and the likely mistake: "a layer. `tf.layers.reLU(x)` ...". */
export function nonTensor(value: unknown): string {
  if (value instanceof tf.layers.Layer) {
    return `a layer (${value.getClassName()}). Call the layer with a tensor. ${RELU}`;
  }
  if (value === undefined) return "undefined. Is a `return` missing?";
  if (typeof value === "string") return "text. `+` joins tensors as text; use `tf.add(a, b)`.";
  if (value instanceof Promise) return "a promise. `forward` and its functions must not be async.";
  if (typeof value === "number") {
    return Number.isNaN(value)
      ? "NaN. Operators such as `-` and `*` do not compute with tensors; use `tf.sub`, `tf.mul`."
      : `the number ${value}.`;
  }
  if (typeof value === "function") return `the function ${value.name || "without a name"}.`;
  if (Array.isArray(value)) return "an array. `tf.tensor(array)` creates a tensor.";
  return `a value of type ${value === null ? "null" : typeof value}.`;
}

/** Runs a layer's `forward`. Errors with a known cause name the cause; `cause` holds the original error. */
export function explaining<T>(layer: tf.layers.Layer, forward: () => T): T {
  try {
    return forward();
  } catch (error) {
    const explanation = explanationOf(layer, (error as Error).message);
    if (explanation === undefined) throw error;
    throw new TypeError(explanation, { cause: error });
  }
}

function explanationOf(layer: tf.layers.Layer, message: string): string | undefined {
  if (/string tensor|dtype string/.test(message)) {
    return `Expected a tensor, but got ${nonTensor("")}`;
  }
  const argument = /^(Argument '.*' passed to '.*') must be a Tensor.*, but got '(\w+)'$/.exec(
    message,
  );
  if (
    argument !== null && argument[2]! in tf.serialization.SerializationMap.getMap().classNameMap
  ) {
    return `${argument[1]} is the layer ${
      argument[2]
    }, expected a tensor. Call the layer with a tensor. ` +
      RELU;
  }
  const property = /^this\.(\w+) is not a function$/.exec(message)?.[1];
  if (property === undefined) return undefined;
  const value: unknown = Reflect.get(layer, property);
  if (value === undefined) {
    return `${message}: the property was never assigned. ` +
      `Assign a layer in the constructor: "this.${property} = new ...".`;
  }
  return value instanceof tf.layers.Layer
    ? `${message}, but a layer of TensorFlow.js: use this.${property}.apply(x).`
    : undefined;
}
