// Lesson 11: the bottleneck block. The source of both notebooks; `npx deno task lessons 11` makes them.

// %% [markdown]
// # 11 · Bottlenecks
//
// You will build the block of ResNet50 and ResNet101, count the parameters of both networks by hand, and
// find out by measurement whether a network with fewer parameters is also faster.
//
// **Time:** 75 minutes of your time, and a few minutes of training.
//
// **You need:** residual blocks with an identity shortcut and with a projection (lessons 5 and 6), and
// ResNet18 (lesson 9).

// %%
import assert from "node:assert/strict";
import {
  BatchNorm,
  Block,
  Bottleneck as KitBottleneck,
  budget,
  check,
  classify,
  Conv2d,
  countParams,
  estimateSeconds,
  evaluate,
  formatSeconds,
  hint,
  IMAGENET,
  imageNetClasses,
  Linear,
  loadCifar10,
  modelTable,
  pretrained,
  readImage,
  ResIdentity,
  resnet20,
  resnet50,
  ResNetHead,
  ResNetTail,
  seedWeights,
  Sequence,
  showAreas,
  showCurve,
  showTable,
  showText,
  startBackend,
  tf,
  train,
} from "residual";

const backend = await startBackend();
await showText(`${backend.describe()} A hint, if you want one: ${hint.name}("bottleneck").`);

// %% [markdown]
// ## Where the weights are
//
// A 3×3 convolution from n to n channels has 9n² weights. In the late stages of ResNet18, n is 256 and 512,
// and nearly all parameters are there. More such blocks make the network deeper, but each block is
// expensive.
//
// The **bottleneck** is He et al.'s way out (2016, section 4.1): a 1×1 convolution reduces the number of
// channels, the 3×3 convolution works on the few that are left, and another 1×1 convolution restores the
// number. Here are both blocks for a feature map with 256 channels, each convolution as a square. The area
// is the number of weights:

// %%
await showAreas({
  title: "Weights of two blocks that take and give 256 channels",
  rows: [
    {
      name: "ResIdentity(256)",
      areas: [
        { name: "3×3, 256 → 256", value: 9 * 256 * 256 },
        { name: "3×3, 256 → 256", value: 9 * 256 * 256 },
      ],
    },
    {
      name: "Bottleneck(256, 64)",
      areas: [
        { name: "1×1, 256 → 64", value: 256 * 64 },
        { name: "3×3, 64 → 64", value: 9 * 64 * 64 },
        { name: "1×1, 64 → 256", value: 64 * 256 },
      ],
    },
  ],
});

// %% [markdown]
// With the batch norms, the blocks have 1,180,672 and 70,400 parameters: almost seventeen bottlenecks cost as
// much as one identity block.

// %%
for (
  const [name, block, expected] of [
    ["ResIdentity(256)", new ResIdentity(256), 1_180_672],
    ["Bottleneck(256, 64)", new KitBottleneck(256, 64), 70_400],
  ] as const
) {
  block.apply(tf.input({ shape: [14, 14, 256] }));
  const { trainable } = countParams(block);
  assert.equal(trainable, expected);
  await showText(`${name}: ${trainable.toLocaleString("en-US")} parameters`);
}

// %% [markdown] exercise="bottleneck"
// `ni` is the number of input channels, `width` the number of channels of the 3×3 convolution. The block
// ends with `4 * width` channels.
//
// - Each convolution is followed by a batch norm; ReLUs follow the first two batch norms and the sum.
// - The 3×3 convolution has the stride. (In the paper, the first 1×1 convolution has it. torchvision moved
//   it, because a 1×1 convolution with stride 2 ignores three quarters of the map.)
// - The shortcut is x where x has the shape of F(x), and a projection elsewhere. Think of the very first
//   block of a network: stride 1, 64 channels in, 256 out.
//
// torchvision's names are `conv1` to `conv3`, `bn1` to `bn3` and `downsample`. With these names your block
// can take torchvision's weights at the end of this lesson.

// %% id="bottleneck" role="solution"
class Bottleneck extends Block {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm;
  readonly conv3: Conv2d;
  readonly bn3: BatchNorm;
  readonly downsample: Sequence | undefined;

