/** Gradients that the kit computes itself where TensorFlow's own kernels are missing. */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import path from "node:path";
import { BatchNorm, Conv2d, tf } from "../../lib/mod.ts";
import { registerConvolutionGradients } from "../../lib/backend/wasm.ts";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";

const require = createRequire(import.meta.url);
setWasmPaths(path.join(path.dirname(require.resolve("@tensorflow/tfjs-backend-wasm")), "/"));
registerConvolutionGradients();

/** Values of `compute`'s tensors on a backend, which must leave no tensor behind. */
async function on(backend: string, compute: () => tf.Tensor[]): Promise<number[][]> {
  await tf.setBackend(backend);
  const before = tf.memory().numTensors;
  const tensors = tf.tidy(compute);
  const values: number[][] = [];
  for (const tensor of tensors) values.push(Array.from(await tensor.data()));
  tf.dispose(tensors);
  assert.equal(tf.memory().numTensors, before, `tensors left behind on ${backend}`);
  return values;
}

/** Compares values with the expected ones, relative to the largest. */
function assertClose(actual: number[][], expected: number[][], about: string): void {
  for (const [i, values] of expected.entries()) {
    const scale = Math.max(1, ...values.map(Math.abs));
    assert.equal(actual[i]!.length, values.length, about);
    const off = Math.max(...values.map((value, j) => Math.abs(value - actual[i]![j]!)));
    assert.ok(off <= 1e-4 * scale, `${about}, tensor ${i}: ${off} of ${scale}`);
  }
}

type Padding = Parameters<typeof tf.conv2d>[3];

/** Height, width, kernel height and width, strides, padding. */
const CONVOLUTIONS: [number, number, number, number, [number, number], Padding][] = [];
for (const stride of [1, 2, 3]) {
  for (const kernel of [1, 2, 3, 5, 7]) {
    for (const pad of ["same", "valid"] as const) {
      CONVOLUTIONS.push([9, 12, kernel, kernel, [stride, stride], pad]);
      CONVOLUTIONS.push([10, 7, kernel, Math.max(1, kernel - 1), [stride, stride], pad]);
    }
    const sides: [number, number] = [(kernel - 1) >> 1, (kernel - 1) >> 1];
    CONVOLUTIONS.push([8, 11, kernel, kernel, [stride, stride], [[0, 0], sides, sides, [0, 0]]]);
  }
}
CONVOLUTIONS.push(
  [9, 8, 3, 3, [2, 1], "same"],
  [7, 10, 3, 2, [1, 3], "valid"],
  // More padding than the filter is wide: the borders of the gradient are cropped.
  [6, 6, 1, 1, [1, 1], [[0, 0], [2, 1], [1, 2], [0, 0]]],
  [5, 5, 2, 2, [2, 2], [[0, 0], [3, 3], [3, 3], [0, 0]]],
  // A stride that leaves rows unused.
  [11, 11, 1, 1, [3, 3], "valid"],
);

Deno.test("gradients of convolutions on wasm equal those of plain JavaScript", async () => {
  for (const [height, width, kh, kw, strides, pad] of CONVOLUTIONS) {
    const compute = () => {
      const x = tf.randomNormal<tf.Rank.R4>([2, height, width, 3], 0, 1, "float32", 1);
      const filter = tf.randomNormal<tf.Rank.R4>([kh, kw, 3, 4], 0, 1, "float32", 2);
      const conv = (x: tf.Tensor, filter: tf.Tensor) =>
        tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, strides, pad);
      const dy = tf.randomNormal(conv(x, filter).shape, 0, 1, "float32", 3);
      return tf.grads(conv)([x, filter], dy);
    };
    const about = JSON.stringify({ height, width, kh, kw, strides, pad });
    assertClose(await on("wasm", compute), await on("cpu", compute), about);
  }
});

Deno.test("the composed batch norm has the gradient of its formula", async () => {
  for (const backend of ["cpu", "wasm"]) {
    for (
      const [n, height, width, channels] of [[4, 5, 3, 6], [2, 1, 1, 3], [3, 8, 8, 1]] as const
    ) {
      const input = () =>
        tf.randomNormal<tf.Rank.R4>([n, height, width, channels], 3, 2, "float32", 4);
      const upstream = () => tf.randomNormal([n, height, width, channels], 0, 1, "float32", 5);
      await tf.setBackend(backend);
      const layer = new BatchNorm(channels);
      layer.build([null, height, width, channels]);
      const [gamma, beta] = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
      tf.tidy(() => {
        gamma!.assign(tf.randomNormal([channels], 1, 0.5, "float32", 6));
        beta!.assign(tf.randomNormal([channels], 0, 0.5, "float32", 7));
      });
      const own = () => {
        const run = (x: tf.Tensor) => layer.apply(x, { training: true }) as tf.Tensor;
        const dx = tf.grad(run)(input(), upstream());
        const loss = () => tf.sum(tf.mul(run(input()), upstream())) as tf.Scalar;
        const { grads } = tf.variableGrads(loss, [gamma!, beta!]);
        return [dx, grads[gamma!.name]!, grads[beta!.name]!];
      };
      const formula = () => {
        const run = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) => {
          const mean = tf.mean(x, [0, 1, 2]);
          const centered = tf.sub(x, mean);
          const variance = tf.mean(tf.mul(centered, centered), [0, 1, 2]);
          return tf.add(tf.mul(tf.div(centered, tf.sqrt(tf.add(variance, 1e-5))), gamma), beta);
        };
        return tf.grads(run)([input(), gamma!, beta!], upstream());
      };
      const about = `${backend}, [${n}, ${height}, ${width}, ${channels}]`;
      assertClose(await on(backend, own), await on(backend, formula), about);
      for (const weight of layer.weights) weight.dispose();
    }
  }
});

Deno.test("a step of training gives the same weights on wasm and in plain JavaScript", async () => {
  const results: number[][][] = [];
  for (const backend of ["wasm", "cpu"]) {
    await tf.setBackend(backend);
    const layers = [new Conv2d(3, 4, 3, 2), new BatchNorm(4)];
    const [conv, norm] = layers as [Conv2d, BatchNorm];
    conv.build([null, 9, 9, 3]);
    norm.build([null, 5, 5, 4]);
    const kernel = conv.weights[0]!.read() as tf.Variable;
    tf.tidy(() => kernel.assign(tf.randomNormal(kernel.shape, 0, 1, "float32", 8)));
    results.push(
      await on(backend, () => {
        const x = tf.randomNormal([3, 9, 9, 3], 0, 1, "float32", 9);
        const loss = () => {
          const y = norm.apply(conv.apply(x), { training: true }) as tf.Tensor;
          return tf.sum(tf.relu(y)) as tf.Scalar;
        };
        return [tf.variableGrads(loss, [kernel]).grads[kernel.name]!];
      }),
    );
    for (const layer of layers) for (const weight of layer.weights) weight.dispose();
  }
  assertClose(results[0]!, results[1]!, "kernel");
});
