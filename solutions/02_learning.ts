// Lesson 2: learning, with nothing hidden. The source of both notebooks; `npx deno task lessons 02`
// makes them.

// %% [markdown]
// # 2 · Learning, with nothing hidden
//
// You will build the smallest classifier that learns from CIFAR-10 and everything that it needs to
// learn: a loss, a gradient, an update step, and the loop around it. No layer, no library
// call that trains: about thirty lines, and all of them yours. Every larger network of this course
// learns in the same way.
//
// **Time:** 75 minutes, and less than a minute of training.
//
// **You need:** arrays and functions in TypeScript, and the derivative of a function as the slope of
// its curve. Lesson 0 introduces checks and tensors, lesson 1 the photos; nothing from them has to be
// finished.

// %%
import assert from "node:assert/strict";
import {
  budget,
  check,
  Cifar10Split,
  hint,
  holdOut,
  loadCifar10,
  normalized,
  seededRandom,
  showCurve,
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
    `A hint, if you want one: ${hint.name}("softmax_cross_entropy").`,
);

// %% [markdown]
// ## Three splits
//
// A classifier can do well on the photos that it has learned from and badly on new ones. So we measure
// it on **held-out** photos, which it never learns from. There are two sets of them:
//
// | split | used for |
// |---|---|
// | **training** | learning |
// | **validation** | choices: how long to train, how fast, which network |
// | **test** | one measurement, at the very end |
//
// Whoever tries ten settings and keeps the one with the best test accuracy has used the test photos to
// choose, and the number is too good. CIFAR-10 has no validation split of its own; `holdOut` takes the
// last 5,000 training photos.

// %%
const { train: training, validation, test, classNames } = holdOut(cifar, 5_000);
await showTable([
  { split: "training", photos: training.size },
  { split: "validation", photos: validation.size },
  { split: "test", photos: test.size },
]);

// %% [markdown]
// ## A linear classifier
//
// A photo is 3,072 numbers. The simplest classifier has one **weight** for each number and each class,
// and computes ten sums, one for each class:
//
// ```text
//   logit[c] = pixel[0] · weight[0][c] + ... + pixel[3071] · weight[3071][c] + bias[c]
// ```
//
// Such a sum is called a **logit**. The largest logit is the classifier's answer. A **bias** is added
// to each, whatever the photo. That makes 3,072 · 10 + 10 = 30,730 **parameters**, and learning means
// to find good values for them.
//
// For a whole **batch** of photos, all sums are one product of matrices: `[photos, 3072] × [3072, 10]`.

// %%
/** Photos as rows of normalized pixels `[photos, 3072]`, and their classes, one-hot: `[photos, 10]`. */
function rowsOf(split: Cifar10Split, indices: number[]): { xs: tf.Tensor2D; ys: tf.Tensor2D } {
  return tf.tidy(() => {
    const xs = tf.reshape(normalized(split, indices), [indices.length, 3072]) as tf.Tensor2D;
    const classes = tf.tensor1d(indices.map((i) => split.labels[i]!), "int32");
    return { xs, ys: tf.cast(tf.oneHot(classes, 10), "float32") as tf.Tensor2D };
  });
}

/** A classifier that knows nothing yet: all weights and biases are 0. */
function newClassifier(): { weights: tf.Variable<tf.Rank.R2>; biases: tf.Variable<tf.Rank.R1> } {
  return tf.tidy(() => ({
    weights: tf.variable(tf.zeros<tf.Rank.R2>([3072, 10])),
    biases: tf.variable(tf.zeros<tf.Rank.R1>([10])),
  }));
}

/** The logits of a batch: `[photos, 10]`. */
function logitsOf(classifier: ReturnType<typeof newClassifier>, xs: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => tf.add(tf.matMul(xs, classifier.weights), classifier.biases));
}

const batch = rowsOf(training, Array.from({ length: 64 }, (_, i) => i));
const untrained = newClassifier();
await showTable([
  { tensor: "photos", shape: batch.xs.shape.join("×") },
  { tensor: "weights", shape: untrained.weights.shape.join("×") },
  { tensor: "logits", shape: logitsOf(untrained, batch.xs).shape.join("×") },
]);

