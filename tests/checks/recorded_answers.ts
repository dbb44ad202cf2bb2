/** Answers that compute nothing: they replay results of a correct answer, recorded at other seeds. */
import { type WeightSeen, weightsOf } from "../../lib/checks/layers.ts";
import { type Numbers, tensorOf } from "../../lib/checks/numbers.ts";
import { Block, type Budget, type Cifar10, tf } from "../../lib/mod.ts";

/** The result of one call: a plain value, a tensor or a layer. */
type Result =
  | { readonly plain: unknown }
  | { readonly tensor: Numbers }
  | { readonly layer: LayerRecord };

/** A record of a layer or model. */
interface LayerRecord {
  /** The input shape of a model; undefined for a layer. */
  readonly input: tf.Shape | undefined;
  weights: WeightSeen[];
  readonly outputs: Numbers[];
}

/** Records all calls of an answer, in order. */
export class Recording {
  readonly #byArguments = new Map<string, Result>();
  readonly #inOrder: Result[] = [];

  /** Wraps an answer and records all its arguments and results. */
  recorded(answer: unknown): (...args: unknown[]) => unknown {
    return (...args) => {
      const key = keyOf(args);
      const value = isClass(answer)
        ? new (answer as new (...args: unknown[]) => unknown)(...args)
        : (answer as (...args: unknown[]) => unknown)(...args);
      const result = resultOf(value);
      this.#byArguments.set(key, result);
      this.#inOrder.push(result);
      return value;
    };
  }

  /** Returns the recorded result for the same arguments, or else for the same position in the calls. */
  replay(): (...args: unknown[]) => unknown {
    let calls = 0;
    return (...args) => {
      const next = this.#inOrder[calls++ % this.#inOrder.length]!;
      return valueOf(this.#byArguments.get(keyOf(args)) ?? next);
    };
  }

  /** Always returns the first recorded result. */
  constant(): () => unknown {
    return () => valueOf(this.#inOrder[0]!);
  }
}

/** Replays a training run: reads the same images and changes the weights, without training. */
export class TrainingRecording {
  #order: readonly number[] = [];
  #loss: readonly number[] = [];

  recorded(answer: unknown): (...args: unknown[]) => unknown {
    return async (model, cifar, plan) => {
      const history = await (answer as (...args: unknown[]) => Promise<{ loss: number[] }>)(
        ...[model, cifar, plan],
      );
      this.#order = [...(cifar as { train: { taken: number[] } }).train.taken];
      this.#loss = history.loss;
      return history;
    };
  }

  replay(): (...args: unknown[]) => unknown {
    return (model, cifar) => {
      for (const index of this.#order) (cifar as Cifar10).train.image(index);
      for (const weight of (model as tf.LayersModel).weights) {
        const changed = tf.tidy(() => tf.add(weight.read(), 1));
        weight.write(changed);
        changed.dispose();
      }
      return Promise.resolve({ loss: [...this.#loss] });
    };
  }

  constant(): (...args: unknown[]) => unknown {
    return (_model, _cifar, plan) =>
      Promise.resolve({ loss: new Array((plan as Budget).steps).fill(1) });
  }
}

function isClass(value: unknown): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value));
}

/** Arguments as a text. The beginning is enough to distinguish long arrays. */
function keyOf(args: readonly unknown[]): string {
  const plain = (value: unknown): unknown => {
    if (value instanceof tf.Tensor) return [value.shape, [...value.dataSync().slice(0, 50)]];
    if (value instanceof tf.LayersModel) return value.weights.map(({ shape }) => shape);
    if (ArrayBuffer.isView(value)) return [...(value as Uint8Array).slice(0, 50)];
    return typeof value === "function" ? "a function" : value;
  };
  return JSON.stringify(args.map(plain));
}

function resultOf(value: unknown): Result {
  if (value instanceof tf.layers.Layer) return { layer: watched(value) };
  return value instanceof tf.Tensor
    ? { tensor: numbersIn(value) }
    : { plain: structuredClone(value) };
}

function valueOf(result: Result): unknown {
  if ("tensor" in result) return tensorOf(result.tensor);
  if ("plain" in result) return structuredClone(result.plain);
  const { input } = result.layer;
  const layer = new RecordedLayer(result.layer);
  if (input === undefined) return layer;
  const inputs = tf.input({ shape: input.slice(1) });
  return tf.model({ inputs, outputs: layer.apply(inputs) as tf.SymbolicTensor });
}

function numbersIn(tensor: tf.Tensor): Numbers {
  return { shape: tensor.shape, values: Array.from(tensor.dataSync()) };
}

/** Records a layer's weights and all its output tensors. */
function watched(layer: tf.layers.Layer): LayerRecord {
  const input = layer instanceof tf.LayersModel ? layer.inputs[0]!.shape : undefined;
  const record: LayerRecord = { input, weights: [], outputs: [] };
  const build = layer.build.bind(layer);
  const apply = layer.apply.bind(layer);
  const note = () => record.weights = weightsOf(layer);
  if (input !== undefined) note();
  layer.build = (shape) => {
    build(shape);
    note();
  };
  layer.apply = (x, options) => {
    const y = apply(x, options);
    note();
    if (y instanceof tf.Tensor) record.outputs.push(numbersIn(y));
    return y;
  };
  return record;
}

/** Has the same weights as a recorded layer, and returns its recorded outputs for any input. */
class RecordedLayer extends tf.layers.Layer {
  static readonly className = "RecordedLayer";
  #calls = 0;

  constructor(readonly record: LayerRecord) {
    super({});
  }

  override build(shape: tf.Shape): void {
    for (const [i, { shape, trainable }] of this.record.weights.entries()) {
      const zeros = tf.initializers.zeros();
      this.addWeight(`weight${i}`, [...shape], "float32", zeros, undefined, trainable);
    }
    super.build(shape);
  }

  override computeOutputShape(): tf.Shape {
    const [first] = this.record.outputs;
    return first === undefined ? [null, 1] : [null, ...first.shape.slice(1)];
  }

  override call(): tf.Tensor {
    const { outputs } = this.record;
    const output = outputs[this.#calls++ % outputs.length];
    return output === undefined ? tf.zeros([1, 1]) : tensorOf(output);
  }
}

/** Returns the first argument unchanged. */
export function passOn(first: unknown): unknown {
  return first;
}

/** A block of any size that returns its input. */
export class PassOnBlock extends Block {
  constructor() {
    super({});
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return x;
  }
}
