// Lesson 6: the block that halves the map. The source of both notebooks, which
// `npx deno task lessons 06` makes.

// %% [markdown]
// # 6 · When x no longer fits
//
// Between the stages of a network the map is halved and the number of channels is doubled. Then `F(x)`
// and `x` have different shapes and cannot be added. You will write both of the paper's solutions, build a
// whole stage, and see a mistake that raises no error and shifts the map by a pixel.
//
// **Time:** an hour; the two training runs at the end take a minute or so each on two cores.
//
// **You need:** to know what an identity block is (lesson 5). None of your code from there is needed.
//
// The paper: He, Zhang, Ren and Sun, *Deep Residual Learning for Image Recognition* (2016),
// [arXiv:1512.03385](https://arxiv.org/abs/1512.03385). This lesson is its sections 3.2, 3.3 and
// 4.2.

// %%
import assert from "node:assert/strict";
import {
  BatchNorm,
  Block,
  budget,
  check,
  cifarResNet,
  Conv2d,
  countParams,
  estimateSeconds,
  evaluate,
  formatSeconds,
  hint,
  loadCifar10,
  modelArchitecture,
  NIdentityBlocks,
  ResIdentity,
  ResPad,
  ResSkip as KitSkip,
  Sequence,
  showArchitecture,
  showCurve,
  showImages,
  showTable,
  showText,
  SkipAndNIdentityBlocks as KitStage,
  startBackend,
  tf,
  train,
} from "residual";

const backend = await startBackend();
await showText(`${backend.describe()} A hint, if you want one: ${hint.name}("pad_shortcut").`);
const cifar = loadCifar10();

// %% [markdown]
// ## Half the map, twice the channels
//
// Late layers look for large things: a wheel, a head. They need fewer places and more filters. So a network
// consists of stages, and from one to the next the map is halved and the number of channels is doubled.
// Every layer then costs the same. (Only the first of a stage costs half: its input has half the channels.)

// %%
await showTable([[32, 16], [16, 32], [8, 64]].map(([side, filters], i) => ({
  stage: i + 1,
  map: `${side}×${side}`,
  filters: filters!,
  values: side! ** 2 * filters!,
  "multiplications of a 3×3 convolution": side! ** 2 * 9 * filters! ** 2,
})));

// %% [markdown]
// The paper's rule: a convolution with **stride 2** does the halving. It computes only every second
// place, in rows and in columns. This is how much is left of a photo when we keep every second
// pixel, and then again and again every second of those:

// %%
/** A map `[1, side, side, 3]` of values from 0 to 1, as a picture of 32×32 pixels. */
function picture(map: tf.Tensor): Uint8Array {
  const side = map.shape[1]!;
  const values = map.dataSync();
  const bytes = new Uint8Array(32 * 32 * 3);
  for (let i = 0; i < bytes.length; i++) {
    const [y, x, color] = [Math.floor(i / 96), Math.floor(i / 3) % 32, i % 3];
    const [row, column] = [Math.floor(y * side / 32), Math.floor(x * side / 32)];
    const value = values[(row * side + column) * 3 + color]!;
    bytes[i] = 255 * Math.min(1, Math.max(0, value));
  }
  return bytes;
}

/** Pixels 0, 2, 4, ... of rows and columns. */
function everySecond(map: tf.Tensor4D): tf.Tensor4D {
  return tf.avgPool(map, 1, 2, "same");
}

const pixels = Float32Array.from(cifar.train.image(7), (byte) => byte / 255);
const photo = tf.tensor4d(pixels, [1, 32, 32, 3]);
const halvings = [photo];
for (let i = 0; i < 3; i++) halvings.push(everySecond(halvings[i]!));
await showImages(halvings.map(picture), {
  labels: halvings.map((map) => `${map.shape[1]}×${map.shape[1]}`),
  columns: 4,
  scale: 4,
});

