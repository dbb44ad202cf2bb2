// Lesson 2: a plain convolutional network. The source of both notebooks; `npx deno task lessons 02`
// makes them.

// %% [markdown]
// # 2 · A plain convolutional network
//
// You will see what a convolution does to a photo, put it together with batch norm and ReLU into a
// block of your own, stack that block into a network of 8 layers, count its parameters to the last
// one, and train it on 50,000 photos. Residual networks are made of the same pieces; only one sum is
// missing, and that is the next lesson.
//
// **Time:** 75 minutes of your time, and a minute or two while the network trains.
//
// **You need:** functions, arrays and classes in TypeScript. Lessons 0 and 1 introduce checks, tensors
// and the photos; nothing from them has to be finished.

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
  // deno-lint-ignore no-unused-vars -- for you: await hint("output_size") opens a hint
  hint,
  Linear,
  loadCifar10,
  modelArchitecture,
  normalized,
  seedWeights,
  showArchitecture,
  showConfusion,
  showCurve,
  showImages,
  showTable,
  showText,
  startBackend,
  tf,
  train,
} from "residual";

const backend = await startBackend();
const cifar = loadCifar10();
await showText(`${backend.describe()} ${cifar.train.size.toLocaleString("en-US")} photos loaded.`);

// %% [markdown]
// ## A filter slides over a photo
//
// A **filter** is a small square of numbers. Lay it on the photo, multiply each of its numbers by the
// pixel below, add the products up: that is one pixel of the output. Move on by one pixel, and again.
// This is a **convolution**.
//
// The nine numbers of this filter take what is on the left away from what is on the right:
//
// ```text
//   -1  0  1
//   -1  0  1
//   -1  0  1
// ```
//
// In an even area the sum is 0. Where it gets brighter from left to right it is positive, where it
// gets darker it is negative: the filter finds upright edges. Turned by 90°, it finds level ones. Nine
// times 1/9 is a mean, and blurs.

// %%
/** A photo's brightness from 0 to 1, `[32, 32]`. */
function brightness(index: number): tf.Tensor2D {
  const pixels = tf.tensor3d(cifar.train.image(index), [32, 32, 3], "float32");
  return tf.tidy(() => tf.mean(tf.div(pixels, 255), 2) as tf.Tensor2D);
}

/** Slides a filter over one map, with zeros laid around it. */
function slide(map: tf.Tensor2D, filter: number[][], stride = 1, padding = 1): tf.Tensor2D {
  return tf.tidy(() => {
    const [height, width] = map.shape;
    const padded = tf.pad(map, [[padding, padding], [padding, padding]]);
    const image = tf.reshape(padded, [1, height + 2 * padding, width + 2 * padding, 1]);
    const kernel = tf.reshape(tf.tensor2d(filter), [filter.length, filter.length, 1, 1]);
    const output = tf.conv2d(image as tf.Tensor4D, kernel as tf.Tensor4D, stride, "valid");
    return tf.squeeze(output, [0, 3]) as tf.Tensor2D;
  });
}

/** A map as a picture: `low` is black, `high` is white; a small map lies on blue. */
function picture(map: tf.Tensor2D, low: number, high: number): Uint8Array {
  const [height, width] = map.shape;
  const values = map.dataSync();
  const bytes = new Uint8Array(32 * 32 * 3);
  for (let i = 0; i < 32 * 32; i++) bytes.set([120, 170, 220], 3 * i);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const share = (values[y * width + x]! - low) / (high - low);
      bytes.fill(
        Math.round(255 * Math.min(1, Math.max(0, share))),
        3 * (32 * y + x),
        3 * (32 * y + x + 1),
      );
    }
  }
  return bytes;
}

const upright = [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]];
const level = [[-1, -1, -1], [0, 0, 0], [1, 1, 1]];
const blur = [[1 / 9, 1 / 9, 1 / 9], [1 / 9, 1 / 9, 1 / 9], [1 / 9, 1 / 9, 1 / 9]];
const photos = [41, 12];
const filtered = photos.flatMap((index) => {
  const photo = brightness(index);
  return [
    cifar.train.image(index),
    picture(photo, 0, 1),
    picture(slide(photo, upright), -1.5, 1.5),
    picture(slide(photo, level), -1.5, 1.5),
    picture(slide(photo, blur), 0, 1),
  ];
});
const captions = ["photo", "brightness", "upright edges", "level edges", "blurred"];
await showImages(filtered, { labels: [...captions, ...captions], columns: 5, scale: 4 });

