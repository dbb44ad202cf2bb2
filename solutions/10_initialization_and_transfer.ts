// Lesson 10: initialization and transfer. The source of both notebooks; `npx deno task lessons 10`
// makes them.

// %% [markdown]
// # 10 · How to begin
//
// A training run begins somewhere: with random numbers, or with weights that another run has learned. You
// will draw first weights by the book, see what they do to a signal and to a training run, and then teach
// a trained network three classes that it has never seen, from 50 photos of each.
//
// **Time:** 60 minutes of your time, and a few minutes of training.
//
// **You need:** to know what a training step is (lesson 2), what batch norm does (lesson 3) and what a
// residual block is (lesson 5). None of your code is needed.

// %%
import {
  BatchNorm,
  budget,
  check,
  cifarResNet,
  classify,
  Conv2d,
  cropToSize,
  evaluate,
  fewClasses,
  hint,
  holdOut,
  Linear,
  loadCifar10,
  loadStateDict,
  loadTrained,
  normalized,
  oneCycle,
  readImage,
  resnet20,
  seededRandom,
  showConfusion,
  showCurve,
  showImages,
  showTable,
  showText,
  startBackend,
  type StateDict,
  stateDict,
  tf,
  train,
  trainedRun,
} from "residual";

const backend = await startBackend();
const cifar = loadCifar10();
await showText(`${backend.describe()} A hint, if you want one: ${hint.name}("initialize").`);

// %% [markdown]
// ## How large should first weights be?
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
// Here `a` is the slope of the ReLU below 0: 0 for a plain ReLU. PyTorch's own layers use a larger value,
// √5. A blog post that this course follows gives a tip with a value in between: √3 for the weights, and
// biases uniform in ±1 / √fan_in. Below it is called *the tip*. ("Kaiming" is Kaiming He, who published
// the rule for a ReLU in 2015, months before ResNet.)

// %% [markdown] exercise="initialize"
// Draw weights and biases by the tip. `shape` is `[height, width, ni, no]` for a convolution and
// `[ni, no]` for a linear layer; there is one bias for each of the `no` outputs. Return the weights in one
// flat array. `random()` gives a new number from 0 to below 1 at each call, like `Math.random`, but the
// same numbers for the same seed: use it, so that an experiment can be repeated.

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
// That is the bound for a = 0. With a = √3, 1 + a² is 4, so the bound contains the square root of 6 / 4.
//
// </details>
// <details><summary>My range is √3 times too narrow</summary>
//
// You have the standard deviation. Uniform values between −bound and bound have the standard deviation
// bound / √3.
//
// </details>
//
// The kit's networks begin as torchvision's do, with `kaiming_normal_` of fan_out (9 · no for a 3×3
// convolution); `resnet18({ init: "kaimingUniform" })` begins as the tip says.

// %% [markdown]
// ## What the first weights do to a signal
//
// Eighteen linear layers with ReLU, no batch norm, no shortcut, 256 outputs each. Photos go in, and we
// measure the standard deviation of the values after each layer. Four ways to begin:
//
// - too small: normal, standard deviation 0.01
// - too large: normal, standard deviation 0.2
// - the tip: uniform in ±√(1.5 / fan_in), biases in ±1 / √fan_in
// - Kaiming normal: standard deviation √(2 / fan_in), no biases
//
// The picture shows the logarithm: −3 is a standard deviation of 0.001.

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

