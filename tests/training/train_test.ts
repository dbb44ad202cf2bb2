/** Training: seeds, Stop, tensors, schedules, smoothing. */
import assert from "node:assert/strict";
import process from "node:process";
import {
  type Budget,
  budget,
  Cifar10Split,
  cifarResNet,
  estimateSeconds,
  evaluate,
  fewClasses,
  loadCifar10,
  oneCycle,
  resnet18,
  Sgd,
  startBackend,
  stepSchedule,
  tf,
  train,
  trainingBatches,
  trainStep,
} from "../../lib/mod.ts";

await startBackend();
const cifar = loadCifar10();
const short = { ...budget("quick"), steps: 12, batchSize: 16 };

Deno.test("the same seed gives the same curve", async () => {
  const run = () => train(cifarResNet({ n: 1, seed: 1 }), cifar, { budget: short, seed: 2 });
  const [first, second] = [await run(), await run()];
  assert.equal(first.loss.length, 12);
  assert.equal(first.images, 12 * 16);
  for (const [i, loss] of first.loss.entries()) assert.ok(Math.abs(loss - second.loss[i]!) < 1e-3);
});

Deno.test("training leaks no tensors", async () => {
  const model = cifarResNet({ n: 1 });
  const before = tf.memory().numTensors;
  await train(model, cifar, { budget: { ...short, steps: 3 }, seed: 0 });
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("a step of training changes a model as compile and trainOnBatch do", async () => {
  const makeModel = () =>
    tf.sequential({
      layers: [
        tf.layers.flatten({ inputShape: [32, 32, 3] }),
        tf.layers.dense({
          units: 10,
          kernelInitializer: tf.initializers.glorotUniform({ seed: 1 }),
          kernelRegularizer: tf.regularizers.l2({ l2: 0.1 }),
        }),
      ],
    });
  const batch = trainingBatches(cifar.train, { batchSize: 8, seed: 1 }).next().value;
  const [ours, theirs] = [makeModel(), makeModel()];
  theirs.compile({
    optimizer: new Sgd(0.1),
    loss: (labels: tf.Tensor, logits: tf.Tensor) =>
      tf.losses.softmaxCrossEntropy(labels, logits, undefined, 0.1),
    metrics: ["accuracy"],
  });
  const optimizer = new Sgd(0.1);
  for (let step = 0; step < 3; step++) {
    const { loss, accuracy } = await trainStep(ours, optimizer, batch, 0.1);
    const [expectedLoss, expectedAccuracy] = await theirs.trainOnBatch(
      batch.images,
      batch.labels,
    ) as number[];
    assert.ok(Math.abs(loss - expectedLoss!) < 1e-4 * expectedLoss!, `${loss}, ${expectedLoss}`);
    assert.equal(accuracy, expectedAccuracy);
  }
  for (const [i, weight] of ours.getWeights().entries()) {
    const difference = tf.max(tf.abs(tf.sub(weight, theirs.getWeights()[i]!))).dataSync()[0]!;
    assert.ok(difference < 1e-5, `${weight.shape}: ${difference}`);
  }
  tf.dispose(batch);
  for (const used of [ours, theirs, optimizer]) used.dispose();
});

Deno.test("a training run is on the screen before its first step", async () => {
  const { stdout } = process;
  const before = { isTTY: stdout.isTTY, write: stdout.write };
  const written: string[] = [];
  Object.defineProperty(stdout, "isTTY", { value: true, configurable: true });
  stdout.write = ((text: string) => written.push(text) > 0) as typeof stdout.write;
  try {
    await train(cifarResNet({ n: 1 }), cifar, { budget: { ...short, steps: 2 } });
  } finally {
    Object.defineProperty(stdout, "isTTY", { value: before.isTTY, configurable: true });
    stdout.write = before.write;
  }
  assert.match(written[0]!, /step 0 of 2$/);
  assert.match(written.at(-1)!, /step 2 of 2 .* done after/);
});

Deno.test("estimating the time does not change the model", async () => {
  const model = cifarResNet({ n: 1 });
  const weights = model.getWeights().map((weight) => weight.dataSync());
  const tensors = tf.memory().numTensors;
  assert.ok(await estimateSeconds(model, cifar, short) > 0);
  assert.equal(await estimateSeconds(model, cifar, { ...short, steps: 0 }), 0);
  assert.equal(tf.memory().numTensors, tensors);
  assert.deepEqual(model.getWeights().map((weight) => weight.dataSync()), weights);
});

const marks = globalThis as unknown as Record<symbol, boolean>;
const STOP = Symbol.for("residual.stop");

Deno.test("Stop ends training after the current step and keeps the weights", async () => {
  const model = cifarResNet({ n: 1 });
  const before = model.getWeights().map((weight) => weight.dataSync());
  setTimeout(() => marks[STOP] = true, 500);
  const history = await train(model, cifar, { budget: { ...short, steps: 2_000 } });
  assert.equal(history.stopped, true);
  assert.ok(history.loss.length > 0 && history.loss.length < 2_000);
  assert.notDeepEqual(model.getWeights().map((weight) => weight.dataSync()), before);
  // Until the next cell all that the cell still asks for is stopped as well.
  const tensors = tf.memory().numTensors;
  assert.equal((await train(model, cifar, { budget: short })).loss.length, 0);
  assert.equal(tf.memory().numTensors, tensors);
  await assert.rejects(evaluate(model, cifar.test), { name: "Stopped" });
  await assert.rejects(estimateSeconds(model, cifar, short), { name: "Stopped" });
  marks[STOP] = false;
});

Deno.test("evaluate returns the accuracy and a prediction for each image", async () => {
  const { accuracy, predictions } = await evaluate(cifarResNet({ n: 1 }), cifar.test, {
    limit: 300,
  });
  const right = predictions.filter((label, i) => label === cifar.test.labels[i]).length;
  assert.equal(predictions.length, 300);
  assert.equal(accuracy, right / 300);
});

Deno.test("an epoch with a single image left over trains to its end", async () => {
  const model = resnet18({ inputShape: [32, 32, 3], classes: 10 });
  const epoch = { ...short, steps: 2, batchSize: 3 };
  const { loss, images } = await train(model, { train: cifar.train.slice(0, 7) }, {
    budget: epoch,
  });
  assert.deepEqual([loss.length, images], [2, 7]);
  assert.ok(await estimateSeconds(model, cifar, epoch) > 0);
  model.dispose();
});

Deno.test("a model that cannot be trained on the images is refused before the first step", async () => {
  const deep = resnet18({ inputShape: [32, 32, 3], classes: 10 });
  const shallow = cifarResNet({ n: 1 });
  const seven = new Cifar10Split(cifar.train.images.slice(0, 3072), Uint8Array.of(7));
  const three = cifarResNet({ n: 1, classes: 3 });
  const cases: [tf.LayersModel, Parameters<typeof train>[1], Partial<Budget>, RegExp][] = [
    [deep, { train: cifar.train }, { batchSize: 1 }, /resnet18 on single images: .*\[1,1,1,512\]/],
    [deep, { train: cifar.train.slice(0, 1) }, {}, /batches of 2 or more images/],
    [shallow, { train: cifar.train.slice(0, 0) }, {}, /there are no images/],
    [shallow, { train: cifar.train }, { batchSize: 0 }, /batchSize is 0, expected 1, 2, 3/],
    [shallow, { train: cifar.train }, { steps: 1.5 }, /steps is 1\.5, expected/],
    [
      three,
      { train: few(), validation: seven },
      {},
      /has 3 classes, 0 to 2, and an image has the label 7/,
    ],
  ];
  const before = tf.memory().numTensors;
  for (const [model, data, change, message] of cases) {
    const asked: Budget = { ...short, ...change };
    await assert.rejects(train(model, data, { budget: asked }), message);
  }
  assert.equal(tf.memory().numTensors, before);
  const { loss } = await train(shallow, cifar, { budget: { ...short, steps: 1, batchSize: 1 } });
  assert.equal(loss.length, 1, "a map of 8×8 pixels has a variance");
  for (const model of [deep, shallow, three]) model.dispose();
});

/** Images of three classes. */
function few() {
  return fewClasses(cifar, ["cat", "dog", "ship"], { perClass: 2 }).train;
}

Deno.test("images that cannot be evaluated are refused", async () => {
  const three = cifarResNet({ n: 1, classes: 3 });
  await assert.rejects(
    evaluate(three, cifar.test),
    /has 3 classes, 0 to 2, and an image has the label \d/,
  );
  await assert.rejects(evaluate(three, few(), { limit: 0 }), /at least one image, .* limit 0/);
  await assert.rejects(evaluate(three, few().slice(0, 0)), /got 0 images/);
  three.dispose();
});

Deno.test("an unknown budget is refused with the list of budgets", () => {
  assert.throws(() => budget("fast"), /"fast"\. The budgets are quick, lesson and paper/);
});

Deno.test("a small network memorizes a handful of images", async () => {
  const data = { train: cifar.train.slice(0, 32) };
  const budgetOf = { ...short, steps: 120, batchSize: 32, schedule: () => 0.05 };
  const { loss } = await train(cifarResNet({ n: 1, seed: 1 }), data, { budget: budgetOf });
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  assert.ok(mean(loss.slice(-10)) < mean(loss.slice(0, 10)) / 2, `${loss}`);
});

Deno.test("invalid settings of the optimizer are refused", () => {
  assert.throws(() => new Sgd(NaN), /learningRate from 0, got NaN/);
  assert.throws(() => new Sgd(0.1, { momentum: 1 }), /momentum from 0 to below 1, got 1/);
  assert.throws(() => new Sgd(0.1, { weightDecay: -1 }), /weightDecay from 0, got -1/);
});

Deno.test("the schedules rise and fall as documented", () => {
  assert.deepEqual([0, 0.49, 0.5, 0.75].map(stepSchedule(0.1)), [0.1, 0.1, 0.01, 0.001]);
  const cycle = oneCycle(0.4);
  assert.ok(Math.abs(cycle(0) - 0.04) < 1e-9 && cycle(1) === 0);
  assert.ok(Math.abs(cycle(0.25) - 0.4) < 1e-9 && Math.abs(cycle(0.625) - 0.2) < 1e-9);
});

Deno.test("label smoothing raises the minimum of the loss", async () => {
  const smoothed = { ...short, steps: 1, labelSmoothing: 0.1 };
  const first = async (budget: typeof smoothed) =>
    (await train(cifarResNet({ n: 1, seed: 1 }), cifar, { budget })).loss[0]!;
  assert.notEqual(await first(smoothed), await first({ ...smoothed, labelSmoothing: 0 }));
});

/** What one step makes of a weight: `velocity = 0.9 · velocity + g + decay · w`, by hand. */
function stepByHand(w: number, g: number, v: number, nesterov: boolean, decay: number) {
  const gradient = g + decay * w;
  const velocity = 0.9 * v + gradient;
  return [w - 0.1 * (nesterov ? gradient + 0.9 * velocity : velocity), velocity] as const;
}

// Large variables are moved by another operation than small ones.
for (const side of [1, 80]) {
  for (const nesterov of [true, false]) {
    const look = nesterov ? "with" : "without";
    Deno.test(`Sgd follows PyTorch's formula for ${side * side} weights ${look} Nesterov's look ahead`, () => {
      const optimizer = new Sgd(0.1, { nesterov, weightDecay: 0.01 });
      const kernel = tf.variable(tf.fill([side, side], 2));
      const bias = tf.variable(tf.fill([side * side], 2));
      let [k, kv] = [2, 0];
      let [b, bv] = [2, 0];
      for (let i = 0; i < 3; i++) {
        optimizer.applyGradients({
          [kernel.name]: tf.fill([side, side], i + 1),
          [bias.name]: tf.fill([side * side], i + 1),
        });
        [k, kv] = stepByHand(k, i + 1, kv, nesterov, 0.01);
        [b, bv] = stepByHand(b, i + 1, bv, nesterov, 0);
      }
      const last = side * side - 1;
      assert.ok(Math.abs(kernel.dataSync()[last]! - k) < 1e-6);
      assert.ok(Math.abs(bias.dataSync()[last]! - b) < 1e-6, "biases have no decay");
      assert.ok(Math.abs(optimizer.velocities([kernel])[0]![last]! - kv) < 1e-6);
      optimizer.dispose();
      tf.dispose([kernel, bias]);
    });
  }
}

Deno.test("a slow backend gets a smaller budget, except for the paper's budget", async () => {
  const before = tf.getBackend();
  const fast = budget("lesson");
  await tf.setBackend("cpu");
  try {
    const slow = budget("lesson");
    assert.ok(slow.steps * slow.batchSize * 500 < fast.steps * fast.batchSize);
    assert.equal(budget("paper").steps, 64_000);
  } finally {
    await tf.setBackend(before);
  }
});