// %% [markdown]
// Of the edges, grey is 0, white is positive, black is negative. The bird's neck is upright: it is the
// first filter that sees it, dark where the neck begins and bright where it ends. The horse's legs are
// upright, its back is level. (The lines at the rim of the pictures are edges, too: those between the
// photo and the zeros that were laid around it.)
//
// ## One pixel by hand
//
// Here is the place where the neck begins. Nine products, one sum: that is all a convolution does.

// %%
const neck = brightness(41);
const [row, column] = [16, 14];
const patch = tf.slice(neck, [row - 1, column - 1], [3, 3]).arraySync() as number[][];
const products = patch.map((pixels, y) => pixels.map((pixel, x) => pixel * upright[y]![x]!));
const text = (numbers: number[]) => numbers.map((value) => value.toFixed(2)).join("   ");
await showTable(patch.map((pixels, y) => ({
  pixels: text(pixels),
  filter: upright[y]!.join("   "),
  products: text(products[y]!),
})));
const pixelSum = products.flat().reduce((total, product) => total + product, 0);
const fromConvolution = (slide(neck, upright).arraySync() as number[][])[row]![column]!;
assert.ok(Math.abs(pixelSum - fromConvolution) < 1e-5);
await showText(
  `sum of the products ${pixelSum.toFixed(4)}, tf.conv2d ${fromConvolution.toFixed(4)}`,
);

// %% [markdown]
// ## How large is what comes out?
//
// A filter of 3×3 fits into a row of 8 pixels at only 6 places. Two things change that. **Padding**
// lays zeros around the photo; one on each side gives 8 places again. **Stride** is the step from one
// place to the next; with 2, the output has about half as many pixels in each row and each column.
//
// ```text
//   padding 0, stride 1          padding 1, stride 1          padding 1, stride 2
//
//    1 2 3 4 5 6 7 8            0 1 2 3 4 5 6 7 8 0          0 1 2 3 4 5 6 7 8 0
//   [_____]                    [_____]                      [_____]
//     [_____]                    [_____]                        [_____]
//        ...                        ...                             [_____]
//             [_____]                          [_____]                  [_____]
//
//   6 places                   8 places                     4 places, one zero unused
// ```

// %%
const walks = [
  { size: 3, stride: 1, padding: 1, filter: upright },
  { size: 3, stride: 1, padding: 0, filter: upright },
  { size: 3, stride: 2, padding: 1, filter: upright },
  { size: 5, stride: 3, padding: 0, filter: Array.from({ length: 5 }, () => [-1, -1, 0, 1, 1]) },
];
const walked = walks.map(({ filter, stride, padding }) => slide(neck, filter, stride, padding));
await showImages(walked.map((map) => picture(map, -1.5, 1.5)), { columns: 4, scale: 4 });
await showTable(walks.map(({ size, stride, padding }, i) => ({
  ...{ "filter": `${size}×${size}`, stride, padding },
  output: walked[i]!.shape.join("×"),
})));

// %% [markdown] exercise="output_size"
// All four numbers are whole: `size` pixels along one side of the photo, without padding; a filter of
// `kernelSize` pixels a side; `padding` zeros at *each* end. A step that would carry the filter past
// the end is not made. The drawing above has three examples to try your formula on, the table has
// four.

// %% id="output_size" role="solution"
function outputSize(size: number, kernelSize: number, stride: number, padding: number): number {
  // BEGIN SOLUTION
  return Math.floor((size + 2 * padding - kernelSize) / stride) + 1;
  // END SOLUTION
}

// %% id="check_output_size" role="check"
await check("output_size", outputSize);
// BEGIN HIDDEN TESTS
await check("output_size", outputSize, { seed: 20 });
// END HIDDEN TESTS

