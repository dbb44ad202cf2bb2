// Lesson 7: ResNet18 as torchvision has it. The source of both notebooks;
// `npx deno task lessons 07` makes them.

// %% [markdown]
// # 7 · ResNet18, weight for weight
//
// You will build the network that countless projects start from: ResNet18, with its 11,689,512
// parameters in the order in which torchvision, PyTorch's library of networks, lists them. Then you
// will see what its first weights do, and teach a trained network a new task with 50 photos of each
// class.
//
// **Time:** 75 minutes of your time, and a minute of training.
//
// **You need:** to know the blocks of lessons 3 and 4. The kit has them ready; none of your code is
// needed.

// %% [markdown]
// ## Who does the computing?
//
// The kit takes the fastest backend that works here, and says which one.

// %%
import assert from "node:assert/strict";
import {
  BatchNorm,
  Block,
  budget,
  check,
  cifarResNet18,
  classify,
  Conv2d,
  countParams,
  cropToSize,
  estimateSeconds,
  evaluate,
  fewClasses,
  formatSeconds,
  // deno-lint-ignore no-unused-vars -- for you: await hint("resnet_head") opens a hint
  hint,
  Linear,
  loadCifar10,
  loadStateDict,
  loadTrained,
  modelArchitecture,
  modelTable,
  NIdentityBlocks,
  normalized,
  oneCycle,
  pace,
  readImage,
  resnet18,
  resnet20,
  ResNetHead as KitHead,
  ResNetTail as KitTail,
  seededRandom,
  showArchitecture,
  showConfusion,
  showCurve,
  showImages,
  showTable,
  showText,
  SkipAndNIdentityBlocks,
  startBackend,
  stateDict,
  tf,
  train,
  trainedRun,
} from "residual";

const backend = await startBackend();
await showText(backend.describe());

// %% [markdown]
// ## The plan
//
// ResNet20 of lesson 5 is the small sister. ResNet18 is made for photos of 224×224 pixels and 1000
// classes (table 1 of the paper):
//
// | part | what it is | 224×224 becomes | filters |
// |---|---|---|---|
// | head | 7×7 convolution of stride 2, batch norm, ReLU, max pool of stride 2 | 56×56 | 64 |
// | l0 | 2 identity blocks | 56×56 | 64 |
// | l1 | skip block, identity block | 28×28 | 128 |
// | l2 | skip block, identity block | 14×14 | 256 |
// | l3 | skip block, identity block | 7×7 | 512 |
// | tail | mean of all pixels, linear layer | 1×1 | 1000 classes |
//
// One convolution in the head, two in each of eight blocks, one linear layer: 18. (The 1×1
// convolutions on the shortcuts are not counted.) `ni` and `no` are the channels in and out, as before.
// Here it is, fed with a photo of 32×32; an arc is a shortcut:

// %%
const kit18 = resnet18({ inputShape: [32, 32, 3] });
await showArchitecture(modelArchitecture(kit18), { title: "ResNet18, photos of 32×32" });

// %% [markdown]
// ## The head: look less, see enough
//
// A photo of 224×224 has 50,176 pixels, too many for every layer to look at. The head takes every
// second row and column twice, and each number it keeps has looked at a window of the photo: 7×7
// pixels, then 3×3 of those.
//
// What does that leave of a small photo? Below: CIFAR-10 as it is, after a mean over 7×7 at every
// second pixel, and after the max pool. (The real head learns 64 filters in place of the mean.)

// %%
const cifar = loadCifar10();

function throughHead(image: Uint8Array): Uint8Array[] {
  const asBytes = (map: tf.Tensor4D): Uint8Array => {
    const large = tf.image.resizeNearestNeighbor(map, [32, 32]);
    return Uint8Array.from(large.dataSync());
  };
  return tf.tidy(() => {
    const photo = tf.tensor4d(Float32Array.from(image), [1, 32, 32, 3]);
    const halved = tf.avgPool(photo, 7, 2, "same");
    return [photo, halved, tf.maxPool(halved, 3, 2, "same")].map(asBytes);
  });
}
const rows = Array.from({ length: 4 }, (_, i) => throughHead(cifar.train.image(i)));
await showImages([0, 1, 2].flatMap((step) => rows.map((row) => row[step]!)), {
  labels: ["32×32", "16×16", "8×8"].flatMap((size) => rows.map(() => size)),
  columns: 4,
});

// %% [markdown]
// At 8×8 you would not know the frog. ResNet18 can be fed with such photos, and we will do it to check
// shapes; but to *learn* them, one gives it a smaller head, as you will see.

