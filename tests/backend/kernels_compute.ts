/** Three training steps with whatever kernels are in force, printed as JSON; for native_kernels_test.ts. */
import { cifarResNet, Sgd, startBackend, stateDict, tf } from "../../lib/mod.ts";
import { isNative, NATIVE_KERNELS } from "../../lib/backend/native/native_backend.ts";

/** What one process computed. */
export interface Computed {
  native: string[];
  values: Record<string, number[]>;
  tensorsLeft: number;
}

await startBackend();
const model = cifarResNet({ n: 1, seed: 1, shortcut: "projection" });
const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
const x = tf.randomNormal<tf.Rank.R4>([8, 32, 32, 3], 0, 1, "float32", 7);
const labels = tf.oneHot(tf.tensor1d([0, 1, 2, 3, 4, 5, 6, 7], "int32"), 10);
const values: Record<string, number[]> = {};

function step(optimizer: Sgd): Record<string, tf.Tensor> {
  const { value, grads } = tf.variableGrads(() => {
    const logits = model.apply(x, { training: true }) as tf.Tensor;
    return tf.losses.softmaxCrossEntropy(labels, logits);
  }, variables);
  optimizer.applyGradients(grads);
  return { loss: value, ...grads };
}

const optimizer = new Sgd(0.05);
tf.dispose(step(optimizer));
const before = tf.memory().numTensors;
tf.dispose(step(optimizer));
const made = step(optimizer);
for (const [i, { name }] of variables.entries()) {
  values[`gradient of ${i}`] = [...made[name]!.dataSync()];
}
values["loss"] = [...made["loss"]!.dataSync()];
tf.dispose(made);
const tensorsLeft = tf.memory().numTensors - before;
optimizer.velocities(variables).forEach((velocity, i) =>
  values[`velocity of ${i}`] = [...velocity]
);
for (const [name, { data }] of stateDict(model)) values[name] = [...data];
// ReLU's gradient where its input is exactly 0, and below and above.
const edge = tf.tensor1d([-1, -0, 0, 1e-30, 2]);
values["gradient of relu"] = [...tf.grad((t) => tf.relu(t))(edge).dataSync()];
const native = NATIVE_KERNELS.filter(isNative);
console.log(JSON.stringify({ native, values, tensorsLeft } satisfies Computed));
Deno.exit(0);