// %% [markdown]
// <details><summary>I am off by one, always</summary>
//
// Count posts, not gaps: a filter that cannot move at all has one place.
//
// </details>
// <details><summary>My sizes have a half in them</summary>
//
// A step that would carry the filter past the end is not made. `Math.floor` drops it.
//
// </details>

// %% [markdown]
// ## Many channels in, many filters out
//
// A photo has three channels, and a filter then has three squares, one for each: 3 · 3 · 3 = 27
// numbers, one sum. A layer has many filters. (All of a layer's filters together are its *kernel*,
// which has nothing to do with the notebook's kernel.) Each makes a map of its own, and the maps are
// the channels of what comes next. In this kit, `ni` is the number of channels in, `no` the number of
// channels out, and
//
// ```ts
// new Conv2d(ni, no, 3, stride) // as many filters as `no` says, each of 3 × 3 × ni numbers; padding 1
// ```
//
// Nobody writes these numbers by hand. They begin at random, and training moves them, a little in each
// of many **steps**. A step looks at one batch of photos and finds out for each number: do the mistakes
// get larger or smaller when it grows, and how fast? That is the number's **gradient**, and the number
// moves against it. ("Train it", below, has the whole loop.) Even random filters see edges and colors:

// %%
seedWeights(1);
const firstConv = new Conv2d(3, 16);
const bird = normalized(cifar.train, [41]);
const birdMaps = firstConv(bird);

/** One channel of the first image, `[height, width]`. */
function mapOf(maps: tf.Tensor4D, channel: number): tf.Tensor2D {
  const [, height, width] = maps.shape;
  return tf.tidy(() =>
    tf.reshape(tf.slice(maps, [0, 0, 0, channel], [1, height, width, 1]), [height, width])
  );
}

const pictures = Array.from({ length: 16 }, (_, i) => picture(mapOf(birdMaps, i), -2, 2));
await showImages(pictures, { labels: pictures.map((_, i) => `filter ${i}`) });
await showTable([{ "photo in": bird.shape.join("×"), "maps out": birdMaps.shape.join("×") }]);

// %% [markdown]
// Shapes are `[images, height, width, channels]` here, as TensorFlow has them. Papers often write
// channels before height and width, as PyTorch does.
//
// ## Batch norm: the same scale for every channel
//
// Here are four channels after two convolutions, over 64 photos: how often each value occurs. Each
// channel has a middle and a width of its own, and they change with every step of the training. The
// next layer would have to follow.

// %%
seedWeights(1);
const secondConv = new Conv2d(16, 16);

/** Photos through two convolutions, with a ReLU between them. */
function twoConvolutions(indices: number[]): tf.Tensor4D {
  return tf.tidy(() => {
    const maps = firstConv(normalized(cifar.train, indices));
    return secondConv(tf.relu(maps));
  });
}

const activations = twoConvolutions(Array.from({ length: 64 }, (_, i) => i));
const fourChannels = [1, 3, 7, 9];

/** All values of one channel, over all images. */
function valuesOf(maps: tf.Tensor4D, channel: number): number[] {
  const [images, height, width] = maps.shape;
  const size: [number, number, number, number] = [images, height, width, 1];
  return tf.tidy(() => Array.from(tf.slice(maps, [0, 0, 0, channel], size).dataSync()));
}

/** How the values of four channels are spread, as one line each. */
async function showSpread(title: string, maps: tf.Tensor4D): Promise<void> {
  const [low, width, bins] = [-4, 0.1, 81];
  const middles = Array.from({ length: bins }, (_, i) => low + width * i);
  const series = fourChannels.map((channel) => {
    const values = valuesOf(maps, channel);
    const shares = new Array<number>(bins).fill(0);
    for (const value of values) {
      const bin = Math.round((value - low) / width);
      if (bin >= 0 && bin < bins) shares[bin]! += 100 / values.length;
    }
    return { name: `channel ${channel}`, x: middles, y: shares };
  });
  await showCurve({ title, series, xLabel: "value", yLabel: "% of the values" });
}

await showSpread("Before batch norm", activations);