// %% [markdown]
// ## From logits to probabilities
//
// A logit can be any number. The **softmax** turns ten logits into ten probabilities: raise e to the
// power of each, and divide by the sum. All are positive, and together they are 1. The largest logit
// gets the largest probability; adding the same number to all logits changes nothing.

// %%
const someLogits = [2, 1, 0, -1];
const powers = someLogits.map((logit) => Math.exp(logit));
const sumOfPowers = powers.reduce((sum, power) => sum + power, 0);
await showTable(someLogits.map((logit, i) => ({
  logit,
  "e^logit": powers[i]!.toFixed(3),
  probability: (powers[i]! / sumOfPowers).toFixed(3),
})));

// %% [markdown]
// ## How wrong is a classifier?
//
// Learning needs one number that says how wrong the classifier is: the **loss**. Accuracy will not do.
// Change a weight a little, and mostly no photo changes its class: the accuracy stays the same, and
// does not say which way is better. The loss must change with every weight.
//
// **Cross-entropy** is such a loss. Of each photo, take the probability p that the classifier gave to
// the true class. The photo's loss is −ln p: 0 if the classifier was certain and right, and larger as p
// gets smaller. The batch's loss is the mean over its photos.

// %%
const chances = Array.from({ length: 100 }, (_, i) => (i + 1) / 100);
await showCurve({
  title: "Cross-entropy of one photo",
  series: [{ name: "−ln p", x: chances, y: chances.map((p) => -Math.log(p)) }],
  xLabel: "probability p of the true class",
  yLabel: "loss",
});

// %% [markdown]
// A classifier that knows nothing gives each class p = 1/10, and has a loss of ln 10 ≈ 2.303. You will
// meet this number at the beginning of many training runs.

// %% [markdown] exercise="softmax_cross_entropy"
// `logits` is `[photos, classes]`. `labels` has the same shape, with a 1 at the true class and zeros
// elsewhere. Return a tensor with a single number: the mean loss of the batch.
//
// There is a trap. float32 has no number above 3.4 · 10³⁸, so e^100 is infinite. Logits of 100 occur,
// and the loss must be right for them, too. −ln of the softmax can be written as a sum without a large
// power:
//
// ```text
//   −ln( e^logit[t] / Σ e^logit[c] )  =  ln( Σ e^logit[c] ) − logit[t]          t: the true class
// ```
//
// `tf.logSumExp(logits, 1)` computes the first part of each row and never overflows. Other functions
// that you may need: `tf.mul`, `tf.sub`, `tf.sum(x, 1)` for the sum of each row, `tf.mean(x)`.

// %% id="softmax_cross_entropy" role="solution"
function softmaxCrossEntropy(logits: tf.Tensor2D, labels: tf.Tensor2D): tf.Scalar {
  // BEGIN SOLUTION
  return tf.tidy(() => {
    const trueLogits = tf.sum(tf.mul(labels, logits), 1);
    return tf.mean(tf.sub(tf.logSumExp(logits, 1), trueLogits)) as tf.Scalar;
  });
  // END SOLUTION
}

// %% id="check_softmax_cross_entropy" role="check"
await check("softmax_cross_entropy", softmaxCrossEntropy);
// BEGIN HIDDEN TESTS
await check("softmax_cross_entropy", softmaxCrossEntropy, { seed: 20 });
// END HIDDEN TESTS

// %% [markdown]
// <details><summary>The check says "tensors left behind"</summary>
//
// Every tf function makes a new tensor, and TensorFlow.js does not free it by itself. Put your steps
// into `return tf.tidy(() => { ... })`: it frees all tensors but the one that you return.
//
// </details>
// <details><summary>The shape should be [], mine is [64]</summary>
//
// You have a loss for each photo. The mean of them is a single number.
//
// </details>

// %%
async function showFirstLoss(): Promise<void> {
  const loss = softmaxCrossEntropy(logitsOf(untrained, batch.xs), batch.ys);
  await showText(
    `Loss of the untrained classifier: ${(await loss.data())[0]!.toFixed(4)}; ` +
      `ln 10 is ${Math.log(10).toFixed(4)}.`,
  );
}

