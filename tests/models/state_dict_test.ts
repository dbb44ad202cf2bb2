/** Weights by torchvision's names and layouts. */
import assert from "node:assert/strict";
import {
  cifarResNet,
  Conv2d,
  Linear,
  loadStateDict,
  PlainBlock,
  ResIdentity,
  resnet18,
  ResNetHead,
  seedWeights,
  startBackend,
  stateDict,
  type StateEntry,
  tf,
} from "../../lib/mod.ts";

await startBackend();
const small = (seed = 0) => cifarResNet({ n: 1, seed });

/** A model's entries with one of them changed. */
function changed(change: (entries: Map<string, StateEntry>) => void): Map<string, StateEntry> {
  const entries = stateDict(small(1));
  change(entries);
  return entries;
}

Deno.test("names and layouts are torchvision's", () => {
  const entries = stateDict(resnet18({ inputShape: [32, 32, 3] }));
  assert.deepEqual(entries.get("conv1.weight")?.shape, [64, 3, 7, 7]);
  assert.deepEqual(entries.get("layer2.0.downsample.0.weight")?.shape, [128, 64, 1, 1]);
  assert.deepEqual(entries.get("layer2.0.downsample.1.running_var")?.shape, [128]);
  assert.deepEqual(entries.get("fc.weight")?.shape, [1000, 512]);
  assert.deepEqual(entries.get("fc.bias")?.shape, [1000]);
});

Deno.test("entries are copies, and a model that loads them predicts the same", () => {
  const [teacher, pupil] = [small(1), small(2)];
  const x = tf.randomNormal<tf.Rank.R4>([2, 32, 32, 3], 0, 1, "float32", 1);
  const expected = (teacher.predict(x) as tf.Tensor).dataSync();
  const entries = stateDict(teacher);
  loadStateDict(pupil, entries);
  entries.get("linear.bias")!.data.fill(100);
  assert.deepEqual((teacher.predict(x) as tf.Tensor).dataSync(), expected);
  assert.deepEqual((pupil.predict(x) as tf.Tensor).dataSync(), expected);
});

Deno.test("reading and loading a state dict leak no tensors", () => {
  const model = small();
  const before = tf.memory().numTensors;
  loadStateDict(model, stateDict(model));
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("PyTorch's num_batches_tracked is ignored", () => {
  const count = { shape: [], data: Float32Array.of(391) };
  loadStateDict(small(), changed((entries) => entries.set("bn1.num_batches_tracked", count)));
});

Deno.test("entries that do not fit are named with the expected shape, and the model is unchanged", () => {
  const kernel = { shape: [16, 3, 3, 3], data: new Float32Array(432).fill(1) };
  const cases: [(entries: Map<string, StateEntry>) => void, RegExp][] = [
    [(e) => e.delete("bn1.bias"), /resnet8: bn1\.bias is missing\. The model is unchanged/],
    [(e) => e.set("fc.bias", e.get("linear.bias")!), /fc\.bias is not in the model/],
    [
      (e) => e.set("conv1.weight", { ...kernel, shape: [3, 3, 3, 16] }),
      /conv1\.weight should be \[16, 3, 3, 3\] and is \[3, 3, 3, 16\]/,
    ],
    [
      (e) => e.set("conv1.weight", { ...kernel, data: new Float32Array(431) }),
      /conv1\.weight should have 432 values and has 431/,
    ],
    [(e) => e.get("conv1.weight")!.data[7] = NaN, /conv1\.weight has NaN at place 7/],
    [(e) => e.get("bn1.running_var")!.data[0] = Infinity, /running_var has Infinity at place 0/],
    [(e) => e.clear(), /conv1\.weight is missing; (.* is missing; ){3}.*; and \d+ more/],
  ];
  const model = small();
  const before = stateDict(model);
  for (const [change, message] of cases) {
    assert.throws(() => loadStateDict(model, changed(change)), message);
  }
  assert.deepEqual(stateDict(model), before);
});

Deno.test("TensorFlow.js's own layers have PyTorch's names too", () => {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ name: "conv", filters: 4, kernelSize: 3, inputShape: [8, 8, 3] }),
      tf.layers.batchNormalization({ name: "bn" }),
      tf.layers.flatten(),
      tf.layers.dense({ name: "fc", units: 2 }),
    ],
  });
  assert.deepEqual([...stateDict(model)].map(([name, { shape }]) => [name, [...shape]]), [
    ["conv.weight", [4, 3, 3, 3]],
    ["conv.bias", [4]],
    ["bn.weight", [4]],
    ["bn.bias", [4]],
    ["bn.running_mean", [4]],
    ["bn.running_var", [4]],
    ["fc.weight", [2, 144]],
    ["fc.bias", [2]],
  ]);
});