// %% [markdown]
// **Batch norm** (Ioffe and Szegedy 2015) takes, for each channel, all pixels of all photos of the
// batch, subtracts their mean and divides by their standard deviation. Then it multiplies by a scale,
// *gamma*, and adds a shift, *beta*: two numbers a channel, which begin at 1 and 0 and are learned. So
// the network keeps the freedom to choose a middle and a width, but no longer gets them by accident.

// %%
const norm = new BatchNorm(16);
const normedActivations = norm.apply(activations, { training: true }) as tf.Tensor4D;
await showSpread("After batch norm", normedActivations);

/** Mean and standard deviation of one channel, over all images. */
function momentsOf(maps: tf.Tensor4D, channel: number): { mean: number; deviation: number } {
  const values = valuesOf(maps, channel);
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(variance) };
}

await showTable(fourChannels.map((channel) => {
  const before = momentsOf(activations, channel);
  const after = momentsOf(normedActivations, channel);
  return {
    channel,
    "mean before": before.mean.toFixed(2),
    "deviation before": before.deviation.toFixed(2),
    "mean after": Math.abs(after.mean).toFixed(2),
    "deviation after": after.deviation.toFixed(2),
  };
}));

// %% [markdown]
// A channel is moved and stretched, not bent: channel 9 keeps its long tail to the right.
//
// One thing follows: adding the same number to a whole channel changes nothing after batch norm, as
// its mean is taken away. Such a number is called a **bias**, and a convolution in front of a batch
// norm needs none; beta takes its place. `Conv2d` has none.
//
// A single photo to be judged has no batch. So while training, batch norm also keeps a **running**
// mean and variance: after each step they move a tenth of the way to those of the batch. They are
// used when the training is over. No gradient changes them, so papers do not count them as parameters.

// %%
const watched = new BatchNorm(16);
const batchMeans: number[] = [];
const runningMeans: number[] = [];
for (let step = 0; step < 40; step++) {
  const maps = twoConvolutions(Array.from({ length: 8 }, (_, i) => 8 * step + i));
  tf.dispose(watched.apply(maps, { training: true }) as tf.Tensor);
  batchMeans.push(momentsOf(maps, 9).mean);
  runningMeans.push(watched.nonTrainableWeights[0]!.read().dataSync()[9]!);
  maps.dispose();
}

const stepNumbers = batchMeans.map((_, i) => i + 1);
await showCurve({
  title: "The mean of channel 9",
  series: [
    { name: "of each batch", x: stepNumbers, y: batchMeans },
    { name: "running", x: stepNumbers, y: runningMeans },
  ],
  xLabel: "step",
  yLabel: "mean",
});

// %% [markdown]
// ## ReLU: nothing below zero
//
// `relu(x)` is `max(x, 0)`. It looks like nothing, and without it a deep network would be nothing: two
// convolutions in a row are one larger convolution, as sums of sums are sums. A bend between them
// changes that. Here it makes of "edge, dark to bright or bright to dark" two questions that later
// layers can use one by one. (Grey is 0 again.)

// %%
const downright = upright.map((numbers) => numbers.map((value) => -value));
const bends = [slide(neck, upright), slide(neck, downright)];
await showImages(
  bends.flatMap((map) => [picture(map, -1.5, 1.5), picture(tf.relu(map), -1.5, 1.5)]),
  { labels: ["upright", "its ReLU", "minus upright", "its ReLU"], columns: 4, scale: 4 },
);

// %% [markdown]
// ## Count by hand
//
// The last layer of a network is a **linear** one: each of its outputs is a weighted sum of *all* its
// inputs, plus a bias of its own. Everything that training changes is a number in one of the layers'
// variables. Each has a shape, and holds as many numbers as the **product** of its shape.

// %%
/** Puts layers one after the other, from photos of 32×32×3 on. */
function modelOf(name: string, layers: tf.layers.Layer[]): tf.LayersModel {
  const image = tf.input({ shape: [32, 32, 3] });
  let x = image;
  layers.forEach((layer, i) => {
    layer.name = `layer${i + 1}`;
    x = layer.apply(x) as tf.SymbolicTensor;
  });
  return tf.model({ inputs: image, outputs: x, name });
}

