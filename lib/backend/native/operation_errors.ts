/** Errors of TensorFlow's operations that say what failed: the operation, its inputs and the reason. */
import * as tf from "@tensorflow/tfjs";

/** The addon's message: a number for the kind of error, and the reason in a second line. */
const STATUS = /^Invalid TF_Status: \d+\nMessage: ([^]*)$/;
/** TensorFlow names the operation in its own way after the reason, in newer versions. */
const NODE_NAME = /\s*\[Op:\w+\](?: name:)?\s*$/;

interface Input {
  readonly shape: readonly number[];
  readonly dtype: tf.DataType;
}

type Execute = (name: string, attributes: unknown, inputs: readonly Input[], n?: number) => unknown;

/** The methods of tfjs-node's backend that run an operation by its name. */
const METHODS = ["executeSingleOutput", "executeMultipleOutputs"] as const;

type Executor = Record<(typeof METHODS)[number], Execute>;

/**
 * Makes the active native backend report a failed operation as
 * `AddV2 failed: Incompatible shapes: [2,8,8,4] vs. [2,4,4,4] (inputs: float32 [2, 8, 8, 4], ...)`.
 */
export function explainOperationErrors(): void {
  const backend = tf.backend() as unknown as Executor;
  for (const method of METHODS) {
    const execute = backend[method];
    backend[method] = function (name, attributes, inputs, n) {
      try {
        return execute.call(this, name, attributes, inputs, n);
      } catch (error) {
        throw explained(error, name, inputs);
      }
    };
  }
}

function explained(error: unknown, operation: string, inputs: readonly Input[]): unknown {
  const [, reason] = error instanceof Error ? STATUS.exec(error.message) ?? [] : [];
  if (reason === undefined) return error;
  const shapes = inputs.map(({ dtype, shape }) => `${dtype} [${shape.join(", ")}]`).join(", ");
  const message = `${operation} failed: ${
    reason.replace(NODE_NAME, "").trim()
  } (inputs: ${shapes})`;
  return new Error(message, { cause: error });
}
