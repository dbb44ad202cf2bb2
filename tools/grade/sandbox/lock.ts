/**
 * Makes the functions of JavaScript, TensorFlow.js and the kit immutable. A learner's code can call these
 * functions and extend the classes, but it cannot change functions that other code calls.
 */
import { types } from "node:util";
import * as tf from "@tensorflow/tfjs";

/** Built-in objects that cannot be reached from a global name. */
const HIDDEN = [
  async function () {},
  function* () {},
  async function* () {},
  [][Symbol.iterator](),
  ""[Symbol.iterator](),
  new Map()[Symbol.iterator](),
  new Set()[Symbol.iterator](),
  "".matchAll(/x/g),
  (async function* () {})(),
  (function* () {})(),
  [].values().map(() => {}),
  Iterator.from({ next: () => ({ done: true, value: undefined }) }),
].map((value) => Object.getPrototypeOf(value) as object);

/**
 * Prototypes with methods that run in inner loops. A getter would slow these methods down, so objects that
 * inherit from them cannot override the methods by assignment.
 */
const HOT: ReadonlySet<object> = new Set([
  Array.prototype,
  Object.getPrototypeOf(Uint8Array.prototype),
  tf.TensorBuffer.prototype,
]);

/**
 * Locks the global object, `namespaces`, and everything that can be reached from them.
 *
 * @param except Objects that stay as they are.
 */
export function lock(namespaces: readonly object[], except: readonly object[] = []): void {
  const found = new Set<object>(except);
  // Classes of TensorFlow.js that only its registry names, such as layers and initializers.
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  const registered = Object.values(classNameMap).map(([Class]) => Class);
  const open: object[] = [globalThis, ...HIDDEN, ...namespaces, ...registered];
  const add = (value: unknown) => {
    if (isShared(value) && !found.has(value)) open.push(value);
  };
  for (const key of Reflect.ownKeys(globalThis)) {
    // Deno loads some properties on first access.
    const value: unknown = Reflect.get(globalThis, key);
    const { configurable = false } = Object.getOwnPropertyDescriptor(globalThis, key)!;
    if (configurable) {
      Object.defineProperty(globalThis, key, { value, writable: false, configurable: false });
    }
    // The methods of `performance` and `crypto` are in their prototypes.
    if (typeof value === "object" && value !== null) {
      open.push(Object.getPrototypeOf(value) ?? value);
    }
  }
  for (let object = open.pop(); object !== undefined; object = open.pop()) {
    if (found.has(object)) continue;
    found.add(object);
    const prototype: unknown = Object.getPrototypeOf(object);
    if (prototype !== null) open.push(prototype as object);
    for (const property of propertiesOf(object)) {
      for (const part of [property.value, property.get, property.set]) add(part);
    }
  }
  for (const object of except) found.delete(object);
  for (const object of found) lockProperties(object);
}

/** Whether all code shares a value: functions, prototypes and namespaces. Other objects are data. */
function isShared(value: unknown): value is object {
  if (typeof value === "function") return true;
  if (typeof value !== "object" || value === null) return false;
  // `JSON`, `Math` and modules have a `Symbol.toStringTag`; `tf.train` is a plain object.
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = prototype === null || prototype === Object.prototype;
  const isNamespace = Object.hasOwn(value, Symbol.toStringTag) ||
    (isPlain && propertiesOf(value).some(({ value, get }) => typeof (value ?? get) === "function"));
  return isPrototype(value) || isNamespace;
}

function isPrototype(object: object): boolean {
  const constructor: unknown = Object.getOwnPropertyDescriptor(object, "constructor")?.value;
  return typeof constructor === "function" && constructor.prototype === object;
}

function propertiesOf(object: object): PropertyDescriptor[] {
  return keysOf(object).map((key) => Object.getOwnPropertyDescriptor(object, key)!);
}

/** The keys of an object's properties. Every function has a name and a length, which no code relies on. */
function keysOf(object: object): PropertyKey[] {
  const keys = Reflect.ownKeys(object);
  return typeof object === "function"
    ? keys.filter((key) => key !== "name" && key !== "length")
    : keys;
}

function lockProperties(object: object): void {
  // The language itself makes module namespaces immutable.
  if (types.isModuleNamespaceObject(object)) return;
  const isInherited = isPrototype(object) && !HOT.has(object);
  for (const key of keysOf(object)) {
    const property = Object.getOwnPropertyDescriptor(object, key)!;
    if (!property.configurable && property.writable !== true) continue;
    const { value } = property;
    if (!isShared(value)) {
      // A number or a string, such as `Error.stackTraceLimit`, or a getter.
      Object.defineProperty(object, key, { configurable: false });
    } else if (property.configurable && isInherited) {
      Object.defineProperty(object, key, overridable(object, key, value, property.enumerable!));
    } else {
      Object.defineProperty(object, key, { writable: false, configurable: false });
    }
  }
  if (object !== globalThis) Object.preventExtensions(object);
}

/**
 * A property that cannot be changed in `object`, but that inheriting objects can override by assignment. With
 * a read-only property, JavaScript would refuse the assignment.
 */
function overridable(
  object: object,
  key: PropertyKey,
  value: unknown,
  enumerable: boolean,
): PropertyDescriptor {
  return {
    enumerable,
    configurable: false,
    get: () => value,
    set(this: object, own: unknown) {
      if (this === object) {
        throw new TypeError(`Cannot replace ${String(key)} of a built-in object or of the kit.`);
      }
      const property = { value: own, writable: true, enumerable: true, configurable: true };
      Object.defineProperty(this, key, property);
    },
  };
}
