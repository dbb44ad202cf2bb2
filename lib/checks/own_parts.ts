/** Detects uses of the kit's own parts that the learner should write. */
import * as tf from "@tensorflow/tfjs";
import { Block, blockOf } from "../blocks/block.ts";
import { watchLayers } from "../blocks/layer.ts";

/** A class or function of the kit that an exercise asks the learner to write. */
export type OwnPart =
  | (abstract new (...args: never[]) => unknown)
  | ((...args: never[]) => unknown);

/**
 * How often each class of the kit was used, by its prototype: an object was constructed or computed
 * something, or a method was called.
 */
const uses = new WeakMap<object, number>();

/** The prototypes that each object had when it was constructed. A learner may replace them later. */
const origins = new WeakMap<object, readonly object[]>();

/** The kit's model that constructed a layer. */
const models = new WeakMap<object, tf.layers.Layer>();

watchLayers({
  constructed(layer) {
    const prototypes = prototypesOf(layer);
    origins.set(layer, prototypes);
    prototypes.forEach(count);
    if (!(layer instanceof tf.LayersModel)) return;
    for (const inner of layer.layers) models.set(inner, layer);
  },
  called: countUse,
});

/** Counts a use of an object, and of the blocks and the model that it is in. */
function countUse(layer: tf.layers.Layer): void {
  // A learner may put a block into itself.
  const seen = new Set<object>();
  let at: tf.layers.Layer | undefined = layer;
  while (at !== undefined && !seen.has(at)) {
    seen.add(at);
    origins.get(at)?.forEach(count);
    at = blockOf(at) ?? models.get(at);
  }
}

const counted = new WeakSet<object>();

/**
 * Counts all uses of these classes, permanently. The kit calls this before any code of a learner runs, so
 * that nobody can keep a method that is not counted.
 */
export function countUses(parts: readonly OwnPart[]): void {
  for (const part of parts.filter(isLayerClass)) {
    countMethodCalls(part);
    countConstructorCalls(part);
  }
}

function isLayerClass(part: OwnPart): boolean {
  return part.prototype instanceof tf.layers.Layer;
}

/**
 * Watches the uses of these classes from now on.
 *
 * A learner's object can override every getter, so its own reports prove nothing. A use of the kit's code
 * cannot be hidden.
 *
 * @returns A function that returns the name of the first class that was used since, if any.
 */
export function watchOwnParts(parts: readonly OwnPart[]): () => string | undefined {
  countUses(parts);
  const classes = parts.filter(isLayerClass);
  const usesOf = (part: OwnPart) => uses.get(part.prototype as object) ?? 0;
  const before = classes.map(usesOf);
  return () => classes.find((part, i) => usesOf(part) > before[i]!)?.name;
}

function count(prototype: object): void {
  uses.set(prototype, (uses.get(prototype) ?? 0) + 1);
}

function prototypesOf(value: object): object[] {
  const prototypes: object[] = [];
  let at: object | null = Object.getPrototypeOf(value);
  for (; at !== null; at = Object.getPrototypeOf(at)) prototypes.push(at);
  return prototypes;
}

/** Classes below the kit's own. */
const BASES: ReadonlySet<object> = new Set<object>([
  Block.prototype,
  tf.LayersModel.prototype,
  tf.layers.Layer.prototype,
]);

/**
 * Wraps the methods of a class and of its base classes in the kit: a learner's object can borrow them, and
 * they compute with the layers of a block that does not know its layers yet, because it was never used.
 */
function countMethodCalls(part: OwnPart): void {
  let prototype = part.prototype as object;
  for (; !BASES.has(prototype); prototype = Object.getPrototypeOf(prototype)) {
    if (counted.has(prototype)) continue;
    counted.add(prototype);
    countCallsOf(prototype);
  }
}

function countCallsOf(prototype: object): void {
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    const method: unknown = property.value;
    if (name === "constructor" || typeof method !== "function") continue;
    Object.defineProperty(prototype, name, {
      ...property,
      value(this: unknown, ...args: unknown[]): unknown {
        count(prototype);
        countUse(this as tf.layers.Layer);
        return Reflect.apply(method, this, args);
      },
    });
  }
}

/**
 * Counts the calls of a class's constructor: `Reflect.construct` can run it for an object of
 * another class. Each call runs the constructor of the base class, which the class finds as its prototype.
 */
function countConstructorCalls(part: OwnPart): void {
  if (counted.has(part)) return;
  counted.add(part);
  const base = new Proxy(Object.getPrototypeOf(part), {
    construct(target, args, newTarget) {
      count(part.prototype as object);
      return Reflect.construct(target, args, newTarget);
    },
  });
  Object.setPrototypeOf(part, base);
  // Nobody can put the original base class back.
  Object.preventExtensions(part);
}
