/** The arguments that a layer was constructed with: as text, and in a saved model. */
import * as tf from "@tensorflow/tfjs";

/** An argument of a layer's constructor: a plain value, a layer, or an array of layers. */
export type Argument =
  | tf.serialization.ConfigDictValue
  | tf.layers.Layer
  | readonly tf.layers.Layer[];

/** The constructor's arguments by name, in the order in which it takes them. */
export type Arguments = Readonly<Record<string, Argument>>;

/** A layer in a saved model, in Keras's form. */
interface SavedLayer {
  readonly className: string;
  readonly config: tf.serialization.ConfigDict;
}

/** Describes the arguments by plain values, from which `restoreArguments` makes them again. */
export function saveArguments(args: Arguments): tf.serialization.ConfigDict {
  const saved = Object.entries(args).map(([name, argument]) => [name, save(argument)]);
  return Object.fromEntries(saved) as tf.serialization.ConfigDict;
}

/**
 * Makes the arguments that `saveArguments` described. Their layers are new ones.
 *
 * @throws {Error} if TensorFlow.js does not know the class of a layer.
 */
export function restoreArguments(saved: tf.serialization.ConfigDict): unknown[] {
  return Object.values(saved).map(restore);
}

/** The arguments as code: `3, 16, 3, 1, false`. */
export function argumentsText(args: Arguments): string {
  return Object.values(args).map(textOf).join(", ");
}

function save(argument: unknown): unknown {
  if (argument instanceof tf.layers.Layer) {
    return { className: argument.getClassName(), config: argument.getConfig() };
  }
  return Array.isArray(argument) ? argument.map(save) : argument;
}

function restore(saved: unknown): unknown {
  if (Array.isArray(saved)) return saved.map(restore);
  return isSavedLayer(saved) ? restoreLayer(saved) : saved;
}

function isSavedLayer(saved: unknown): saved is SavedLayer {
  const { className, config } = Object(saved) as Partial<Record<keyof SavedLayer, unknown>>;
  return typeof className === "string" && typeof config === "object";
}

function restoreLayer({ className, config }: SavedLayer): tf.serialization.Serializable {
  const known = tf.serialization.SerializationMap.getMap().classNameMap[className];
  if (known === undefined) {
    throw new Error(
      `Cannot load a layer of the unknown class ${className}. Run the cell that defines the class ` +
        `and create one object of it, then load the model again.`,
    );
  }
  const [Class, fromConfig] = known;
  return fromConfig(Class, config);
}

function textOf(argument: unknown): string {
  if (Array.isArray(argument)) return `[${argument.map(textOf).join(", ")}]`;
  if (!(argument instanceof tf.layers.Layer)) return String(JSON.stringify(argument));
  // TensorFlow.js's own layers have no text.
  const hasText = argument.toString !== Object.prototype.toString;
  return hasText ? argument.toString() : argument.getClassName();
}