  constructor(readonly ni: number, readonly width: number, readonly stride = 1) {
    super({ ni, width, stride });
    // BEGIN SOLUTION
    const no = 4 * width;
    this.conv1 = new Conv2d(ni, width, 1);
    this.bn1 = new BatchNorm(width);
    this.conv2 = new Conv2d(width, width, 3, stride);
    this.bn2 = new BatchNorm(width);
    this.conv3 = new Conv2d(width, no, 1);
    this.bn3 = new BatchNorm(no);
    if (stride !== 1 || ni !== no) {
      this.downsample = new Sequence([new Conv2d(ni, no, 1, stride), new BatchNorm(no)]);
    }
    // END SOLUTION
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    // BEGIN SOLUTION
    const narrow = tf.relu(this.bn1(this.conv1(x)));
    const F = this.bn3(this.conv3(tf.relu(this.bn2(this.conv2(narrow)))));
    const shortcut = this.downsample === undefined ? x : this.downsample(x);
    const sum: tf.Tensor4D = tf.add(F, shortcut);
    return tf.relu(sum);
    // END SOLUTION
  }
}

// %% id="check_bottleneck" role="check"
await check("bottleneck", Bottleneck);
// BEGIN HIDDEN TESTS
await check("bottleneck", Bottleneck, { seed: 20 });
// END HIDDEN TESTS

// %% [markdown]
// <details><summary>"F(x) and the shortcut have different shapes"</summary>
//
// The shortcut has to have `4 * width` channels as well. At stride 1, that is so only if `ni` is already
// `4 * width`.
//
// </details>
// <details><summary>The shape is right at stride 2, and the numbers are not</summary>
//
// Which convolution has the stride? It is `conv2`. With the stride in another place the shape is the same.
//
// </details>
// <details><summary>TypeScript says "Property 'downsample' is used before being assigned"</summary>
//
// Assign it in an `if`, without an `else`: an optional layer stays `undefined`.
//
// </details>

// %% [markdown]
// ## One formula for ResNet34, 50 and 101
//
// All of torchvision's ResNets have the same plan (table 1 of the paper): the head, four stages with a
// width of 64, 128, 256 and 512, and the tail. Two things differ: the block, and how often it is repeated.
//
// | network | block | repeat | convolutions in the blocks |
// |---|---|---|---|
// | ResNet34 | basic | 3, 4, 6, 3 | 32 |
// | ResNet50 | bottleneck | 3, 4, 6, 3 | 48 |
// | ResNet101 | bottleneck | 3, 4, 23, 3 | 99 |
//
// The head's convolution and the linear layer make 34, 50 and 101.

// %% [markdown] exercise="count_resnet"
// `block` is `"basic"` (two 3×3 convolutions) or `"bottleneck"`, `repeat` the number of blocks in each
// stage. The images have three channels, and there are 1000 classes. Count trainable parameters: weights
// of the convolutions, two for each channel of a batch norm, weights and biases of the linear layer.

// %% id="count_resnet" role="solution"
function countResNet(block: "basic" | "bottleneck", repeat: readonly number[]): number {
  // BEGIN SOLUTION
  const conv = (size: number, ni: number, no: number) => size * size * ni * no + 2 * no;
  let total = conv(7, 3, 64);
  let ni = 64;
  for (const [stage, width] of [64, 128, 256, 512].entries()) {
    const no = block === "basic" ? width : 4 * width;
    for (let i = 0; i < repeat[stage]!; i++) {
      total += block === "basic"
        ? conv(3, ni, width) + conv(3, width, width)
        : conv(1, ni, width) + conv(3, width, width) + conv(1, width, no);
      if (ni !== no) total += conv(1, ni, no);
      ni = no;
    }
  }
  return total + ni * 1000 + 1000;
  // END SOLUTION
}

// %% id="check_count_resnet" role="check"
await check("count_resnet", countResNet);
// BEGIN HIDDEN TESTS
await check("count_resnet", countResNet, { seed: 20 });
// END HIDDEN TESTS

// %% [markdown]
// <details><summary>My ResNet34 is right, and my ResNet50 is 16,896 too low</summary>
//
// The first stage of bottlenecks begins with a projection from 64 to 256 channels, although it does not
// halve the map: 64 · 256 weights and 2 · 256 for its batch norm.
//
// </details>
// <details><summary>My ResNet50 is 1,536,000 too low</summary>
//
// The last stage ends with 4 · 512 channels, so the linear layer takes 2,048 values.
//
// </details>

// %% [markdown]
// ResNet50 has half again as many convolutions as ResNet34, and only a sixth more parameters. Where are they?

// %%
const stages = ["layer1", "layer2", "layer3", "layer4"];
const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

