// Lesson 5: ResNet20 on CIFAR-10. The source of both notebooks; `npx deno task lessons 05` makes
// them.

// %% [markdown]
// # 5 · ResNet20 on real photos
//
// You will assemble the 20-layer network of the paper that made deep networks trainable, count its
// parameters to the last one, and train it on 50,000 photos.
//
// **Time:** an hour of your time, and a few minutes more while the network trains.
//
// **You need:** to know what convolution, batch norm, ReLU and a training step are (lesson 2). The
// blocks come from the kit; lessons 3 and 4 build them. None of your code is needed. Run each cell
// with Shift+Enter, from top to bottom.
//
// The paper: He, Zhang, Ren and Sun, *Deep Residual Learning for Image Recognition* (2016),
// [arXiv:1512.03385](https://arxiv.org/abs/1512.03385). This lesson is its section 4.2.

// %% [markdown]
// ## Who does the computing?
//
// The same code runs on TensorFlow's C library, on a graphics card, in WebAssembly or in plain
// JavaScript. The kit takes the fastest that works here and says which one.

// %%
import assert from "node:assert/strict";
import {
  BatchNorm,
  type Budget,
  budget,
  check,
  type Cifar10,
  Conv2d,
  countParams,
  estimateSeconds,
  evaluate,
  formatSeconds,
  // deno-lint-ignore no-unused-vars -- for you: await hint("count_cifar_resnet") opens a hint
  hint,
  type History,
  Linear,
  loadCifar10,
  loadTrained,
  modelArchitecture,
  plain20,
  ResIdentity,
  resnet20,
  ResSkip,
  type Shortcut,
  showArchitecture,
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

// %% [markdown]
// ## The photos
//
// CIFAR-10 has 60,000 photos of 32×32 pixels in ten classes. 50,000 are for training; 10,000 stay
// hidden until the end, and only they tell how good the network is.

// %%
const cifar = loadCifar10();
const firstImages = Array.from({ length: 16 }, (_, i) => cifar.train.image(i));
await showImages(firstImages, {
  labels: firstImages.map((_, i) => `${cifar.classNames[cifar.train.labels[i]!]}`),
});

// %% [markdown]
// ## The plan
//
// The paper gives the network as a table. `n` sets the depth: 6n + 2 layers with weights. With
// n = 3 that is 20, hence ResNet**20**.
//
// | output size | 32×32 | 16×16 | 8×8 | 1×1 |
// |---|---|---|---|---|
// | layers | 1 + 2n = 7 | 2n = 6 | 2n = 6 | 1 |
// | filters | 16 | 32 | 64 | 10 classes |
//
// The first convolution is the **stem**; the n blocks of one size are a **stage**. Each time the
// map is halved, the filters are doubled. 7 + 6 + 6 convolutions and one linear layer: 20.

// %% [markdown]
// ## One idea: add the input back
//
// Two convolutions that compute `F(x)` are a *plain* pair. A *residual* block adds its input:
//
// ```text
//   plain:     x ──► conv ─► relu ─► conv ──────────► relu ──►     relu(F(x))
//
//   residual:  x ─┬► conv ─► relu ─► conv ─► (+) ───► relu ──►     relu(F(x) + x)
//                 └───────────────────────────┘
// ```
//
// If a block has nothing to add, it only has to learn `F(x) = 0`. That is easy, and so a deeper
// network need not be worse than a shallow one. (A batch norm follows each convolution.)

// %%
const photo = tf.input({ shape: [32, 32, 16] });
const identityBlock = new ResIdentity(16);
const halvingBlock = new ResSkip(16, 32);
const afterIdentity = identityBlock.apply(photo) as tf.SymbolicTensor;
const afterHalving = halvingBlock.apply(afterIdentity) as tf.SymbolicTensor;
await showTable([
  { block: "input", output: photo.shape.slice(1).join("×") },
  { block: "ResIdentity(16)", output: afterIdentity.shape.slice(1).join("×") },
  { block: "ResSkip(16, 32)", output: afterHalving.shape.slice(1).join("×") },
]);

// %% [markdown]
// `ResIdentity` keeps the shape, so that `x` can simply be added. `ResSkip` halves the map and
// doubles the filters, so `x` has to be made to fit: its shortcut is a 1×1 convolution with stride 2.
//
// ## Plain and residual, side by side
//
// The paper's fair comparison: two networks with the same layers and the same number of parameters,
// one with shortcuts and one without. Where shapes change, its shortcut takes every second pixel and
// fills the new filters with zeros (`"pad"`), which costs no parameter. The arcs are the shortcuts.

// %%
const plain = plain20();
const residual = resnet20();
await showArchitecture(modelArchitecture(residual), { title: "resnet20" });

// %% [markdown]
// The same as a table: what comes out of every layer. A shape table is the cheapest check there is;
// read it from top to bottom whenever you have built something.

// %%
await showTable(residual.layers.map((layer) => ({
  layer: layer.name,
  output: layer.outputShape.slice(1).join("×"),
  parameters: countParams(layer).trainable,
})));

// %% [markdown]
// ## Count by hand
//
// A 3×3 convolution from `ni` to `no` filters has 3 · 3 · ni · no weights. It has no bias: the
// batch norm after it has a scale and a shift for each filter, 2 · no numbers, and its shift takes
// the bias's place.

// %%
const convAndNorm = (ni: number, no: number) => 3 * 3 * ni * no + 2 * no;
const parts = [
  { part: "stem", layers: 1, parameters: convAndNorm(3, 16) },
  { part: "stage 1, 32×32", layers: 6, parameters: 6 * convAndNorm(16, 16) },
  { part: "stage 2, 16×16", layers: 6, parameters: convAndNorm(16, 32) + 5 * convAndNorm(32, 32) },
  { part: "stage 3, 8×8", layers: 6, parameters: convAndNorm(32, 64) + 5 * convAndNorm(64, 64) },
  { part: "linear", layers: 1, parameters: 64 * 10 + 10 },
];
const byHand = parts.reduce((sum, part) => sum + part.parameters, 0);
await showTable([...parts, { part: "all", layers: 20, parameters: byHand }]);

// %% [markdown]
// The networks agree with the hand count, and with each other. With 1×1 convolutions on the two
// halving shortcuts (`"projection"`) there are 2,752 more. Batch norm also keeps a running
// mean and variance for each filter: nothing trains them, so papers do not count them.
//
// These numbers lie in 59 variables: a kernel, scales and shifts for each of 19 convolutions, and the
// weights and biases of the linear layer. Two projections add three each: 65.
//
// `assert` throws where two things differ: no error is good news.

// %%
const projected = resnet20({ shortcut: "projection" });
const counts = [
  { network: "plain20", variables: plain.trainableWeights.length, ...countParams(plain) },
  {
    network: "resnet20, pad",
    variables: residual.trainableWeights.length,
    ...countParams(residual),
  },
  {
    network: "projection",
    variables: projected.trainableWeights.length,
    ...countParams(projected),
  },
];
assert.deepEqual(counts.map((count) => count.trainable), [269_722, 269_722, 272_474]);
assert.deepEqual(counts.map((count) => count.variables), [59, 59, 65]);
assert.equal(byHand, 269_722);
await showTable(counts);

// %% [markdown] exercise="count_cifar_resnet"
// `n` is the number of blocks in each stage: 3 for 20 layers, 9 for 56. `shortcut` is `"pad"` or
// `"none"` (no parameters), or `"projection"` (a 1×1 convolution with batch norm where a
// stage begins with more filters). `convAndNorm(ni, no)` from above may help.

// %% id="count_cifar_resnet" role="solution"
function countResNet(n: number, shortcut: Shortcut): number {
  // BEGIN SOLUTION
  let total = convAndNorm(3, 16) + 2 * n * convAndNorm(16, 16);
  for (const ni of [16, 32]) {
    const no = 2 * ni;
    total += convAndNorm(ni, no) + (2 * n - 1) * convAndNorm(no, no);
    if (shortcut === "projection") total += ni * no + 2 * no;
  }
  return total + 64 * 10 + 10;
  // END SOLUTION
}

// %% id="check_count_cifar_resnet" role="check"
await check("count_cifar_resnet", countResNet);
// BEGIN HIDDEN TESTS
await check("count_cifar_resnet", countResNet, { seed: 20 });
// END HIDDEN TESTS

// %% [markdown]
// <details><summary>My totals are a little too high</summary>
//
// 688 too high at 20 layers: each of the 688 filters of the 19 convolutions has a bias in your count.
// 1,376 too high: you count the running means and variances.
//
// </details>
// <details><summary>My total for 56 layers is right, the one for 20 is not, or the other way
// round</summary>
//
// Is there a number in your function that should depend on `n`? A stage of n blocks has 2n
// convolutions.
//
// </details>
// <details><summary>Only the projections are wrong</summary>
//
// A 1×1 convolution from ni to no filters has 1 · 1 · ni · no weights, and its batch norm
// has 2 · no numbers. There are two such shortcuts: 16 → 32 and 32 → 64.
//
// </details>

// %% [markdown] exercise="assemble_resnet20"
// Work from the table: a 3×3 convolution with 16 filters, batch norm, ReLU; three stages of
// three blocks with 16, 32 and 64 filters; the mean over all pixels; a linear layer with 10 outputs.
// Stages 2 and 3 open with a `ResSkip`. A layer is called with `apply`, and what comes out goes into
// the next one:
//
// ```ts
// let x = image;
// x = new ResIdentity(16).apply(x) as tf.SymbolicTensor;
// ```
//
// You need `new Conv2d(ni, no)` (3×3, no bias), `new BatchNorm(no)`, `tf.layers.reLU()`,
// `new ResIdentity(ni)`, `new ResSkip(ni, no)`, `tf.layers.globalAveragePooling2d({})` and
// `new Linear(ni, no)`. The last line will be `return tf.model({ inputs: image, outputs: x });`.

// %% id="assemble_resnet20" role="solution"
function assembleResNet20(): tf.LayersModel {
  const image = tf.input({ shape: [32, 32, 3] });
  // BEGIN SOLUTION
  const layers = [
    new Conv2d(3, 16),
    new BatchNorm(16),
    tf.layers.reLU(),
    new ResIdentity(16),
    new ResIdentity(16),
    new ResIdentity(16),
    new ResSkip(16, 32),
    new ResIdentity(32),
    new ResIdentity(32),
    new ResSkip(32, 64),
    new ResIdentity(64),
    new ResIdentity(64),
    tf.layers.globalAveragePooling2d({}),
    new Linear(64, 10),
  ];
  let x = image;
  for (const layer of layers) x = layer.apply(x) as tf.SymbolicTensor;
  return tf.model({ inputs: image, outputs: x });
  // END SOLUTION
}

// %% id="check_assemble_resnet20" role="check"
await check("assemble_resnet20", assembleResNet20);
// BEGIN HIDDEN TESTS
await check("assemble_resnet20", assembleResNet20, { seed: 20 });
// END HIDDEN TESTS

// %% [markdown]
// <details><summary>"x has no property apply", or a type error at <code>apply</code></summary>
//
// `apply` belongs to the layer: `layer.apply(x)`. Its answer may be many things to TypeScript; say
// which one you know it is: `as tf.SymbolicTensor`.
//
// </details>
// <details><summary>My total is 16 too high</summary>
//
// A convolution that a batch norm follows needs no bias. `Conv2d` has none;
// `tf.layers.conv2d` has one unless you say `useBias: false`.
//
// </details>
// <details><summary>My total is 2,752 too low</summary>
//
// That is 269,722: your shortcuts have no parameters. Where the map is halved, take `ResSkip`.
//
// </details>
// <details><summary>An error says that shapes or channels do not match</summary>
//
// A `ResIdentity(ni)` takes as many filters as it gives. Where 16 become 32, and 32 become 64, use
// `ResSkip(ni, no)`.
//
// </details>
// <details><summary>All counts are right, only the numbers are not</summary>
//
// A ReLU and a softmax have no parameters, so no count can miss one. Is there a ReLU in the stem?
// Does the network end with the linear layer?
//
// </details>

// %% [markdown]
// ## Train it
//
// The budget says how long to train: `quick` (a few thousand photos: only to see it work), `lesson`
// (each photo once) or `paper` (the whole schedule); on a slow backend the first two are smaller.
// Choose with the environment variable `RESIDUAL_BUDGET`, or write `budget("quick")` below.
// First, measured on a few photos, how long it will take here:

// %%
const plan = budget();
const estimate = await estimateSeconds(residual, cifar, plan);
await showText(
  `Budget "${plan.name}": ${plan.steps} steps of ${plan.batchSize} images. ` +
    `On ${backend.name} about ${formatSeconds(estimate)}.`,
);

// %% [markdown]
// The training call. It is the same in every lesson up to the next: only the network changes, so that
// a large difference in accuracy comes from the network. (One of a point or two may be chance: another
// seed would give another.) Stop ends it after the step that is running, and the network keeps what it
// has learned.
//
// If you reload the page while the network trains, training continues, but JupyterLab cannot show its
// picture in the new page. The status bar says "Busy" until training is done. Then run the next cell: it
// draws the loss from `history`.

// %%
const history = await train(residual, cifar, { budget: plan, seed: 1 });
const head = history.loss.slice(0, 5);
const tail = history.loss.slice(-5);
const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: number[]) => sum(values) / values.length;
await showText(
  `loss ${mean(head).toFixed(3)} at the start, ${mean(tail).toFixed(3)} at the end; ` +
    `${history.images} images in ${history.seconds.toFixed(1)} s`,
);

