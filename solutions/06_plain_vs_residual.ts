// Lesson 6: plain against residual. The source of both notebooks; `npx deno task lessons 06` makes
// them.

// %% [markdown]
// # 6 · Plain against residual
//
// You will repeat the experiment that made residual networks famous: the same layers, the same photos,
// the same training, with and without shortcuts, at 20 and at 56 layers. Then you look inside the
// networks for what makes one of the four so hard to train.
//
// **Time:** 50 minutes of your time, and a few more while two networks train.
//
// **You need:** to know what a training step is (lesson 2) and what a residual block adds (lesson 3).
// The networks come from the kit; lesson 5 builds one of them. None of your code is needed. Run each
// cell with Shift+Enter, from top to bottom.
//
// The paper: He, Zhang, Ren and Sun, *Deep Residual Learning for Image Recognition* (2016),
// [arXiv:1512.03385](https://arxiv.org/abs/1512.03385). This lesson is figure 6 of its section 4.2.

// %%
import {
  Block,
  budget,
  check,
  Cifar10Split,
  cifarResNet,
  countParams,
  estimateSeconds,
  evaluate,
  formatSeconds,
  // deno-lint-ignore no-unused-vars -- for you: await hint("error_gap") opens a hint
  hint,
  type History,
  loadCifar10,
  loadTrained,
  normalized,
  plain20,
  plain56,
  resnet20,
  resnet56,
  type RunRecord,
  type Series,
  showConfusion,
  showCurve,
  showImages,
  showTable,
  showText,
  startBackend,
  tf,
  train,
  trainedRun,
} from "residual";

const backend = await startBackend();
await showText(backend.describe());
const cifar = loadCifar10();

// %% [markdown]
// ## The question
//
// Take a network of 20 layers that works, and put 36 more layers on top that copy what they get. The
// result has 56 layers and is exactly as good. So a network of 56 layers *can* be at least as good as
// one of 20: it has all of its possibilities, and more.
//
// Does training find them? Four trainings of ten epochs take hours on a laptop, so the kit brings the
// records of its own: one recipe, one seed, every photo ten times. Each says what was trained, how, for
// how long, and how well it did.

// %%
const names = ["plain20", "plain56", "resnet20", "resnet56"];
const runs = new Map<string, RunRecord>(
  names.map((name) => [name, trainedRun(`${name}_10_epochs`)]),
);

// %%
const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
await showTable([...runs].map(([name, run]) => ({
  network: name,
  parameters: run.parameters,
  epochs: run.epochs.length,
  "training error": percent(1 - run.epochs[run.epochs.length - 1]!.accuracy),
  "test error": percent(1 - run.test!.accuracy),
  "trained in": formatSeconds(run.seconds),
})));
await showText(`Each was made by a command such as ${runs.get("resnet56")!.command}`);

// %% [markdown]
// ## Figure 6 of the paper
//
// The training error, step by step: how many of the photos that it is *learning from* a network gets
// wrong. The record keeps one batch of every few, and batches are random: each point is the mean of 20
// that were kept, the last of them its own. First the plain networks, then the residual ones.
//
// Look at which line is on top at the end. In the paper's figure the plain network of 56 layers stays
// above the one of 20, and the residual one of 56 goes below its own of 20.

// %%
type RunCurve = RunRecord["curve"];
const meanOf = (values: readonly number[]) =>
  values.reduce((total, value) => total + value, 0) / values.length;

/** A line of a picture: the error in percent, each point the mean of the 20 places before it. */
function errorSeries(name: string, { step, accuracy }: RunCurve): Series {
  const lately = (i: number) => meanOf(accuracy.slice(Math.max(0, i - 19), i + 1));
  return { name, x: step, y: step.map((_, i) => 100 * (1 - lately(i))) };
}

for (const family of ["plain", "resnet"]) {
  const series = [...runs].filter(([name]) => name.startsWith(family))
    .map(([name, run]) => errorSeries(name, run.curve));
  await showCurve({
    title: family === "plain" ? "Without shortcuts" : "With shortcuts",
    series,
    xLabel: "step",
    yLabel: "training error, %",
  });
}