async function showStages(): Promise<void> {
  const model = resnet50({ inputShape: [224, 224, 3] });
  assert.equal(countParams(model).trainable, 25_557_032);
  const blocks = modelTable(model);
  const parts = ["head", ...stages, "tail"].map((part) => {
    const rows = blocks.filter(({ block }) => block.startsWith(part));
    return {
      part,
      blocks: stages.includes(part) ? String(rows.length) : "",
      "million parameters": (sumOf(rows.map(({ parameters }) => parameters)) / 1e6).toFixed(2),
      "billion multiply-adds": (sumOf(rows.map((row) => row["multiply-adds"])) / 1e9).toFixed(2),
    };
  });
  await showTable(parts);
  model.dispose();
}
await showStages();

// %% [markdown]
// Almost three fifths of the parameters are in the three blocks of `layer4`, and most of the work is in the
// blocks of `layer2` and `layer3`. The whole network does 4.1 billion multiply-adds, ResNet34 does 3.7 billion: more layers for
// about the same price.
//
// ## A bottleneck network for CIFAR-10
//
// ResNet20 has three stages of n = 3 blocks with two convolutions: 6n + 2 layers. With bottlenecks, a block
// has three convolutions, and n blocks in each stage make 9n + 2 layers. With n = 2 that is 20 layers too.

// %% [markdown] exercise="bottleneck_net"
// | part | layers | output |
// |---|---|---|
// | stem | `Conv2d(3, 16)`, batch norm, ReLU | 32×32×16 |
// | stage 1 | n bottlenecks of width 16 | 32×32×64 |
// | stage 2 | n bottlenecks of width 32, the first with stride 2 | 16×16×128 |
// | stage 3 | n bottlenecks of width 64, the first with stride 2 | 8×8×256 |
// | end | mean over all pixels, `Linear(256, 10)` | 10 |
//
// Use your own `Bottleneck`, or the kit's `KitBottleneck`.

// %% id="bottleneck_net" role="solution"
function bottleneckNet(n: number): tf.LayersModel {
  const image = tf.input({ shape: [32, 32, 3] });
  // BEGIN SOLUTION
  const layers: tf.layers.Layer[] = [new Conv2d(3, 16), new BatchNorm(16), tf.layers.reLU()];
  let ni = 16;
  for (const width of [16, 32, 64]) {
    for (let i = 0; i < n; i++) {
      layers.push(new Bottleneck(ni, width, width > 16 && i === 0 ? 2 : 1));
      ni = 4 * width;
    }
  }
  layers.push(tf.layers.globalAveragePooling2d({}), new Linear(ni, 10));
  let x = image;
  for (const layer of layers) x = layer.apply(x) as tf.SymbolicTensor;
  return tf.model({ inputs: image, outputs: x });
  // END SOLUTION
}

// %% id="check_bottleneck_net" role="check"
await check("bottleneck_net", bottleneckNet);
// BEGIN HIDDEN TESTS
await check("bottleneck_net", bottleneckNet, { seed: 20 });
// END HIDDEN TESTS

// %% [markdown]
// <details><summary>"expects an input with 16 channels, got 64"</summary>
//
// The second block of stage 1 takes what the first one gives: 64 channels, not 16. Keep the number in a
// variable, and change it after each block.
//
// </details>
// <details><summary>My total at n = 1 is right, and at n = 2 it is not</summary>
//
// Only the first block of a stage takes other channels and has a projection. All others are
// `Bottleneck(4 * width, width)`.
//
// </details>

// %% [markdown]
// ## Predict, then measure
//
// Both networks have 20 layers. Here is what they cost on paper:

// %%
/** The learner's network, or one of the kit's blocks until the exercise is solved. */
function twentyLayers(): tf.LayersModel {
  seedWeights(1);
  try {
    const model = bottleneckNet(2);
    model.name = "bottlenecks";
    return model;
  } catch {
    const image = tf.input({ shape: [32, 32, 3] });
    const layers: tf.layers.Layer[] = [new Conv2d(3, 16), new BatchNorm(16), tf.layers.reLU()];
    const sizes = [[16, 16, 1], [64, 16, 1], [64, 32, 2], [128, 32, 1], [128, 64, 2], [256, 64, 1]];
    for (const [ni, width, stride] of sizes) {
      layers.push(new KitBottleneck(ni!, width!, stride));
    }
    layers.push(tf.layers.globalAveragePooling2d({}), new Linear(256, 10));
    const logits = layers.reduce((x, layer) => layer.apply(x) as tf.SymbolicTensor, image);
    return tf.model({ inputs: image, outputs: logits, name: "bottlenecks" });
  }
}
const networks = { ResNet20: () => resnet20({ seed: 1 }), "bottlenecks, n = 2": twentyLayers };
await showTable(
  Object.entries(networks).map(([network, make]) => {
    const model = make();
    const work = sumOf(modelTable(model).map((row) => row["multiply-adds"]));
    const row = {
      network,
      parameters: countParams(model).trainable,
      "million multiply-adds": (work / 1e6).toFixed(1),
    };
    model.dispose();
    return row;
  }),
);

