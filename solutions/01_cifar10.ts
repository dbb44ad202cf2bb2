// Lesson 1: the data. The source of both notebooks; `npx deno task lessons 01` makes them.

// %% [markdown]
// # 1 · 60,000 small photos
//
// Before a network learns, look at the data that it learns from. You will see the photos, count and measure
// them, and write the four steps that prepare a photo for the network: normalize, crop, flip, and augment at
// random.
//
// **Time:** 60 minutes, most of it yours; no cell takes longer than a few seconds.
//
// **You need:** loops and typed arrays in TypeScript. Lesson 0 explains how cells and checks work.

// %%
import {
  check,
  type Cifar10Split,
  hint,
  loadCifar10,
  seededRandom,
  showCurve,
  showImages,
  showTable,
  showText,
  startBackend,
  tf,
  trainingBatches,
} from "residual";

const backend = await startBackend();
await showText(
  `${backend.describe()} A hint, if you want one: ${hint.name}("normalize").`,
);

// %% [markdown]
// ## The data set
//
// CIFAR-10 comes in two parts. The network learns from the 50,000 **training** images. The 10,000
// **test** images are for the final evaluation: the network never learns from them, and nobody uses them
// to choose between networks. Otherwise they would not show how well the network does on new photos.

// %%
const cifar = loadCifar10();
const { train: training, test: testing, classNames } = cifar;
await showTable([
  { part: "training", images: training.size, bytes: training.images.length },
  { part: "test", images: testing.size, bytes: testing.images.length },
]);

// %% [markdown]
// An image has 32×32 pixels of red, green and blue: 3,072 bytes, pixel after pixel, row after row.
// `training.image(7)` gives those of image 7.
//
// ## Look at them
//
// Ten classes, a column for each. Would you have recognized all of them at this size?

// %%
const CLASSES = classNames.map((_, label) => label);

function firstOfClass(split: Cifar10Split, label: number, count: number): number[] {
  const found: number[] = [];
  for (let i = 0; found.length < count; i++) if (split.labels[i] === label) found.push(i);
  return found;
}

const perClass = CLASSES.map((label) => firstOfClass(training, label, 5));
const grid = [0, 1, 2, 3, 4].flatMap((row) => CLASSES.map((label) => perClass[label]![row]!));
await showImages(grid.map((i) => training.image(i)), {
  labels: grid.map((i) => `${classNames[training.labels[i]!]}`),
  columns: 10,
});

// %% [markdown]
// ## Count them
//
// A label is a number, 0 to 9. If most photos were frogs, a network could do well by saying "frog". So
// count:

// %%
function countLabels(labels: Uint8Array): number[] {
  const counts = CLASSES.map(() => 0);
  for (const label of labels) counts[label]!++;
  return counts;
}

const trainCounts = countLabels(training.labels);
const testCounts = countLabels(testing.labels);
await showTable(CLASSES.map((label) => ({
  label,
  class: `${classNames[label]}`,
  training: trainCounts[label]!,
  test: testCounts[label]!,
})));

// %% [markdown]
// All classes are equally frequent. So guessing gives 10 %, and the **accuracy**, the share of correctly
// classified images, is a fair measure.
//
// ## The mean photo
//
// Is the color enough to tell the classes apart? Here is the mean of all 5,000 training images of
// each class.

// %%
function meanImages(split: Cifar10Split): Uint8Array[] {
  const sums = CLASSES.map(() => new Float64Array(3072));
  for (let i = 0; i < split.size; i++) {
    const sum = sums[split.labels[i]!]!;
    const image = split.image(i);
    for (let v = 0; v < 3072; v++) sum[v]! += image[v]!;
  }
  return sums.map((sum, label) => Uint8Array.from(sum, (value) => value / trainCounts[label]!));
}

await showImages(meanImages(training), {
  labels: CLASSES.map((label) => `${classNames[label]}`),
  columns: 5,
  scale: 4,
});

