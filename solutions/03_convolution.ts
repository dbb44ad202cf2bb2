// Lesson 3: convolution, batch norm, ReLU. The source of both notebooks; `npx deno task lessons 03`
// makes them.

// %% [markdown]
// # 3 · Convolution, batch norm, ReLU
//
// You will build the three parts that every network of this course is made of, by hand: a convolution
// in four loops, batch norm in both of its modes, and ReLU. Then you count what they contain, to the
// last parameter.
//
// **Time:** 80 minutes; no cell takes longer than a few seconds.
//
// **You need:** loops and arrays in TypeScript. Lesson 2 says what weights, a loss and a gradient step
// are; none of your code from there is needed.

// %%
import assert from "node:assert/strict";
import {
  BatchNorm,
  check,
  Conv2d,
  convolveMap,
  countParams,
  featureMap,
  hint,
  Linear,
  loadCifar10,
  mapImage,
  normalized,
  seedWeights,
  showCurve,
  showHistogram,
  showImages,
  showTable,
  showText,
  startBackend,
  tf,
} from "residual";

const backend = await startBackend();
const cifar = loadCifar10();
await showText(
  `${backend.describe()} ${cifar.train.size.toLocaleString("en-US")} photos loaded. ` +
    `A hint, if you want one: ${hint.name}("output_size").`,
);

// %% [markdown]
// ## A filter slides over a photo
//
// The linear classifier of lesson 2 has one template for a whole photo. A **filter** is a small
// template, mostly 3×3 numbers. Lay the filter on the photo, multiply each of its numbers by the pixel
// under it, and add up the products: that is one value of the output. Move the filter by one pixel, and
// repeat. This is a **convolution**, and its output is called a **feature map**.
//
// ```text
//   -1  0  1
//   -1  0  1
//   -1  0  1
// ```
//
// This filter subtracts what is on the left from what is on the right. Where the brightness is constant,
// the sum is 0. Where the photo gets brighter from left to right, the sum is positive; where it gets
// darker, negative. So the filter finds vertical edges. Rotated by 90°, it finds horizontal ones. Nine
// times 1/9 is a mean, and blurs.

// %%
/** A photo's brightness from 0 to 1, `[32, 32]`. */
function brightness(index: number): tf.Tensor2D {
  return tf.tidy(() => {
    const pixels = tf.tensor3d(cifar.train.image(index), [32, 32, 3], "float32");
    return tf.mean(tf.div(pixels, 255), 2) as tf.Tensor2D;
  });
}

const vertical = [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]];
const horizontal = [[-1, -1, -1], [0, 0, 0], [1, 1, 1]];
const blur = [[1 / 9, 1 / 9, 1 / 9], [1 / 9, 1 / 9, 1 / 9], [1 / 9, 1 / 9, 1 / 9]];
const filtered: Uint8Array[] = [];
for (const index of [41, 12]) {
  const photo = brightness(index);
  filtered.push(
    cifar.train.image(index),
    await mapImage(photo, 0, 1),
    await mapImage(convolveMap(photo, vertical), -1.5, 1.5),
    await mapImage(convolveMap(photo, horizontal), -1.5, 1.5),
    await mapImage(convolveMap(photo, blur), 0, 1),
  );
}
const captions = ["photo", "brightness", "vertical edges", "horizontal edges", "blurred"];
await showImages(filtered, { labels: [...captions, ...captions], columns: 5, scale: 4 });

// %% [markdown]
// In the two maps of edges, gray is 0, white is positive, black is negative. The bird's neck is vertical:
// the first filter is dark where the neck begins and bright where it ends. The horse's legs are vertical,
// its back is horizontal. (The lines at the rim of the maps are edges, too: between the photo and the
// zeros around it.)
//
// ## One value by hand
//
// Here is the place where the neck begins. Nine products, one sum: a convolution does nothing else.

// %%
const neck = brightness(41);
const [row, column] = [16, 14];
const patch = await tf.slice(neck, [row - 1, column - 1], [3, 3]).array() as number[][];
const products = patch.map((pixels, y) => pixels.map((pixel, x) => pixel * vertical[y]![x]!));
const text = (numbers: number[]) => numbers.map((value) => value.toFixed(2)).join("   ");
await showTable(patch.map((pixels, y) => ({
  pixels: text(pixels),
  filter: vertical[y]!.join("   "),
  products: text(products[y]!),
})));
const pixelSum = products.flat().reduce((total, product) => total + product, 0);
const fromConvolution = (await convolveMap(neck, vertical).array() as number[][])[row]![column]!;
assert.ok(Math.abs(pixelSum - fromConvolution) < 1e-5);
await showText(
  `sum of the products ${pixelSum.toFixed(4)}, tf.conv2d ${fromConvolution.toFixed(4)}`,
);

