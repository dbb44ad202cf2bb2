/** The networks by name: shapes, counts, saving and loading, bad options. */
import assert from "node:assert/strict";
import {
  cifarResNet,
  countParams,
  ResIdentity,
  ResNet,
  resnet18,
  resnet20,
  smallResNet,
  startBackend,
  stateDict,
  tf,
  vgg16,
} from "../../lib/mod.ts";
import { MODELS } from "../../lib/models/by_name.ts";

await startBackend();

Deno.test("ResNet(3, 1000, [2, 2, 2, 2]) maps 85×32×32×3 to 85×1000, with 11,689,512 parameters", () => {
  const model = new ResNet(3, 1000, [2, 2, 2, 2]);
  const logits = model.predict(tf.zeros([85, 32, 32, 3])) as tf.Tensor;
  assert.deepEqual(logits.shape, [85, 1000]);
  assert.equal(countParams(model).trainable, 11_689_512);
});

/** Saves a model to memory and loads it again, as `model.save` and `tf.loadLayersModel` do. */
async function roundTrip(model: tf.LayersModel): Promise<tf.LayersModel> {
  let artifacts: tf.io.ModelArtifacts | undefined;
  await model.save(tf.io.withSaveHandler((saved) => {
    artifacts = saved;
    return Promise.resolve({
      modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" },
    });
  }));
  return await tf.loadLayersModel(tf.io.fromMemory(artifacts!));
}

for (const [name, make] of Object.entries(MODELS)) {
  Deno.test(`${name} predicts the same after saving and loading`, async () => {
    const model = make({ seed: 3, inputShape: [32, 32, 3] });
    const loaded = await roundTrip(model);
    const images = tf.randomNormal([2, 32, 32, 3], 0, 1, "float32", 1);
    const [before, after] = [model, loaded].map((m) => m.predict(images) as tf.Tensor);
    assert.equal(tf.max(tf.abs(tf.sub(before!, after!))).dataSync()[0], 0);
    assert.deepEqual([...stateDict(loaded).keys()], [...stateDict(model).keys()]);
    tf.dispose([before!, after!, images]);
    model.dispose();
    loaded.dispose();
  });
}

Deno.test("a model for images of any size takes every size, also after saving and loading", async () => {
  const model = resnet18({ classes: 4 });
  for (const m of [model, await roundTrip(model)]) {
    for (const [height, width] of [[32, 32], [75, 61], [1, 1]] as const) {
      assert.deepEqual((m.predict(tf.zeros([1, height, width, 3])) as tf.Tensor).shape, [1, 4]);
    }
  }
});

Deno.test("classes, channels and size are options of every model", () => {
  for (const make of Object.values(MODELS)) {
    const model = make({ classes: 7, inputShape: [32, 40, 1] });
    assert.deepEqual(model.inputs[0]?.shape, [null, 32, 40, 1]);
    assert.deepEqual(model.outputs[0]?.shape, [null, 7]);
    model.dispose();
  }
});

Deno.test("with zeroInitResidual each residual block starts as its shortcut", () => {
  const silent = (model: tf.LayersModel) =>
    [...stateDict(model)].filter(([name, { data }]) =>
      /bn\d\.weight$/.test(name) && data.every((value) => value === 0)
    ).map(([name]) => name);
  assert.deepEqual(silent(resnet20({ zeroInitResidual: true })).length, 9);
  assert.deepEqual(
    silent(new ResNet(3, 2, [1, 1, 1, 1], { block: "bottleneck", zeroInitResidual: true })),
    [1, 2, 3, 4].map((stage) => `layer${stage}.0.bn3.weight`),
  );
  assert.deepEqual(silent(smallResNet({ zeroInitResidual: true })).length, 6);
  assert.deepEqual(silent(resnet20()), []);
  // Without a shortcut it would let nothing through.
  assert.deepEqual(silent(cifarResNet({ shortcut: "none", zeroInitResidual: true })), []);
});

Deno.test("invalid options are refused with their value", () => {
  assert.throws(() => cifarResNet({ n: 0 }), /positive whole number as n, got 0/);
  assert.throws(() => cifarResNet({ n: 1.5 }), /positive whole number as n, got 1\.5/);
  assert.throws(() => cifarResNet({ shortcut: "identity" as "pad" }), /got "identity"/);
  assert.throws(() => cifarResNet({ classes: 0 }), /as classes, got 0/);
  assert.throws(
    () => resnet18({ classes: -1 }),
    /resnet18 expects a positive whole number as classes, got -1/,
  );
  assert.throws(() => new ResNet(3, 10, [2, 2, 2]), /four stages, got repeat \[2, 2, 2\]/);
  assert.throws(() => new ResNet(3, 10, [2, 2, 0, 2]), /as repeat\[2\], got 0/);
  assert.throws(() => new ResNet(0, 10, [1, 1, 1, 1]), /as ni, got 0/);
  assert.throws(
    () => new ResNet(3, 10, [1, 1, 1, 1], { block: "wide" as "basic" }),
    /basic or bottleneck, got "wide"/,
  );
  assert.throws(() => resnet20({ inputShape: [32, 0, 3] }), /width of inputShape, got 0/);
  assert.throws(() => resnet20({ init: "zeros" as "kaimingNormal" }), /got "zeros"/);
});

Deno.test("an image that is too small for its strides is refused", () => {
  assert.throws(() => vgg16({ inputShape: [32, 16, 3] }), /32 to 63 .* got \[32, 16, 3\]/);
  assert.throws(() => vgg16({ inputShape: [64, 64, 3] }), /got \[64, 64, 3\]/);
  const model = resnet18({ inputShape: [32, 32, 3] });
  assert.throws(
    () => model.apply(tf.zeros([1, 32, 32, 3]), { training: true }),
    /two or more values for each channel in training, got \[1,1,1,512\]/,
  );
});

Deno.test("images with the wrong number of channels are refused", () => {
  assert.throws(
    () => resnet20().predict(tf.zeros([1, 32, 32, 1])),
    /\[null,32,32,3\].*\[1,32,32,1\]/s,
  );
});

Deno.test("summary lists every block by its name", () => {
  const lines: string[] = [];
  resnet20().summary(undefined, undefined, (line) => lines.push(String(line)));
  assert.ok(lines.some((line) => line.includes("layer3.2 (ResIdentity)")), lines.join("\n"));
});

Deno.test("a frozen layer is frozen after saving and loading", async () => {
  const model = resnet20();
  model.getLayer("layer1.0").trainable = false;
  const loaded = await roundTrip(model);
  assert.equal(countParams(loaded).trainable, 269_722 - 4_672);
  assert.equal(countParams(loaded).total, countParams(model).total);
});

Deno.test("the parameters of a layer that is not built cannot be counted", () => {
  assert.throws(() => countParams(new ResIdentity(4)), /res_identity\w* is not built yet/i);
});