/** Standard deviations after each layer: of all values, and of one value over the photos. */
async function throughLayers(begin: Beginning, batchNorm: boolean) {
  const spreads = tf.tidy(() => {
    const images = normalized(cifar.train, Array.from({ length: 64 }, (_, i) => i));
    let x: tf.Tensor2D = tf.reshape(images, [64, 3072]);
    const rows: tf.Tensor[] = [];
    for (let layer = 0; layer < DEPTH; layer++) {
      const { weight, bias } = begin(x.shape[1], layer + 1);
      let y: tf.Tensor2D = tf.add(tf.matMul(x, weight), bias);
      if (batchNorm) {
        const { mean, variance } = tf.moments(y, 0);
        y = tf.div(tf.sub(y, mean), tf.sqrt(tf.add(variance, 1e-5)));
      }
      x = tf.relu(y);
      const overPhotos = tf.mean(tf.moments(x, 0).variance);
      rows.push(tf.sqrt(tf.stack([tf.moments(x).variance, overPhotos])));
    }
    return tf.stack(rows) as tf.Tensor2D;
  });
  const rows = await spreads.array();
  spreads.dispose();
  return rows.map(([all, photos]) => ({ all: all!, photos: photos! }));
}
const layerNumbers = Array.from({ length: DEPTH }, (_, layer) => layer + 1);
const bare = [];
for (const [name, begin] of beginnings) {
  bare.push({ name, spreads: await throughLayers(begin, false) });
}
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
      name: "the tip, between photos",
      x: layerNumbers,
      y: bare[2]!.spreads.map(({ photos }) => logarithm(photos)),
    },
  ],
  xLabel: "layer",
  yLabel: "log10 of the standard deviation",
});

// %% [markdown]
// Small weights lose the signal, large ones let it explode: each layer multiplies it by about the same
// factor, and over 18 layers a factor of 2 becomes 262,144. Kaiming's rule makes the factor about 1.
//
// And the tip? Its weights have half the standard deviation of Kaiming's, so each layer halves the signal,
// until the line levels off. The biases hold it up, and they are the same for every photo: the differences
// *between photos* keep shrinking. In numbers:

// %%
const last = bare.map(({ name, spreads }) => {
  const { all, photos } = spreads[DEPTH - 1]!;
  return {
    beginning: name,
    "standard deviation after layer 18": all.toExponential(1),
    "between photos": photos.toExponential(1),
  };
});
await showTable(last);

// %% [markdown]
// With the tip alone, the output of layer 18 hardly depends on the photo. So why does the tip work for
// ResNet? Because there a batch norm follows each convolution and brings every channel back to standard
// deviation 1, however small it was:

// %%
const normed = [];
for (const [name, begin] of beginnings) {
  normed.push({ name: `${name}, batch norm`, spreads: await throughLayers(begin, true) });
}
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
  yLabel: "log10 of the standard deviation",
});

// %% [markdown]
// With batch norm all four lie on one line, however they began. (It lies at −0.23, a standard deviation of
// 0.59: that is what a ReLU leaves of a standard deviation of 1.) Batch norm forgives nearly every
// initialization. Without batch norm, the first weights decide whether anything is learned.

// %% [markdown]
// ## What the first weights do to a training run
//
// A signal that is lost before training: can training find it again? Here is a plain network of eight
// layers, once without batch norm and once with it, from three of the four initializations, in the same
// short run each. Predict, then run: which of the six do not leave 2.303, the loss of guessing?

// %%
const plan = budget();
const isQuick = plan.name === "quick";
const shortRun = {
  ...plan,
  batchSize: Math.min(64, plan.batchSize),
  steps: Math.min(isQuick ? 10 : 100, plan.steps),
  schedule: oneCycle(0.05),
};

/** A plain network of eight layers whose kernels are normal with this standard deviation. */
function plainNetwork(deviationOf: (fanIn: number) => number, batchNorm: boolean): tf.LayersModel {
  const image = tf.input({ shape: [32, 32, 3] });
  let x = image;
  let ni = 3;
  [16, 16, 16, 32, 32, 64, 64].forEach((no, layer) => {
    const conv = new Conv2d(ni, no, 3, ni !== no && ni > 3 ? 2 : 1);
    x = conv.apply(x) as tf.SymbolicTensor;
    conv.setWeights([
      tf.randomNormal([3, 3, ni, no], 0, deviationOf(9 * ni), "float32", layer + 1),
    ]);
    if (batchNorm) x = new BatchNorm(no).apply(x) as tf.SymbolicTensor;
    x = tf.layers.reLU().apply(x) as tf.SymbolicTensor;
    ni = no;
  });
  x = tf.layers.globalAveragePooling2d({}).apply(x) as tf.SymbolicTensor;
  return tf.model({ inputs: image, outputs: new Linear(64, 10).apply(x) as tf.SymbolicTensor });
}