// %% [markdown]
// ## How large is the output?
//
// A filter of 3×3 fits into a row of 8 pixels at only 6 places. Two settings change that. **Padding**
// puts zeros around the photo; one on each side gives 8 places again. **Stride** is the step from one
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
  { size: 3, stride: 1, padding: 1, filter: vertical },
  { size: 3, stride: 1, padding: 0, filter: vertical },
  { size: 3, stride: 2, padding: 1, filter: vertical },
  { size: 5, stride: 3, padding: 0, filter: Array.from({ length: 5 }, () => [-1, -1, 0, 1, 1]) },
];
const walked = walks.map(({ filter, stride, padding }) =>
  convolveMap(neck, filter, stride, padding)
);
await showImages(await Promise.all(walked.map((map) => mapImage(map, -1.5, 1.5))), {
  columns: 4,
  scale: 4,
});
await showTable(walks.map(({ size, stride, padding }, i) => ({
  filter: `${size}×${size}`,
  stride,
  padding,
  output: walked[i]!.shape.join("×"),
})));

// %% [markdown]
// Small maps lie on blue, at their true size.

// %% [markdown] exercise="output_size"
// All four arguments are whole numbers: `size` pixels along one side of the photo, without padding; a
// filter of `kernelSize` pixels a side; `padding` zeros at *each* end. The filter does not take a step past
// the end. The drawing above has three examples to try your formula on, the table has
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
// <details><summary>I am always off by one</summary>
//
// Count posts, not gaps: a filter that cannot move at all has one place.
//
// </details>
// <details><summary>My sizes have a half in them</summary>
//
// The filter does not take a step past the end. `Math.floor` drops the step.
//
// </details>

// %% [markdown] exercise="convolve"
// `map` and `filter` are arrays of rows: `map[y][x]`. The filter has as many rows as columns. Return a
// new array of rows, as large as `outputSize` says. Outside the map there are zeros.
//
// You may call your `outputSize`.

// %% id="convolve" role="solution"
function convolve(
  map: number[][],
  filter: number[][],
  stride: number,
  padding: number,
): number[][] {
  // BEGIN SOLUTION
  const rows = outputSize(map.length, filter.length, stride, padding);
  const columns = outputSize(map[0]!.length, filter.length, stride, padding);
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => {
      let sum = 0;
      for (let y = 0; y < filter.length; y++) {
        for (let x = 0; x < filter.length; x++) {
          const pixel = map[row * stride - padding + y]?.[column * stride - padding + x] ?? 0;
          sum += pixel * filter[y]![x]!;
        }
      }
      return sum;
    }));
  // END SOLUTION
}

// %% id="check_convolve" role="check"
await check("convolve", convolve);
// BEGIN HIDDEN TESTS
await check("convolve", convolve, { seed: 20 });
// END HIDDEN TESTS

// %% [markdown]
// <details><summary>"Cannot read properties of undefined"</summary>
//
// Above the map there is no row, so `map[-1]` is undefined and has no columns. `map[y]?.[x] ?? 0` gives
// 0 there.
//
// </details>
// <details><summary>Padding 1 is right, padding 0 is not</summary>
//
// Does your output still have as many rows as the map? Use `outputSize` for both sides.
//
// </details>
//
// ### Look at it
//
// Your convolution on the bird, beside TensorFlow.js's:

// %%
async function showConvolved(): Promise<void> {
  const own = tf.tensor2d(convolve(await neck.array(), horizontal, 1, 1));
  const kit = convolveMap(neck, horizontal);
  await showImages([await mapImage(own, -1.5, 1.5), await mapImage(kit, -1.5, 1.5)], {
    labels: ["yours", "tf.conv2d"],
    scale: 4,
  });
}

await showConvolved().catch((error: Error) => showText(`Nothing to see yet: ${error.message}`));

// %% [markdown]
// ## Many input channels, many filters
//
// A photo has three channels. A filter then has three squares of weights, one for each channel:
// 3 · 3 · 3 = 27 weights, one sum. A layer has many filters. (All filters of a layer together are its
// *kernel*, which has nothing to do with the notebook's kernel.) Each filter produces one map; together
// the maps are the channels of the next layer's input. In this kit `ni` is the number of input channels
// and `no` the number of output channels:
//
// ```ts
// new Conv2d(ni, no, 3, stride) // no filters, each of 3 × 3 × ni weights; padding 1
// ```
//
// Nobody writes these weights by hand. They begin at random, and training moves them, step by step, as
// in lesson 2. Even random filters see edges and colors:

