/** Answers that compute nothing: they replay results of a correct answer, recorded at other seeds. */
import { type WeightSeen, weightsOf } from "../../lib/checks/layers.ts";
import { type Numbers, tensorOf } from "../../lib/checks/numbers.ts";
import { Block, type Cifar10Split, tf } from "../../lib/mod.ts";

/** The result of one call: a plain value, a tensor, a layer, or a promise of one of them. */
type Result =
  | { readonly plain: unknown }
  | { readonly tensor: Numbers }
  | { readonly layer: LayerRecord }
  | { readonly promised: Result };

/** A call: its result, and how it left those arguments that an answer may change. */
interface Call {
  readonly result: Result;
  readonly changed: readonly (Numbers | Readonly<Record<string, unknown>> | undefined)[];
}

/** A record of a layer or model. */
interface LayerRecord {
  /** The input shape of a model; undefined for a layer. */
  readonly input: tf.Shape | undefined;
  weights: WeightSeen[];
  readonly outputs: Numbers[];
}

/** Records all calls of an answer, in order. */
export class Recording {
  readonly #byArguments = new Map<string, Call>();
  readonly #inOrder: Call[] = [];

  /** Wraps an answer and records all its arguments and results. */
  recorded(answer: unknown): (...args: unknown[]) => unknown {
    return (...args) => {
      const key = keyOf(args);
      const note = (result: Result) => {
        const call = { result, changed: args.map(stateOf) };
        this.#byArguments.set(key, call);
        this.#inOrder.push(call);
      };
      const value = isClass(answer)
        ? new (answer as new (...args: unknown[]) => unknown)(...args)
        : (answer as (...args: unknown[]) => unknown)(...args);
      if (value instanceof Promise) {
        return value.then((value: unknown) => {
          note({ promised: resultOf(value) });
          return value;
        });
      }
      note(resultOf(value));
      return value;
    };
  }

  /** Repeats the recorded call with the same arguments, or else the one at the same position. */
  replay(): (...args: unknown[]) => unknown {
    let calls = 0;
    return (...args) => {
      const next = this.#inOrder[calls++ % this.#inOrder.length]!;
      return repeat(this.#byArguments.get(keyOf(args)) ?? next, args);
    };
  }

  /** Always repeats the first recorded call. */
  constant(): (...args: unknown[]) => unknown {
    return (...args) => repeat(this.#inOrder[0]!, args);
  }
}

/** What an answer may have changed in an argument: a variable's values, an object's properties. */
function stateOf(arg: unknown): Call["changed"][number] {
  if (arg instanceof tf.Variable) return numbersIn(arg);
  const isPlain = typeof arg === "object" && arg !== null &&
    Object.getPrototypeOf(arg) === Object.prototype;
  const isData = isPlain && Object.values(arg).every((value) => typeof value === "number");
  return isData ? { ...arg } : undefined;
}

function repeat({ result, changed }: Call, args: readonly unknown[]): unknown {
  for (const [i, arg] of args.entries()) {
    const state = changed[i];
    if (state === undefined) continue;
    if (!(arg instanceof tf.Variable)) {
      Object.assign(arg as object, state);
    } else if (String(arg.shape) === String(state["shape"])) {
      const values = tensorOf(state as Numbers);
      arg.assign(values as tf.Tensor<tf.Rank>);
      values.dispose();
    }
  }
  return valueOf(result);
}

/** What a training loop did: a step on some images, or an evaluation. */
type LoopEvent = { readonly step: number[] } | "evaluation";

/** Replays a training loop: makes the recorded steps and evaluations, with no loop of its own. */
export class LoopRecording {
  #events: LoopEvent[] = [];

  recorded(answer: unknown): (...args: unknown[]) => unknown {
    return async (run) => {
      const { step, accuracyOn, ...rest } = run as LoopRun;
      this.#events = [];
      return await (answer as (run: LoopRun) => Promise<number[]>)({
        ...rest,
        step: (split, indices) => {
          this.#events.push({ step: [...indices] });
          step(split, indices);
        },
        accuracyOn: (split) => {
          this.#events.push("evaluation");
          return accuracyOn(split);
        },
      });
    };
  }

  replay(): (...args: unknown[]) => unknown {
    return async (run) => {
      const { training, validation, step, accuracyOn } = run as LoopRun;
      const accuracies: number[] = [];
      for (const event of this.#events) {
        if (event === "evaluation") accuracies.push(await accuracyOn(validation));
        else step(training, event.step);
      }
      return accuracies;
    };
  }

  constant(): (...args: unknown[]) => unknown {
    return (run) => Promise.resolve(new Array((run as LoopRun).epochs).fill(0.5));
  }
}

/** The argument of a training loop, as far as a replay needs it. */
interface LoopRun {
  readonly training: Cifar10Split;
  readonly validation: Cifar10Split;
  readonly epochs: number;
  step(split: Cifar10Split, indices: number[]): void;
  accuracyOn(split: Cifar10Split): Promise<number>;
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
    if (value instanceof Map) return [...value.keys()];
    if (Object.getPrototypeOf(value ?? 0) === Object.prototype) {
      return Object.entries(value as object).map(([name, inner]) => [name, plain(inner)]);
    }
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
  if ("promised" in result) return Promise.resolve(valueOf(result.promised));
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