// %% [markdown] exercise="resnet_head"
// The constructor assigns each layer to a property, `this.conv1 = new Conv2d(...);`, and `forward`
// calls it, `this.conv1(x)`, as in lesson 3. Three facts that you need:
//
// - Weights are named after the properties. The names here are torchvision's: `conv1` and `bn1`.
// - `new Conv2d(ni, no, kernelSize, stride)` has no bias and pads on both sides alike, here 3 zeros.
// - The pool pads 1 on each side. `tf.maxPool` with `"same"` would pad one side only and shift the map;
//   so pad by hand, with `tf.pad4d(x, [[0, 0], [1, 1], [1, 1], [0, 0]], value)`, and pool with
//   `"valid"`. Which `value` can never be the largest?

// %% id="resnet_head" role="solution"
class ResNetHead extends Block {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm;

  constructor(readonly ni: number, readonly no: number) {
    super({ ni, no });
    // BEGIN SOLUTION
    this.conv1 = new Conv2d(ni, no, 7, 2);
    this.bn1 = new BatchNorm(no);
    // END SOLUTION
  }

  /** torchvision has no head: its weight is called `conv1.weight`, not `head.conv1.weight`. */
  override get transparent(): boolean {
    return true;
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    // BEGIN SOLUTION
    const features = tf.relu(this.bn1(this.conv1(x)));
    const padded = tf.pad4d(features, [[0, 0], [1, 1], [1, 1], [0, 0]], -Infinity);
    return tf.maxPool(padded, 3, 2, "valid");
    // END SOLUTION
  }
}

// %% id="check_resnet_head" role="check"
await check("resnet_head", ResNetHead);
// BEGIN HIDDEN TESTS
await check("resnet_head", ResNetHead, { seed: 20 });
// END HIDDEN TESTS

// %% [markdown]
// <details><summary>The shape is right, and the numbers are not</summary>
//
// Somewhere the map has been shifted by a pixel: `"same"` pads 2 before and 3 after for the
// convolution, and nothing before and 1 after for the pool.
//
// </details>
// <details><summary>My map is [2, 8, 8, 4]</summary>
//
// It has been halved once. The convolution has a stride of 2, and the pool has one too.
//
// </details>
// <details><summary>Zeros around the pool give the same numbers as -∞. Why -∞?</summary>
//
// After a ReLU nothing is below 0, so a 0 from outside never wins over what is inside. Before a ReLU it
// would. -∞ is right wherever the pool stands.
//
// </details>

// %% [markdown]
// ## A shape table is the cheapest check
//
// A layer can be applied to an input that has a shape and no numbers. So you see in no time what comes
// out, and how many parameters have been used up. We keep the table going, stage by stage.

// %%
const photo = tf.input({ shape: [32, 32, 3] });

function shapeRow(part: string, output: tf.SymbolicTensor, layer?: tf.layers.Layer) {
  const parameters = layer === undefined ? 0 : countParams(layer).trainable;
  return { part, output: output.shape.slice(1).join("×"), parameters };
}
const kitHead = new KitHead(3, 64);
const afterHead = kitHead.apply(photo) as tf.SymbolicTensor;
const shapesToHead = [shapeRow("photo", photo), shapeRow("head", afterHead, kitHead)];
await showTable(shapesToHead);

// %% [markdown]
// ## l0: the map keeps its size
//
// The pool has just halved the map, so the first stage leaves it as it is: two identity blocks, whose
// shortcut is x itself.

// %%
const stage0 = new NIdentityBlocks(64, 2);
const after0 = stage0.apply(afterHead) as tf.SymbolicTensor;
const shapesTo0 = [...shapesToHead, shapeRow("l0", after0, stage0)];
await showTable(shapesTo0);

// %% [markdown]
// ## l1, l2, l3: half the map, twice the filters
//
// Each of these begins with a skip block, which halves the map and doubles the filters.

// %%
const stage1 = new SkipAndNIdentityBlocks(64, 128, 2);
const after1 = stage1.apply(after0) as tf.SymbolicTensor;
const shapesTo1 = [...shapesTo0, shapeRow("l1", after1, stage1)];
await showTable(shapesTo1);

// %%
const stage2 = new SkipAndNIdentityBlocks(128, 256, 2);
const after2 = stage2.apply(after1) as tf.SymbolicTensor;
const stage3 = new SkipAndNIdentityBlocks(256, 512, 2);
const after3 = stage3.apply(after2) as tf.SymbolicTensor;
const shapesTo3 = [
  ...shapesTo1,
  shapeRow("l2", after2, stage2),
  shapeRow("l3", after3, stage3),
];
await showTable(shapesTo3);

// %% [markdown]
// A photo of 32×32 has shrunk to one pixel with 512 channels. Why double the filters? A map of half the
// height and width has a quarter of the pixels; twice the filters cost four times as much for each. So
// the *work* stays about the same from stage to stage, while the *parameters* grow fourfold. Most of
// ResNet18 is in l3.

