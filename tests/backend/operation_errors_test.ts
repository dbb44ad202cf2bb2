/** Errors of the native backend's operations name the operation, the reason and the shapes. */
import { throws } from "node:assert/strict";
import { startBackend, tf } from "residual";
import { execute } from "../../lib/backend/native/native_backend.ts";

const { name } = await startBackend();

Deno.test({
  name: "a failed operation of the native backend names itself, the reason and its inputs",
  ignore: name !== "native",
  fn() {
    const failures: readonly [() => tf.Tensor, RegExp][] = [
      [
        () => tf.add(tf.ones([2, 8, 8, 4]), tf.ones([2, 4, 4, 4])),
        /^Add failed: Incompatible shapes: \[2,8,8,4\] vs\. \[2,4,4,4\] \(inputs: float32 \[2, 8, 8, 4\], float32 \[2, 4, 4, 4\]\)$/,
      ],
      [
        () => tf.matMul(tf.ones([2, 3]), tf.ones([4, 5])),
        /^BatchMatMulV2 failed: .*\[2,3\].*\[4,5\].* \(inputs: float32 \[2, 3\], float32 \[4, 5\]\)$/,
      ],
      // An operation with any number of inputs.
      [
        () => tf.concat([tf.ones([2, 3]), tf.ones([3, 4])], 1),
        /^ConcatV2 failed: .* \(inputs: float32 \[2, 3\], float32 \[3, 4\], int32 \[\]\)$/,
      ],
      // The kit's own way to run an operation.
      [
        () => execute("ReluGrad", { T: "float32" }, [tf.ones([2]), tf.ones([3])], 1)[0]!,
        /^ReluGrad failed: .* \(inputs: float32 \[2\], float32 \[3\]\)$/,
      ],
    ];
    for (const [compute, message] of failures) throws(() => tf.tidy(compute), { message });
  },
});