// %% [markdown]
// Airplanes and ships lie in blue, birds and deer in green, frogs in brown, and cars and trucks leave
// an outline. That helps a little, and no more: most of it is a blur. The network needs shapes, and
// has to find them wherever they are.
//
// ## Measure the channels
//
// How often does each brightness occur? One pass over the 153,600,000 training values counts them.

// %%
function countBytes(images: Uint8Array): Uint32Array[] {
  const counts = [0, 1, 2].map(() => new Uint32Array(256));
  const [red, green, blue] = counts;
  for (let i = 0; i < images.length; i += 3) {
    red![images[i]!]!++;
    green![images[i + 1]!]!++;
    blue![images[i + 2]!]!++;
  }
  return counts;
}

const byteCounts = countBytes(training.images);
const brightness = Array.from({ length: 256 }, (_, byte) => byte);
const pixelsInAll = training.images.length / 3;
const shares = byteCounts.map((counts) => Array.from(counts, (count) => 100 * count / pixelsInAll));
await showCurve({
  title: "How often each brightness occurs in the training images",
  series: [
    { name: "blue", x: brightness, y: shares[2]! },
    { name: "red", x: brightness, y: shares[0]! },
    { name: "green", x: brightness, y: shares[1]! },
  ],
  xLabel: "brightness, 0 to 255",
  yLabel: "% of the pixels",
});

// %% [markdown]
// The channels differ: low values are more frequent in blue than in red, and all three pile up at 255,
// the brightest: white, where all three have it. Two numbers sum a channel up: its **mean**, and its
// **standard deviation**, which says how far from the mean the values lie, typically. As fractions of
// 255:

// %%
function statisticsOf(counts: Uint32Array): { mean: number; std: number } {
  let [total, sum, squares] = [0, 0, 0];
  counts.forEach((count, byte) => {
    const value = byte / 255;
    total += count;
    sum += count * value;
    squares += count * value * value;
  });
  const mean = sum / total;
  return { mean, std: Math.sqrt(squares / total - mean * mean) };
}

const measured = byteCounts.map(statisticsOf);
const channelMean = measured.map(({ mean }) => mean);
const channelStd = measured.map(({ std }) => std);
await showTable(["red", "green", "blue"].map((channel, c) => ({
  channel,
  mean: channelMean[c]!,
  "standard deviation": channelStd[c]!,
})));

// %% [markdown]
// You will meet these six numbers in many programs: 0.4914, 0.4822, 0.4465 and 0.2470, 0.2435, 0.2616.
// They are computed on the training images only. The test images are normalized with the same numbers, as
// any new photo would be.

// %% [markdown] exercise="normalize"
// A network learns best from numbers around 0 that are neither tiny nor huge. For a value of channel
// `c`:
//
// ```text
//   (byte / 255 - mean[c]) / std[c]
// ```
//
// `mean` and `std` have three numbers each: red, green, blue. `image` is as above, red, green, blue, red,
// green, blue ... Return a new array of 3,072 numbers, in the same order.

// %% id="normalize" role="solution"
function normalize(
  image: Uint8Array,
  mean: readonly number[],
  std: readonly number[],
): Float32Array {
  // BEGIN SOLUTION
  return Float32Array.from(image, (byte, i) => (byte / 255 - mean[i % 3]!) / std[i % 3]!);
  // END SOLUTION
}

// %% id="check_normalize" role="check"
await check("normalize", normalize);
// BEGIN HIDDEN TESTS
await check("normalize", normalize, { seed: 20 });
// END HIDDEN TESTS

// %% [markdown]
// <details><summary>All my numbers are integers, and none is negative</summary>
//
// They are bytes again. `image.map(...)` gives an array of the image's own kind; `Float32Array.from(image,
// (byte, i) => ...)` gives fractions.
//
// </details>
// <details><summary>My numbers are in the hundreds or thousands</summary>
//
// Divide the byte by 255 before you subtract the mean.
//
// </details>
//
// ### What it does
//
// The same counts, over the normalized values. Each channel has the mean 0 and the standard deviation 1
// now: red, green and blue count alike.

