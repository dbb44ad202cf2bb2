/** Makes layers callable, as in PyTorch: `conv(x)` runs a layer, in the mode of the pass that is running. */
import * as tf from "@tensorflow/tfjs";
import { restoreAfterTermination } from "../backend/termination.ts";
import { nonTensor } from "./mistakes.ts";

/** The `forward` of a layer that is running. */
interface Pass {
  readonly training: boolean;
  /** The kit's layers that `forward` has called itself. */
  readonly called: Set<tf.layers.Layer>;
}

let current: Pass | undefined;

/** Whether the pass that is running is a training pass; false outside a pass. */
export function isTraining(): boolean {
  return current?.training ?? false;
}

// Otherwise all later calls would run in the mode of a terminated pass.
restoreAfterTermination(() => {
  const pass = current;
  return () => {
    current = pass;
  };
});

/**
 * Runs a layer's `forward`. Layers that `forward` calls run in the same mode.
 *
 * @returns The result, and the layers that `forward` has called.
 */
export function runPass<T>(
  layer: tf.layers.Layer,
  training: boolean,
  forward: () => T,
): { output: T; called: ReadonlySet<tf.layers.Layer> } {
  current?.called.add(layer);
  const outer = current;
  const pass: Pass = { training, called: new Set() };
  current = pass;
  try {
    return { output: forward(), called: pass.called };
  } finally {
    current = outer;
  }
}

/**
 * A layer that is a function. An object of a subclass runs the layer when it is called.
 *
 * The constructor returns a function with the layer's prototype and properties. All fields of subclasses,
 * private ones too, are then set on the function.
 */
export abstract class CallableLayer extends tf.layers.Layer {
  constructor() {
    super({});
    const run = (x: unknown) => {
      requireInput(layer, x);
      return layer.apply(x, { training: isTraining() });
    };
    // A layer has a name of its own, and no length.
    for (const key of ["name", "length"]) Reflect.deleteProperty(run, key);
    Object.setPrototypeOf(run, new.target.prototype);
    Object.defineProperties(run, Object.getOwnPropertyDescriptors(this));
    const layer = run as unknown as this;
    return layer;
  }
}

/** @throws {TypeError} if `x` is not a tensor, with the likely reason. */
function requireInput(layer: tf.layers.Layer, x: unknown): asserts x is tf.Tensor {
  if (x instanceof tf.Tensor || x instanceof tf.SymbolicTensor) return;
  throw new TypeError(`${layer.constructor.name} takes a tensor, but got ${nonTensor(x)}`);
}