await showFirstLoss().catch((error: Error) => showText(`Nothing to see yet: ${error.message}`));

// %% [markdown]
// ## Which way is down?
//
// Take one weight and vary it, with all others fixed. The loss draws a curve. Its slope says which way
// to go: where the loss rises to the right, the weight must become smaller. Here are three of the
// 30,720 weights, at the untrained classifier (weight 0).

// %%
const classifierLoss = (weights: tf.Tensor2D) =>
  tf.tidy(() =>
    tf.losses.softmaxCrossEntropy(
      batch.ys,
      tf.add(tf.matMul(batch.xs, weights), untrained.biases) as tf.Tensor2D,
    ) as tf.Scalar
  );

/** The loss with one weight changed by `by`. */
async function lossWith(place: number, by: number): Promise<number> {
  const values = Float32Array.from(await untrained.weights.data());
  values[place]! += by;
  const loss = tf.tidy(() => classifierLoss(tf.tensor2d(values, [3072, 10])));
  const [value] = await loss.data();
  loss.dispose();
  return value!;
}

const moves = Array.from({ length: 21 }, (_, i) => (i - 10) / 10);
const redCorner = 0; // the red value of the top left pixel
const places = [0, 6, 8].map((label) => ({ label, place: redCorner * 10 + label }));
const lossCurves = [];
for (const { label, place } of places) {
  const y: number[] = [];
  for (const move of moves) y.push(await lossWith(place, move));
  lossCurves.push({ name: `top left red → ${classNames[label]}`, x: moves, y });
}
await showCurve({
  title: "The loss as a function of one weight",
  series: lossCurves,
  xLabel: "value of the weight",
  yLabel: "loss of 64 photos",
});

// %% [markdown]
// The slopes at 0, one for each parameter, are together the **gradient**. It points uphill: the way in
// which the loss grows fastest. To measure it weight by weight takes two evaluations for each of 30,730
// parameters. There is a formula instead. With the probabilities p and the one-hot labels y:
//
// ```text
//   error of a logit        =  (p − y) / photos
//   gradient of a weight    =  Σ over photos:  pixel · error
//   gradient of a bias      =  Σ over photos:  error
// ```
//
// Read it with one photo. The true class has y = 1, so its error is negative, and its logit should
// grow; the other classes have positive errors, and their logits should shrink, each by as much as its
// probability is too high. A weight's share in this is its pixel.
//
// Is the formula right? A **gradient check** compares it with the measured slopes, (loss(w + h) −
// loss(w − h)) / 2h. Here are 40 weights, in the order of the formula's value:

// %%
const errors = tf.tidy(() =>
  tf.div(tf.sub(tf.softmax(logitsOf(untrained, batch.xs)), batch.ys), batch.xs.shape[0])
) as tf.Tensor2D;
const byFormula = await tf.tidy(() => tf.matMul(batch.xs, errors, true)).data();
const checked: { formula: number; measured: number }[] = [];
const h = 0.05;
for (let i = 0; i < 40; i++) {
  const place = 767 * i + 3;
  const slope = (await lossWith(place, h) - await lossWith(place, -h)) / (2 * h);
  checked.push({ formula: byFormula[place]!, measured: slope });
}
checked.sort((a, b) => a.formula - b.formula);
const ranks = checked.map((_, i) => i + 1);
await showCurve({
  title: "Gradient check",
  series: [
    { name: "formula", x: ranks, y: checked.map(({ formula }) => formula) },
    { name: "measured slope", x: ranks, y: checked.map(({ measured }) => measured) },
  ],
  xLabel: "weight",
  yLabel: "gradient",
});
const worst = Math.max(...checked.map(({ formula, measured }) => Math.abs(formula - measured)));
await showText(`Largest difference: ${worst.toExponential(1)}.`);
assert.ok(worst < 1e-3);