// %%
const round2 = (value: number) => Math.round(100 * value) / 100;
await showCurve({
  title: "How often each normalized value occurs",
  series: [2, 0, 1].map((c) => ({
    name: ["red", "green", "blue"][c]!,
    x: brightness.map((byte) => round2((byte / 255 - channelMean[c]!) / channelStd[c]!)),
    y: shares[c]!,
  })),
  xLabel: "normalized value",
  yLabel: "% of the pixels",
});

// %% [markdown]
// ## One photo, many photos
//
// A network can memorize its 50,000 training images and still fail on new ones. More photos would help, and
// there is a cheap way to get them: change each photo a little, so that it still shows the same thing. This is **augmentation**. The paper's recipe, in section 4.2: put 4 pixels of padding around the
// image, take a random 32×32 window of it, and mirror it in half of the cases.
//
// Here is one image, eight times, as the kit's training would see it.

// %%
const HORSE = 7;
const horse = training.image(HORSE);

async function eightTimes(image: number): Promise<Uint8Array[]> {
  const onlyThis = training.slice(image, image + 1);
  const seen: Uint8Array[] = [];
  for (const batch of trainingBatches(onlyThis, { batchSize: 1, seed: 3 })) {
    // The batches are normalized; this converts them back to bytes.
    const toByte = (value: number, i: number) =>
      Math.round(255 * (value * channelStd[i % 3]! + channelMean[i % 3]!));
    seen.push(Uint8Array.from(await batch.images.data(), toByte));
    tf.dispose(batch);
    if (seen.length === 8) break;
  }
  return seen;
}

await showImages(await eightTimes(HORSE), { columns: 4, scale: 3 });

// %% [markdown]
// How many different ones can there be? The padded image has 40×40 pixels. A window of 32×32 may begin
// at 0, 1, ... 8: nine rows, nine columns, mirrored or not: 9 · 9 · 2 = **162**.
//
// Does it help? The authors of the data set give an example on
// [its page](https://www.cs.toronto.edu/~kriz/cifar.html): one network had 18 % wrong answers without
// augmentation and 11 % with it.
//
// ## A window of the padded image
//
// Here is the padded image, 40×40, with three windows marked. `top` and `left` say where a window
// begins. At (4, 4) it is the image itself.

// %%
function padWithWindow(image: Uint8Array, top: number, left: number): Uint8Array {
  const padded = new Uint8Array(40 * 40 * 3);
  for (let y = 0; y < 32; y++) {
    padded.set(image.subarray(y * 32 * 3, (y + 1) * 32 * 3), ((y + 4) * 40 + 4) * 3);
  }
  const yellow = [255, 220, 0];
  for (let i = 0; i < 32; i++) {
    padded.set(yellow, (top * 40 + left + i) * 3);
    padded.set(yellow, ((top + 31) * 40 + left + i) * 3);
    padded.set(yellow, ((top + i) * 40 + left) * 3);
    padded.set(yellow, ((top + i) * 40 + left + 31) * 3);
  }
  return padded;
}

const corners: [number, number][] = [[4, 4], [0, 0], [8, 2]];
await showImages(corners.map(([top, left]) => padWithWindow(horse, top, left)), {
  labels: corners.map(([top, left]) => `top ${top}, left ${left}`),
  side: 40,
  scale: 5,
});

// %% [markdown] exercise="crop"
// Return the 3,072 values of the window that begins at row `top` and column `left` of the padded
// image. Both are 0 to 8. The padding is black: all three values are 0.
//
// The value of row `y`, column `x`, channel `c` lies at `(y * 32 + x) * 3 + c`. A new
// `Uint8Array(32 * 32 * 3)` is full of zeros. Write into that array, and leave `image` unchanged.

// %% id="crop" role="solution"
function crop(image: Uint8Array, top: number, left: number): Uint8Array {
  // BEGIN SOLUTION
  const window = new Uint8Array(32 * 32 * 3);
  for (let y = 0; y < 32; y++) {
    for (let x = 0; x < 32; x++) {
      const fromY = y + top - 4;
      const fromX = x + left - 4;
      if (fromY < 0 || fromY >= 32 || fromX < 0 || fromX >= 32) continue;
      for (let c = 0; c < 3; c++) {
        window[(y * 32 + x) * 3 + c] = image[(fromY * 32 + fromX) * 3 + c]!;
      }
    }
  }
  return window;
  // END SOLUTION
}

