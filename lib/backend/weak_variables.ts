/**
 * Frees the weights of models that a program can no longer reach: in a notebook, those that an earlier
 * run of a cell has made.
 *
 * TensorFlow.js keeps every variable in a list until it is disposed, so a model that nobody has disposed
 * stays in memory. Here that list holds its variables weakly, and the memory of a variable is freed
 * after JavaScript has collected it.
 */
import * as tf from "@tensorflow/tfjs";

/** What is needed of a variable to free its memory. */
interface Memory {
  dataId: object;
  readonly dtype: tf.DataType;
  readonly size: number;
}

interface Entry {
  readonly variable: WeakRef<tf.Variable>;
  readonly memory: Memory;
}

type Variables = Record<string, tf.Variable>;

const finalizer = new FinalizationRegistry<{ name: string; entry: Entry }>(({ name, entry }) => {
  entries.delete(name);
  tf.engine().disposeTensor(entry.memory as unknown as tf.Tensor);
});

const entries = new Map<string, Entry>();

/** Returns a variable by its name; undefined if nobody can reach it any more. */
function find(name: string | symbol): tf.Variable | undefined {
  return entries.get(String(name))?.variable.deref();
}

function add(name: string, variable: tf.Variable): void {
  const memory: Memory = {
    dataId: variable.dataId,
    dtype: variable.dtype,
    size: variable.size,
  };
  // Each assignment gives a variable another place in memory.
  Object.defineProperty(variable, "dataId", {
    get: () => memory.dataId,
    set: (dataId: object) => {
      memory.dataId = dataId;
    },
  });
  const entry = { variable: new WeakRef(variable), memory };
  entries.set(name, entry);
  finalizer.register(variable, { name, entry }, entry);
}

/** Forgets a variable that TensorFlow.js has disposed. */
function remove(name: string): void {
  const entry = entries.get(name);
  if (entry !== undefined) finalizer.unregister(entry);
  entries.delete(name);
}

/** Looks like an object with the variables by their names, in which TensorFlow.js finds them. */
function weakVariables(): Variables {
  return new Proxy<Variables>({}, {
    get: (_, name) => find(name),
    has: (_, name) => find(name) !== undefined,
    ownKeys: () => [...entries.keys()].filter((name) => find(name) !== undefined),
    getOwnPropertyDescriptor: (_, name) => {
      const value = find(name);
      return value && { value, writable: true, enumerable: true, configurable: true };
    },
    set: (_, name, variable: tf.Variable) => {
      add(String(name), variable);
      return true;
    },
    deleteProperty: (_, name) => {
      remove(String(name));
      return true;
    },
  });
}

const { state } = tf.engine();
for (const [name, variable] of Object.entries(state.registeredVariables)) add(name, variable);
state.registeredVariables = weakVariables();

// This cache of models' layers, by default for 100 models, would keep their variables reachable.
tf.env().set("TOPOLOGICAL_SORT_CACHE_MAX_ENTRIES", 1);