const tiny = modelOf("tiny", [
  new Conv2d(3, 16),
  new BatchNorm(16),
  tf.layers.reLU(),
  tf.layers.globalAveragePooling2d({}), // the mean of each map: 16 numbers
  new Linear(16, 10),
]);
const trained = new Set(tiny.trainableWeights.map(({ name }) => name));
await showTable(tiny.weights.map(({ name, shape }) => ({
  variable: name,
  shape: `[${shape.join(", ")}]`,
  numbers: shape.reduce<number>((product, size) => product * (size ?? 1), 1),
  "trained by its gradient": trained.has(name) ? "yes" : "no",
})));
assert.equal(3 * 3 * 3 * 16 + 2 * 16 + (16 * 10 + 10), 634);
assert.equal(countParams(tiny).trainable, 634);

// %% [markdown]
// - A 3×3 convolution: 3 · 3 · ni · no. A fourth factor, the number of places, is missing: one filter
//   serves them all. That is why convolutions are so small.
// - A batch norm: 2 · no, scale and shift. The running mean and variance are 2 · no more that are kept
//   but not trained; papers leave them out.
// - A linear layer: ni · no weights and no biases, one for each output: ni · no + no.

// %% [markdown] exercise="parameter_counter"
// Your function gets a model and returns one number. Three lists are at hand:
//
// - `model.layers`: the layers,
// - `model.weights`: all variables, with what only moves along,
// - `model.trainableWeights`: the variables that training changes.
//
// The last two reach into layers that are made of layers. A variable has a `name` and a `shape`, an
// array of numbers. Try yours on `tiny`: 634.

// %% id="parameter_counter" role="solution"
function countParameters(model: tf.LayersModel): number {
  // BEGIN SOLUTION
  let count = 0;
  for (const { shape } of model.trainableWeights) {
    count += shape.reduce<number>((product, size) => product * (size ?? 1), 1);
  }
  return count;
  // END SOLUTION
}

// %% id="check_parameter_counter" role="check"
await check("parameter_counter", countParameters);
// BEGIN HIDDEN TESTS
await check("parameter_counter", countParameters, { seed: 20 });
// END HIDDEN TESTS

// %% [markdown]
// <details><summary>For <code>plain20</code>, the largest network of the check, I get 271,098</summary>
//
// That is 1,376 too many: 2 · 688 running means and variances. Which of the three lists leaves them
// out?
//
// </details>
// <details><summary>TypeScript says that a size may be <code>null</code></summary>
//
// The size of a batch is not known when a model is made, so a shape may hold `null`. The shape of a
// weight never does: `size ?? 1` says so.
//
// </details>

// %% [markdown]
// ## A block of layers
//
// A `Block` is a layer made of layers, like `nn.Module` in PyTorch. The constructor creates its layers
// and assigns them to properties; `forward` calls them. The block finds its layers in the properties,
// so counting, training and saving need no further code. In PyTorch, a block with one layer is
//
// ```python
// class OnlyConv(nn.Module):
//     def __init__(self, ni, no):
//         super().__init__()
//         self.conv = nn.Conv2d(ni, no, 3, padding=1, bias=False)
//
//     def forward(self, x):
//         return self.conv(x)
// ```
//
// and here:

// %%
class OnlyConv extends Block {
  readonly conv: Conv2d;

  constructor(readonly ni: number, readonly no: number) {
    super({ ni, no }); // the constructor's arguments, from which a saved model makes the block again
    this.conv = new Conv2d(ni, no);
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return this.conv(x);
  }
}

const onlyConv = new OnlyConv(3, 16);
const convolved = onlyConv(bird);
await showTable([{
  block: "OnlyConv(3, 16)",
  input: bird.shape.join("×"),
  output: convolved.shape.join("×"),
  parameters: countParams(onlyConv).trainable,
}]);

// %% [markdown] exercise="conv_bn_relu"
// Convolution, batch norm, ReLU, in this order: that is how the networks of the paper are built
// (section 3.4: batch norm "right after each convolution and before activation").
//
// You need `new Conv2d(ni, no, 3, stride)`, `new BatchNorm(no)` and `tf.relu(x)`.