const deviations: [string, (fanIn: number) => number][] = [
  ["too small, 0.01", () => 0.01],
  ["the tip, √(0.5 / fan_in)", (fanIn) => Math.sqrt(0.5 / fanIn)],
  ["Kaiming, √(2 / fan_in)", (fanIn) => Math.sqrt(2 / fanIn)],
];
const trainedFrom: Record<string, string>[] = [];
for (const [initialization, deviationOf] of deviations) {
  const losses: string[] = [];
  for (const batchNorm of [false, true]) {
    const model = plainNetwork(deviationOf, batchNorm);
    const { loss } = await train(model, cifar, { budget: shortRun, seed: 1 });
    const last = loss.slice(-10);
    losses.push((last.reduce((sum, value) => sum + value, 0) / last.length).toFixed(3));
  }
  trainedFrom.push({
    initialization,
    "without batch norm": losses[0]!,
    "with batch norm": losses[1]!,
  });
}
await showTable(trainedFrom);

// %% [markdown]
// The table has the mean loss of the last ten steps. In a `lesson` budget, without batch norm, a hundred steps
// do not leave 2.303 from weights that are too small, nor with the tip, and only Kaiming's rule has begun to
// learn. With batch norm, all three learn, and the differences between them are small. (A `quick` run is too
// short to show any of this.)
//
// ## Zero gamma
//
// A residual block computes relu(F(x) + x). With the *last* batch norm's scale, gamma, set to 0, F(x) is 0
// at first, so the block begins as relu(x): a deep network begins as a shallow one, and each block joins in
// as its gamma grows. This is known as **zero gamma**, fastai calls it "BatchZero"; the kit's models have it as
// `zeroInitResidual`. Goyal et al. (2017) use it to train with very large batches. Does it help ResNet20 in
// a short run? Predict, then run: two seeds each.

// %%
const zeroGamma: Record<string, string>[] = [];
for (const zeroInitResidual of [false, true]) {
  const losses: string[] = [];
  for (const seed of [1, 2]) {
    const model = cifarResNet({ n: 3, seed, zeroInitResidual });
    const { loss } = await train(model, cifar, { budget: shortRun, seed });
    const last = loss.slice(-10);
    losses.push((last.reduce((sum, value) => sum + value, 0) / last.length).toFixed(3));
  }
  zeroGamma.push({
    "gamma begins at": zeroInitResidual ? "0" : "1",
    "loss, seed 1": losses[0]!,
    "loss, seed 2": losses[1]!,
  });
}
await showTable(zeroGamma);

// %% [markdown]
// Compare the rows with the columns: is the difference between the initializations larger than the difference
// between the seeds? Only then is it a result. In a `lesson` budget it is, and zero gamma is *behind*: in a
// hundred steps the blocks have hardly joined in. A trick that helps in one setting need not help in yours, so
// measure. Lesson 12 does so for every part of the recipe.
//
// ## Fine-tuning: begin where another run has ended
//
// You have 50 photos of each of three classes: cat, dog, ship. From random weights, a network learns little
// from 150 photos. A network that has learned seven *other* classes knows edges, fur and water already.
// **Fine-tuning** takes its weights and trains on with the new task. Using what was learned for one task in
// another is called **transfer learning**.
//
// The kit ships such a network: a ResNet20 that has seen no cat, no dog and no ship.

// %%
const run = trainedRun("resnet20_seven_classes");
const teacher = loadTrained("resnet20_seven_classes");
await showText(
  `${run.epochs.length} epochs of ${run.classes!.join(", ")}: ` +
    `${(100 * run.test!.accuracy).toFixed(2)} % of their test photos are classified correctly.`,
);

const names = ["cat", "dog", "ship"];
// 150 photos of each class: 50 to learn from, 100 to choose by.
const few = holdOut(fewClasses(cifar, names, { perClass: 150 }), 300);
const sample = Array.from({ length: 12 }, (_, i) => few.train.image(i));
await showImages(sample, {
  labels: sample.map((_, i) => `${names[few.train.labels[i]!]}`),
  columns: 6,
});