// %%
seedWeights(1);
const firstConv = new Conv2d(3, 16);
const bird = normalized(cifar.train, [41]);
const birdMaps = firstConv(bird);
const pictures = await Promise.all(
  Array.from({ length: 16 }, (_, i) => mapImage(featureMap(birdMaps, i), -2, 2)),
);
await showImages(pictures, { labels: pictures.map((_, i) => `filter ${i}`) });
await showTable([{ photo: bird.shape.join("×"), maps: birdMaps.shape.join("×") }]);

// %% [markdown]
// Shapes are `[images, height, width, channels]` here, as in TensorFlow. Papers and PyTorch often write
// channels before height and width.
//
// ## What one value has seen
//
// A value of the first map depends on 3×3 pixels of the photo. A second convolution combines 3×3 of
// these values, so a value of *its* map depends on 5×5 pixels, a third one's on 7×7. This window is
// the **receptive field**. Here it is, measured: which pixels have a gradient for the value in the
// middle? (White: yes.)

// %%
async function receptiveField(layers: number): Promise<{ image: Uint8Array; side: number }> {
  const ones = Array.from({ length: 3 }, () => [1, 1, 1]);
  const middle = (x: tf.Tensor) => {
    let map = x as tf.Tensor2D;
    for (let i = 0; i < layers; i++) map = convolveMap(map, ones);
    return tf.slice(map, [16, 16], [1, 1]).sum();
  };
  const seen = tf.tidy(() => tf.cast(tf.greater(tf.grad(middle)(tf.ones([32, 32])), 0), "float32"));
  const [pixels] = await tf.sum(seen).data();
  return { image: await mapImage(seen as tf.Tensor2D, 0, 1), side: Math.sqrt(pixels!) };
}

const fields = [];
for (const layers of [1, 2, 3, 5, 8]) fields.push({ layers, ...await receptiveField(layers) });
await showImages(fields.map(({ image }) => image), {
  labels: fields.map(({ layers, side }) =>
    `${layers} ${layers === 1 ? "layer" : "layers"}: ${side}×${side}`
  ),
  columns: 5,
  scale: 3,
});

// %% [markdown]
// Each 3×3 convolution makes the receptive field two pixels wider. A stride of 2 doubles what all later layers add; so a
// deep network sees the whole photo in its last layers, although no filter is larger than 3×3.
//
// ## Batch norm: the same scale for every channel
//
// Here are four channels after two convolutions, over 64 photos: how often each value occurs. Each
// channel has a mean and a spread of its own, and both change with every step of training.

// %%
seedWeights(1);
const secondConv = new Conv2d(16, 16);

/** Photos through two convolutions, with a ReLU between them. */
function twoConvolutions(indices: number[]): tf.Tensor4D {
  return tf.tidy(() => secondConv(tf.relu(firstConv(normalized(cifar.train, indices)))));
}

const activations = twoConvolutions(Array.from({ length: 64 }, (_, i) => i));
const fourChannels = [1, 3, 7, 9];

/** All values of one channel, over all images. */
async function valuesOf(maps: tf.Tensor4D, channel: number): Promise<number[]> {
  const [images, height, width] = maps.shape;
  const values = tf.slice(maps, [0, 0, 0, channel], [images, height, width, 1]);
  return Array.from(await values.data());
}

/** Shows how the values of the four channels are distributed. */
async function showChannels(title: string, maps: tf.Tensor4D): Promise<void> {
  const distributions = [];
  for (const channel of fourChannels) {
    distributions.push({ name: `channel ${channel}`, values: await valuesOf(maps, channel) });
  }
  await showHistogram({ title, distributions, range: [-4, 4] });
}

await showChannels("Before batch norm", activations);

// %% [markdown]
// **Batch norm** (Ioffe and Szegedy 2015) treats each channel by itself. It takes all pixels of all
// photos of the batch, subtracts their mean and divides by their standard deviation:
//
// ```text
//        height × width                       one mean, one standard deviation
//      ┌───────────────┐┐┐┐                   for each channel, over
//      │               ││││ photos            all photos and all pixels
//      │   channel 0   ││││            ──▶
//      │               ││││                   16 channels: 16 means, 16 deviations
//      └───────────────┘┘┘┘
//        channel 1, 2, ... likewise
// ```
//
// Then it multiplies by a scale, *gamma*, and adds a shift, *beta*: two parameters for each channel, which
// begin at 1 and 0 and are learned. So the network can still choose each channel's mean and spread, but
// no longer inherits arbitrary ones.

