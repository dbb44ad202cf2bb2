/** The blocks: shapes, parameters, names, shortcuts, running statistics, errors. */
import assert from "node:assert/strict";
import {
  BatchNorm,
  Block,
  Conv2d,
  countParams,
  PlainBlock,
  ResIdentity,
  ResPad,
  ResSkip,
  startBackend,
  tf,
} from "../../lib/mod.ts";

await startBackend();

Deno.test("ResIdentity keeps the shape and has 2 · (9n² + 2n) parameters", () => {
  const block = new ResIdentity(16);
  assert.deepEqual((block.apply(tf.zeros([2, 8, 8, 16])) as tf.Tensor).shape, [2, 8, 8, 16]);
  assert.equal(countParams(block).trainable, 2 * (9 * 16 ** 2 + 2 * 16));
});

Deno.test("ResIdentity with a zero gamma in its second batch norm is relu of its input", () => {
  const block = new ResIdentity(4);
  const x = tf.randomNormal([1, 6, 6, 4], 0, 1, "float32", 5);
  block.apply(x);
  const gamma = block.trainableWeights.find((w) => w.originalName.endsWith("bn2.gamma"))!;
  gamma.write(tf.zeros([4]));
  const difference = tf.sub(block.apply(x) as tf.Tensor, tf.relu(x));
  assert.equal(tf.max(tf.abs(difference)).dataSync()[0], 0);
});

Deno.test("the three blocks with stride 2 halve odd and even feature maps alike", () => {
  for (const block of [new ResSkip(4, 8), new ResPad(4, 8), new PlainBlock(4, 8, 2)]) {
    assert.deepEqual((block.apply(tf.zeros([1, 9, 12, 4])) as tf.Tensor).shape, [1, 5, 6, 8]);
  }
});

Deno.test("ResPad's shortcut takes every second pixel and puts zeros on both sides", () => {
  const block = new ResPad(1, 3);
  const x = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], [1, 4, 4, 1]);
  block.apply(x);
  block.trainableWeights.find((w) => w.originalName.endsWith("bn2.gamma"))!.write(tf.zeros([3]));
  const values = [...(block.apply(x) as tf.Tensor).dataSync()];
  assert.deepEqual(values, [0, 1, 0, 0, 3, 0, 0, 9, 0, 0, 11, 0]);
});

Deno.test("a stride-2 convolution pads both sides: its first output covers the first pixels", () => {
  const conv = new Conv2d(1, 1, 3, 2);
  conv.apply(tf.zeros([1, 4, 4, 1]));
  conv.setWeights([tf.ones([3, 3, 1, 1])]);
  const y = conv.apply(tf.ones([1, 4, 4, 1])) as tf.Tensor;
  assert.deepEqual([...y.dataSync()], [4, 6, 6, 9]);
});

Deno.test("batch norm updates its running statistics with momentum 0.1 and unbiased variance", () => {
  const norm = new BatchNorm(1);
  const y = norm.apply(tf.tensor4d([1, 2, 3, 6], [4, 1, 1, 1]), { training: true }) as tf.Tensor;
  const [, , mean, variance] = norm.getWeights().map((weight) => weight.dataSync()[0]!);
  assert.ok(Math.abs(mean! - 0.3) < 1e-6);
  assert.ok(Math.abs(variance! - (0.9 + 0.1 * 14 / 3)) < 1e-6);
  assert.ok(Math.abs(tf.mean(y).dataSync()[0]!) < 1e-6);
});

Deno.test("blocks inside blocks name and train all their weights", () => {
  class Pair extends Block {
    private readonly first: ResIdentity;
    constructor(readonly ni: number) {
      super({ ni });
      this.first = new ResIdentity(ni);
    }
    override forward(x: tf.Tensor4D): tf.Tensor4D {
      return this.first(x);
    }
  }
  const pair = new Pair(2);
  pair.name = "pair";
  pair.apply(tf.zeros([1, 4, 4, 2]));
  assert.equal(pair.trainableWeights[0]!.originalName, "pair.first.conv1.kernel");
  assert.equal(pair.trainableWeights.length, 6);
});

Deno.test("wrong channels, sizes and names are refused with their value", () => {
  assert.throws(() => new ResIdentity(16).apply(tf.zeros([1, 8, 8, 3])), /16 channels, got 3/);
  assert.throws(() => new Conv2d(0, 4), /as ni, got 0/);
  assert.throws(() => new Conv2d(4, 4, 2), /odd kernelSize.* got 2/);
  assert.throws(() => new ResPad(8, 4), /got 8 in and 4 out/);
});
