/** An attack that replaces every function of every object that a learner's code can reach. */

/** A function, with the path that leads to it. */
type Found = [
  object: object,
  key: PropertyKey,
  value: (...args: unknown[]) => unknown,
  path: string,
];

/**
 * Replaces all functions that can be reached from `roots` and from the language's hidden objects.
 *
 * This function is passed to a sandbox as text, so it uses no outer names.
 *
 * @param forged The return value of the replaced functions. If undefined, they work as before.
 * @returns The paths of the functions that could be replaced.
 */
export function replaceAll(roots: Readonly<Record<string, unknown>>, forged?: unknown): string[] {
  const hidden = {
    async: async () => {},
    generator: function* () {},
    asyncGenerator: async function* () {},
    arrayIterator: [][Symbol.iterator](),
    mapIterator: new Map().entries(),
    setIterator: new Set().entries(),
    stringIterator: ""[Symbol.iterator](),
    matches: "a".matchAll(/a/g),
    error: new TypeError(),
    typed: new Float32Array(),
    promise: Promise.resolve(),
  };
  const found: Found[] = [];
  const seen = new Set<unknown>();
  const open: [value: unknown, path: string][] = Object.entries({ ...roots, ...hidden })
    .map(([name, value]) => [value, name]);
  for (let i = 0; i < open.length && i < 200_000; i++) {
    const [object, path] = open[i]!;
    if (object === null || (typeof object !== "object" && typeof object !== "function")) continue;
    if (seen.has(object) || path.split(".").length > 7) continue;
    seen.add(object);
    open.push([Object.getPrototypeOf(object), `${path}.__proto__`]);
    for (const key of Reflect.ownKeys(object)) {
      const inner = `${path}.${String(key)}`;
      const { value, get, set } = Object.getOwnPropertyDescriptor(object, key)!;
      for (const part of [value, get, set]) open.push([part, inner]);
      try {
        const method: unknown = Reflect.get(object, key);
        if (typeof method === "function") found.push([object, key, method as Found[2], inner]);
      } catch {
        // A getter that works only on instances.
      }
    }
  }
  const { apply, construct, defineProperty, deleteProperty, get } = Reflect;
  const replaced: string[] = [];
  for (let i = 0; i < found.length; i++) {
    const [object, key, value, path] = found[i]!;
    const hostile = function (this: unknown, ...args: unknown[]): unknown {
      if (forged !== undefined) return forged;
      return new.target === undefined
        ? apply(value, this, args)
        : construct(value, args, new.target);
    };
    let isReplaced = false;
    try {
      (object as Record<PropertyKey, unknown>)[key] = hostile;
      isReplaced = get(object, key) === hostile;
    } catch {
      // The property is read-only.
    }
    isReplaced = defineProperty(object, key, { value: hostile }) || isReplaced;
    if (forged === undefined) isReplaced = deleteProperty(object, key) || isReplaced;
    if (isReplaced) replaced[replaced.length] = path;
  }
  return replaced;
}