// %%
const stageNames = ["layer1", "layer2", "layer3", "layer4"];
const kitRows = modelTable(kit18);
const sumOf = (values: number[]) => values.reduce((total, value) => total + value, 0);
const perStage = (column: "parameters" | "multiply-adds") =>
  stageNames.map((stage) =>
    sumOf(kitRows.filter(({ block }) => block.startsWith(stage)).map((row) => row[column])) / 1e6
  );
await showCurve({
  title: "Parameters grow, the work does not",
  series: [
    { name: "parameters", x: [0, 1, 2, 3], y: perStage("parameters") },
    { name: "multiply-adds for a photo of 32×32", x: [0, 1, 2, 3], y: perStage("multiply-adds") },
  ],
  xLabel: "stage l0 to l3",
  yLabel: "millions",
});

// %% [markdown]
// ## The tail: from a map to a decision
//
// At 224×224 the last map has 7×7 pixels, at 32×32 only one. The mean over all pixels makes the same
// 512 numbers of either, and a linear layer gives each class its number. Before a softmax these are
// called *logits*.

// %% [markdown] exercise="resnet_tail"
// Input `[batch, height, width, ni]`, output `[batch, no]`. Give the logits as they are: the loss that
// trains the network has the softmax inside. torchvision calls the linear layer `fc`. (In PyTorch
// channels come second; here they come last.)

// %% id="resnet_tail" role="solution"
class ResNetTail extends Block<tf.Tensor2D> {
  readonly fc: Linear;

  constructor(readonly ni: number, readonly no: number) {
    super({ ni, no });
    // BEGIN SOLUTION
    this.fc = new Linear(ni, no);
    // END SOLUTION
  }

  override get transparent(): boolean {
    return true;
  }

  forward(x: tf.Tensor4D): tf.Tensor2D {
    // BEGIN SOLUTION
    return this.fc(tf.mean(x, [1, 2]));
    // END SOLUTION
  }
}

// %% id="check_resnet_tail" role="check"
await check("resnet_tail", ResNetTail);
// BEGIN HIDDEN TESTS
await check("resnet_tail", ResNetTail, { seed: 20 });
// END HIDDEN TESTS

// %% [markdown]
// <details><summary>"Linear was made for 4 channels, and its input has ..."</summary>
//
// The linear layer takes `[batch, ni]`. Take the mean over height and width first: axes 1 and 2.
//
// </details>
// <details><summary>My outputs add up to 1</summary>
//
// That is a softmax. Return what the linear layer gives.
//
// </details>

// %%
const kitTail = new KitTail(512, 1000);
const afterTail = kitTail.apply(after3) as tf.SymbolicTensor;
const shapesToTail = [...shapesTo3, shapeRow("tail", afterTail, kitTail)];
const total = sumOf(shapesToTail.map(({ parameters }) => parameters));
assert.equal(total, 11_689_512);
await showTable([...shapesToTail, { part: "all", output: "", parameters: total }]);

// %% [markdown] exercise="resnet"
// Put head, l0 to l3 and tail in a row, as in the table above. `repeat` says how many blocks each stage
// has; of the last three, the skip block is one.
//
// A layer has a name that can be set, `layer.name = "layer1";`, and it goes into the names of its
// weights. torchvision calls the four stages `layer1` to `layer4`. Name a layer before you apply it.

// %% id="resnet" role="solution"
function resNet(ni: number, no: number, repeat: readonly number[]): tf.LayersModel {
  const image = tf.input({ shape: [32, 32, ni] });
  // BEGIN SOLUTION
  const [l0 = 1, l1 = 1, l2 = 1, l3 = 1] = repeat;
  const chain: [string, tf.layers.Layer][] = [
    ["head", new ResNetHead(ni, 64)],
    ["layer1", new NIdentityBlocks(64, l0)],
    ["layer2", new SkipAndNIdentityBlocks(64, 128, l1)],
    ["layer3", new SkipAndNIdentityBlocks(128, 256, l2)],
    ["layer4", new SkipAndNIdentityBlocks(256, 512, l3)],
    ["tail", new ResNetTail(512, no)],
  ];
  let x = image;
  for (const [name, layer] of chain) {
    layer.name = name;
    x = layer.apply(x) as tf.SymbolicTensor;
  }
  return tf.model({ inputs: image, outputs: x });
  // END SOLUTION
}

// %% id="check_resnet" role="check"
await check("resnet", resNet);
// BEGIN HIDDEN TESTS
await check("resnet", resNet, { seed: 20 });
// END HIDDEN TESTS

