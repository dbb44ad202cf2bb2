/** What the kit's own layers share: they know their sizes, and come back from a saved model. */
import * as tf from "@tensorflow/tfjs";
import { type Arguments, argumentsText, restoreArguments, saveArguments } from "./arguments.ts";
import { CallableLayer, isTraining, runPass } from "./callable.ts";
import { isImageInput, warnOfRange } from "./input_range.ts";
import { explaining, nonTensor } from "./mistakes.ts";
import { nameWeights } from "./weight_names.ts";

type LayerClass = abstract new (...args: never[]) => tf.serialization.Serializable;
type Initializer = ReturnType<typeof tf.initializers.ones>;

const DENO_INSPECT = Symbol.for("Deno.customInspect");
const NODE_INSPECT = Symbol.for("nodejs.util.inspect.custom");

const registered = new WeakSet<LayerClass>();

/** Lets `tf.loadLayersModel` find the class under its own name. */
export function register(Class: LayerClass): void {
  if (registered.has(Class)) return;
  registered.add(Class);
  // TensorFlow.js asks for a static property of that name, which the class's own name can answer.
  Object.defineProperty(Class, "className", { value: Class.name });
  tf.serialization.registerClass(
    Class as unknown as tf.serialization.SerializableConstructor<tf.serialization.Serializable>,
  );
}

/** Receives reports of what the kit's layers do. */
export interface LayerWatcher {
  /** The constructor of a layer or model of the kit has run. */
  constructed(layer: tf.layers.Layer): void;
  /** A layer computes: it was called, or one of its parts was. */
  called(layer: tf.layers.Layer): void;
}

const watchers: LayerWatcher[] = [];

/** Reports all constructions and calls to this watcher from now on. */
export function watchLayers(watcher: LayerWatcher): void {
  watchers.push(watcher);
}

/** Tells the watchers that a layer was constructed. */
export function reportConstruction(layer: tf.layers.Layer): void {
  for (const watcher of watchers) watcher.constructed(layer);
}

/** Tells the watchers that a layer computes. */
export function reportCall(layer: tf.layers.Layer): void {
  for (const watcher of watchers) watcher.called(layer);
}

/** One call of a kit's layer. */
export interface Call {
  layer: tf.layers.Layer;
  /** Disposed since, but with its id and shape; so is the output. */
  input: tf.Tensor;
  output: tf.Tensor;
  outputShape: number[];
}

let calls: Call[] | undefined;

/** Runs `compute` and lists the calls of the kit's layers in it, the inner ones first. */
export function trace(compute: () => void): Call[] {
  const listed: Call[] = [];
  calls = listed;
  try {
    compute();
  } finally {
    calls = undefined;
  }
  return listed;
}

/** Calling a layer runs it. `[batch, ...]` in and out. */
export interface KitLayer<Input extends tf.Tensor = tf.Tensor4D, Output extends tf.Tensor = Input> {
  (x: Input): Output;
}

/**
 * A `tf.layers.Layer` that is made from a few plain arguments, remembers them, and can be called:
 * `layer(x)`.
 *
 * Its class registers itself when the first object is made, so that `tf.loadLayersModel` knows it.
 */
export abstract class KitLayer<
  Input extends tf.Tensor = tf.Tensor4D,
  Output extends tf.Tensor = Input,
> extends CallableLayer {
  readonly #args: Arguments;
  /** Whether it is the first layer of a model of color images. */
  #takesImages = false;

  constructor(args: Arguments) {
    super();
    this.#args = args;
    register(new.target);
    reportConstruction(this);
  }

  /** Whether the pass that is running is a training pass. */
  protected get training(): boolean {
    return isTraining();
  }

  /** The class's own name, under which a saved model knows it. */
  override getClassName(): string {
    return this.constructor.name;
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    super.build(inputShape);
    nameWeights(this, this.name);
  }

  override apply(
    ...[inputs, kwargs]: Parameters<tf.layers.Layer["apply"]>
  ): ReturnType<tf.layers.Layer["apply"]> {
    if (isImageInput(inputs)) this.#takesImages = true;
    return super.apply(inputs, kwargs);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: { training?: boolean }): tf.Tensor {
    const input = (Array.isArray(inputs) ? inputs[0] : inputs) as Input;
    const training = kwargs.training ?? isTraining();
    if (this.#takesImages && !training) warnOfRange(input);
    reportCall(this);
    const { output } = this.pass(input, training);
    calls?.push({ layer: this, input, output, outputShape: output.shape });
    return output;
  }

  /**
   * Runs `forward` and lists the layers that it calls.
   *
   * @throws {TypeError} if `forward` does not return a tensor, with the likely reason.
   */
  protected pass(
    input: Input,
    training: boolean,
  ): { output: Output; called: ReadonlySet<tf.layers.Layer> } {
    const forward = () => explaining(this, () => this.forward(input));
    const pass = runPass(this, training, () => tf.tidy(forward));
    const output: unknown = pass.output;
    if (output instanceof tf.Tensor) return pass;
    throw new TypeError(
      `${this.constructor.name}.forward must return a tensor, but returned ${nonTensor(output)}`,
    );
  }

  /** What the layer computes. */
  abstract forward(x: Input): Output;

  /** Makes a variable of the layer; `values` are asked for when it is built. */
  protected variable(
    name: string,
    shape: number[],
    values: () => Float32Array,
    trainable = true,
  ): tf.LayerVariable {
    const initializer = { apply: () => tf.tensor(values(), shape) } as unknown as Initializer;
    return this.addWeight(name, shape, "float32", initializer, undefined, trainable);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), args: saveArguments(this.#args) };
  }

  /** The text that the console prints for a layer: `Conv2d(3, 16, 3, 2, false)`. */
  [DENO_INSPECT](): string {
    return this.toString();
  }

  /** The same for Node. */
  [NODE_INSPECT](): string {
    return this.toString();
  }

  override toString(): string {
    return `${this.constructor.name}(${argumentsText(this.#args)})`;
  }

  /** Makes the layer that `getConfig` described; TensorFlow.js calls it while loading a model. */
  static override fromConfig<T extends tf.serialization.Serializable>(
    Class: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    const layer = new (Class as unknown as new (...args: unknown[]) => T)(
      ...restoreArguments(config["args"] as tf.serialization.ConfigDict),
    );
    const made = layer as unknown as tf.layers.Layer;
    made.name = String(config["name"]);
    made.trainable = config["trainable"] !== false;
    return layer;
  }
}
