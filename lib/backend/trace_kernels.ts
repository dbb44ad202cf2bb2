/** Lists the operations that a computation consists of. */
import * as tf from "@tensorflow/tfjs";
import { restoreAfterTermination } from "./termination.ts";

/** One operation: TensorFlow.js's kernel, and the tensors that went in and came out. */
export interface KernelCall {
  readonly kernel: string;
  readonly inputs: readonly tf.Tensor[];
  readonly outputs: readonly tf.Tensor[];
}

/** The engine's method below each trace that is running. */
const untraced: ReturnType<typeof tf.engine>["runKernel"][] = [];

restoreAfterTermination(() => {
  const traces = untraced.length;
  return () => {
    while (untraced.length > traces) endTrace();
  };
});

function endTrace(): void {
  tf.engine().runKernel = untraced.pop()!;
}

/** Runs `compute` and lists its operations in their order. Disposed tensors keep their ids and shapes. */
export function traceKernels(compute: () => void): KernelCall[] {
  const engine = tf.engine();
  const run = engine.runKernel;
  const calls: KernelCall[] = [];
  untraced.push(run);
  engine.runKernel = ((kernel, inputs, attributes) => {
    const result = run.call(engine, kernel, inputs, attributes);
    const outputs = Array.isArray(result) ? result : [result];
    calls.push({ kernel, inputs: tensorsIn(inputs), outputs });
    return result;
  }) as typeof run;
  try {
    compute();
  } finally {
    endTrace();
  }
  return calls;
}

/** Missing inputs, such as a convolution's bias, are undefined; some kernels take a list of tensors. */
function tensorsIn(inputs: tf.NamedTensorMap): tf.Tensor[] {
  return Object.values(inputs).flat().filter((input) => input instanceof tf.Tensor);
}