// %% [markdown]
// A network that has learned its training photos by heart has a *low* training error and a high test
// error. A plain network of 56 layers has a high *training* error. So it is not overfitting: the
// network does not even learn its own photos. The paper calls it **degradation**. (Ten epochs
// exaggerate it: in the paper's whole schedule the gap is a few points, but it does not close. And a
// training error may lie a little above the test error: it is the mean over the last epoch, on cropped
// and mirrored photos, while the network still changes.)
//
// ## Your own pair
//
// Do not believe a record: train two networks yourself, with the training call of every lesson. One
// word is different, `shortcut`. They have the same number of parameters, and since both begin with
// seed 1, even the same numbers in them.
//
// Each network of 20 layers takes a few minutes. Later, come back and take `n = 5`, 32 layers: does
// more depth help the plain one, and the residual one? Write both results down before you change `n`.

// %%
const n = 3;
const plan = budget();
const plain = cifarResNet({ n, shortcut: "none", seed: 1 });
const residual = cifarResNet({ n, shortcut: "pad", seed: 1 });
const estimate = 2 * await estimateSeconds(residual, cifar, plan);
await showTable([plain, residual].map((model) => ({
  network: model.name,
  parameters: countParams(model).trainable,
  "first weight": model.getWeights()[0]!.dataSync()[0]!,
})));
await showText(
  `Budget "${plan.name}": ${plan.steps} steps of ${plan.batchSize} images for each. ` +
    `On ${backend.name} about ${formatSeconds(estimate)} for both.`,
);

// %%
const plainHistory = await train(plain, cifar, { budget: plan, seed: 1 });

// %%
const residualHistory = await train(residual, cifar, { budget: plan, seed: 1 });

// %% [markdown]
// Both have seen the same photos in the same order. Is one of the two ahead, and from where on? In
// a `lesson` budget the residual one learns faster from early on, which the paper reports too (section
// 4.1, of networks with 18 layers). After a long training the two of 20 layers are close. A `quick`
// budget is too short to tell.

// %%
const curveOf = ({ loss, accuracy }: History): RunCurve => ({
  step: loss.map((_, i) => i + 1),
  loss,
  accuracy,
});
await showCurve({
  title: "Your own runs: training error",
  series: [
    errorSeries(plain.name, curveOf(plainHistory)),
    errorSeries(residual.name, curveOf(residualHistory)),
  ],
  xLabel: "step",
  yLabel: "training error, %",
});

// %% [markdown] exercise="error_gap"
// A curve has three lists of the same length: place `i` of `loss` and `accuracy` (a share of 1) belongs
// to `step[i]`. A curve of a long run keeps a place for every few steps only, and a run that was
// stopped is shorter: so match the two by their steps, and leave out steps that only one of them has.
//
// Return three things: `step`, the steps that both have; `gap`, for each of them the plain error minus
// the residual error in percentage points; and `final`, the mean of the gaps of the last `lastSteps`
// steps, those above the last common step minus `lastSteps`.

// %% id="error_gap" role="solution"
interface Gap {
  step: number[];
  gap: number[];
  final: number;
}

function errorGap(plainCurve: RunCurve, residualCurve: RunCurve, lastSteps: number): Gap {
  // BEGIN SOLUTION
  const error = (curve: RunCurve, at: number) => 1 - curve.accuracy[curve.step.indexOf(at)]!;
  const step = plainCurve.step.filter((at) => residualCurve.step.includes(at));
  const gap = step.map((at) => 100 * (error(plainCurve, at) - error(residualCurve, at)));
  const lastStep = step[step.length - 1]!;
  return { step, gap, final: meanOf(gap.filter((_, i) => step[i]! > lastStep - lastSteps)) };
  // END SOLUTION
}