/** A network whose layers have no names of their own. */
function unnamed(seed: number, shortcut: boolean): tf.LayersModel {
  seedWeights(seed);
  const input = tf.input({ shape: [8, 8, 3] });
  const wide = new Conv2d(3, 4).apply(input) as tf.SymbolicTensor;
  const block = shortcut ? new ResIdentity(4) : new PlainBlock(4);
  const mean = tf.layers.globalAveragePooling2d({}).apply(block.apply(wide));
  return tf.model({
    inputs: input,
    outputs: new Linear(4, 2).apply(mean as tf.SymbolicTensor) as tf.SymbolicTensor,
  });
}

Deno.test("layers without names are named by their position, whatever was built before", () => {
  const first = unnamed(1, true);
  small();
  const second = unnamed(2, true);
  assert.deepEqual([...stateDict(first).keys()], [...stateDict(second).keys()]);
  const names = [...stateDict(first).keys()];
  for (const name of ["0.weight", "1.conv1.weight", "1.bn2.running_var", "3.bias"]) {
    assert.ok(names.includes(name), name);
  }
  loadStateDict(second, stateDict(first));
  assert.deepEqual(stateDict(second), stateDict(first));
  const nested = () =>
    tf.sequential({
      layers: [tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] })],
    });
  assert.deepEqual([...stateDict(nested()).keys()], ["0.0.weight", "0.0.bias"]);
});

Deno.test("entries with automatic names in an older file are loaded in order", () => {
  const [teacher, pupil] = [unnamed(1, true), unnamed(2, true)];
  const old = new Map([...stateDict(teacher)].map(([name, entry]) => {
    const layers = ["conv2d_Conv2d18", "res_identity_ResIdentity7", "", "linear_Linear3"];
    return [name.replace(/^\d+/, (place) => layers[Number(place)]!), entry];
  }));
  assert.ok(old.has("res_identity_ResIdentity7.conv1.weight"));
  loadStateDict(pupil, old);
  assert.deepEqual(stateDict(pupil), stateDict(teacher));
});

Deno.test("two weights with the same name are refused", () => {
  const input = tf.input({ shape: [64, 64, 3] });
  const once = new ResNetHead(3, 4).apply(input) as tf.SymbolicTensor;
  const twice = new ResNetHead(4, 4).apply(once) as tf.SymbolicTensor;
  const model = tf.model({ inputs: input, outputs: twice });
  assert.throws(() => stateDict(model), /Two weights of model\d+ are named conv1\.weight/);
});

Deno.test("a prefix shared by all names is ignored, whatever the order of the entries", () => {
  const [teacher, pupil] = [small(1), small(2)];
  for (const prefix of ["module.", "_orig_mod.", "model.", "module._orig_mod.", "net.0."]) {
    loadStateDict(pupil, stateDict(small(2)));
    const entries = [...stateDict(teacher)].map(([name, entry]) => [prefix + name, entry] as const);
    const count = { shape: [], data: Float32Array.of(391) };
    const sorted = [...entries, [`${prefix}bn1.num_batches_tracked`, count] as const]
      .sort(([a], [b]) => a < b ? -1 : 1);
    loadStateDict(pupil, new Map(sorted));
    assert.deepEqual(stateDict(pupil), stateDict(teacher), prefix);
  }
  const layer = [...stateDict(teacher)].filter(([name]) => name.startsWith("layer1."));
  assert.throws(() => loadStateDict(pupil, new Map(layer)), /resnet8: conv1\.weight is missing/);
});

Deno.test("a weight without a PyTorch name is refused by name", () => {
  const depthwise = tf.layers.depthwiseConv2d({ kernelSize: 3, inputShape: [8, 8, 3] });
  const model = tf.sequential({ layers: [depthwise] });
  assert.throws(() => stateDict(model), /no PyTorch name for .*depthwise_kernel/);
});