// %% [markdown]
// The bottleneck network has almost a fifth fewer parameters and does a sixth less arithmetic. **Which of the two
// trains an epoch faster, and by how much?** Write your prediction into the next cell, and only then run
// the one after it.

// %%
const faster: "ResNet20" | "bottlenecks" | "undecided" = "undecided";
const timesAsFast = 1;
await showText(
  faster === "undecided"
    ? "No prediction yet."
    : `Your prediction: ${faster} is ${timesAsFast} times as fast.`,
);

// %%
const cifar = loadCifar10();
const plan = budget();
const epoch = { ...plan, steps: Math.ceil(cifar.train.labels.length / plan.batchSize) };
const seconds: Record<string, number[]> = {};
// In turns, so that other work on this machine slows down both.
for (let round = 0; round < 3; round++) {
  for (const [network, make] of Object.entries(networks)) {
    const model = make();
    (seconds[network] ??= []).push(await estimateSeconds(model, cifar, epoch));
    model.dispose();
  }
}
const best = (network: string) => Math.min(...seconds[network] ?? []);
await showTable(
  Object.keys(networks).map((network) => ({
    network,
    "an epoch here": formatSeconds(best(network)),
    ratio: (best(network) / best("ResNet20")).toFixed(2),
  })),
);

// %% [markdown]
// Multiply-adds count arithmetic. They do not count the values that have to be read from memory and written
// back, and a batch norm, a ReLU or a sum spends most of its time on that. A bottleneck ends with four times as many
// channels as its 3×3 convolution has, so its feature maps are large. Values in the outputs of all
// convolutions, for one image:

// %%
const widths = [16, 32, 64];
const sides = [32, 16, 8];
const stem = 32 * 32 * 16;
const inResNet20 = stem + sumOf(widths.map((width, i) => 6 * sides[i]! ** 2 * width));
const inBottlenecks = stem + sumOf(widths.map((width, i) => {
  const pixels = sides[i]! ** 2;
  // The first 1×1 convolution of stages 2 and 3 works before the map is halved.
  const narrow = (i === 0 ? pixels : 4 * pixels) * width;
  const firstBlock = narrow + pixels * (width + 4 * width + 4 * width);
  return firstBlock + pixels * (width + width + 4 * width);
}));
await showTable([
  { network: "ResNet20", values: inResNet20, ratio: "1.00" },
  {
    network: "bottlenecks, n = 2",
    values: inBottlenecks,
    ratio: (inBottlenecks / inResNet20).toFixed(2),
  },
]);

// %% [markdown]
// With 16 channels a 3×3 convolution is cheap, and there is little to save. A bottleneck pays off where
// channels are many: the paper uses it from ResNet50 on, with up to 512 channels in the 3×3 convolutions,
// and not on CIFAR-10. "Fewer parameters" and "fewer multiply-adds" do not mean "faster": measure.
//
// Which of the two learns more in the same number of steps? Train both.

// %%
const estimate = (best("ResNet20") + best("bottlenecks, n = 2")) * plan.steps / epoch.steps;
await showText(
  `Budget "${plan.name}": ${plan.steps} steps of ${plan.batchSize} images for each network, about ` +
    `${formatSeconds(estimate)} together.`,
);

// %%
const narrowNet = resnet20({ seed: 1 });
const narrowHistory = await train(narrowNet, cifar, { budget: plan, seed: 1 });

// %%
const wideNet = twentyLayers();
const wideHistory = await train(wideNet, cifar, { budget: plan, seed: 1 });

// %%
const limit = plan.testImages;
function smoothed(name: string, loss: readonly number[]) {
  const means = loss.map((_, i) =>
    sumOf(loss.slice(Math.max(0, i - 9), i + 1)) / Math.min(10, i + 1)
  );
  return { name, x: loss.map((_, i) => i + 1), y: means };
}
await showCurve({
  title: "Loss of both networks, mean of ten steps",
  series: [
    smoothed("ResNet20", narrowHistory.loss),
    smoothed("bottlenecks, n = 2", wideHistory.loss),
  ],
  xLabel: "step",
  yLabel: "loss",
});
const results = [];
for (
  const [network, model] of [["ResNet20", narrowNet], ["bottlenecks, n = 2", wideNet]] as const
) {
  const { accuracy } = await evaluate(model, cifar.test, { limit });
  results.push({ network, "test accuracy, %": (100 * accuracy).toFixed(1) });
}
await showTable(results);