// %% [markdown]
// <details><summary>My total is 147,968 too low, or 4,224 too high</summary>
//
// l0 is two identity blocks of 64 filters. It is missing, or its first block is a skip block.
//
// </details>
// <details><summary>My total is 6,196,736 too high</summary>
//
// Each of the last three stages has one block too many: `repeat` counts the skip block too.
//
// </details>
// <details><summary>The shapes agree, the names do not</summary>
//
// l0 is `layer1`, because torchvision counts from 1. Set `layer.name` before `layer.apply`: applying it
// gives the weights their names.
//
// </details>
// <details><summary>I have not finished the head or the tail</summary>
//
// `KitHead` and `KitTail` are the kit's own; you may use them here.
//
// </details>

// %% [markdown]
// ## 85 photos in, 85×1000 numbers out
//
// The network goes to work: yours if it is finished, the kit's if it is not. (On the slowest backend
// it gets two photos.)

// %%
function finished(): { network: tf.LayersModel; whose: string } {
  try {
    return { network: resNet(3, 1000, [2, 2, 2, 2]), whose: "yours" };
  } catch {
    return { network: kit18, whose: "the kit's" };
  }
}
const { network, whose } = finished();
const photoCount = pace() === "slowest" ? 2 : 85;
const began = performance.now();
const logits = tf.tidy(() => {
  const photos = normalized(cifar.train, Array.from({ length: photoCount }, (_, i) => i));
  return network.predict(photos, { batchSize: photoCount }) as tf.Tensor2D;
});
const finiteLogits = logits.dataSync().every((logit) => Number.isFinite(logit));
await showTable([
  { what: "network", value: whose },
  { what: "photos in", value: `${photoCount}×32×32×3` },
  { what: "logits out", value: logits.shape.join("×") },
  { what: "all of them numbers", value: finiteLogits },
  { what: "seconds", value: (performance.now() - began) / 1000 },
  { what: "parameters", value: countParams(network).trainable },
]);
logits.dispose();

// %% [markdown]
// ## torchvision's list, entry by entry
//
// A total can be right by chance. A list of names and shapes hardly can. This one comes from
// torchvision 0.29.2: each convolution, its shape, and the batch norm after it. PyTorch writes a
// convolution's shape as filters × channels × height × width, and each batch norm has four vectors as
// long as there are filters.

// %%
const recorded = [
  "conv1 64×3×7×7 bn1",
  "layer1.0.conv1 64×64×3×3 layer1.0.bn1",
  "layer1.0.conv2 64×64×3×3 layer1.0.bn2",
  "layer1.1.conv1 64×64×3×3 layer1.1.bn1",
  "layer1.1.conv2 64×64×3×3 layer1.1.bn2",
  "layer2.0.conv1 128×64×3×3 layer2.0.bn1",
  "layer2.0.conv2 128×128×3×3 layer2.0.bn2",
  "layer2.0.downsample.0 128×64×1×1 layer2.0.downsample.1",
  "layer2.1.conv1 128×128×3×3 layer2.1.bn1",
  "layer2.1.conv2 128×128×3×3 layer2.1.bn2",
  "layer3.0.conv1 256×128×3×3 layer3.0.bn1",
  "layer3.0.conv2 256×256×3×3 layer3.0.bn2",
  "layer3.0.downsample.0 256×128×1×1 layer3.0.downsample.1",
  "layer3.1.conv1 256×256×3×3 layer3.1.bn1",
  "layer3.1.conv2 256×256×3×3 layer3.1.bn2",
  "layer4.0.conv1 512×256×3×3 layer4.0.bn1",
  "layer4.0.conv2 512×512×3×3 layer4.0.bn2",
  "layer4.0.downsample.0 512×256×1×1 layer4.0.downsample.1",
  "layer4.1.conv1 512×512×3×3 layer4.1.bn1",
  "layer4.1.conv2 512×512×3×3 layer4.1.bn2",
];
const torchvision = recorded.flatMap((line) => {
  const [conv = "", shape = "", norm = ""] = line.split(" ");
  const filters = `${shape.split("×")[0]}`;
  const vectors = ["weight", "bias", "running_mean", "running_var"];
  return [
    { entry: `${conv}.weight`, shape },
    ...vectors.map((vector) => ({ entry: `${norm}.${vector}`, shape: filters })),
  ];
});
torchvision.push({ entry: "fc.weight", shape: "1000×512" }, { entry: "fc.bias", shape: "1000" });

const entries = [...stateDict(network)].map(([entry, { shape }]) => ({
  entry,
  shape: shape.join("×"),
}));
const compared = torchvision.map(({ entry, shape }, i) => {
  const { entry: name = "nothing", shape: size = "" } = entries[i] ?? {};
  const same = name === entry && size === shape;
  return { torchvision: entry, shape, [whose]: same ? "✓ the same" : `✗ ${name} ${size}` };
});
const equal = compared.filter((row) => `${row[whose]}`.startsWith("✓")).length;
await showText(`${equal} of ${torchvision.length} entries are equal. l1 opens like this:`);
await showTable(compared.slice(25, 40));