// %% [markdown]
// ## x no longer fits
//
// `F(x)` is 16×16 with 32 channels now; x is still 32×32 with 16. What does TensorFlow say about the sum?

// %%
const x16 = tf.zeros<tf.Rank.R4>([1, 32, 32, 16]);
const halving = new Conv2d(16, 32, 3, 2);
const halved = halving(x16);
try {
  tf.add(halved, x16);
} catch (error) {
  await showText(`F(x) is [${halved.shape}], x is [${x16.shape}]. ${(error as Error).message}`);
}

// %% [markdown]
// x must get the shape of F(x). The paper has two options (its section 3.3):
//
// ```text
//   x ─┬► conv, stride 2 ─► relu ─► conv ─► (+) ─► relu ──►
//      └─────────────── ? ───────────────────┘
// ```
//
// | option | the shortcut | parameters |
// |---|---|---|
// | A, *padding* | every second pixel; the new channels are zeros | none |
// | B, *projection* | a 1×1 convolution with stride 2, and batch norm | ni · no + 2 · no |
//
// ## Option A: pick pixels, add zeros
//
// `ResPad` is the kit's block with this shortcut. With F(x) = 0, its output is the shortcut alone. Here it
// is for a photo, from 3 channels to 8; each picture is one channel.

// %%
const shortcutAlone = new ResPad(3, 8);
shortcutAlone.build([null, 32, 32, 3]);
shortcutAlone.zeroGamma();
const padded = shortcutAlone(photo);
const channels = tf.split(padded, 8, 3).map((channel) => tf.tile(channel, [1, 1, 1, 3]));
await showImages(channels.map(picture), {
  labels: ["zeros", "zeros", "red", "green", "blue", "zeros", "zeros", "zeros"],
  scale: 3,
});

// %% [markdown] exercise="pad_shortcut"
// `x` is `[batch, height, width, ni]`. The paper does not say where the new channels of zeros go. The kit
// puts half of them before the old channels and half after (an odd one goes after), as
// [akamaster's ResNets](https://github.com/akamaster/pytorch_resnet_cifar10) do; all of them after, as in
// the [Torch code](https://github.com/facebookarchive/fb.resnet.torch) of 2016, is correct as well.
//
// An odd number of rows is halved and rounded up, as in a convolution: of 5 rows, 0, 2 and 4 are kept.
//
// One trap: the gradient must pass through the shortcut. `tf.stridedSlice` has no gradient in TensorFlow.js;
// the pooling in `everySecond` above has one, and `tf.pad4d` adds zeros at the ends of an axis. (You need no
// `tf.tidy`: a block tidies up after its shortcut.)

// %% id="pad_shortcut" role="solution"
function padShortcut(x: tf.Tensor4D, no: number): tf.Tensor4D {
  // BEGIN SOLUTION
  const picked = tf.avgPool(x, 1, 2, "same");
  const missing = no - x.shape[3];
  const before = Math.floor(missing / 2);
  return tf.pad4d(picked, [[0, 0], [0, 0], [0, 0], [before, missing - before]]);
  // END SOLUTION
}

// %% id="check_pad_shortcut" role="check"
await check("pad_shortcut", padShortcut);
// BEGIN HIDDEN TESTS
await check("pad_shortcut", padShortcut, { seed: 20 });
// END HIDDEN TESTS

// %% [markdown]
// <details><summary>How do I pick pixels without a strided slice?</summary>
//
// Pooling has a stride. Over windows of a single pixel there is nothing to average:
// `tf.avgPool(x, 1, 2, "same")`.
//
// </details>
// <details><summary>"No gradient", or "gradient function not found"</summary>
//
// Some step has no gradient: a strided slice, or a detour through `dataSync()` and new tensors. Use
// operations such as pooling, `tf.pad4d`, `tf.concat` or `tf.gather`.
//
// </details>