// %%
const norm = new BatchNorm(16);
const normedActivations = norm.apply(activations, { training: true }) as tf.Tensor4D;
await showChannels("After batch norm", normedActivations);

/** Mean and standard deviation of some values. */
function momentsOf(values: number[]): { mean: number; deviation: number } {
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(variance) };
}

const rows = [];
for (const channel of fourChannels) {
  const before = momentsOf(await valuesOf(activations, channel));
  const after = momentsOf(await valuesOf(normedActivations, channel));
  rows.push({
    channel,
    "mean before": before.mean.toFixed(2),
    "standard deviation before": before.deviation.toFixed(2),
    "mean after": Math.abs(after.mean).toFixed(2),
    "standard deviation after": after.deviation.toFixed(2),
  });
}
await showTable(rows);

// %% [markdown]
// A channel is shifted and scaled; its shape stays: channel 9 keeps its long tail to the right.
//
// Why does that help? Ioffe and Szegedy's reason: a layer need not follow the changing scale of the layers
// before it. Santurkar et al. (2018) measured that this is not what happens, and that batch norm makes
// the loss smoother instead, so that larger steps are safe. That batch norm helps is beyond doubt; why
// it does is still discussed.
//
// One consequence: adding the same number to a whole channel changes nothing after batch norm, because
// the mean is subtracted. So a convolution in front of a batch norm needs no bias; beta does its work.
// `Conv2d` has none.
//
// ## Two modes
//
// A trained network may have to classify a single photo. With the photo's own mean and deviation, the
// result would depend on which other photos are in the batch. So batch norm has two modes:
//
// | mode | normalizes with | besides |
// |---|---|---|
// | **training** | mean and variance of the batch | moves its *running* mean and variance a tenth of the way towards the batch's |
// | **inference** | running mean and variance | changes nothing |
//
// No gradient changes the running statistics, so papers do not count them as parameters.

// %% [markdown] exercise="batch_norm"
// `values` holds all pixels of all photos of one channel. `channel` is an object:
//
// ```ts
// { gamma: 1, beta: 0, runningMean: 0, runningVariance: 1 }
// ```
//
// Return gamma · (value − mean) / √(variance + 1e-5) + beta for each value. In training mode, mean and
// variance are those of `values`, with the sum of squares divided by n; then change `runningMean` and
// `runningVariance` to 0.9 of what they were plus 0.1 of the batch's. For `runningVariance` the batch's
// sum of squares is divided by n − 1, as in PyTorch.

// %%
/** What batch norm keeps of a channel. */
interface Channel {
  gamma: number;
  beta: number;
  runningMean: number;
  runningVariance: number;
}

// %% id="batch_norm" role="solution"
function batchNorm(values: number[], channel: Channel, training: boolean): number[] {
  // BEGIN SOLUTION
  let { runningMean: mean, runningVariance: variance } = channel;
  if (training) {
    const n = values.length;
    mean = values.reduce((sum, value) => sum + value, 0) / n;
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    variance = squares / n;
    channel.runningMean = 0.9 * channel.runningMean + 0.1 * mean;
    channel.runningVariance = 0.9 * channel.runningVariance + 0.1 * squares / (n - 1);
  }
  const { gamma, beta } = channel;
  return values.map((value) => gamma * (value - mean) / Math.sqrt(variance + 1e-5) + beta);
  // END SOLUTION
}

// %% id="check_batch_norm" role="check"
await check("batch_norm", batchNorm);
// BEGIN HIDDEN TESTS
await check("batch_norm", batchNorm, { seed: 20 });
// END HIDDEN TESTS

// %% [markdown]
// <details><summary>The running variance is a little off</summary>
//
// A batch is a sample, and its variance comes out a little too small for all photos. Dividing the sum of
// squares by n − 1 corrects that. Only `runningVariance` is computed so; the values themselves are
// normalized with n.
//
// </details>
// <details><summary>I get NaN where all values are the same</summary>
//
// Their variance is 0. That is what the 1e-5 under the root is for.
//
// </details>
//
// ### The running mean at work
//
// Forty batches of 8 photos: the mean of channel 9 in each batch, and the kit's running mean. It begins
// at 0 and needs some twenty steps to arrive. A network that is evaluated after three steps would still
// use mostly its initial value, a common reason for a bad first epoch.