// %% [markdown]
// torchvision's own file has 122 entries: the 20 that are missing here count the batches that each batch
// norm has seen (`num_batches_tracked`), and nothing is computed from them. With the same names and
// shapes, weights can travel: a ResNet18 that was trained in PyTorch and saved as `.safetensors` goes
// into `network` with `loadSafetensors(path, network)`.

// %% [markdown]
// ## Where does it begin?
//
// Before training all weights are drawn at random. How *large* should they be? Each output is a sum over
// `fan_in` inputs: 9 · ni for a 3×3 convolution. With more inputs the sum is larger, so the weights have
// to be smaller.
//
// PyTorch's recipe is `kaiming_uniform_(weight, a)`: uniform in ±bound, with
//
// ```text
//   bound = √(6 / ((1 + a²) · fan_in))
// ```
//
// Here `a` is the slope of the ReLU below 0: 0 for a plain one. PyTorch's own layers begin with a
// larger one, √5. We take a value in between: √3 for the weights, and biases uniform in ±1 / √fan_in.
// From here on it is *the tip*. ("Kaiming" is Kaiming He, who published the rule for a ReLU in 2015,
// months before ResNet.)

// %% [markdown] exercise="initialize"
// Draw weights and biases by the tip. `shape` is `[height, width, ni, no]` for a convolution and
// `[ni, no]` for a linear layer; there is one bias for each of the `no` outputs. The weights come back
// in one flat array. `random()` gives a number from 0 to 1, another one at each call, like `Math.random`,
// but the same ones for the same seed: take it, so that an experiment can be repeated.

// %% id="initialize" role="solution"
function initialize(
  shape: readonly number[],
  random: () => number,
): { weight: Float32Array; bias: Float32Array } {
  // BEGIN SOLUTION
  const no = shape[shape.length - 1] ?? 1;
  const fanIn = shape.slice(0, -1).reduce((product, side) => product * side, 1);
  const uniform = (size: number, bound: number): Float32Array =>
    Float32Array.from({ length: size }, () => (2 * random() - 1) * bound);
  return {
    weight: uniform(fanIn * no, Math.sqrt(1.5 / fanIn)),
    bias: uniform(no, 1 / Math.sqrt(fanIn)),
  };
  // END SOLUTION
}

// %% id="check_initialize" role="check"
await check("initialize", initialize);
// BEGIN HIDDEN TESTS
await check("initialize", initialize, { seed: 20 });
// END HIDDEN TESTS

// %% [markdown]
// <details><summary>My range is twice as wide as it should be</summary>
//
// That is the bound for a = 0. With a = √3, 1 + a² is 4, and the square root of 6 / 4 is in the bound.
//
// </details>
// <details><summary>My range is √3 times too narrow</summary>
//
// You have the standard deviation. A uniform sample in ±bound has the deviation bound / √3.
//
// </details>
//
// The kit's networks begin as torchvision's do, with `kaiming_normal_` of fan_out (9 · no for a 3×3
// convolution); `resnet18({ init: "kaimingUniform" })` begins as the tip says.

// %% [markdown]
// ## What the first weights do to a signal
//
// Eighteen linear layers with ReLU, no batch norm, no shortcut, 256 outputs each. Photos go in, and
// after each layer we measure the standard deviation of what is there. Four ways to begin:
//
// - too small: normal, deviation 0.01
// - too large: normal, deviation 0.2
// - the tip: uniform in ±√(1.5 / fan_in), biases in ±1 / √fan_in
// - Kaiming normal: deviation √(2 / fan_in), no biases
//
// The picture has the logarithm: -3 is a deviation of 0.001. One step down is ten times less.

// %%
const DEPTH = 18;
const random = seededRandom(1);
const WIDTH = 256;
type Drawn = { weight: tf.Tensor2D; bias: tf.Tensor1D };
type Beginning = (fanIn: number, seed: number) => Drawn;

const normalWeights = (deviationOf: (fanIn: number) => number): Beginning => (fanIn, seed) => ({
  weight: tf.randomNormal([fanIn, WIDTH], 0, deviationOf(fanIn), "float32", seed),
  bias: tf.zeros([WIDTH]),
});
const uniformIn = (shape: number[], bound: number): Float32Array =>
  Float32Array.from(
    { length: shape.reduce((n, side) => n * side, 1) },
    () => (2 * random() - 1) * bound,
  );