// %% [markdown]
// The two lines lie on each other; what is left is rounding in float32.
//
// ## A step
//
// **Gradient descent** moves every parameter against its gradient, all at once:
//
// ```text
//   new value  =  value − learning rate · gradient
// ```
//
// The **learning rate** sets how far. The gradient comes from one batch only, so the step is a little
// wrong each time; many cheap steps beat a few exact ones. With batches drawn at random, the method is
// called **stochastic gradient descent**, SGD.

// %% [markdown] exercise="gradient_step"
// `weights` and `biases` are variables: tensors whose values can be replaced, with
// `weights.assign(newValue)`. `images` is `[images, pixels]`, `labels` is one-hot, `[images, classes]`.
// Make one step. The function returns nothing; it changes the two variables.
//
// `tf.matMul(a, b, true)` transposes `a` first.

// %% id="gradient_step" role="solution"
function gradientStep(
  weights: tf.Variable<tf.Rank.R2>,
  biases: tf.Variable<tf.Rank.R1>,
  images: tf.Tensor2D,
  labels: tf.Tensor2D,
  learningRate: number,
): void {
  // BEGIN SOLUTION
  tf.tidy(() => {
    const probabilities = tf.softmax(tf.add(tf.matMul(images, weights), biases) as tf.Tensor2D);
    const error = tf.div(tf.sub(probabilities, labels), images.shape[0]) as tf.Tensor2D;
    const weightGradient = tf.matMul(images, error, true);
    const biasGradient = tf.sum(error, 0) as tf.Tensor1D;
    weights.assign(tf.sub(weights, tf.mul(learningRate, weightGradient)));
    biases.assign(tf.sub(biases, tf.mul(learningRate, biasGradient)));
  });
  // END SOLUTION
}

// %% id="check_gradient_step" role="check"
await check("gradient_step", gradientStep);
// BEGIN HIDDEN TESTS
await check("gradient_step", gradientStep, { seed: 20 });
// END HIDDEN TESTS

// %% [markdown]
// <details><summary>"matMul: inner shapes do not match"</summary>
//
// The gradient of the weights has the weights' shape, `[pixels, classes]`. The images are `[images,
// pixels]`, so they have to be transposed: `tf.matMul(images, error, true)`.
//
// </details>
// <details><summary>Nothing changes</summary>
//
// `tf.sub(weights, ...)` makes a new tensor. `weights.assign(...)` stores its values in the variable.
//
// </details>
//
// ### Ten steps on one batch
//
// Predict, then run: the same 64 photos, ten steps, three learning rates. Which one is lowest at the
// end? Does any rise?

// %%
async function showTenSteps(): Promise<void> {
  const series = [];
  for (const rate of [0.003, 0.03, 0.1]) {
    const { weights, biases } = newClassifier();
    const y: number[] = [];
    for (let step = 0; step <= 10; step++) {
      const loss = classifierLoss(weights);
      y.push((await loss.data())[0]!);
      loss.dispose();
      gradientStep(weights, biases, batch.xs, batch.ys, rate);
    }
    series.push({ name: `learning rate ${rate}`, x: y.map((_, step) => step), y });
    tf.dispose([weights, biases]);
  }
  await showCurve({
    title: "Ten steps on one batch",
    series,
    xLabel: "step",
    yLabel: "loss of the 64 photos",
  });
}

await showTenSteps().catch((error: Error) => showText(`Nothing to see yet: ${error.message}`));

// %% [markdown]
// With 0.003 the loss falls slowly, with 0.03 fast. With 0.1 it rises: the first steps overshoot and end
// higher up, on the other side of the valley. A good rate lies below the one that overshoots. It depends
// on the data, too: on all training photos, where the batches differ, 0.003 works better than 0.03.
//
// ## How many are right?

// %% [markdown] exercise="accuracy"
// `labels` has the number of each photo's class. Reading values from a tensor takes a moment, so the
// function is asynchronous: `await tensor.data()` is a flat array of its values.

// %% id="accuracy" role="solution"
async function accuracy(logits: tf.Tensor2D, labels: Uint8Array): Promise<number> {
  // BEGIN SOLUTION
  const best = tf.argMax(logits, 1);
  const predictions = await best.data();
  best.dispose();
  let correct = 0;
  for (let i = 0; i < labels.length; i++) if (predictions[i] === labels[i]) correct++;
  return correct / labels.length;
  // END SOLUTION
}