// %%
const watched = new BatchNorm(16);
const batchMeans: number[] = [];
const runningMeans: number[] = [];
for (let step = 0; step < 40; step++) {
  const maps = twoConvolutions(Array.from({ length: 8 }, (_, i) => 8 * step + i));
  tf.dispose(watched.apply(maps, { training: true }) as tf.Tensor);
  batchMeans.push(momentsOf(await valuesOf(maps, 9)).mean);
  const [runningMean] = watched.nonTrainableWeights;
  runningMeans.push((await runningMean!.read().data())[9]!);
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
// `relu(x)` is `max(x, 0)`. ReLU looks trivial, but without it depth is useless: two convolutions in a
// row equal one larger convolution, since a sum of sums is a sum. The bend at 0 changes that. Here it
// splits "an edge, either way" into two answers that later layers can use separately. (Gray is 0 again.)

// %%
const verticalDown = vertical.map((numbers) => numbers.map((value) => -value));
const bends: Uint8Array[] = [];
for (const map of [convolveMap(neck, vertical), convolveMap(neck, verticalDown)]) {
  bends.push(await mapImage(map, -1.5, 1.5), await mapImage(tf.relu(map), -1.5, 1.5));
}
await showImages(bends, {
  labels: ["vertical", "its ReLU", "minus vertical", "its ReLU"],
  columns: 4,
  scale: 4,
});

// %% [markdown]
// ## Count by hand
//
// The last layer of a network is a **linear** one: each of its outputs is a weighted sum of *all* its
// inputs, plus a bias, as in lesson 2. All numbers that training changes are in the layers' variables.
// A variable has a shape, and holds as many numbers as the **product** of its shape.

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
// - A 3×3 convolution: 3 · 3 · ni · no weights. The number of places is not a factor: one filter serves
//   all places. That is why convolutions are so small.
// - A batch norm: 2 · no, scale and shift. The running mean and variance are 2 · no more numbers, which
//   are kept but not trained; papers leave them out.
// - A linear layer: input channels × output channels weights, plus one bias for each output:
//   ni · no + no.

// %% [markdown] exercise="parameter_counter"
// Your function gets a model and returns one number. Three lists are already defined:
//
// - `model.layers`: the layers,
// - `model.weights`: all variables, the running statistics included,
// - `model.trainableWeights`: the variables that gradients change.
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
// ## Quiz
//
// 1. A photo of 224×224 goes through a 7×7 filter with stride 2 and padding 3. How large is the map?
//    <details><summary>Answer</summary>⌊(224 + 6 − 7) / 2⌋ + 1 = 111 + 1 = 112. That is the first layer
//    of ResNet18, lesson 9.</details>
// 2. How many parameters does a 3×3 convolution from 64 to 128 channels have, including its batch norm?
//    <details><summary>Answer</summary>9 · 64 · 128 + 2 · 128 = 73,984.</details>
// 3. Does the count change if the photos are twice as large?
//    <details><summary>Answer</summary>No. A filter has the same weights at every place.</details>
// 4. Why has a convolution in front of a batch norm no bias?
//    <details><summary>Answer</summary>Batch norm subtracts the mean of each channel, and the bias with
//    it. Its own shift, beta, does the bias's work.</details>
// 5. You evaluate a network in training mode, one photo at a time. What goes wrong?
//    <details><summary>Answer</summary>Each photo is normalized with its own mean and variance, which
//    are not those of the training batches, and the running statistics drift as well.</details>
//
// ## Summary
//
// - A convolution slides a filter over the photo: products and a sum at each place. Its output has
//   ⌊(size + 2 · padding − kernelSize) / stride⌋ + 1 values a side.
// - The receptive field of n 3×3 convolutions is 2n + 1 pixels wide.
// - Batch norm gives each channel mean 0 and standard deviation 1, then a scale and a shift that are
//   learned. In inference mode it uses running statistics, which are not parameters.
// - ReLU keeps what is positive. Without it, depth is useless.
// - A 3×3 convolution with its batch norm has 9 · ni · no + 2 · no parameters.
//
// **Next:** lesson 4, a network of eight such layers, trained.
//
// **Reading:** Dumoulin and Visin,
// [A guide to convolution arithmetic for deep learning](https://arxiv.org/abs/1603.07285) (2016), for
// sizes, with drawings. Ioffe and Szegedy, [Batch Normalization](https://arxiv.org/abs/1502.03167)
// (2015), and Santurkar et al.,
// [How Does Batch Normalization Help Optimization?](https://arxiv.org/abs/1805.11604) (2018). Howard and
// Gugger, [fastai's book](https://github.com/fastai/fastbook), chapter 13.