// %% id="conv_bn_relu" role="solution"
class ConvBnRelu extends Block {
  readonly conv: Conv2d;
  readonly bn: BatchNorm;

  constructor(readonly ni: number, readonly no: number, readonly stride: number = 1) {
    super({ ni, no, stride });
    // BEGIN SOLUTION
    this.conv = new Conv2d(ni, no, 3, stride);
    this.bn = new BatchNorm(no);
    // END SOLUTION
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    // BEGIN SOLUTION
    return tf.relu(this.bn(this.conv(x)));
    // END SOLUTION
  }
}

// %% id="check_conv_bn_relu" role="check"
await check("conv_bn_relu", ConvBnRelu);
// BEGIN HIDDEN TESTS
await check("conv_bn_relu", ConvBnRelu, { seed: 20 });
// END HIDDEN TESTS

// %% [markdown]
// <details><summary>My total is 4 too high</summary>
//
// The check asks for 4 filters; 4 more numbers are 4 biases. `Conv2d` has none unless its fifth
// argument says so, `tf.layers.conv2d` has some unless you say `useBias: false`.
//
// </details>
// <details><summary>Stride 1 is right, stride 2 has the right shape and other numbers</summary>
//
// TensorFlow's padding `"same"` lays zeros on both sides at stride 1. At stride 2, on an even size, it
// lays one on the right and the bottom, none on the left and the top. `Conv2d` lays one on each side.
//
// </details>
// <details><summary>"BatchNorm was made for ... channels, and its input has ..."</summary>
//
// Batch norm stands after the convolution, so it has `no` channels, not `ni`.
//
// </details>

// %% [markdown]
// ## The plan of the plain network
//
// The paper (section 4.2) gives its networks for CIFAR-10 as a table. `n` sets the depth: 6n + 2 layers
// with weights. Each time the map is halved, the filters are doubled, so that each layer has about the
// same work.
//
// | part | convolutions | filters | map | stride |
// |---|---|---|---|---|
// | stem | 1 | 16 | 32×32 | 1 |
// | stage 1 | 2n | 16 | 32×32 | 1 |
// | stage 2 | 2n | 32 | 16×16 | 2, then 1 |
// | stage 3 | 2n | 64 | 8×8 | 2, then 1 |
// | mean of each map | – | 64 numbers | – | – |
// | linear | – | 10 classes | – | – |
//
// The first convolution is the **stem**; the 2n convolutions on maps of one size are a **stage**.
//
// With n = 3 this is `plain20`. With n = 1 it has 8 layers, a third of the work, and trains while you
// wait. Before it is built, its parameters, by hand:

// %%
const convAndNorm = (ni: number, no: number) => 3 * 3 * ni * no + 2 * no;
const byHand = (n: number) => [
  { part: "stem", parameters: convAndNorm(3, 16) },
  { part: "stage 1", parameters: 2 * n * convAndNorm(16, 16) },
  { part: "stage 2", parameters: convAndNorm(16, 32) + (2 * n - 1) * convAndNorm(32, 32) },
  { part: "stage 3", parameters: convAndNorm(32, 64) + (2 * n - 1) * convAndNorm(64, 64) },
  { part: "linear", parameters: 64 * 10 + 10 },
];
const sumOf = (n: number) => byHand(n).reduce((total, { parameters }) => total + parameters, 0);
const large = byHand(3);
await showTable([
  ...byHand(1).map(({ part, parameters }, i) => ({
    part,
    "n = 1": parameters,
    "n = 3": large[i]!.parameters,
  })),
  { part: "all", "n = 1": sumOf(1), "n = 3": sumOf(3) },
]);
assert.equal(sumOf(1), 75_290);
assert.equal(sumOf(3), 269_722);

// %% [markdown] exercise="plain_stack"
// Work from the plan. You need your `ConvBnRelu` (check it first), `tf.layers.globalAveragePooling2d({})`
// for the mean of each map, and `new Linear(64, 10)`. What comes out are ten **logits**, one number a
// class, the largest for the class that the network takes it for. `modelOf(name, layers)` from above
// makes the model.