// %% [markdown]
// ## A shift without an error
//
// At the edge, a 3×3 filter reaches beyond the map, so the map is padded with zeros. With stride 1
// everybody pads one pixel on each side. With stride 2 there are two conventions:
//
// | | zeros above and left | zeros below and right | the filter stands over pixels |
// |---|---|---|---|
// | PyTorch and the kit's `Conv2d` | 1 | 1 | 0, 2, 4, ... |
// | TensorFlow's `"same"` | 0 | 1 | 1, 3, 5, ... |
//
// Both give a map of half the size, so nothing complains. Here is one bright pixel, in row 16 and
// column 16, seen by the same soft filter in both ways, and by the shortcut.

// %%
/** A 3×3 filter that treats the three colors alike. */
function filter(weights: readonly number[]): tf.Tensor4D {
  return tf.tidy(() => {
    const oneColor = tf.tensor4d([...weights], [3, 3, 1, 1]);
    return tf.mul(tf.tile(oneColor, [1, 1, 3, 3]), tf.reshape(tf.eye(3), [1, 1, 3, 3]));
  });
}

/** A convolution with stride 2 and one zero on each side. */
function bothSides(map: tf.Tensor4D, kernel: tf.Tensor4D): tf.Tensor4D {
  return tf.conv2d(tf.pad4d(map, [[0, 0], [1, 1], [1, 1], [0, 0]]), kernel, 2, "valid");
}

/** The same convolution with TensorFlow's own padding. */
function same(map: tf.Tensor4D, kernel: tf.Tensor4D): tf.Tensor4D {
  return tf.conv2d(map, kernel, 2, "same");
}

const soft = filter([1, 2, 1, 2, 4, 2, 1, 2, 1].map((weight) => weight / 4));
const dark = tf.buffer([1, 32, 32, 3]);
for (const color of [0, 1, 2]) dark.set(1, 0, 16, 16, color);
const spot = dark.toTensor() as tf.Tensor4D;
await showImages([spot, bothSides(spot, soft), same(spot, soft), everySecond(spot)].map(picture), {
  labels: ["one pixel", "both sides", '"same"', "the shortcut"],
  columns: 4,
  scale: 4,
});

// %% [markdown]
// With `"same"` the light is spread over four pixels, up and to the left of its place in the shortcut. Each
// halving moves it further. Here is the center of the light, in pixels of the first picture:

// %%
/** The mean row of the light. */
function centre(map: tf.Tensor4D): number {
  const rows = Array.from(tf.tidy(() => tf.sum(map, [0, 2, 3]).dataSync()));
  const light = rows.reduce((total, value) => total + value, 0);
  return rows.reduce((total, value, row) => total + row * value, 0) / light;
}

const followed = { both: spot, same: spot };
const centres = [];
for (const factor of [2, 4, 8]) {
  followed.both = bothSides(followed.both, soft);
  followed.same = same(followed.same, soft);
  centres.push({
    map: `${32 / factor}×${32 / factor}`,
    "both sides: row": factor * centre(followed.both),
    '"same": row': factor * centre(followed.same),
    "pixels apart": factor * (centre(followed.both) - centre(followed.same)),
  });
}
await showTable(centres);

// %% [markdown]
// In a residual block this hurts: the sum adds `F(x)` to a shortcut that lies a pixel beside it.
// Here `F` is the filter that changes nothing (its middle weight is 1, the others are 0). It should
// give just what the shortcut gives.

// %%
const nothing = filter([0, 0, 0, 0, 1, 0, 0, 0, 0]);
const shortcutMap = everySecond(photo);
const apart = (map: tf.Tensor4D) => tf.tidy(() => tf.abs(tf.sub(map, shortcutMap)));
const maps = { both: bothSides(photo, nothing), same: same(photo, nothing) };
await showImages([maps.both, apart(maps.both), maps.same, apart(maps.same)].map(picture), {
  labels: ["both sides", "its difference", '"same"', "its difference"],
  columns: 4,
  scale: 4,
});

