// Lesson 7: ResNet20 on CIFAR-10. The source of both notebooks; `npx deno task lessons 07` makes
// them.

// %% [markdown]
// # 7 · ResNet20 on real photos
//
// You will assemble the 20-layer network of the paper that made deep networks trainable, count its
// parameters to the last one, and train it on 50,000 photos.
//
// **Time:** an hour of your time, and a few minutes more while the network trains.
//
// **You need:** to know what convolution, batch norm, ReLU and a training step are (lessons 2 to 4). The
// blocks come from the kit; lessons 5 and 6 build them. None of your code is needed. Run each cell
// with Shift+Enter, from top to bottom.
//
// The paper: He, Zhang, Ren and Sun, *Deep Residual Learning for Image Recognition* (2016),
// [arXiv:1512.03385](https://arxiv.org/abs/1512.03385). This lesson is its section 4.2.

// %% [markdown]
// ## Start
//
// Your own blocks from lessons 5 and 6 are used here if they have passed their checks; the cell says which
// blocks are yours and which are the kit's.

// %%
import assert from "node:assert/strict";
import {
  BatchNorm,
  budget,
  check,
  Conv2d,
  countParams,
  estimateSeconds,
  evaluate,
  formatSeconds,
  hint,
  Linear,
  loadCifar10,
  loadTrained,
  mine,
  modelArchitecture,
  plain20,
  ResIdentity as KitIdentity,
  resnet20,
  ResSkip as KitSkip,
  seedWeights,
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
await showText(
  `${backend.describe()} A hint, if you want one: ${hint.name}("count_cifar_resnet").`,
);

// %%
const ResIdentity = await mine("res_identity", KitIdentity);
const ResSkip = await mine("res_skip", KitSkip);

// %% [markdown]
// ## The photos
//
// CIFAR-10 has 60,000 photos of 32×32 pixels in ten classes. 50,000 are for training; 10,000 are held out
// until the end.

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
// | output channels | 16 | 32 | 64 | 10 classes |
//
// The first convolution is the **stem**; the n blocks of one size are a **stage**. Where the map is halved,
// the number of channels is doubled. 7 + 6 + 6 convolutions and one linear layer: 20.

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
// A block that should change nothing only has to learn `F(x) = 0`. That is easy, and so a deeper network
// need not be worse than a shallow one. (A batch norm follows each convolution.)

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
// `ResIdentity` keeps the shape, so that `x` can simply be added. `ResSkip` halves the map and doubles the
// number of channels, so `x` has to change its shape: the shortcut is a 1×1 convolution with stride 2.
//
// ## Plain and residual, side by side
//
// The paper's fair comparison: two networks with the same layers and the same number of parameters,
// one with shortcuts and one without. Where shapes change, its shortcut takes every second pixel and
// fills the new channels with zeros (`"pad"`), which costs no parameter. An arc is a shortcut; it ends at
// the sum inside the block, before the last ReLU.

// %%
const plain = plain20();
const residual = resnet20();
await showArchitecture(modelArchitecture(residual), { title: "resnet20" });

// %% [markdown]
// The same as a table: the output of every layer. A shape table is the cheapest check; read it from top to
// bottom whenever you have built something.

// %%
await showTable(residual.layers.map((layer) => ({
  layer: layer.name,
  output: layer.outputShape.slice(1).join("×"),
  parameters: countParams(layer).trainable,
})));

// %% [markdown]
// ## Count by hand
//
// A 3×3 convolution from `ni` to `no` channels has 3 · 3 · ni · no weights. It has no bias: the batch norm
// after it has a scale and a shift for each channel, 2 · no parameters, and the shift does the bias's work.

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
// The networks agree with the hand count, and with each other. Using 1×1 convolutions on the two shortcuts
// that halve the map (`"projection"`) adds 2,752 parameters. Batch norm also keeps a running mean and
// variance for each channel: no gradient changes them, so papers do not count them.
//
// The parameters lie in 59 variables: a kernel, scales and shifts for each of 19 convolutions, and the
// weights and biases of the linear layer. Two projections add three each: 65.
//
// `assert` throws where two values differ: no error is good news.

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
// stage begins with more channels). `convAndNorm(ni, no)` from above may help.

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
// 688 too high at 20 layers: your count has a bias for each of the 688 filters of the 19 convolutions.
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
// A 1×1 convolution from ni to no channels has 1 · 1 · ni · no weights, and its batch norm has 2 · no
// parameters. There are two such shortcuts: 16 → 32 and 32 → 64.
//
// </details>

// %% [markdown] exercise="assemble_resnet20"
// Work from the table: a 3×3 convolution with 16 filters, batch norm, ReLU; three stages of three blocks
// with 16, 32 and 64 channels; the mean over all pixels; a linear layer with 10 outputs. Stages 2 and 3
// begin with a `ResSkip`: this is the form with projections. A layer is called with `apply`, and its output
// is the input of the next one:
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
// `apply` belongs to the layer: `layer.apply(x)`. To TypeScript its result may have several types; name
// the one that you know it has: `as tf.SymbolicTensor`.
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
// A `ResIdentity(ni)` has as many output channels as input channels. Where 16 become 32, and 32 become 64,
// use `ResSkip(ni, no)`.
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
// You train the network that you have assembled, with your own blocks in it; while the exercise is not
// solved, the kit's ResNet20 with projections. `newResNet20()` makes a new one each time, with the same
// first weights.
//
// The budget says how long to train: `quick` (a thousand photos: only to see it work), `lesson`
// (each photo once) or `paper` (the whole schedule); on a slow backend the first two are smaller.
// Choose with the environment variable `RESIDUAL_BUDGET`, or write `budget("quick")` below.
// First, measured on a few photos, how long the run will take here:

// %%
let newResNet20 = (): tf.LayersModel => resnet20({ shortcut: "projection", seed: 1 });
try {
  assembleResNet20();
  newResNet20 = () => {
    seedWeights(1);
    return assembleResNet20();
  };
  await showText("You train your own ResNet20.");
} catch (error) {
  await showText(`You train the kit's; assembleResNet20() says: ${(error as Error).message}.`);
}
const plan = budget();
const estimate = await estimateSeconds(newResNet20(), cifar, plan);
await showText(
  `Budget "${plan.name}": ${plan.steps} steps of ${plan.batchSize} images. ` +
    `On ${backend.name} about ${formatSeconds(estimate)}.`,
);

// %% [markdown]
// The training call is the same in every lesson: only the network changes, so that a large difference in
// accuracy comes from the network. (A difference of a point or two may be chance: another seed would give
// another.) Stop ends training after the current step, and the network keeps what it has learned.
//
// If you reload the page during training, training continues, but JupyterLab cannot show the picture on the
// reloaded page. The status bar says "Busy" until training is done. Then run the next cell: it draws the
// loss from `history`.

// %%
const trained = newResNet20();
const history = await train(trained, cifar, { budget: plan, seed: 1 });
const head = history.loss.slice(0, 5);
const tail = history.loss.slice(-5);
const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: number[]) => sum(values) / values.length;
await showText(
  `loss ${mean(head).toFixed(3)} at the start, ${mean(tail).toFixed(3)} at the end; ` +
    `${history.images} images in ${history.seconds.toFixed(1)} s`,
);