// %% id="check_error_gap" role="check"
await check("error_gap", errorGap);
// BEGIN HIDDEN TESTS
await check("error_gap", errorGap, { seed: 20 });
// END HIDDEN TESTS

// %% [markdown]
// <details><summary>My gaps are right, only their sign is not</summary>
//
// A positive gap says that the plain network gets more wrong. Error is 1 − accuracy, so plain error
// minus residual error is residual accuracy minus plain accuracy.
//
// </details>
// <details><summary>I get undefined or NaN</summary>
//
// `indexOf` gives −1 for a step that a curve does not have, and there is no place −1. Keep only the
// steps that `residualCurve.step.includes(...)`.
//
// </details>
// <details><summary>The last row alone is wrong</summary>
//
// `lastSteps` counts steps, not places: with a place for every fourth step, the last 8 steps are two
// places. Compare each step with the last one.
//
// </details>

// %% [markdown]
// Your function draws the picture: above zero the plain network is behind. It goes over every pair that
// there is, yours and the shipped ones. `final` is the mean of a shipped pair's last epoch, and of the
// last tenth of yours.

// %%
const pairs = [{
  name: `yours, ${6 * n + 2} layers`,
  curves: [curveOf(plainHistory), curveOf(residualHistory)] as const,
  lastSteps: Math.ceil(plan.steps / 10),
}];
for (const layers of [20, 56]) {
  const plainRun = runs.get(`plain${layers}`)!;
  const residualRun = runs.get(`resnet${layers}`)!;
  pairs.push({
    name: `shipped, ${layers} layers`,
    curves: [plainRun.curve, residualRun.curve],
    lastSteps: Math.ceil(plainRun.images.train / Number(plainRun.settings["batchSize"])),
  });
}
try {
  const gaps = pairs.map(({ name, curves: [one, other], lastSteps }) => ({
    name,
    ...errorGap(one, other, lastSteps),
  }));
  for (const { name, step, gap } of gaps) {
    const smooth = gap.map((_, i) => meanOf(gap.slice(Math.max(0, i - 19), i + 1)));
    await showCurve({
      title: `The gap: ${name}`,
      series: [
        { name: "plain error − residual error", x: step, y: smooth },
        { name: "no gap", x: step, y: step.map(() => 0) },
      ],
      xLabel: "step",
      yLabel: "percentage points",
    });
  }
  await showTable(
    gaps.map(({ name, final }) => ({ pair: name, "gap at the end": final.toFixed(1) })),
  );
} catch (error) {
  await showText(`No picture without your errorGap: ${(error as Error).message}.`);
}

// %% [markdown]
// ## Suspect one: the gradient
//
// Training moves each weight against its gradient, so look at the gradients before the first step. For
// a few photos: how long is the gradient of each convolution, from the first layer to the last? The
// scale is logarithmic: one up is ten times as much.
//
// Guess first: with depth, do the gradients of the first layers *vanish*, or do they *explode*?

// %%
// Enough for the picture, and few enough for a slow backend.
const few = Math.max(2, Math.min(32, plan.batchSize / 4));
const photos = Array.from({ length: few }, (_, i) => i);

function gradientNorms(model: tf.LayersModel): number[] {
  const kernels = model.trainableWeights.filter(({ shape }) => shape.length === 4)
    .map((weight) => weight.read() as tf.Variable);
  return tf.tidy(() => {
    const images = normalized(cifar.train, photos);
    const classes = tf.tensor1d(photos.map((i) => cifar.train.labels[i]!), "int32");
    const { grads } = tf.variableGrads(() => {
      const logits = model.apply(images, { training: true }) as tf.Tensor;
      return tf.losses.softmaxCrossEntropy(tf.oneHot(classes, 10), logits) as tf.Scalar;
    }, kernels);
    return kernels.map(({ name }) => tf.norm(grads[name]!).dataSync()[0]!);
  });
}