// %% [markdown]
// Black is no difference. Training can adapt to the shift, so nothing looks broken. But with weights from
// PyTorch such a network gives different outputs, without any error. The kit's `Conv2d` pads both sides.
// (Where a map has an odd number of rows, both conventions agree.)
//
// ## Option B: a projection
//
// A 1×1 convolution looks at one pixel only. It computes each of the `no` new channels from the `ni` old
// ones, with weights that are learned; with stride 2 it does so at every second pixel, so that three
// quarters of x are discarded. (Some networks average 2×2 pixels first, to keep them.) A batch norm follows,
// as after every convolution here.

// %% [markdown] exercise="res_skip"
// Two paths lead from x to the sum:
//
// ```text
//   x ─┬► conv 3×3, stride 2 ─► norm ─► relu ─► conv 3×3 ─► norm ─► (+) ─► relu ──►
//      └► conv 1×1, stride 2 ─► norm ────────────────────────────────┘
// ```
//
// `new Conv2d(ni, no, kernelSize, stride)` makes the convolutions (left out, `kernelSize` is 3 and
// `stride` 1), `new BatchNorm(no)` the batch norms. A `Sequence` runs layers one after the other, as
// `nn.Sequential` does. Its layers have the names `0` and `1`, so the projection's weights are
// `downsample.0.weight`, `downsample.1.weight`, and so on, as in torchvision:
//
// ```python
// self.downsample = nn.Sequential(nn.Conv2d(...), nn.BatchNorm2d(no))
// ```
//
// ```ts
// this.downsample = new Sequence([new Conv2d(...), new BatchNorm(no)]);
// ```
//
// Write the sum as `const sum: tf.Tensor4D = tf.add(F, skip);`, so that TypeScript knows its shape.
// Before you run the check: how many parameters has `ResSkip(16, 32)`?

// %% id="res_skip" role="solution"
class ResSkip extends Block {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm;
  readonly downsample: Sequence;

  constructor(readonly ni: number, readonly no: number) {
    super({ ni, no });
    // BEGIN SOLUTION
    this.conv1 = new Conv2d(ni, no, 3, 2);
    this.bn1 = new BatchNorm(no);
    this.conv2 = new Conv2d(no, no);
    this.bn2 = new BatchNorm(no);
    this.downsample = new Sequence([new Conv2d(ni, no, 1, 2), new BatchNorm(no)]);
    // END SOLUTION
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    // BEGIN SOLUTION
    const F = this.bn2(this.conv2(tf.relu(this.bn1(this.conv1(x)))));
    const skip = this.downsample(x);
    const sum: tf.Tensor4D = tf.add(F, skip);
    return tf.relu(sum);
    // END SOLUTION
  }
}

// %% id="check_res_skip" role="check"
await check("res_skip", ResSkip);
// BEGIN HIDDEN TESTS
await check("res_skip", ResSkip, { seed: 20 });
// END HIDDEN TESTS

// %% [markdown]
// <details><summary>"Incompatible shapes"</summary>
//
// The outputs of the two paths have different shapes. Both must halve the map once and have `no` output
// channels: stride 2 in `conv1` and in the 1×1 convolution, stride 1 in `conv2`.
//
// </details>
// <details><summary>My count is too high or too low by a few times `no`</summary>
//
// Three convolutions without bias, three batch norms of `no` channels:
// 9 · ni · no + 9 · no² + ni · no + 6 · no. For `ResSkip(16, 32)` that is 14,528.
//
// </details>
// <details><summary>Shapes and counts are right, the numbers are not</summary>
//
// Is the convolution padded on both sides (`Conv2d`)? Is the stride in the first of the two? Is there no
// ReLU on the shortcut, and one around the sum?
//
// </details>

// %% [markdown] exercise="skip_and_n_identity_blocks"
// A stage halves once and then keeps its shape. Use your `ResSkip`, or the kit's `KitSkip` if yours does
// not pass its check yet, and the kit's `ResIdentity`.
//
// Assign an array of blocks to `this.blocks`, as in lesson 5.

