// Lesson 9: ResNet18 as torchvision has it. The source of both notebooks;
// `npx deno task lessons 09` makes them.

// %% [markdown]
// # 9 · ResNet18, weight for weight
//
// You will build the network that countless projects start from: ResNet18, with its 11,689,512
// parameters in the order in which torchvision, PyTorch's library of networks, lists them. Then you
// train it on CIFAR-10.
//
// **Time:** 60 minutes of your time, and a few minutes of training.
//
// **You need:** the blocks of lessons 5 and 6. They come from the kit here, because their weights need
// torchvision's names.

// %%
import assert from "node:assert/strict";
import {
  BatchNorm,
  Block,
  budget,
  check,
  cifarResNet18,
  Conv2d,
  countParams,
  estimateSeconds,
  evaluate,
  formatSeconds,
  hint,
  Linear,
  loadCifar10,
  modelArchitecture,
  modelTable,
  NIdentityBlocks,
  normalized,
  pace,
  resnet18,
  resnet20,
  ResNetHead as KitHead,
  ResNetTail as KitTail,
  seedWeights,
  showArchitecture,
  showConfusion,
  showImages,
  showTable,
  showText,
  SkipAndNIdentityBlocks,
  startBackend,
  stateDict,
  tf,
  train,
} from "residual";

const backend = await startBackend();
await showText(
  `${backend.describe()} A hint, if you want one: ${hint.name}("resnet_head").`,
);

// %% [markdown]
// ## The plan
//
// ResNet18 is made for photos of 224×224 pixels and 1000 classes (table 1 of the paper):
//
// | part | layers | 224×224 becomes | output channels |
// |---|---|---|---|
// | head | 7×7 convolution of stride 2, batch norm, ReLU, max pool of stride 2 | 56×56 | 64 |
// | l0 | 2 identity blocks | 56×56 | 64 |
// | l1 | skip block, identity block | 28×28 | 128 |
// | l2 | skip block, identity block | 14×14 | 256 |
// | l3 | skip block, identity block | 7×7 | 512 |
// | tail | mean of all pixels, linear layer | 1×1 | 1000 classes |
//
// One convolution in the head, two in each of eight blocks, one linear layer: 18. (The 1×1
// convolutions on the shortcuts are not counted.) `ni` and `no` are the numbers of input and output
// channels, as before. Here is the network for a photo of 32×32; an arc is a shortcut:

// %%
const kit18 = resnet18({ inputShape: [32, 32, 3] });
await showArchitecture(modelArchitecture(kit18), { title: "ResNet18, photos of 32×32" });

// %% [markdown]
// ## The head: fewer pixels, larger windows
//
// A photo of 224×224 has 50,176 pixels, too many for every layer. The head halves rows and columns twice.
// Each value that remains comes from a window of the photo: 7×7 pixels, then 3×3 of those.
//
// What does that leave of a small photo? Below: four photos of CIFAR-10, then a mean over 7×7 at every
// second pixel, then the max pool. (The real head learns 64 filters in place of the mean.)

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
// At 8×8 you would hardly recognize the frog. How much does ResNet18 learn from such small maps? You will
// measure that at the end.

// %% [markdown] exercise="resnet_head"
// The constructor assigns each layer to a property, `this.conv1 = new Conv2d(...);`, and `forward`
// calls it, `this.conv1(x)`, as in lesson 5. Three facts that you need:
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
// A layer can be applied to an input that has a shape and no values. So you see at once which shape the
// output has, and how many parameters the layer needs. We extend the table stage by stage.

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
// ## l1, l2, l3: half the map, twice the channels
//
// Each of these begins with a skip block, which halves the map and doubles the number of channels.

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
// A photo of 32×32 has shrunk to one pixel with 512 channels. Why double the channels? A map of half the
// height and width has a quarter of the pixels; twice the channels, on both sides of a convolution, cost
// four times as much for each pixel. So the *work* stays about the same from stage to stage, while the
// *parameters* grow fourfold. Most of ResNet18's parameters are in l3.

// %%
const stageNames = ["layer1", "layer2", "layer3", "layer4"];
const kitRows = modelTable(kit18);
const sumOf = (values: number[]) => values.reduce((total, value) => total + value, 0);
const perStage = (column: "parameters" | "multiply-adds") =>
  stageNames.map((stage) =>
    sumOf(kitRows.filter(({ block }) => block.startsWith(stage)).map((row) => row[column])) / 1e6
  );
const [parameters, work] = [perStage("parameters"), perStage("multiply-adds")];
await showTable(parameters.map((millions, stage) => ({
  stage: `l${stage}`,
  "million parameters": millions.toFixed(2),
  "million multiply-adds, 32×32": work[stage]!.toFixed(2),
})));

// %% [markdown]
// l0 does a little more work than the others: its first block does not halve the map.

// %% [markdown]
// ## The tail: from a map to a decision
//
// At 224×224 the last map has 7×7 pixels, at 32×32 only one. The mean over all pixels gives 512 values
// in both cases, and a linear layer turns them into the logits of the classes.