// %% [markdown]
// A network that gives each class the same chance has a loss of ln 10 ≈ 2.303. At first the loss may be
// higher: the network guesses with high confidence. In `quick` and `lesson` the learning rate rises for the
// first quarter of the steps, and in a short run the loss may rise with it.

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

// %% [markdown]
// ## Held-out photos
//
// Ten classes: guessing gives 10 %. The paper's ResNet20, fully trained, reaches 91.25 %.

// %%
const limit = plan.testImages;
const result = await evaluate(trained, cifar.test, { limit });
await showText(
  `test accuracy ${(result.accuracy * 100).toFixed(2)} % of ${limit} images, ` +
    `loss ${result.loss.toFixed(3)}`,
);

// %% [markdown]
// ## A network that has learned for longer
//
// One look at each photo is a beginning. The kit ships a ResNet20 (with the paper's pad shortcut) that has
// seen each photo 80 times, with the record of that run: how it was made, and its curve. The picture shows
// the kit's run as far as yours goes. In a `lesson` budget yours ends *below* it: your learning rate has
// already fallen to 0, while the kit's is still rising. Where would the kit's be without 79 more epochs?

// %%
const shipped = trainedRun("resnet20_80_epochs");
const atFirst = shipped.curve.step.filter((step) => step <= Math.max(steps.length, 1000)).length;
await showCurve({
  title: "ResNet20 on CIFAR-10: the beginning of the kit's run, and yours",
  series: [
    {
      name: "the kit's",
      x: shipped.curve.step.slice(0, atFirst),
      y: shipped.curve.loss.slice(0, atFirst),
    },
    { name: "yours, mean of 20", x: steps, y: smooth },
  ],
  xLabel: "step",
  yLabel: "training loss",
});
await showCurve({
  title: "The kit's whole run",
  series: [{ name: "the kit's", x: shipped.curve.step, y: shipped.curve.loss }],
  xLabel: "step",
  yLabel: "training loss",
});

// %%
const longTrained = loadTrained("resnet20_80_epochs");
const longResult = await evaluate(longTrained, cifar.test, { limit: limit });
await showText(
  `Trained for ${shipped.epochs.length} epochs in ${formatSeconds(shipped.seconds)} with ` +
    `\`${shipped.command}\`: ${(longResult.accuracy * 100).toFixed(2)} % of ${limit} images. ` +
    `Yours: ${(result.accuracy * 100).toFixed(2)} %.`,
);