// %% id="check_accuracy" role="check"
await check("accuracy", accuracy);
// BEGIN HIDDEN TESTS
await check("accuracy", accuracy, { seed: 20 });
// END HIDDEN TESTS

// %% [markdown]
// <details><summary>I get 1 or 2 correct photos in each batch, whatever I do</summary>
//
// `tf.argMax(logits)` without a second argument goes down the columns. `tf.argMax(logits, 1)` goes
// along the rows.
//
// </details>
//
// ## The loop
//
// One pass over all training photos is an **epoch**. In each epoch the photos come in a new random
// order, in batches, and each batch gives one step. After the epoch, the classifier is evaluated on the
// validation photos.
//
// `shuffled` gives the numbers 0 to `count − 1` in random order, each order equally likely.

// %%
function shuffled(count: number, random: () => number): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

await showText(`shuffled(8, seededRandom(1)) is ${shuffled(8, seededRandom(1)).join(" ")}.`);

// %% [markdown] exercise="train_loop"
// All that the loop needs comes in as one object. `step(split, indices)` makes one gradient step on the
// photos of a split with these numbers; `accuracyOn(split)` evaluates the classifier on a split. Return
// the accuracy after each epoch, on photos that the classifier does not learn from.
//
// The number of photos is rarely a multiple of the batch size. The last batch of an epoch is then
// smaller, and belongs to it like any other.

// %%
/** What a training loop needs. */
interface Run {
  readonly training: Cifar10Split;
  readonly validation: Cifar10Split;
  readonly epochs: number;
  readonly batchSize: number;
  /** The same numbers from 0 to below 1 for the same seed. */
  readonly random: () => number;
  /** Makes one gradient step on these photos of a split. */
  step(split: Cifar10Split, indices: number[]): void;
  /** The share of a split's photos that are classified correctly. */
  accuracyOn(split: Cifar10Split): Promise<number>;
}

// %% id="train_loop" role="solution"
async function trainLoop(run: Run): Promise<number[]> {
  const { training, validation, epochs, batchSize, random, step, accuracyOn } = run;
  const accuracies: number[] = [];
  // BEGIN SOLUTION
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = shuffled(training.size, random);
    for (let start = 0; start < order.length; start += batchSize) {
      step(training, order.slice(start, start + batchSize));
    }
    accuracies.push(await accuracyOn(validation));
  }
  // END SOLUTION
  return accuracies;
}

// %% id="check_train_loop" role="check"
await check("train_loop", trainLoop);
// BEGIN HIDDEN TESTS
await check("train_loop", trainLoop, { seed: 20 });
// END HIDDEN TESTS

// %% [markdown]
// <details><summary>"... images in all" are too few</summary>
//
// Is the last, smaller batch of each epoch there? `order.slice(start, start + batchSize)` stops at the end
// of the array, so the last batch needs no special case.
//
// </details>
// <details><summary>The array holds promises</summary>
//
// `accuracyOn(validation)` gives a promise. `await` waits for its value.
//
// </details>

// %% [markdown]
// ## Train it
//
// Your step, your accuracy and your loop, on all training photos. If an exercise is not solved yet, the
// cell says which one is missing.

// %%
/** A split's accuracy, computed in parts of 1,000 photos. */
async function accuracyOf(
  classifier: ReturnType<typeof newClassifier>,
  split: Cifar10Split,
): Promise<number> {
  let correct = 0;
  for (let first = 0; first < split.size; first += 1000) {
    const part = split.slice(first, Math.min(first + 1000, split.size));
    const { xs, ys } = rowsOf(part, Array.from({ length: part.size }, (_, i) => i));
    const logits = logitsOf(classifier, xs);
    correct += await accuracy(logits, part.labels) * part.size;
    tf.dispose([xs, ys, logits]);
  }
  return correct / split.size;
}