// %% id="skip_and_n_identity_blocks" role="solution"
class SkipAndNIdentityBlocks extends Block {
  readonly blocks: Block[];

  constructor(readonly ni: number, readonly no: number, readonly repeat: number) {
    super({ ni, no, repeat });
    // BEGIN SOLUTION
    const identities = Array.from({ length: repeat - 1 }, () => new ResIdentity(no));
    this.blocks = [new ResSkip(ni, no), ...identities];
    // END SOLUTION
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    // BEGIN SOLUTION
    let y = x;
    for (const block of this.blocks) y = block(y);
    return y;
    // END SOLUTION
  }
}

// %% id="check_skip_and_n_identity_blocks" role="check"
await check("skip_and_n_identity_blocks", SkipAndNIdentityBlocks);
// BEGIN HIDDEN TESTS
await check("skip_and_n_identity_blocks", SkipAndNIdentityBlocks, { seed: 20 });
// END HIDDEN TESTS

// %% [markdown]
// <details><summary>"... expects an input with ... channels, got ..."</summary>
//
// The blocks are in the wrong order, or an identity block has `ni` channels. The skip block comes first;
// all blocks after it have `no` channels.
//
// </details>
// <details><summary>The map is much too small</summary>
//
// Every ResSkip halves. There is one in a stage.
//
// </details>

// %% [markdown]
// ## Three stages
//
// With these two kinds of stages, the body of a ResNet20 takes three lines. (Ours uses projections as
// shortcuts; the paper's uses zero padding.) The first stage does not halve the map. Solid arcs are
// identities, dashed ones are projections.

// %%
const features = tf.input({ shape: [32, 32, 16], name: "features" });
const stages: Record<string, tf.layers.Layer> = {
  layer1: new NIdentityBlocks(16, 3),
  layer2: new KitStage(16, 32, 3),
  layer3: new KitStage(32, 64, 3),
};
let lastFeatures = features;
for (const [name, stage] of Object.entries(stages)) {
  stage.name = name;
  lastFeatures = stage.apply(lastFeatures) as tf.SymbolicTensor;
}
const body = tf.model({ inputs: features, outputs: lastFeatures, name: "three_stages" });
await showArchitecture(modelArchitecture(body), { title: "Three stages" });

// %% [markdown]
// What do the two projections cost? The same layers with the padding shortcut have fewer
// parameters, by 16 · 32 + 2 · 32 for the first and 32 · 64 + 2 · 64 for the second.

// %%
/** What a layer has when it gets a map of 8×8 with `ni` channels. */
function countOf(layer: tf.layers.Layer, ni: number): number {
  layer.build([null, 8, 8, ni]);
  return countParams(layer).trainable;
}

const costs = [[16, 32], [32, 64]].map(([ni, no]) => ({
  "from, to": `${ni}, ${no}`,
  projection: countOf(new KitSkip(ni!, no!), ni!),
  padding: countOf(new ResPad(ni!, no!), ni!),
  difference: ni! * no! + 2 * no!,
}));
for (const { projection, padding, difference } of costs) {
  assert.equal(projection - padding, difference);
}
assert.equal(costs.reduce((sum, { difference }) => sum + difference, 0), 2752);
await showTable(costs);

// %% [markdown]
// ## Train both
//
// The same training call as in lesson 5, and again only one thing changes: the shortcut where the
// map is halved. The network has one block in each stage, 8 layers. First, how long will it take
// here?

// %%
const plan = budget();
const padNet = cifarResNet({ n: 1, shortcut: "pad", seed: 1 });
const projectionNet = cifarResNet({ n: 1, shortcut: "projection", seed: 1 });
const estimate = await estimateSeconds(projectionNet, cifar, plan);
await showText(
  `Budget "${plan.name}": ${plan.steps} steps of ${plan.batchSize} images. ` +
    `On ${backend.name} about ${formatSeconds(estimate)} for each network.`,
);