// %% [markdown]
// A network that gives each class the same chance has a loss of ln 10 ≈ 2.303. At first it may be
// worse than that: it guesses, and is sure of it. Everything below 2.303 has been learned. In `quick`
// and `lesson` the learning rate rises for the first quarter of the steps, and in a short run the loss
// may rise with it.

// %%
const steps = history.loss.map((_, i) => i + 1);
const lastLosses = (step: number) => history.loss.slice(Math.max(0, step - 20), step);
const smooth = steps.map((step) => mean(lastLosses(step)));
await showCurve({
  title: "ResNet20 on CIFAR-10: training loss",
  series: [
    { name: "each step", x: steps, y: history.loss },
    { name: "mean of 20", x: steps, y: smooth },
  ],
  xLabel: "step",
  yLabel: "loss",
});

// %% [markdown] exercise="train_by_plan"
// You have seen the call. Make it a function that can be trusted with any network: everything it uses
// comes in by its three parameters, it honours the plan, it takes `seed: 1`, so that every network
// sees the same photos in the same order, and it never touches the test images. The check calls it
// for two steps on a tiny network and looks at what it did.

// %% id="train_by_plan" role="solution"
function trainByPlan(model: tf.LayersModel, cifar: Cifar10, plan: Budget): Promise<History> {
  // BEGIN SOLUTION
  return train(model, cifar, { budget: plan, seed: 1 });
  // END SOLUTION
}

