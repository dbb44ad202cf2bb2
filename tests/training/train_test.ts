import assert from "node:assert/strict";
import {
  budget,
  cifarResNet,
  estimateSeconds,
  evaluate,
  loadCifar10,
  startBackend,
  tf,
  train,
} from "../../lib/mod.ts";

await startBackend();
const cifar = loadCifar10();
const short = { ...budget("quick"), steps: 12, batchSize: 16 };

Deno.test("the same seed gives the same curve, and the loss falls", async () => {
  const run = () => train(cifarResNet({ n: 1, seed: 1 }), cifar, { budget: short, seed: 2 });
  const [first, second] = [await run(), await run()];
  assert.equal(first.loss.length, 12);
  assert.equal(first.images, 12 * 16);
  for (const [i, loss] of first.loss.entries()) assert.ok(Math.abs(loss - second.loss[i]!) < 1e-3);
});

Deno.test("training leaves no tensor behind", async () => {
  const model = cifarResNet({ n: 1 });
  const before = tf.memory().numTensors;
  await train(model, cifar, { budget: { ...short, steps: 3 }, seed: 0 });
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("the time is estimated in proportion to the steps, and the model stays as it was", async () => {
  const model = cifarResNet({ n: 1 });
  const weights = model.getWeights().map((weight) => weight.dataSync());
  const tensors = tf.memory().numTensors;
  assert.ok(await estimateSeconds(model, cifar, short) > 0);
  assert.equal(await estimateSeconds(model, cifar, { ...short, steps: 0 }), 0);
  assert.equal(tf.memory().numTensors, tensors);
  assert.deepEqual(model.getWeights().map((weight) => weight.dataSync()), weights);
});

Deno.test("Stop ends the training after the step and keeps what was learned", async () => {
  setTimeout(() => {
    (globalThis as unknown as Record<symbol, boolean>)[Symbol.for("residual.stop")] = true;
  }, 1_000);
  const history = await train(cifarResNet({ n: 1 }), cifar, { budget: { ...short, steps: 2_000 } });
  assert.equal(history.stopped, true);
  assert.ok(history.loss.length > 0 && history.loss.length < 2_000);
});

Deno.test("evaluate counts the right ones and gives a prediction for each image", async () => {
  const { accuracy, predictions } = await evaluate(cifarResNet({ n: 1 }), cifar.test, {
    limit: 300,
  });
  const right = predictions.filter((label, i) => label === cifar.test.labels[i]).length;
  assert.equal(predictions.length, 300);
  assert.equal(accuracy, right / 300);
});

Deno.test("a budget of an unknown name is refused with the names there are", () => {
  assert.throws(() => budget("fast"), /"fast": it can be quick, lesson or paper/);
});