// %% id="plain_stack" role="solution"
function plainStack(n: number): tf.LayersModel {
  const layers: tf.layers.Layer[] = [];
  // BEGIN SOLUTION
  layers.push(new ConvBnRelu(3, 16));
  let ni = 16;
  for (const no of [16, 32, 64]) {
    for (let i = 0; i < 2 * n; i++) {
      layers.push(new ConvBnRelu(ni, no, ni === no ? 1 : 2));
      ni = no;
    }
  }
  layers.push(tf.layers.globalAveragePooling2d({}), new Linear(64, 10));
  return modelOf(`plain${6 * n + 2}`, layers);
  // END SOLUTION
}

// %% id="check_plain_stack" role="check"
await check("plain_stack", plainStack);
// BEGIN HIDDEN TESTS
await check("plain_stack", plainStack, { seed: 20 });
// END HIDDEN TESTS

// %% [markdown]
// <details><summary>My total is 2,336 too low</summary>
//
// 2,336 is one convolution from 16 to 16 filters with its batch norm. The stem is not one of the 2n
// convolutions of stage 1; it comes before them.
//
// </details>
// <details><summary>"Conv2d was made for 16 channels, and its input has 32"</summary>
//
// What comes out of one block goes into the next: after a block with `no` filters, the next one has
// `ni = no`.
//
// </details>
// <details><summary>The totals are right, the logits are not</summary>
//
// Strides cost no parameters. Compare the maps with the plan:
// `await showTable(plainStack(1).layers.map((layer) => ({ layer: layer.name, output:
// String(layer.outputShape) })));`
//
// </details>

// %% [markdown]
// ## Your network, drawn
//
// This is the network that you will train: yours, if the exercise is solved, otherwise the kit's, which
// computes the same.

// %%
let network = cifarResNet({ n: 1, shortcut: "none", seed: 1 });
try {
  seedWeights(1);
  network = plainStack(1);
  await showText("This is your plainStack(1).");
} catch (error) {
  await showText(`This is the kit's network; plainStack(1) says: ${(error as Error).message}.`);
}
await showArchitecture(modelArchitecture(network), { title: network.name });

// %% [markdown]
// ## Train it
//
// A training repeats one step:
//
// 1. Take a batch of photos and let the network answer, with ten logits for each.
// 2. A **softmax** makes probabilities of the logits: e to the power of each, divided by their sum.
// 3. How wrong is that? The **loss** of a photo is −ln of the probability that its true class got: 0 if
//    the network was sure and right, large if it was sure and wrong. The batch's loss is their mean.
// 4. Each parameter has a **gradient** now: how fast the loss grows with it. Move each parameter against
//    its gradient. The **learning rate** sets how far; it rises at first and falls later on.
//
// (The kit also adds a part of the last step to each, which is called **momentum**, and pulls the
// weights a little towards 0, **weight decay**.) The same call trains every network up to lesson 6,
// and only the network changes: a large difference in the result comes from the network. One of a
// point or two may be chance: another seed would give another. The budget says how long: `quick` (a
// few thousand photos), `lesson` (each photo once) or `paper` (the whole schedule); on a slow backend
// the first two are smaller. First, measured on a few photos, how long it will take here:

// %%
const plan = budget();
const estimate = await estimateSeconds(network, cifar, plan);
await showText(
  `Budget "${plan.name}": ${plan.steps} steps of ${plan.batchSize} images. ` +
    `On ${backend.name} about ${formatSeconds(estimate)}.`,
);

// %%
/** What the first block makes of the bird, each map as bright as it can be. */
function firstMaps(model: tf.LayersModel): Uint8Array[] {
  const stem = tf.model({ inputs: model.inputs, outputs: model.layers[1]!.output });
  const maps = stem.predict(bird) as tf.Tensor4D;
  return Array.from({ length: 16 }, (_, i) => {
    const map = mapOf(maps, i);
    return picture(map, 0, Math.max(1e-3, tf.max(map).dataSync()[0]!));
  });
}

const mapsBefore = firstMaps(network);
const history = await train(network, cifar, { budget: plan, seed: 1 });