// %% id="check_train_by_plan" role="check"
await check("train_by_plan", trainByPlan);
// BEGIN HIDDEN TESTS
await check("train_by_plan", trainByPlan, { seed: 20 });
// END HIDDEN TESTS

// %% [markdown]
// <details><summary>The weights are as before, but a training ran</summary>
//
// Then another network was trained. Is there `residual` in your function? A function sees the names
// of the cells above; the network that you were handed is `model`.
//
// </details>
// <details><summary>A type error says something about Promise</summary>
//
// `train` takes time, so it gives a promise of its history. Return that promise; or write
// `async function` and `return await train(...)`.
//
// </details>

// %% [markdown]
// ## Photos it has never seen
//
// Ten classes: guessing gives 10 %. The paper's ResNet20, fully trained, reaches 91.25 %.

// %%
const limit = plan.testImages;
const result = await evaluate(residual, cifar.test, { limit });
await showText(
  `test accuracy ${(result.accuracy * 100).toFixed(2)} % of ${limit} images, ` +
    `loss ${result.loss.toFixed(3)}`,
);

// %% [markdown]
// ## A network that has learned for longer
//
// One look at each photo is a beginning. The kit ships a ResNet20 that looked at each 80 times, with the
// record of that run: how it was made, and its curve. Yours is the short one at the left.

