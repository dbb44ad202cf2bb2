/** What the diagram is drawn from. */
import assert from "node:assert/strict";
import {
  Block,
  Conv2d,
  modelArchitecture,
  plain20,
  ResIdentity,
  resnet20,
  resnet50,
  startBackend,
  tf,
  vgg16,
} from "../../lib/mod.ts";

await startBackend();

/** How many blocks have each kind of shortcut. */
function shortcuts(model: tf.LayersModel): Record<string, number> {
  const kinds: Record<string, number> = {};
  for (const { shortcut } of modelArchitecture(model)) {
    if (shortcut !== "none") kinds[shortcut] = (kinds[shortcut] ?? 0) + 1;
  }
  return kinds;
}

Deno.test("the shortcut of each block of the kit is found", () => {
  assert.deepEqual(shortcuts(resnet20()), { identity: 7, pad: 2 });
  assert.deepEqual(shortcuts(resnet20({ shortcut: "projection" })), { identity: 7, projection: 2 });
  assert.deepEqual(shortcuts(resnet50()), { projection: 4, identity: 12 });
  for (const model of [plain20(), vgg16()]) assert.deepEqual(shortcuts(model), {});
});

/** A learner's block: what it does with its input is the function it is given. */
class Own extends Block {
  readonly conv1: Conv2d;
  readonly conv2: Conv2d;
  readonly skip: Conv2d;
  readonly inner: ResIdentity;

  constructor(readonly compute: (x: tf.Tensor4D, block: Own) => tf.Tensor4D) {
    super({});
    this.conv1 = new Conv2d(4, 4);
    this.conv2 = new Conv2d(4, 4);
    this.skip = new Conv2d(4, 4, 1);
    this.inner = new ResIdentity(4);
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return this.compute(x, this);
  }
}

Deno.test("the shortcut of a learner's block is found in its computation", () => {
  const cases: [string, ConstructorParameters<typeof Own>[0]][] = [
    ["identity", (x, { conv1, conv2 }) => tf.relu(tf.add(conv2(tf.relu(conv1(x))), x))],
    ["identity", (x, { conv1 }) => x.add(conv1(tf.relu(x)))],
    ["identity", (x, { conv1 }) => tf.addN([conv1(x), x])],
    ["identity", (x, { conv1 }) => tf.add(tf.mul(conv1(x), tf.sigmoid(conv1(x))), x)],
    ["identity", (x, { conv1, conv2 }) => tf.add(tf.add(conv1(x), x), conv2(x))],
    ["projection", (x, { conv1, conv2, skip }) => tf.add(skip(x), conv2(conv1(x)))],
    ["projection", (x, { conv1, skip }) => tf.relu(tf.add(conv1(x), skip(x)))],
    [
      "pad",
      (x, { conv1 }) => tf.add(conv1(tf.avgPool(x, 2, 2, "same")), tf.avgPool(x, 1, 2, "same")),
    ],
    // Without a shortcut: one branch, two equal ones, a sum that weights follow, and a sum inside.
    ["none", (x, { conv1, conv2 }) => tf.relu(conv2(tf.relu(conv1(x))))],
    ["none", (x, { conv1, conv2 }) => tf.add(conv1(x), conv2(x))],
    ["none", (x, { conv1, conv2 }) => conv2(tf.add(conv1(x), x))],
    ["none", (x, { conv1, inner }) => inner(conv1(x))],
    ["none", (x, { conv1 }) => tf.add(conv1(x), 1)],
  ];
  for (const [expected, compute] of cases) {
    const input = tf.input({ shape: [8, 8, 4] });
    const model = tf.model({
      inputs: input,
      outputs: new Own(compute).apply(input) as tf.SymbolicTensor,
    });
    assert.equal(modelArchitecture(model).at(-1)?.shortcut, expected, String(compute));
  }
});

Deno.test("the architecture goes from the image to the logits, layers without parameters included", () => {
  const blocks = modelArchitecture(resnet20());
  assert.deepEqual(blocks[0], {
    name: "",
    kind: "image",
    output: [32, 32, 3],
    parameters: 0,
    shortcut: "none",
  });
  assert.deepEqual(blocks[7], {
    name: "layer2.0",
    kind: "ResPad",
    output: [16, 16, 32],
    parameters: 13_952,
    shortcut: "pad",
  });
  assert.deepEqual(blocks.slice(-2).map(({ kind, output }) => [kind, output]), [
    ["GlobalAveragePooling2D", [64]],
    ["Linear", [10]],
  ]);
  assert.equal(blocks.reduce((sum, { parameters }) => sum + parameters, 0), 269_722);
});

Deno.test("a model for images of any size is listed for the requested size", () => {
  const blocks = modelArchitecture(resnet50(), { size: [64, 64] });
  assert.deepEqual(blocks.slice(0, 3).map(({ output }) => output), [
    [64, 64, 3],
    [16, 16, 64],
    [16, 16, 256],
  ]);
});

Deno.test("a model whose input is not an image is refused", () => {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [4] })] });
  assert.throws(
    () => modelArchitecture(model),
    /modelArchitecture expects a model whose input is one image/,
  );
});