/** Trains a classifier and keeps the validation accuracy after each epoch. */
async function trainClassifier(
  photos: Cifar10Split,
  epochs: number,
  learningRate: number,
): Promise<{ classifier: ReturnType<typeof newClassifier>; accuracies: number[] }> {
  const classifier = newClassifier();
  const accuracies = await trainLoop({
    training: photos,
    validation: heldOut,
    epochs,
    batchSize: 128,
    random: seededRandom(1),
    step: (split, indices) => {
      const { xs, ys } = rowsOf(split, indices);
      gradientStep(classifier.weights, classifier.biases, xs, ys, learningRate);
      tf.dispose([xs, ys]);
    },
    accuracyOn: (split) => accuracyOf(classifier, split),
  });
  return { classifier, accuracies };
}

const plan = budget();
const photos = training.slice(0, Math.min(training.size, plan.steps * plan.batchSize));
const heldOut = validation.slice(0, Math.min(validation.size, plan.testImages));
let trained: ReturnType<typeof newClassifier> | undefined;
try {
  const begin = performance.now();
  const { classifier, accuracies } = await trainClassifier(photos, 5, 0.003);
  trained = classifier;
  await showTable(accuracies.map((value, i) => ({
    epoch: i + 1,
    "validation accuracy": `${(100 * value).toFixed(2)} %`,
  })));
  const seconds = (performance.now() - begin) / 1000;
  await showText(`${photos.size} photos, 5 epochs, ${seconds.toFixed(0)} s.`);
} catch (error) {
  await showText(`Nothing to see yet: ${(error as Error).message}`);
}

// %% [markdown]
// Guessing gives 10 %. With all 45,000 photos, a linear classifier gets about 40 % right. That is far from
// the best possible accuracy, but a lot for thirty lines of code.
//
// All choices are made: the learning rate, the batch size, five epochs. Now, once, the test photos:

// %%
async function showTestAccuracy(classifier: ReturnType<typeof newClassifier>): Promise<void> {
  const photos = test.slice(0, plan.testImages);
  const share = await accuracyOf(classifier, photos);
  await showText(`Test accuracy: ${(100 * share).toFixed(2)} % of ${photos.size} photos.`);
}

if (trained !== undefined) await showTestAccuracy(trained);
else await showText("Nothing to see yet: the classifier is not trained.");

// %% [markdown]
// ## What it has learned
//
// Each class has 3,072 weights, one for each value of a photo, so they can be shown as a photo. Gray is
// 0; a bright red means that red at this place speaks for the class. Each is a **template**: the logit
// is large where photo and template agree.

// %%
async function showTemplates(classifier: ReturnType<typeof newClassifier>): Promise<void> {
  const weights = await classifier.weights.data();
  const templates = classNames.map((_, label) => {
    const own = Array.from({ length: 3072 }, (_, i) => weights[10 * i + label]!);
    const largest = Math.max(...own.map(Math.abs)) || 1;
    return Uint8Array.from(own, (weight) => Math.round(127.5 + 127.5 * weight / largest));
  });
  await showImages(templates, { labels: [...classNames], columns: 5, scale: 4 });
}

if (trained !== undefined) await showTemplates(trained);
else await showText("Nothing to see yet: the classifier is not trained.");

// %% [markdown]
// After a `lesson` of training, a frog is green in the middle, a car has a blue windshield above a red body, a
// deer is reddish with green around it, and a ship has blue below. Each template mixes all photos of its
// class: some horses look to the left, others to the right, and one template has to serve for both. A linear
// classifier has one template for a class, at one place. It cannot say "an eye, wherever it is". That is what
// the convolutions of the next lesson are for.
//
// ## Memorizing photos
//
// Now train on 500 photos only, for many epochs, and measure the accuracy on these 500 photos as well
// as on held-out ones. Predict, then run: where does each of the two curves end?