// %%
const shipped = trainedRun("resnet20_80_epochs");
await showCurve({
  title: "ResNet20 on CIFAR-10: the kit's run and yours",
  series: [
    { name: "the kit's", x: shipped.curve.step, y: shipped.curve.loss },
    { name: "yours, mean of 20", x: steps, y: smooth },
  ],
  xLabel: "step",
  yLabel: "training loss",
});

// %%
const judged = loadTrained("resnet20_80_epochs");
const judgement = await evaluate(judged, cifar.test, { limit: limit });
await showText(
  `Trained for ${shipped.epochs.length} epochs in ${formatSeconds(shipped.seconds)} with ` +
    `\`${shipped.command}\`: ${(judgement.accuracy * 100).toFixed(2)} % of ${limit} images. ` +
    `Yours: ${(result.accuracy * 100).toFixed(2)} %.`,
);

// %%
const testImages = Array.from({ length: 24 }, (_, i) => cifar.test.image(i));
const verdicts = testImages.map((_, i) => {
  const guess = `${cifar.classNames[judgement.predictions[i]!]}`;
  const truth = `${cifar.classNames[cifar.test.labels[i]!]}`;
  const right = guess === truth;
  return { right, text: right ? guess : `${guess}, is ${truth}` };
});
await showImages(testImages, { labels: verdicts, columns: 6, scale: 3 });

// %% [markdown]
// ## Which class is taken for which?
//
// A row for each true class, a column for what the network says. Blue is right, orange is wrong. Look
// for the darkest orange: which two classes does it mix up, and in both directions?

// %%
await showConfusion({
  classNames: cifar.classNames,
  truths: cifar.test.labels.slice(0, limit),
  predictions: judgement.predictions,
});