// %% id="check_crop" role="check"
await check("crop", crop);
// BEGIN HIDDEN TESTS
await check("crop", crop, { seed: 20 });
// END HIDDEN TESTS

// %% [markdown]
// <details><summary>(4, 4) is right, and the others are not</summary>
//
// At (4, 4) nothing moves, so a mistake in the direction does not show. At `top` 0 the window begins above
// the photo: its first four rows are black.
//
// </details>
// <details><summary>A strip from the opposite side of the photo appears</summary>
//
// Column -1 of a row is, in the flat array, the last pixel of the row before. Look at `fromX` before you
// read: below 0 or above 31 there is only padding.
//
// </details>
//
// ### Look at it
//
// The windows of the three corners above, cut out by your `crop`:

// %%
async function showCrops(): Promise<void> {
  await showImages(corners.map(([top, left]) => crop(horse, top, left)), {
    labels: corners.map(([top, left]) => `top ${top}, left ${left}`),
    scale: 4,
  });
}

await showCrops().catch((error: Error) => showText(`Nothing to see yet: ${error.message}`));

// %% [markdown] exercise="flip"
// Rows stay, columns change places: the first with the last, the second with the last but one. Red stays
// red. Write into a new array again.

// %% id="flip" role="solution"
function flip(image: Uint8Array): Uint8Array {
  // BEGIN SOLUTION
  const mirrored = new Uint8Array(32 * 32 * 3);
  for (let y = 0; y < 32; y++) {
    for (let x = 0; x < 32; x++) {
      for (let c = 0; c < 3; c++) {
        mirrored[(y * 32 + x) * 3 + c] = image[(y * 32 + 31 - x) * 3 + c]!;
      }
    }
  }
  return mirrored;
  // END SOLUTION
}

// %% id="check_flip" role="check"
await check("flip", flip);
// BEGIN HIDDEN TESTS
await check("flip", flip, { seed: 20 });
// END HIDDEN TESTS

// %% [markdown]
// <details><summary>The colors are odd: brown has become blue</summary>
//
// The three values of a pixel were reversed too. Move whole pixels: `x` changes, `c` does not.
//
// </details>
// <details><summary>The image is symmetric: two heads, no tail</summary>
//
// Half of it was overwritten before it was read. Read from `image`, write into a new array.
//
// </details>
//
// ### Look at it

// %%
async function showFlip(): Promise<void> {
  await showImages([horse, flip(horse)], { labels: ["as it is", "mirrored"], scale: 4 });
}

await showFlip().catch((error: Error) => showText(`Nothing to see yet: ${error.message}`));

// %% [markdown] exercise="augment"
// Now at random. `random()` returns a new number each time, from 0 to below 1, like `Math.random()`. But it is
// passed in, and with the same seed it returns the same numbers again, so a training run can be repeated
// exactly.
//
// Draw `top` and `left`, 0 to 8, each equally likely. Crop, and mirror in half of the cases. Use your
// `crop` and your `flip`.

// %% id="augment" role="solution"
function augment(image: Uint8Array, random: () => number): Uint8Array {
  // BEGIN SOLUTION
  const top = Math.floor(random() * 9);
  const left = Math.floor(random() * 9);
  const window = crop(image, top, left);
  return random() < 0.5 ? flip(window) : window;
  // END SOLUTION
}

// %% id="check_augment" role="check"
await check("augment", augment);
// BEGIN HIDDEN TESTS
await check("augment", augment, { seed: 20 });
// END HIDDEN TESTS