// %% [markdown]
// One short run of each, with one seed, shows a tendency at most: other seeds give other accuracies.
//
// ## Optional: ImageNet's weights in your own ResNet50
//
// With the internet, you can load the weights that torchvision publishes into a ResNet50 of your own
// bottlenecks. They come from the [Hugging Face hub](https://huggingface.co/timm/resnet50.tv_in1k) as a
// file of 102 MB, which is kept in `data/pretrained`. Names and shapes of all entries are compared; the
// digest of the file is shown, so that you can compare it with the hub's page. Then the network says what
// it sees in a photo of yours.
//
// Set `download` to `true`, and `photoFile` to the path of a photo.

// %%
const download: boolean = false;
const photoFile = "../docs/lesson.png";

function ownResNet50(): tf.LayersModel {
  const stage = (ni: number, width: number, repeat: number, stride = 1) =>
    new Sequence([
      new Bottleneck(ni, width, stride),
      ...Array.from({ length: repeat - 1 }, () => new Bottleneck(4 * width, width)),
    ]);
  const chain: [string, tf.layers.Layer][] = [
    ["head", new ResNetHead(3, 64)],
    ["layer1", stage(64, 64, 3)],
    ["layer2", stage(256, 128, 4, 2)],
    ["layer3", stage(512, 256, 6, 2)],
    ["layer4", stage(1024, 512, 3, 2)],
    ["tail", new ResNetTail(2048, 1000)],
  ];
  const photo = tf.input({ shape: [224, 224, 3] });
  let x = photo;
  for (const [name, layer] of chain) {
    layer.name = name;
    x = layer.apply(x) as tf.SymbolicTensor;
  }
  return tf.model({ inputs: photo, outputs: x });
}

async function classifyPhoto(): Promise<void> {
  const { model, digest, address } = await pretrained("resnet50", ownResNet50());
  await showText(`${address}\nSHA-256 ${digest}`);
  const options = { classNames: imageNetClasses(), normalization: IMAGENET };
  const [classes = []] = await classify(model, [await readImage(photoFile)], options);
  await showTable(
    classes.slice(0, 5).map(({ className, probability }) => ({
      class: className,
      "probability, %": (100 * probability).toFixed(1),
    })),
  );
}
if (download) await classifyPhoto();
else await showText("Nothing is downloaded while `download` is false.");

// %% [markdown]
// ## What to look at next
//
// - The paper's ResNet152 has repeat 3, 8, 36, 3. How many parameters does `countResNet` find?
// - Give `bottleneckNet` wider stages: 64, 128 and 256 instead of 16, 32 and 64. Does the comparison with a
//   ResNet20 of the same widths come out differently?
// - `modelTable(resnet50({ inputShape: [224, 224, 3] }))` has all blocks. Which one is the most expensive?
//
// ## Quiz
//
// 1. Why does a bottleneck need two 1×1 convolutions?
//    <details><summary>Answer</summary>The first reduces the channels for the 3×3 convolution, the second
//    restores them, so that the sum with x is possible.</details>
// 2. ResNet50's first stage keeps the size of the map. Why does it have a projection?
//    <details><summary>Answer</summary>The head gives 64 channels, and a bottleneck of width 64 ends with
//    256. Shapes have to agree for the sum.</details>
// 3. Why is "fewer multiply-adds" not the same as "faster"?
//    <details><summary>Answer</summary>Batch norm, ReLU and sums take time for reading and writing values,
//    not for arithmetic, and large feature maps have many values.</details>
// 4. What is lost if the first 1×1 convolution has the stride?
//    <details><summary>Answer</summary>It looks at one pixel in four. The other three never reach
//    F(x).</details>
//
// ## Summary
//
// - A bottleneck does the 3×3 convolution in a quarter of the channels: at 256 channels it has about a
//   seventeenth of an identity block's parameters.
// - One formula counts ResNet34, 50 and 101: 21,797,672, 25,557,032 and 44,549,160 parameters.
// - On CIFAR-10's narrow networks, bottlenecks save arithmetic and cost time.
//
// **Reading:** [He et al. 2016](https://arxiv.org/abs/1512.03385), section 4.1 and figure 5;
// [torchvision's Bottleneck](https://github.com/pytorch/vision/blob/main/torchvision/models/resnet.py),
// with a comment on the place of the stride.