// %% [markdown]
// ## The surest, and the most wrong
//
// The network gives each class a probability. The first row is where it is surest and right; the
// second is where it is surest and wrong. The second row is worth your time: some of these photos are
// hard, and some show what the network goes by. It is as good as certain of them: a network that knows
// its training photos almost by heart is too sure of all others, so a high number proves little (Guo et
// al. 2017, "On Calibration of Modern Neural Networks").

// %%
const isRight = (i: number) => judgement.predictions[i] === cifar.test.labels[i];
const bySureness = Array.from(judgement.predictions.keys())
  .sort((a, b) => judgement.confidences[b]! - judgement.confidences[a]!);
const picked = [
  ...bySureness.filter(isRight).slice(0, 6),
  ...bySureness.filter((i) => !isRight(i)).slice(0, 6),
];
await showImages(picked.map((i) => cifar.test.image(i)), {
  labels: picked.map((i) => {
    const sure = `${(100 * judgement.confidences[i]!).toFixed(1)} %`;
    const says = `${cifar.classNames[judgement.predictions[i]!]} ${sure}`;
    const truth = `${cifar.classNames[cifar.test.labels[i]!]}`;
    return { right: isRight(i), text: isRight(i) ? says : `${says}, is ${truth}` };
  }),
  columns: 6,
  scale: 3,
});

// %% [markdown]
// ## What the first layer looks for
//
// The first convolution has 16 filters of 3×3 pixels in three colors, so they can be shown as tiny
// photos. Grey is a weight of 0, and the largest weight of each is bright or dark: how large it is does
// not matter, the batch norm that follows takes that out. A filter answers most where a photo looks
// like it: light beside dark is an edge, one tint all over is a color, and many are a mixture. Nobody
// designed them.

// %%
const firstKernel = Array.from(judged.getWeights()[0]!.dataSync());
const filterImages = Array.from({ length: 16 }, (_, filter) => {
  // The 16 filters stand side by side in the kernel: every 16th weight is of the same one.
  const weights = firstKernel.filter((_, i) => i % 16 === filter);
  const largest = Math.max(...weights.map(Math.abs));
  return Uint8Array.from(weights, (weight) => 128 + 127 * weight / largest);
});
await showImages(filterImages, {
  labels: filterImages.map((_, i) => `filter ${i}`),
  side: 3,
  scale: 24,
});

// %% [markdown]
// ## What to look at next
//
// - Train the network that you built: `await trainByPlan(assembleResNet20(), cifar, plan)`. Is it
//   better with its projections?
// - Lesson 6 trains a plain network in the same way. After the paper's whole schedule the two are
//   close at 20 layers; at 56 the plain one falls behind, and that is the discovery of the paper.
//
// ## Quiz
//
// 1. Why may plain20 and ResNet20 have the same number of parameters?
//    <details><summary>Answer</summary>Adding x costs nothing, and the "pad" shortcut only picks
//    pixels and adds channels of zeros.</details>
// 2. Why has ResSkip three convolutions, not two?
//    <details><summary>Answer</summary>The third one, 1×1 with stride 2, brings x to the shape of
//    F(x), so that they can be added.</details>
// 3. What must a block learn to let x through unchanged?
//    <details><summary>Answer</summary>F(x) = 0. (x is never negative after a ReLU, so the block's
//    last ReLU lets it through.)</details>
// 4. Why is accuracy measured on the test images?
//    <details><summary>Answer</summary>A network can learn its training images by heart. Only new
//    ones show what it has understood.</details>
// 5. TensorFlow.js's own `model.countParams()` says 271,098 for `residual`. Who is right?
//    <details><summary>Answer</summary>Both. It counts the 1,376 running means and variances too;
//    papers and PyTorch's lists count what is trained.</details>

// %% [markdown]
// ## Summary
//
// - ResNet20 is 19 convolutions and one linear layer: 269,722 parameters, as many as without
//   shortcuts.
// - A residual block computes F(x) + x. Identity where shapes agree; zeros or a 1×1 convolution where
//   they do not.
// - A network is a chain of blocks: `layer.apply(x)`, again and again.
//
// **Next:** lesson 6, the same network with and without its shortcuts.
//
// **Reading:** [He et al. 2016](https://arxiv.org/abs/1512.03385), sections 3.1, 3.2 and 4.2, and
// the second paper, [Identity Mappings in Deep Residual Networks](https://arxiv.org/abs/1603.05027).
// The data: Krizhevsky, *Learning Multiple Layers of Features from Tiny Images* (2009).