// %% [markdown]
// <details><summary>The windows begin at 0 to 7, and 0 to 8 was expected</summary>
//
// `Math.floor(random() * n)` gives the n numbers 0 to n - 1. There are nine places.
//
// </details>
// <details><summary>Every pair of row and column was expected, and I have 9 of 81</summary>
//
// One random number serves for both. Call `random()` once for the row and once for the column.
//
// </details>
// <details><summary>The same random numbers gave other images</summary>
//
// There is a `Math.random()` somewhere. Call the `random` that is passed in.
//
// </details>
//
// ### Look at it
//
// Your own eight:

// %%
async function showMine(): Promise<void> {
  const random = seededRandom(1);
  const eight = Array.from({ length: 8 }, () => augment(horse, random));
  await showImages(eight, { columns: 4, scale: 3 });
}

await showMine().catch((error: Error) => showText(`Nothing to see yet: ${error.message}`));

// %% [markdown]
// ## What the network gets
//
// `trainingBatches` does all this: it shuffles, augments, normalizes and packs 128 images into one
// tensor. A label becomes ten numbers, 1 for its class and 0 for the others (**one-hot**), because the
// network will answer with ten numbers too.

// %%
const batches = trainingBatches(training, { batchSize: 128, seed: 1 });
const { images, labels } = batches.next().value;
await showTable([
  {
    tensor: "images",
    shape: `[${images.shape.join(", ")}]`,
    axes: "number, height, width, channel",
  },
  { tensor: "labels", shape: `[${labels.shape.join(", ")}]`, axes: "number, class" },
]);
const oneHot = (await labels.array()).slice(0, 4);
await showTable(oneHot.map((row) => ({
  class: `${classNames[row.indexOf(1)]}`,
  "one-hot": row.join(" "),
})));

// %% [markdown]
// One **epoch** uses every training image once, in 391 batches. In the next epoch they come in another order,
// each changed a little in another way.
//
// Test images are normalized, and nothing else: all networks are evaluated on the same photos.
//
// ## Quiz
//
// 1. A network says "ship" to every photo. What is its accuracy on the test images?
//    <details><summary>Answer</summary>10 %: of the 10,000, 1,000 are ships.</details>
// 2. Why do mean and standard deviation come from the training images alone?
//    <details><summary>Answer</summary>The test images stand for photos that nobody has seen. What is
//    measured on them would already be knowledge about them.</details>
// 3. A padding of black is 0 before it is normalized. What is it after, in the red channel?
//    <details><summary>Answer</summary>(0 - 0.4914) / 0.2470 = -1.99. The kit pads first, then
//    normalizes, so its padding is black.</details>
// 4. Your data are photos of written digits. Which part of the augmentation would you leave out?
//    <details><summary>Answer</summary>The mirror: a mirrored 2 is not a 2. A change is allowed if it leaves
//    the class as it is.</details>
// 5. `Math.floor(random() * 8)` for `top`. Would you notice it in the accuracy?
//    <details><summary>Answer</summary>Hardly: the windows just never reach one end. Data bugs
//    are silent, so we test for them.</details>
//
// ## Summary
//
// - 50,000 images to learn from, 10,000 for the evaluation, ten classes of equal size: guessing gives 10 %.
// - Normalize: (byte / 255 - mean) / std, channel by channel, measured on the training images.
// - Augment: pad 4, a random 32×32 window, mirrored in half of the cases: 162 versions of each image,
//   in training only.
// - A batch is a tensor `[128, 32, 32, 3]`, and its labels are one-hot, `[128, 10]`.
//
// **Next:** lesson 2, a first classifier that learns from these images.
//
// **Reading:** Krizhevsky, *Learning Multiple Layers of Features from Tiny Images* (2009), chapter 3, on
// how the photos were collected and labelled. He et al.,
// [Deep Residual Learning for Image Recognition](https://arxiv.org/abs/1512.03385) (2016), section 4.2,
// on the padding, the crop and the mirror. In
// [akamaster's ResNet in PyTorch](https://github.com/akamaster/pytorch_resnet_cifar10) the same stands in
// four lines of `trainer.py`: `RandomHorizontalFlip()`, `RandomCrop(32, 4)`, `ToTensor()`, and a
// normalization, there with the numbers of another data set, ImageNet.