const beginnings: [string, Beginning][] = [
  ["too small", normalWeights(() => 0.01)],
  ["too large", normalWeights(() => 0.2)],
  ["the tip", (fanIn) => ({
    weight: tf.tensor2d(uniformIn([fanIn, WIDTH], Math.sqrt(1.5 / fanIn)), [fanIn, WIDTH]),
    bias: tf.tensor1d(uniformIn([WIDTH], 1 / Math.sqrt(fanIn))),
  })],
  ["Kaiming normal", normalWeights((fanIn) => Math.sqrt(2 / fanIn))],
];

/** The standard deviation of all numbers, and that from photo to photo. */
function spread(x: tf.Tensor2D): { all: number; photos: number } {
  const photos = tf.mean(tf.moments(x, 0).variance).dataSync()[0]!;
  return { all: Math.sqrt(tf.moments(x).variance.dataSync()[0]!), photos: Math.sqrt(photos) };
}

function throughLayers(begin: Beginning, batchNorm: boolean) {
  return tf.tidy(() => {
    const images = normalized(cifar.train, Array.from({ length: 64 }, (_, i) => i));
    let x: tf.Tensor2D = tf.reshape(images, [64, 3072]);
    return Array.from({ length: DEPTH }, (_, layer) => {
      const { weight, bias } = begin(x.shape[1], layer + 1);
      let y: tf.Tensor2D = tf.add(tf.matMul(x, weight), bias);
      if (batchNorm) {
        const { mean, variance } = tf.moments(y, 0);
        y = tf.div(tf.sub(y, mean), tf.sqrt(tf.add(variance, 1e-5)));
      }
      x = tf.relu(y);
      return spread(x);
    });
  });
}
const layerNumbers = Array.from({ length: DEPTH }, (_, layer) => layer + 1);
const bare = beginnings.map(([name, begin]) => ({ name, spreads: throughLayers(begin, false) }));
const logarithm = (value: number) => Math.log10(Math.max(value, 1e-30));
await showCurve({
  title: "What is left of the signal, without batch norm",
  series: [
    ...bare.map(({ name, spreads }) => ({
      name,
      x: layerNumbers,
      y: spreads.map(({ all }) => logarithm(all)),
    })),
    {
      name: "the tip, from photo to photo",
      x: layerNumbers,
      y: bare[2]!.spreads.map(({ photos }) => logarithm(photos)),
    },
  ],
  xLabel: "layer",
  yLabel: "log10 of the deviation",
});

// %% [markdown]
// Small weights lose the signal, large ones let it explode: each layer multiplies it by the same factor,
// and after 18 layers a factor of 2 has become 262,144. Kaiming normal is made so that the factor is
// about 1.
//
// And the tip? Its weights have half the deviation of Kaiming's, so each layer halves the signal, until
// the line levels off. What keeps it up are the biases, and they are the same for every photo: what
// differs *from photo to photo* goes on falling. In numbers:

// %%
const last = bare.map(({ name, spreads }) => {
  const { all, photos } = spreads[DEPTH - 1]!;
  return {
    beginning: name,
    "deviation after layer 18": all.toExponential(1),
    "from photo to photo": photos.toExponential(1),
  };
});
await showTable(last);

// %% [markdown]
// With the tip alone, layer 18 hardly knows which photo it sees. So why does the tip work for ResNet?
// Because there a batch norm follows each convolution and brings every channel back to deviation 1,
// however small it was:

// %%
const normed = beginnings.map(([name, begin]) => ({
  name: `${name}, batch norm`,
  spreads: throughLayers(begin, true),
}));
const extremes = bare.slice(0, 2).map(({ name, spreads }) => ({
  name: `${name}, without`,
  spreads,
}));
await showCurve({
  title: "The same four with batch norm after each layer, and the two extremes without",
  series: [...extremes, ...normed].map(({ name, spreads }) => ({
    name,
    x: layerNumbers,
    y: spreads.map(({ all }) => logarithm(all)),
  })),
  xLabel: "layer",
  yLabel: "log10 of the deviation",
});

// %% [markdown]
// With batch norm all four are on one line, however they began. (It lies at −0.23, a deviation of
// 0.59: that is what a ReLU leaves of a deviation of 1.) Batch norm forgives nearly every first
// weight; that is one of the reasons why ResNet has it. Without it, the first weights decide whether
// anything is learned.

// %% [markdown]
// ## A head for small photos
//
// At 32×32 the head throws too much away. kuangliu's widely used ResNet18 for CIFAR has a 3×3
// convolution of stride 1 and no pool in its place, so that l0 sees all 32×32 pixels. What does that
// cost? Multiply-adds for one photo, in millions:

// %%
const costs = [
  { network: "ResNet18, 7×7 head", model: kit18 },
  { network: "ResNet18, 3×3 head (CIFAR)", model: cifarResNet18() },
  { network: "ResNet20 (CIFAR, lesson 5)", model: resnet20() },
];
await showTable(costs.map(({ network, model }) => ({
  network,
  parameters: countParams(model).trainable,
  "million multiply-adds": sumOf(modelTable(model).map((row) => row["multiply-adds"])) / 1e6,
})));