// %% [markdown] exercise="transfer"
// A **state dict** is a `Map` from names such as `"layer1.0.conv1.weight"` to entries with a shape and
// values. `trained` and `fresh` have the same names. Return a new `Map` with all names of `fresh`. The last
// layer, `"linear.weight"` and `"linear.bias"`, keeps the values of `fresh`, since its classes are new;
// everything else comes from `trained`.

// %% id="transfer" role="solution"
function transfer(trained: StateDict, fresh: StateDict): StateDict {
  // BEGIN SOLUTION
  const learned = [...trained].filter(([name]) => !name.startsWith("linear."));
  return new Map([...fresh, ...learned]);
  // END SOLUTION
}

// %% id="check_transfer" role="check"
await check("transfer", transfer);
// BEGIN HIDDEN TESTS
await check("transfer", transfer, { seed: 20 });
// END HIDDEN TESTS

// %% [markdown]
// <details><summary>Which entries belong to the last layer?</summary>
//
// Those whose name starts with `"linear."`, with the dot. Another layer may be called `linear0`.
//
// </details>

// %%
/** The teacher's weights with a new last layer for three classes. */
function fineTuned(): tf.LayersModel {
  const model = resnet20({ classes: 3, seed: 2 });
  loadStateDict(model, transfer(stateDict(teacher), stateDict(model)));
  return model;
}

// %% [markdown]
// ## A fair comparison
//
// Both networks get the same photos in the same order, and the same number of steps. They need not get the
// same learning rate: what is right for trained weights is low for random ones. So each is trained with two
// rates, and the validation photos decide. There are enough steps for batch norm's running statistics to
// arrive (lesson 3).

// %%
const task = { train: few.train, validation: few.validation };
const tuning = {
  ...plan,
  batchSize: Math.min(50, plan.batchSize),
  steps: Math.min(isQuick ? 12 : 150, plan.steps),
};
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

interface Trial {
  readonly beginning: string;
  readonly rate: number;
  readonly model: tf.LayersModel;
  readonly validation: number;
  readonly curve: { x: number[]; y: number[] };
}

async function tryOut(beginning: string, make: () => tf.LayersModel, rate: number): Promise<Trial> {
  const model = make();
  const { epochs } = await train(model, task, {
    budget: { ...tuning, schedule: oneCycle(rate) },
    seed: 1,
  });
  const curve = {
    x: epochs.map(({ epoch }) => epoch),
    y: epochs.map(({ validation }) => 100 * (validation?.accuracy ?? NaN)),
  };
  return { beginning, rate, model, validation: curve.y.at(-1)! / 100, curve };
}

const trials: Trial[] = [];
try {
  for (const rate of [0.02, 0.1]) trials.push(await tryOut("trained weights", fineTuned, rate));
} catch (error) {
  await showText(`Nothing to see yet: ${(error as Error).message}`);
}
for (const rate of [0.02, 0.1]) {
  trials.push(await tryOut("random weights", () => resnet20({ classes: 3, seed: 2 }), rate));
}
await showTable(trials.map(({ beginning, rate, validation }) => ({
  beginning,
  "peak learning rate": rate,
  "validation accuracy": percent(validation),
})));

// %%
/** The trial with the best validation accuracy of those that begin in the same way. */
const chosen = ["trained weights", "random weights"].flatMap((beginning) => {
  const own = trials.filter((trial) => trial.beginning === beginning);
  return own.sort((a, b) => b.validation - a.validation).slice(0, 1);
});
await showCurve({
  title: "Three new classes, 50 photos of each",
  series: chosen.map(({ beginning, curve }) => ({ name: beginning, ...curve })),
  xLabel: "epoch",
  yLabel: "validation accuracy, %",
});

// %% [markdown]
// Guessing gives 33.3 %. The choices are made; now, once, the test photos of the three classes:

// %%
const limit = Math.min(plan.testImages, few.test.size);
const results = [];
for (const { beginning, model } of chosen) {
  results.push({ beginning, ...await evaluate(model, few.test, { limit }) });
}
await showTable(results.map(({ beginning, accuracy }) => ({
  beginning,
  "test accuracy": percent(accuracy),
  photos: limit,
})));
await showConfusion({
  classNames: names,
  truths: few.test.labels.subarray(0, limit),
  predictions: results[0]!.predictions,
});

// %% [markdown]
// With the `lesson` budget, training on seven other classes first adds about 17 percentage points (76.9
// against 59.8 % in the kit's own run): all classes share features such as edges, fur and water. Look at
// the confusion of the fine-tuned network: ships are easy, while cats and dogs stay hard to tell apart with
// 50 photos of each.
//
// ## A photo of your own
//
// A network expects inputs like those it was trained on: 32×32 pixels, normalized channel by channel.
// `readImage` reads a file, and `classify` crops, resizes and normalizes the photo before it asks the
// network. Put photos of the ten classes beside this notebook and write their names into the list. While
// the list is empty, you get the first ship of the test photos. The network is the kit's ResNet20 for all
// ten classes.

// %%
const photoFiles: string[] = []; // ["my_cat.jpg", "harbor.png"]
const shipAt = cifar.test.labels.indexOf(cifar.classNames.indexOf("ship"));
const ship = { width: 32, height: 32, pixels: cifar.test.image(shipAt) };
const ownPhotos = photoFiles.length === 0
  ? [ship]
  : await Promise.all(photoFiles.map((file) => readImage(file)));
const guesses = await classify(loadTrained("resnet20_80_epochs"), ownPhotos);
await showImages(ownPhotos.map((photo) => cropToSize(photo).pixels), {
  labels: guesses.map(([best]) => `${best!.className}, ${percent(best!.probability)}`),
  scale: 4,
});

// %% [markdown]
// The network must answer with one of its ten classes, so it calls a photo of anything else a frog or a
// truck, and often with high confidence.
//
// ## What to look at next
//
// - Take 10 photos of each class instead of 50. Where does the gap grow?
// - Train only the new layer: set `layer.trainable = false` for every other layer of `model.layers` before
//   training. It is faster; is it as good? (The running statistics of a frozen batch norm still move.)
//
// ## Quiz
//
// 1. What does a = √3 do to the weights, compared with a = 0?
//    <details><summary>Answer</summary>1 + a² is 4 instead of 1, so the bound is half as large, and the
//    variance a quarter.</details>
// 2. Why does ResNet train with first weights that lose the signal in a network without batch norm?
//    <details><summary>Answer</summary>Batch norm brings each channel back to standard deviation 1 after
//    each convolution, so no factor builds up.</details>
// 3. Why does the last layer begin anew, even if the new task has as many classes as the old one?
//    <details><summary>Answer</summary>Its outputs are for the old classes.</details>
// 4. Somebody fine-tunes a network on photos that it was trained on. What is wrong with the result?
//    <details><summary>Answer</summary>The network remembers these photos. The result says nothing about
//    new classes, and little about new photos.</details>
// 5. Why may the two networks of a fair comparison have different learning rates?
//    <details><summary>Answer</summary>A rate is part of how a network is trained. With one rate for both,
//    the comparison would be decided by whom the rate suits.</details>
//
// ## Summary
//
// - First weights are a factor for each layer. Kaiming's rule keeps the factor near 1; batch norm makes it
//   1, whatever it was.
// - Zero gamma: each residual block begins as its shortcut.
// - Fine-tuning starts from the weights and running statistics of an earlier run and replaces the last
//   layer.
// - Choose rates on validation photos; use the test photos once.
//
// **Next:** lesson 11, the bottleneck block of the deepest networks.
//
// **Reading:** [He et al. 2015](https://arxiv.org/abs/1502.01852), section 2.2, for the first weights;
// Goyal et al. 2017, [Accurate, Large Minibatch SGD](https://arxiv.org/abs/1706.02677), section 5.1, for
// zero gamma; Yosinski et al. 2014,
// [How transferable are features in deep neural networks?](https://arxiv.org/abs/1411.1792).