// %%
const testImages = Array.from({ length: 24 }, (_, i) => cifar.test.image(i));
const labels = testImages.map((_, i) => {
  const prediction = `${cifar.classNames[longResult.predictions[i]!]}`;
  const truth = `${cifar.classNames[cifar.test.labels[i]!]}`;
  const right = prediction === truth;
  return { right, text: right ? prediction : `${prediction}, is ${truth}` };
});
await showImages(testImages, { labels, columns: 6, scale: 3 });

// %% [markdown]
// ## Which class is taken for which?
//
// A row for each true class, a column for each predicted class. Blue is correct, orange is wrong. Look for
// the darkest orange: which two classes does the network confuse, in both directions?

// %%
await showConfusion({
  classNames: cifar.classNames,
  truths: cifar.test.labels.slice(0, limit),
  predictions: longResult.predictions,
});

// %% [markdown]
// ## Most confident, right and wrong
//
// The network gives each class a probability. The first row shows its most confident correct predictions,
// the second its most confident mistakes. The second row is worth your time: some of these photos are hard,
// and some show which features the network relies on. It is almost certain about all of them: a network
// that has nearly memorized its training photos is overconfident on others, so high confidence proves little
// (Guo et al. 2017, "On Calibration of Modern Neural Networks").

// %%
const isRight = (i: number) => longResult.predictions[i] === cifar.test.labels[i];
const byConfidence = Array.from(longResult.predictions.keys())
  .sort((a, b) => longResult.confidences[b]! - longResult.confidences[a]!);
const picked = [
  ...byConfidence.filter(isRight).slice(0, 6),
  ...byConfidence.filter((i) => !isRight(i)).slice(0, 6),
];
await showImages(picked.map((i) => cifar.test.image(i)), {
  labels: picked.map((i) => {
    const confidence = `${(100 * longResult.confidences[i]!).toFixed(1)} %`;
    const prediction = `${cifar.classNames[longResult.predictions[i]!]} ${confidence}`;
    const truth = `${cifar.classNames[cifar.test.labels[i]!]}`;
    return { right: isRight(i), text: isRight(i) ? prediction : `${prediction}, is ${truth}` };
  }),
  columns: 6,
  scale: 3,
});

// %% [markdown]
// ## What the first layer looks for
//
// The first convolution has 16 filters of 3×3 pixels in three colors, so they can be shown as tiny
// photos. Gray is a weight of 0, and the largest weight of each filter is bright or dark: its size does not
// matter, because the batch norm after the convolution removes it. A filter responds most where a photo
// looks like the filter: light beside dark is an edge, one tint all over is a color, and many are a mixture.
// Nobody designed them.

// %%
const firstKernel = Array.from(await longTrained.getWeights()[0]!.data());
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
// - Train `resnet20({ seed: 1 })` in the same way, with the paper's pad shortcut and 2,752 fewer parameters.
//   Is the difference larger than what another seed makes?
// - Lesson 8 trains a plain network in the same way. In the paper, plain and residual are close at 20 layers;
//   at 56 the plain one falls behind.
//
// ## Quiz
//
// 1. Why may plain20 and ResNet20 have the same number of parameters?
//    <details><summary>Answer</summary>Adding x costs nothing, and the "pad" shortcut only picks
//    pixels and adds channels of zeros.</details>
// 2. Why has ResSkip three convolutions, not two?
//    <details><summary>Answer</summary>The third one, 1×1 with stride 2, gives x the shape of F(x), so that
//    the two can be added.</details>
// 3. What must a block learn to let x through unchanged?
//    <details><summary>Answer</summary>F(x) = 0. (x is never negative after a ReLU, so the block's
//    last ReLU lets it through.)</details>
// 4. Why is accuracy measured on the test images?
//    <details><summary>Answer</summary>A network can memorize its training images. Only held-out
//    images show how well it generalizes.</details>
// 5. TensorFlow.js's own `model.countParams()` says 271,098 for `residual`. Who is right?
//    <details><summary>Answer</summary>Both. TensorFlow.js counts the 1,376 running means and variances,
//    too; papers count the trainable parameters.</details>

// %% [markdown]
// ## Summary
//
// - ResNet20 is 19 convolutions and one linear layer: 269,722 parameters, as many as without
//   shortcuts.
// - A residual block computes F(x) + x. Identity where shapes agree; zeros or a 1×1 convolution where
//   they do not.
// - A network is a chain of blocks: `layer.apply(x)`, again and again.
//
// **Next:** lesson 8, the same network with and without its shortcuts.
//
// **Reading:** [He et al. 2016](https://arxiv.org/abs/1512.03385), sections 3.1, 3.2 and 4.2, and
// the second paper, [Identity Mappings in Deep Residual Networks](https://arxiv.org/abs/1603.05027).
// The data: Krizhevsky, *Learning Multiple Layers of Features from Tiny Images* (2009).
