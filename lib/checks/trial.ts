/** One trial of a candidate. Its calls go through here, and their faults become messages. */
import * as tf from "@tensorflow/tfjs";
import { partsOf } from "../blocks/block.ts";
import { seedWeights } from "../blocks/init.ts";
import { type OwnPart, watchOwnParts } from "./own_parts.ts";

/** The reason why a probe cannot continue, as a message for the learner. */
export class Trouble extends Error {
  override name = "Trouble";
}

/** Calls the learner's code for a probe. */
export class Trial {
  #leaked = 0;
  readonly #ownPartUsed: () => string | undefined;

  constructor(
    /** The seed of all inputs and weights. */
    readonly seed: number,
    /** The kit's own parts that the learner must not use. */
    readonly ownParts: readonly OwnPart[] = [],
  ) {
    this.#ownPartUsed = watchOwnParts(ownParts);
  }

  /** The number of tensors that the learner's functions have leaked so far. */
  get leaked(): number {
    return this.#leaked;
  }

  /**
   * Calls the learner's function.
   *
   * @throws {Trouble} where it is no function, or gives nothing or a promise.
   */
  call(candidate: unknown, ...args: unknown[]): unknown {
    const before = tf.memory().numTensors;
    const value = given(invoke(candidate, args));
    this.#leaked += Math.max(0, tf.memory().numTensors - before - tensorsIn(value).length);
    return value;
  }

  /**
   * Calls the learner's function for what it does, whatever it returns.
   *
   * @throws {Trouble} where it is not a function, or returns a promise.
   */
  run(candidate: unknown, ...args: unknown[]): void {
    const before = tf.memory().numTensors;
    const value = invoke(candidate, args);
    if (isPromise(value)) {
      throw new Trouble("it returns a promise: write the function without `async`");
    }
    this.#leaked += Math.max(0, tf.memory().numTensors - before - tensorsIn(value).length);
  }

  /** The same, for a function whose answer is a tensor. */
  callForTensor(candidate: unknown, ...args: unknown[]): tf.Tensor {
    const value = this.call(candidate, ...args);
    if (value instanceof tf.Tensor) return value;
    throw new Trouble(`expected a tensor, but it returns ${describe(value)}`);
  }

  /** Calls the learner's asynchronous function and awaits its result, which may be undefined. */
  async callAsync(candidate: unknown, ...args: unknown[]): Promise<unknown> {
    return await invoke(candidate, args);
  }

  /** The same, for a function whose answer is a number. */
  callForNumber(candidate: unknown, ...args: unknown[]): number {
    const value = this.call(candidate, ...args);
    if (typeof value === "number" && Number.isFinite(value)) return value;
    throw new Trouble(`expected a number, but it returns ${describe(value)}`);
  }

  /** The same, for a function whose answer is an array of numbers, plain or typed. */
  callForValues(candidate: unknown, ...args: unknown[]): number[] {
    return this.valuesIn(this.call(candidate, ...args));
  }

  /** The numbers of an answer that is an array, plain or typed. */
  valuesIn(value: unknown): number[] {
    if (isListOfNumbers(value)) return Array.from(value);
    throw new Trouble(`expected an array of numbers, but it returns ${describe(value)}`);
  }

  /**
   * Makes an object of the learner's class, or takes what the learner's function makes: a layer or a
   * model. Its initial weights are seeded.
   *
   * @throws {Trouble} where it is neither, or the kit's own part is in it.
   */
  make(candidate: unknown, ...args: unknown[]): tf.layers.Layer {
    if (typeof candidate !== "function") {
      throw new Trouble(`expected a class, got ${describe(candidate)}`);
    }
    seedWeights(this.seed);
    let made: unknown;
    // What the making of weights leaves behind is TensorFlow.js's own, and not the learner's.
    tf.tidy(() => {
      made = isClass(candidate)
        ? new (candidate as new (...args: unknown[]) => unknown)(...args)
        : given(invoke(candidate, args));
    });
    if (!(made instanceof tf.layers.Layer)) {
      throw new Trouble(`expected a layer, but it creates ${describe(made)}`);
    }
    this.#refuseOwnParts(made);
    return made;
  }

  /**
   * The same, for a function or class whose answer is a whole model.
   *
   * @throws {Trouble} where it makes something else.
   */
  makeModel(candidate: unknown, ...args: unknown[]): tf.LayersModel {
    const made = this.make(candidate, ...args);
    if (made instanceof tf.LayersModel) return made;
    throw new Trouble("expected a model, but it creates a layer: return tf.model({ ... })");
  }

  /**
   * Refuses an answer that has used one of the kit's own parts, even if the part is hidden.
   *
   * @throws {Trouble} with the name of the part.
   */
  refuseUsedParts(): void {
    const name = this.#ownPartUsed();
    if (name !== undefined) throw ownPartInside(name);
  }

  #refuseOwnParts(layer: tf.layers.Layer): void {
    const own = this.ownParts.find((part) => layer instanceof part);
    if (own !== undefined) throw ownPartInside(own.name);
    const parts = layer instanceof tf.LayersModel ? layer.layers : partsOf(layer);
    for (const part of parts) this.#refuseOwnParts(part);
  }
}

function ownPartInside(name: string): Trouble {
  return new Trouble(`your answer uses the kit's own ${name}; write your own`);
}

/** Describes a value: "the number 5", "an array of 3". */
export function describe(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (value instanceof tf.Tensor) return `a tensor [${value.shape.join(", ")}]`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name}`;
  if (typeof value === "string") return `the text ${JSON.stringify(value.slice(0, 40))}`;
  if (typeof value === "number" || typeof value === "boolean") {
    return `the ${typeof value} ${value}`;
  }
  if (typeof value === "function") return isClass(value) ? "a class" : "a function";
  return `an object (${value.constructor?.name ?? "without a class"})`;
}

function invoke(candidate: unknown, args: readonly unknown[]): unknown {
  if (typeof candidate === "function") return candidate(...args);
  throw new Trouble(`expected a function, got ${describe(candidate)}`);
}

/** What a function gave at once, or the trouble that it did not. */
function given(value: unknown): unknown {
  if (value === undefined) throw new Trouble("it returns nothing: is there a `return`?");
  if (isPromise(value)) {
    throw new Trouble("it returns a promise: write the function without `async`");
  }
  return value;
}

/** Whether a value is a class. */
export function isClass(value: unknown): boolean {
  return typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));
}

function isPromise(value: unknown): boolean {
  return typeof (value as { then?: unknown } | null)?.then === "function";
}

function isListOfNumbers(value: unknown): value is ArrayLike<number> {
  if (Array.isArray(value)) return value.every((item) => typeof item === "number");
  return ArrayBuffer.isView(value) && !(value instanceof DataView) &&
    !(value instanceof BigInt64Array) && !(value instanceof BigUint64Array);
}

/** What an answer rightly holds: itself, or the weights of a layer or model. */
function tensorsIn(value: unknown): tf.Tensor[] {
  if (value instanceof tf.Tensor) return [value];
  if (value instanceof tf.layers.Layer) return value.weights.map((weight) => weight.read());
  return Array.isArray(value) ? value.filter((item) => item instanceof tf.Tensor) : [];
}