// %% [markdown]
// Fifteen times the work for the same four stages: a graphics card does it, two cores need patience.
// So we go on with ResNet20, which has the same 3×3 head and a fourteenth of that work. What follows
// is the same for every network.

// %% [markdown]
// ## Fine-tuning: begin where another has ended
//
// You have 50 photos of each of three classes. A network that begins at random learns little from 150
// photos. One that has seen 50,000 photos knows edges, fur, wheels and water already. **Fine-tuning**
// takes its weights and goes on with the new task. Only the last layer does not fit: it has ten outputs.
//
// One honest word: this network has seen cats, dogs and ships before, among its ten classes, and even
// these 150 photos. A task with new classes is harder. (The test photos are new to it.)

// %%
const names = ["cat", "dog", "ship"];
const few = fewClasses(cifar, names, { perClass: 50 });
const sample = Array.from({ length: 12 }, (_, i) => few.train.image(i));
await showImages(sample, {
  labels: sample.map((_, i) => `${names[few.train.labels[i]!]}`),
  columns: 6,
});

// %% [markdown]
// The trained network is the kit's own ResNet20, the one of lesson 5.

// %%
const run = trainedRun("resnet20_80_epochs");
const teacher = loadTrained("resnet20_80_epochs");
const known = (run.test!.accuracy * 100).toFixed(2);
await showText(
  `${run.epochs.length} epochs of all ten classes: ${known} % of the test photos right.`,
);

// %% [markdown]
// Take over every entry but the last layer's, which begins anew with three outputs:

// %%
function withNewLayer(from: tf.LayersModel): tf.LayersModel {
  const model = resnet20({ classes: 3, seed: 2 });
  const old = [...stateDict(from)].filter(([name]) => !name.startsWith("linear."));
  loadStateDict(model, new Map([...stateDict(model), ...old]));
  return model;
}
const tuned = withNewLayer(teacher);
const fresh = resnet20({ classes: 3, seed: 2 });
await showText(
  `${countParams(tuned).trainable.toLocaleString("en-US")} parameters, ` +
    `${countParams(teacher).trainable - countParams(tuned).trainable} fewer than before: ` +
    "the last layer has 3 outputs in place of 10.",
);

// %% [markdown]
// Now both learn the new task with the same call: the same photos in the same order, the same schedule,
// a small learning rate, so that what is known is not washed away. After each epoch both are shown test
// photos; we only watch, and choose nothing by them.

// %%
const plan = budget();
const epochs = pace() !== "fast" ? 2 : plan.name === "quick" ? 5 : 10;
const watched = plan.name === "quick" ? 60 : 300;
const shortPlan = {
  ...plan,
  batchSize: pace() === "slowest" ? 2 : 50,
  steps: pace() === "slowest" ? 2 : epochs * 3,
  schedule: oneCycle(0.02),
};
const task = { ...few, validation: few.test.slice(0, pace() === "slowest" ? 4 : watched) };
const shortEstimate = await estimateSeconds(fresh, few, shortPlan);
await showText(
  `Twice ${shortPlan.steps} steps of ${shortPlan.batchSize} photos: on ${backend.name} about ` +
    `${formatSeconds(2 * shortEstimate)}, and a little for looking at the test photos.`,
);

// %%
const freshHistory = await train(fresh, task, { budget: shortPlan, seed: 1 });

// %%
const tunedHistory = await train(tuned, task, { budget: shortPlan, seed: 1 });

// %%
const accuracies = (history: typeof freshHistory) =>
  history.epochs.map(({ validation }) => 100 * (validation?.accuracy ?? NaN));
await showCurve({
  title: "Three classes, 50 photos of each",
  series: [
    { name: "fine-tuned", history: tunedHistory },
    { name: "from scratch", history: freshHistory },
  ].map(({ name, history }) => ({
    name,
    x: history.epochs.map(({ epoch }) => epoch),
    y: accuracies(history),
  })),
  xLabel: "epoch",
  yLabel: "% of test photos told right",
});

// %% [markdown]
// After one epoch neither is good yet, since the last layer is new to both. One more, and the fine-tuned
// network is far ahead: it has what was learned elsewhere. (The budget `quick`, and a slow backend, train too
// briefly to show it.) The network from scratch has had 30 small steps. With more of them, and larger
// ones, it would come further, but 150 photos do not hold what 50,000 have shown.
//
// All test photos of the three classes have the last word. Guessing gives 33.3 %.

