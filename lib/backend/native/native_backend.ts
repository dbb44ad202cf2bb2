/** TensorFlow's own operations, for what TensorFlow.js computes from many small ones. */
import * as tf from "@tensorflow/tfjs";
import { environment } from "../environment.ts";

/** What the kit can have TensorFlow compute at once instead of from parts. */
export const NATIVE_KERNELS = ["batch_norm", "relu_grad", "sgd"] as const;

/** The name of one of them. */
export type NativeKernel = (typeof NATIVE_KERNELS)[number];

/** An attribute of an operation, as tfjs-node's addon takes it. */
interface Attribute {
  name: string;
  type: number;
  value: unknown;
}

/** The part of tfjs-node's backend that runs one of TensorFlow's operations by its name. */
interface NodeBackend {
  binding: Record<
    | "TF_ATTR_TYPE"
    | "TF_ATTR_FLOAT"
    | "TF_ATTR_STRING"
    | "TF_ATTR_BOOL"
    | "TF_ATTR_SHAPE"
    | "TF_FLOAT",
    number
  >;
  executeMultipleOutputs(
    name: string,
    attributes: readonly Attribute[],
    inputs: readonly tf.Tensor[],
    outputs: number,
  ): tf.Tensor[];
}

/** An operation's attributes: a number is a float, `"float32"` a type, a list of numbers a shape. */
export type Attributes = Readonly<Record<string, number | boolean | string | readonly number[]>>;

/**
 * Whether TensorFlow computes this kernel now: the native backend is in force, and
 * `RESIDUAL_PLAIN_KERNELS` (names with commas between them, or `all`), with which its worth is
 * measured, does not name it.
 */
export function isNative(kernel: NativeKernel): boolean {
  return tf.getBackend() === "tensorflow" && !PLAIN.has(kernel) && !PLAIN.has("all");
}

const PLAIN: ReadonlySet<string> = new Set(environment("RESIDUAL_PLAIN_KERNELS")?.split(","));

/** Runs one of TensorFlow's operations on the native backend. */
export function execute(
  name: string,
  attributes: Attributes,
  inputs: readonly tf.Tensor[],
  outputs: number,
): tf.Tensor[] {
  const backend = tf.backend() as unknown as NodeBackend;
  const { binding } = backend;
  const listed = Object.entries(attributes).map(([key, value]): Attribute => {
    if (value === "float32") {
      return { name: key, type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
    }
    const type = typeof value === "number"
      ? binding.TF_ATTR_FLOAT
      : typeof value === "boolean"
      ? binding.TF_ATTR_BOOL
      : Array.isArray(value)
      ? binding.TF_ATTR_SHAPE
      : binding.TF_ATTR_STRING;
    return { name: key, type, value };
  });
  return backend.executeMultipleOutputs(name, listed, inputs, outputs);
}