// %% [markdown]
// A network that gives each class the same chance, 1/10, has a loss of ln 10 ≈ 2.303; everything below
// has been learned. Now the photos that it has never seen. Guessing would be right for 10 %.

// %%
const mean = (values: number[]) =>
  values.reduce((total, value) => total + value, 0) / values.length;
const limit = plan.testImages;
const result = await evaluate(network, cifar.test, { limit });
await showText(
  `loss ${mean(history.loss.slice(0, 5)).toFixed(3)} at the start, ` +
    `${mean(history.loss.slice(-5)).toFixed(3)} at the end, in ${history.seconds.toFixed(0)} s; ` +
    `test accuracy ${(100 * result.accuracy).toFixed(2)} % of ${limit} images`,
);
await showConfusion({
  classNames: cifar.classNames,
  truths: cifar.test.labels.subarray(0, limit),
  predictions: result.predictions,
});

// %% [markdown]
// A row is a true class. After a `lesson` of training the mistakes have reasons: cats and dogs, cars
// and trucks, planes and ships.
//
// ## What the first filters have learned
//
// The bird again, through the first block of the network: before the training and after. After a
// `lesson` of training, many maps are dark but for one side of the neck, or the head. Each filter looks
// for one thing, and nobody told it which.

// %%
const mapsAfter = firstMaps(network);
await showImages([...mapsBefore, ...mapsAfter], {
  labels: [...mapsBefore.map(() => "before"), ...mapsAfter.map(() => "after")],
});

// %% [markdown]
// ## What to look at next
//
// Would more layers be better? `plainStack(3)` is the paper's plain network of 20 layers; train it in
// the same way, if you have three times as long. The paper went on to 56 layers and found that the
// deeper plain network is **worse**, on the training photos too. Lesson 3 looks for the reason, and
// mends it with one sum.
//
// ## Quiz
//
// 1. A photo of 224×224 goes through a 7×7 filter with stride 2 and padding 3. How large is the map?
//    <details><summary>Answer</summary>⌊(224 + 6 − 7) / 2⌋ + 1 = 111 + 1 = 112. That is the first layer
//    of ResNet18, lesson 7.</details>
// 2. How many parameters has a 3×3 convolution from 64 to 128 channels with its batch norm?
//    <details><summary>Answer</summary>9 · 64 · 128 + 2 · 128 = 73,984.</details>
// 3. Does the count change if the photos are twice as large?
//    <details><summary>Answer</summary>No. A filter has the same numbers wherever it lies, and the mean
//    of each map is one number, whatever its size.</details>
// 4. Why has a convolution in front of a batch norm no bias?
//    <details><summary>Answer</summary>Batch norm takes the mean of each channel away, and the bias with
//    it. Its own shift does the bias's work.</details>
// 5. Two networks have the same total. Are they the same?
//    <details><summary>Answer</summary>No. ReLUs, strides, and the order of the steps cost nothing. That
//    is why the checks compare numbers too.</details>

// %% [markdown]
// ## Summary
//
// - A convolution slides a filter over the photo: products and a sum at each place. What comes out has
//   ⌊(size + 2 · padding − kernelSize) / stride⌋ + 1 pixels a side.
// - Batch norm gives each channel mean 0 and deviation 1, then a scale and a shift that are learned;
//   later it uses running statistics, which are not parameters. ReLU keeps what is positive.
// - 9 · ni · no + 2 · no for a 3×3 convolution with its batch norm. The plain network of 8 layers has
//   75,290 parameters, the one of 20 has 269,722.
// - A step of training: logits, softmax, loss, gradients, and each parameter moves a little against its
//   own.
//
// **Next:** lesson 3, the sum that makes deep networks trainable.
//
// **Reading:** [He et al. 2016](https://arxiv.org/abs/1512.03385), sections 3.3, 3.4 and 4.2. Ioffe and
// Szegedy, [Batch Normalization](https://arxiv.org/abs/1502.03167) (2015). Dumoulin and Visin,
// [A guide to convolution arithmetic for deep learning](https://arxiv.org/abs/1603.07285) (2016), for
// sizes, with drawings. Howard and Gugger, [fastai's book](https://github.com/fastai/fastbook), chapter
// 13.