// %%
const limit = Math.min(plan.testImages, few.test.size);
const scratchResult = await evaluate(fresh, few.test, { limit });
const tunedResult = await evaluate(tuned, few.test, { limit });
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
await showTable([
  { beginning: "at random", "told right": percent(scratchResult.accuracy), photos: limit },
  { beginning: "trained weights", "told right": percent(tunedResult.accuracy), photos: limit },
]);
await showConfusion({
  classNames: names,
  truths: few.test.labels.subarray(0, limit),
  predictions: tunedResult.predictions,
});

// %% [markdown]
// ## A photo of your own
//
// A network expects what it was trained on: 32×32 pixels, normalized channel by channel. `readImage`
// reads a file, and `classify` crops, resizes and normalizes the photo before it asks the network. Put
// photos of the ten classes beside this notebook and write their names into the list. While it is empty,
// you get the first ship of the test photos.

// %%
const photoFiles: string[] = []; // ["my_cat.jpg", "harbor.png"]
const shipAt = cifar.test.labels.indexOf(cifar.classNames.indexOf("ship"));
const ship = { width: 32, height: 32, pixels: cifar.test.image(shipAt) };
const ownPhotos = photoFiles.length === 0
  ? [ship]
  : await Promise.all(photoFiles.map((file) => readImage(file)));
const guesses = await classify(teacher, ownPhotos);
await showImages(ownPhotos.map((photo) => cropToSize(photo).pixels), {
  labels: guesses.map(([best]) => `${best!.className}, ${percent(best!.probability)}`),
  scale: 4,
});

// %% [markdown]
// The network must answer with one of its ten classes, so it calls a photo of something else a frog or a
// truck, and is often sure of it.

// %% [markdown]
// ## What to look at next
//
// - Give both 30 epochs. How far does the network from scratch come? And is `oneCycle(0.2)` fairer to
//   it? A rate that is good for fine-tuning is low for a beginning.
// - Take other classes, or 10 photos of each instead of 50: `fewClasses(cifar, ["frog", "truck"],
//   { perClass: 10 })`. Where does the gap grow?
// - Train only the new layer: set `layer.trainable = false` for every other layer of `tuned.layers`
//   before you train. It is faster; is it as good?
// - Feed a ResNet18 with photos of 64×64 or 224×224. `network` takes 32×32 only, as its `tf.input`
//   says; `resnet18()` leaves the size open. Look at its shape table:
//   `await showTable(modelTable(resnet18()))`.
//
// ## Quiz
//
// 1. ResNet18 has 20 convolutions. Why is it called 18?
//    <details><summary>Answer</summary>17 of them and the linear layer are counted. The three 1×1
//    convolutions on the shortcuts are not.</details>
// 2. Why may the same weights serve photos of any size?
//    <details><summary>Answer</summary>A convolution goes over any map, and the mean in the tail makes
//    one number of each channel, however many pixels it has.</details>
// 3. Where would padding the pool with zeros do harm?
//    <details><summary>Answer</summary>Where its input may be negative, so before a ReLU: there a 0
//    from outside could be the largest.</details>
// 4. What does a = √3 do to the weights, compared with a = 0?
//    <details><summary>Answer</summary>1 + a² is 4 in place of 1, so the bound is half as large, and
//    the variance a quarter.</details>
// 5. Why does ResNet18 train with first weights that lose the signal in a network without batch norm?
//    <details><summary>Answer</summary>Batch norm brings each channel back to deviation 1 after each
//    convolution, so no factor builds up.</details>
// 6. Why is the learning rate small in fine-tuning?
//    <details><summary>Answer</summary>Large steps at the start, when the new layer still guesses,
//    would undo what the other layers know.</details>

// %% [markdown]
// ## Summary
//
// - ResNet18 is head, four stages and tail: 11,689,512 parameters, and torchvision's names and shapes
//   from the first entry to the last.
// - Half the map, twice the filters: the work stays even, the parameters grow fourfold.
// - First weights are a factor for each layer. Kaiming's rule keeps it near 1, and batch norm makes it 1
//   whatever it was.
// - Fine-tuning takes over what another training has learned, and exchanges the last layer.
//
// **Reading:** [He et al. 2016](https://arxiv.org/abs/1512.03385), table 1 and section 3.3;
// [He et al. 2015](https://arxiv.org/abs/1502.01852), section 2.2, for the first weights;
// [Ioffe and Szegedy 2015](https://arxiv.org/abs/1502.03167) for batch norm; chapter 14 of fastai's
// [book](https://github.com/fastai/fastbook/blob/master/14_resnet.ipynb), which builds the same network;
// [torchvision's code](https://github.com/pytorch/vision/blob/main/torchvision/models/resnet.py), and
// [kuangliu/pytorch-cifar](https://github.com/kuangliu/pytorch-cifar/blob/master/models/resnet.py) for
// the 3×3 head.