// %%
const padHistory = await train(padNet, cifar, { budget: plan, seed: 1 });

// %%
const projectionHistory = await train(projectionNet, cifar, { budget: plan, seed: 1 });

// %%
/** Each loss as the mean of the last 20, so that the curve can be read. */
function smooth(loss: readonly number[]): number[] {
  return loss.map((_, i) => {
    const last = loss.slice(Math.max(0, i - 19), i + 1);
    return last.reduce((sum, value) => sum + value, 0) / last.length;
  });
}

await showCurve({
  title: "8 layers on CIFAR-10: training loss",
  series: [
    { name: "padding", history: padHistory },
    { name: "projection", history: projectionHistory },
  ].map(({ name, history }) => ({
    name,
    x: history.loss.map((_, i) => i + 1),
    y: smooth(history.loss),
  })),
  xLabel: "step",
  yLabel: "loss",
});
const judged = [];
for (const [shortcut, model] of [["padding", padNet], ["projection", projectionNet]] as const) {
  const { accuracy } = await evaluate(model, cifar.test, { limit: plan.testImages });
  judged.push({
    shortcut,
    parameters: countParams(model).trainable,
    "right of the test images, %": 100 * accuracy,
  });
}
await showTable(judged);

// %% [markdown]
// In a `lesson` budget the two stay close together, and another seed may change their order. They are also
// close to the plain network of lesson 4, which has the same 8 layers: at this depth, a shortcut buys
// nothing. Why? There is no degradation yet to cure; lesson 8 shows it at 20 and at 56 layers.
//
// In the paper the two are close, too, with projections a little ahead: on ImageNet, with 34 layers, 25.03 %
// top-1 errors with padding and 24.52 % with projections, where the plain network has 28.54 % (tables 2
// and 3). Having a shortcut matters a lot at that depth; which kind hardly matters. On CIFAR-10 the paper
// pads, so that plain and residual networks have exactly the same parameters. torchvision's ResNets project.

// %% [markdown]
// ## Quiz
//
// 1. Why is the number of channels doubled where the map is halved?
//    <details><summary>Answer</summary>A quarter of the places, four times the weights (twice the
//    filters, each for twice as many channels): every layer costs the same.</details>
// 2. Why 1×1 and not 3×3 on the shortcut?
//    <details><summary>Answer</summary>It only has to change the channels and pick pixels. 3×3 would cost
//    nine times as much and blur what should pass unchanged.</details>
// 3. Two networks have the same shapes, the same weights and different outputs. What do you look
//    at?
//    <details><summary>Answer</summary>The padding of the stride-2 convolutions, for one.</details>
// 4. `SkipAndNIdentityBlocks(64, 128, 2)`: how many convolutions?
//    <details><summary>Answer</summary>Five: three in the skip block, two in the one identity
//    block.</details>
// 5. Which shortcut lets plain and residual networks have the same number of parameters?
//    <details><summary>Answer</summary>Padding: it has none.</details>

// %% [markdown]
// ## Summary
//
// - Stride 2 halves the map; the number of channels is doubled; every layer costs the same.
// - Where x does not fit, it is padded (option A, no parameters) or projected (option B, ni · no +
//   2 · no).
// - "same" padding at stride 2 shifts the map without an error. Pad both sides.
// - A stage is one skip block and `repeat - 1` identity blocks.
//
// **Next:** lesson 7, all stages in a row: ResNet20.
//
// **Reading:** [He et al. 2016](https://arxiv.org/abs/1512.03385), sections 3.2, 3.3 and 4.2,
// table 3. With code: [akamaster's ResNets for
// CIFAR-10](https://github.com/akamaster/pytorch_resnet_cifar10) for option A, and
// [torchvision's](https://github.com/pytorch/vision/blob/main/torchvision/models/resnet.py)
// (`downsample`) for option B. On the padding:
// [tf.nn.convolution](https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2).