// %%
async function showOverfitting(): Promise<void> {
  const few = photos.slice(0, Math.min(500, photos.size));
  const classifier = newClassifier();
  const epochs = plan.name === "quick" ? 10 : 60;
  const onTraining: number[] = [];
  await trainLoop({
    training: few,
    validation: heldOut.slice(0, Math.min(2000, heldOut.size)),
    epochs,
    batchSize: 50,
    random: seededRandom(1),
    step: (split, indices) => {
      const { xs, ys } = rowsOf(split, indices);
      gradientStep(classifier.weights, classifier.biases, xs, ys, 0.003);
      tf.dispose([xs, ys]);
    },
    accuracyOn: async (split) => {
      onTraining.push(await accuracyOf(classifier, few));
      return accuracyOf(classifier, split);
    },
  }).then(async (onValidation) => {
    const x = onValidation.map((_, i) => i + 1);
    await showCurve({
      title: "500 training photos",
      series: [
        { name: "training", x, y: onTraining.map((value) => 100 * value) },
        { name: "validation", x, y: onValidation.map((value) => 100 * value) },
      ],
      xLabel: "epoch",
      yLabel: "accuracy, %",
    });
  });
  tf.dispose([classifier.weights, classifier.biases]);
}

await showOverfitting().catch((error: Error) => showText(`Nothing to see yet: ${error.message}`));

// %% [markdown]
// The gap between the two curves is **overfitting**: the classifier memorizes its 500 photos, and
// that does not help with others. More photos, augmentation (lesson 1), and a pull of all weights
// towards 0, called **weight decay**, make the gap smaller.
//
// ## What a deeper network changes
//
// Nothing in the loop. A network of many layers has more parameters, and the formula for its gradient
// is longer: it goes from the loss back through each layer, and each layer multiplies by its own
// slopes. This is the chain rule, and the method is called **backpropagation**. TensorFlow.js does it
// for every function that is built of its operations, so you never have to write it. For the linear
// classifier, it agrees with our formula:

// %%
const { grads } = tf.variableGrads(() => classifierLoss(untrained.weights), [untrained.weights]);
const byBackpropagation = await grads[untrained.weights.name]!.data();
let difference = 0;
for (let i = 0; i < byFormula.length; i++) {
  difference = Math.max(difference, Math.abs(byFormula[i]! - byBackpropagation[i]!));
}
await showText(
  `Largest difference between formula and backpropagation, over ${
    byFormula.length.toLocaleString("en-US")
  } weights: ${difference.toExponential(1)}.`,
);
assert.ok(difference < 1e-4);
tf.dispose(grads);

// %% [markdown]
// From here on, the kit's `train` runs the loop. It adds **momentum**: each step includes a fraction of
// the one before. Its learning rate is not constant: a **schedule** raises and lowers it. All else is
// what you have built here.
//
// ## Quiz
//
// 1. A classifier gives each of 100 classes the same probability. What is its loss?
//    <details><summary>Answer</summary>ln 100 ≈ 4.605.</details>
// 2. The loss fell from 1.2 to 0.9, and the accuracy did not change. How can that be?
//    <details><summary>Answer</summary>The same photos are classified correctly, with larger
//    probabilities for the true classes.</details>
// 3. After a few steps the loss is NaN. What do you try first?
//    <details><summary>Answer</summary>A smaller learning rate.</details>
// 4. The training accuracy is 95 %, the validation accuracy 60 %. Does a longer training run help?
//    <details><summary>Answer</summary>Hardly: this is overfitting. More photos or augmentation
//    help.</details>
// 5. Why may you not choose the learning rate by the test accuracy?
//    <details><summary>Answer</summary>The test photos would have been used to choose, and the accuracy
//    on them would no longer tell how the classifier does on new photos.</details>
//
// ## Summary
//
// - Logits are sums of pixels and weights. The softmax makes probabilities of them, and cross-entropy is
//   the mean of −ln p of the true classes.
// - The gradient says how the loss changes with each parameter. A step of gradient descent: value −
//   learning rate · gradient.
// - An epoch takes each training photo once, in random order and in batches.
// - Choose on validation photos. Measure on test photos once.
// - A linear classifier has one template for each class, and reaches about 40 %.
//
// **Next:** lesson 3, the convolution: one small template, tried at every place.
//
// **Reading:** [CS231n's notes](https://cs231n.github.io/linear-classify/) on linear classification and
// [optimization](https://cs231n.github.io/optimization-1/). Zhang et al., *Dive into Deep Learning*,
// [chapter 4](https://d2l.ai/chapter_linear-classification/index.html).