// %% [markdown] exercise="resnet_tail"
// Input `[batch, height, width, ni]`, output `[batch, no]`. Return the logits as they are: the loss that
// trains the network contains the softmax. torchvision calls the linear layer `fc`. (In PyTorch channels
// come second; here they come last.)

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
// <details><summary>"Linear expects an input with 4 channels, got ..."</summary>
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
// A layer has a name that can be set, `layer.name = "layer1";`, and the name becomes part of the names of
// its weights. torchvision calls the four stages `layer1` to `layer4`. Name a layer before you apply it.

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
// l0 is two identity blocks of 64 channels. It is missing, or its first block is a skip block.
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
// Now the network computes something: yours if the exercise is solved, the kit's otherwise. (On the
// slowest backend, two photos must do.)

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
// ## Train it
//
// At 32×32, ResNet18 costs less than ResNet20, since its head leaves 8×8 pixels. kuangliu's widely used
// form for CIFAR-10 has a 3×3 convolution of stride 1 and no pool as its head, so that l0 sees all 32×32
// pixels. Multiply-adds for one photo, in millions:

// %%
const costs = [
  { network: "ResNet18, 7×7 head", model: resnet18({ classes: 10, inputShape: [32, 32, 3] }) },
  { network: "ResNet18, 3×3 head", model: cifarResNet18() },
  { network: "ResNet20, lesson 7", model: resnet20() },
];
await showTable(costs.map(({ network, model }) => ({
  network,
  parameters: countParams(model).trainable,
  "million multiply-adds": sumOf(modelTable(model).map((row) => row["multiply-adds"])) / 1e6,
})));

// %% [markdown]
// With the 3×3 head the work grows fifteenfold, for the same four stages: that is for a graphics card. So
// you train the first one. Predict, then run: 11 million parameters against ResNet20's 270,000, on the
// same photos. After a `lesson` of training, which of the two is better? (Your lesson 7 has the figure for
// ResNet20; there it is trained with the same call.)

// %%
const plan = budget();

/** A new ResNet18 with ten classes: yours if the exercise is solved. */
function newResNet18(): tf.LayersModel {
  seedWeights(1);
  try {
    return resNet(3, 10, [2, 2, 2, 2]);
  } catch {
    return resnet18({ classes: 10, inputShape: [32, 32, 3], seed: 1 });
  }
}

const estimate = await estimateSeconds(newResNet18(), cifar, plan);
await showText(
  `Budget "${plan.name}": ${plan.steps} steps of ${plan.batchSize} images. ` +
    `On ${backend.name} about ${formatSeconds(estimate)}.`,
);

// %%
const trained = newResNet18();
const history = await train(trained, cifar, { budget: plan, seed: 1 });

// %%
const limit = plan.testImages;
const result = await evaluate(trained, cifar.test, { limit });
await showText(
  `Test accuracy after ${history.loss.length} steps: ${(100 * result.accuracy).toFixed(2)} % of ` +
    `${limit} photos.`,
);
await showConfusion({
  classNames: cifar.classNames,
  truths: cifar.test.labels.subarray(0, limit),
  predictions: result.predictions,
});

// %% [markdown]
// With forty times as many parameters, ResNet18 is only slightly better, if at all: its stages work on
// feature maps of 8×8 to 1×1 pixels, where little of a small photo is left. What counts is where the work
// is done.
//
// ## What to look at next
//
// - ResNet34 is `resNet(3, 1000, [3, 4, 6, 3])`. How many parameters has it? Lesson 11 builds ResNet50
//   and 101 from another block.
// - Give ResNet18 photos of 64×64 or 224×224. `network` takes 32×32 only, as its `tf.input` says;
//   `resnet18()` leaves the size open. Look at its shape table:
//   `await showTable(modelTable(resnet18()))`.
//
// ## Quiz
//
// 1. ResNet18 has 20 convolutions. Why is it called 18?
//    <details><summary>Answer</summary>17 of them and the linear layer are counted. The three 1×1
//    convolutions on the shortcuts are not.</details>
// 2. Why can the same weights process photos of any size?
//    <details><summary>Answer</summary>A convolution slides over any map, and the mean in the tail gives
//    one value for each channel, whatever the number of pixels.</details>
// 3. Where would padding the pool with zeros do harm?
//    <details><summary>Answer</summary>Where its input may be negative, so before a ReLU: there a 0
//    from outside could be the largest.</details>
// 4. Where are most of ResNet18's parameters, and where is most of its work at 224×224?
//    <details><summary>Answer</summary>Most parameters are in l3. The work is spread almost evenly over
//    the four stages.</details>
//
// ## Summary
//
// - ResNet18 is head, four stages and tail: 11,689,512 parameters, and torchvision's names and shapes
//   from the first entry to the last.
// - Half the map, twice the channels: the work stays even, the parameters grow fourfold.
// - A network for large photos wastes its depth on small ones.
//
// **Next:** lesson 10, how weights begin, and how to begin with weights that are trained.
//
// **Reading:** [He et al. 2016](https://arxiv.org/abs/1512.03385), table 1 and section 3.3; chapter 14 of
// fastai's [book](https://github.com/fastai/fastbook/blob/master/14_resnet.ipynb), which builds the same
// network; [torchvision's code](https://github.com/pytorch/vision/blob/main/torchvision/models/resnet.py),
// and [kuangliu/pytorch-cifar](https://github.com/kuangliu/pytorch-cifar/blob/master/models/resnet.py) for
// the 3×3 head.