const fresh = [
  plain20({ seed: 1 }),
  plain56({ seed: 1 }),
  resnet20({ seed: 1 }),
  resnet56({ seed: 1 }),
];
const norms = fresh.map(gradientNorms);
await showCurve({
  title: "Length of each layer's gradient before training",
  series: fresh.map(({ name }, i) => ({
    name,
    x: norms[i]!.map((_, layer) => layer + 1),
    y: norms[i]!.map(Math.log10),
  })),
  xLabel: "layer",
  yLabel: "log10 of the gradient's length",
});
await showTable(fresh.map(({ name }, i) => ({
  network: name,
  "first layer": norms[i]![0]!,
  "last layer": norms[i]![norms[i]!.length - 1]!,
  "first ÷ last": Math.round(norms[i]![0]! / norms[i]![norms[i]!.length - 1]!),
})));

// %% [markdown]
// Nothing vanishes: batch norm sees to that, and the paper says so too (section 4.1). But in
// the plain network of 56 layers the gradient grows from block to block on its way back, until the
// first layer's is thousands of times the last one's. There is one learning rate for all of them: what
// moves the last layer a little throws the first one far away. With shortcuts the gradient also has a
// way past every block, and at 56 layers it grows some ten or twenty times, not thousands.
//
// ## Suspect two: the signal
//
// Now forwards. These photos come twice, and the second time each pixel is changed by a little noise.
// Do you see a difference?

// %%
const noise = tf.tidy(() => tf.randomNormal([few * 3072], 0, 3, "float32", 3).dataSync());
const clean = cifar.train.slice(0, few);
const noisy = new Cifar10Split(
  Uint8Array.from(clean.images, (value, i) => Math.min(255, Math.max(0, value + noise[i]!))),
  clean.labels,
);
const shown = photos.slice(0, 4);
await showImages([...shown.map((i) => clean.image(i)), ...shown.map((i) => noisy.image(i))], {
  labels: [...shown.map(() => "as it is"), ...shown.map(() => "with noise")],
  columns: 4,
});

// %% [markdown]
// You do not, and a network should not either: both of a pair should look the same to its last layer.
// Here is how alike they are after each block, before any training: 1 is the same, 0 is no more alike
// than two different photos.

// %%
function likeness(model: tf.LayersModel): number[] {
  const blocks = model.layers.filter((layer) => layer instanceof Block);
  const outputs = blocks.map((layer) => layer.output as tf.SymbolicTensor);
  const inside = tf.model({ inputs: model.inputs, outputs });
  return tf.tidy(() => {
    const both = tf.concat([normalized(clean, photos), normalized(noisy, photos)], 0);
    const maps = inside.apply(both, { training: true }) as tf.Tensor[];
    return maps.map((map) => {
      const rows = tf.reshape(map, [2 * few, -1]);
      const centred = tf.sub(rows, tf.mean(rows, 0));
      const [a, b] = tf.split(tf.div(centred, tf.norm(centred, 2, 1, true)), 2);
      // The cosine between the two of a pair, averaged over all pairs.
      return tf.mean(tf.sum(tf.mul(a!, b!), 1)).dataSync()[0]!;
    });
  });
}

const alike = fresh.map(likeness);
await showCurve({
  title: "A photo and its noisy copy: how alike, block by block",
  series: fresh.map(({ name }, i) => ({
    name,
    x: alike[i]!.map((_, block) => block + 1),
    y: alike[i]!,
  })),
  xLabel: "block",
  yLabel: "likeness",
});

// %% [markdown]
// As far as they go, the two plain lines lie on each other, and so do the two residual ones: what
// counts is the kind of block, and how many there are. A plain network that has not learned yet is a
// mixer: block by block it stirs, and after 16 of them two photos that you cannot tell apart have
// hardly anything in common. Up to block 27 (56 layers) it stays so. Its last layers would have to
// learn from that. A residual block adds its input to what it stirs, so the photo is still there at
// the end.
//
// Both pictures show the networks *before* training, and they explain why it is hard to begin. They
// are no proof that nothing else is wrong later on; the paper itself leaves the reason open.

// %% [markdown]
// ## What two networks see in the same photo
//
// Back to trained networks: the kit's plain20 and ResNet20 after three times as many epochs, judged on
// photos that neither has seen.

// %%
const plainJudged = loadTrained("plain20");
const residualJudged = loadTrained("resnet20");
const limit = plan.testImages;
const plainResult = await evaluate(plainJudged, cifar.test, { limit });
const residualResult = await evaluate(residualJudged, cifar.test, { limit });
await showText(
  `Right on ${limit} test images: plain ${percent(plainResult.accuracy)}, ` +
    `residual ${percent(residualResult.accuracy)}.`,
);

// %% [markdown]
// Which classes do they mix up? First the plain network, then the residual one.

// %%
for (const { predictions } of [plainResult, residualResult]) {
  await showConfusion({
    classNames: cifar.classNames,
    truths: cifar.test.labels.slice(0, limit),
    predictions,
  });
}

// %% [markdown]
// Photos on which the two disagree, the surest first: in the first row only the residual network is
// right, in the second only the plain one. Even the better network is not better everywhere.

// %%
const nameOf = (label: number | undefined) => `${cifar.classNames[label ?? -1]}`;
const truthOf = (i: number) => cifar.test.labels[i];
const onlyRight = (one: typeof plainResult, other: typeof plainResult) =>
  Array.from(one.predictions.keys())
    .filter((i) => one.predictions[i] === truthOf(i) && other.predictions[i] !== truthOf(i))
    .sort((i, j) => one.confidences[j]! - one.confidences[i]!).slice(0, 6);
const disagreements = [
  { who: "residual", right: residualResult, wrong: plainResult, other: "plain" },
  { who: "plain", right: plainResult, wrong: residualResult, other: "residual" },
];
for (const { who, right, wrong, other } of disagreements) {
  const found = onlyRight(right, wrong);
  await showImages(found.map((i) => cifar.test.image(i)), {
    labels: found.map((i) => {
      const sure = (100 * right.confidences[i]!).toFixed(0);
      return `${who}: ${nameOf(truthOf(i))} ${sure} %, ${other}: ${nameOf(wrong.predictions[i])}`;
    }),
    columns: 6,
    scale: 3,
  });
}

// %% [markdown]
// And each network's surest mistakes, the photos that it is most wrong about: first the plain one's,
// then the residual one's.

// %%
for (const { predictions, confidences } of [plainResult, residualResult]) {
  const mistakes = Array.from(predictions.keys()).filter((i) => predictions[i] !== truthOf(i))
    .sort((i, j) => confidences[j]! - confidences[i]!).slice(0, 6);
  await showImages(mistakes.map((i) => cifar.test.image(i)), {
    labels: mistakes.map((i) => ({
      right: false,
      text: `${nameOf(predictions[i])} ${(100 * confidences[i]!).toFixed(0)} %, ` +
        `is ${nameOf(truthOf(i))}`,
    })),
    columns: 6,
    scale: 3,
  });
}

// %% [markdown]
// The 16 filters of the first layer, as tiny photos of 3×3 pixels: grey is a weight of 0, and each is
// shown against its own largest weight. The first two rows are the plain network's, the other two the
// residual one's. This layer comes before any shortcut, and sees nothing but pixels: is there a
// difference in kind?

// %%
function filterImages(model: tf.LayersModel): Uint8Array[] {
  const kernel = Array.from(model.getWeights()[0]!.dataSync());
  return Array.from({ length: 16 }, (_, filter) => {
    const weights = kernel.filter((_, i) => i % 16 === filter);
    const largest = Math.max(...weights.map(Math.abs));
    return Uint8Array.from(weights, (weight) => 128 + 127 * weight / largest);
  });
}
await showImages([...filterImages(plainJudged), ...filterImages(residualJudged)], {
  side: 3,
  scale: 24,
});

// %% [markdown]
// ## Exercise: explain the result
//
// **Goal:** say in your own words what you have seen: that is how you find out whether you have
// understood it.
//
// **Difficulty:** ●●●○○ · **Minutes:** 10 · **Points:** 4 (a person reads it; `progress()` does not
// count them)
//
// In five to ten sentences: what happens to a plain network when it gets deeper, and how do you know
// that it is not overfitting? Why is it surprising? What did the gradients and the noisy photos show?
// And why does a sum, F(x) + x, help? Name at least two numbers that you have measured in this
// lesson.
//
// Double-click the cell below and write under its heading.

// %% [markdown] id="explain_gap" points=4 role="answer"
// ### My explanation
//
// BEGIN SOLUTION
// The plain network of 56 layers has a higher error than the one of 20 on the photos that it is
// *trained on*. A network that overfits has a low training error, so this is something else:
// training does not find good weights. That is surprising, since good weights exist: 20 layers that
// work, and 36 that copy their input, would be as good as the 20.
//
// Before the first step, the gradient of the plain network's first layer is some 3,700 times as long
// as that of its last convolution (residual: some ten or twenty times), so no learning rate suits all
// layers. And two photos that differ by a noise that I cannot see have a likeness of about 0.2 after
// its 27 blocks (residual: about 0.8): its last layers get a mixture in which the photo can hardly be
// found.
//
// A residual block computes F(x) + x. The x carries the photo on to the next block, and the gradient
// back past F. To copy its input, a block only has to learn F(x) = 0, and a deep network begins near a
// shallow one that works. So 56 residual layers can be trained, and they do better than 20.
//
// **For the teacher.** One point each for:
//
// 1. The *training* error is higher, so it is not overfitting.
// 2. A deeper network could copy the shallow one, so the trouble is in the training and not in what
//    the network can express.
// 3. Evidence: two measured numbers (a gap, a gradient's length, a likeness) that fit what is said.
//    Numbers differ from run to run; what counts is that they come from the answer's own notebook.
// 4. What the sum does: x and the gradient pass unchanged, or F(x) = 0 is easy to learn.
//
// "The gradients vanish" is not what was measured: half of the fourth point at most.
// END SOLUTION

// %% [markdown]
// ## Quiz
//
// 1. The training error of plain56 is higher than that of plain20. Why does that rule out overfitting?
//    <details><summary>Answer</summary>A network that overfits does too well on its training photos
//    and badly on new ones. This one does badly on its training photos.</details>
// 2. Why are the two networks compared with the "pad" shortcut and not with projections?
//    <details><summary>Answer</summary>It has no parameters. So the two have the same number, and a
//    difference can only come from the sum.</details>
// 3. Both networks begin with seed 1 and see the photos in the order of seed 1. What for?
//    <details><summary>Answer</summary>Then chance treats both alike: the same first weights, the same
//    photos, crops and flips. What is left is the shortcut, and a little luck: another seed gives
//    other numbers, and much the same picture.</details>
// 4. The first layer's gradient is thousands of times the last one's. Why not just take a smaller
//    learning rate?
//    <details><summary>Answer</summary>A rate that is small enough for the first layers hardly moves
//    the last ones: all layers share one rate.</details>

// %% [markdown]
// ## Summary
//
// - Degradation: a deeper plain network has a higher *training* error, although it could copy a
//   shallower one.
// - Before training, the gradient of a deep plain network grows from block to block on its way back,
//   and small changes of a photo grow on their way forwards. With F(x) + x both stay moderate.
// - A comparison is fair when one thing differs: same layers, same count, same seed, same call.
//
// **Next:** lesson 7, ResNet18, the network for large photos, and what a trained network is good for.
//
// **Reading:** [He et al. 2016](https://arxiv.org/abs/1512.03385), sections 1, 4.1 and 4.2, figures 1
// and 6. On the two suspects: Balduzzi et al. 2017,
// [The Shattered Gradients Problem](https://arxiv.org/abs/1702.08591), and Yang et al. 2019,
// [A Mean Field Theory of Batch Normalization](https://arxiv.org/abs/1902.08129).
