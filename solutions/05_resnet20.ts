// Lesson 5: ResNet20 on CIFAR-10. The source of both notebooks; `deno task lessons 05` makes them.

// %% [markdown]
// # 5 · ResNet20 on real photos
//
// You will assemble the 20-layer network of the paper that made deep networks trainable, count its
// parameters to the last one, and train it on 50,000 photos.
//
// **Time:** 30 minutes of your time, and a few more while the network trains.
// **You need:** functions and arrays in TypeScript. Run each cell with Shift+Enter, from top to
// bottom.
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
  Block,
  budget,
  Conv2d,
  countParams,
  estimateSeconds,
  evaluate,
  formatSeconds,
  Linear,
  loadCifar10,
  plain20,
  ResIdentity,
  resnet20,
  ResSkip,
  showCurve,
  showImages,
  showTable,
  showText,
  startBackend,
  tf,
  train,
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
// Each time the picture is halved, the filters are doubled. 7 + 6 + 6 convolutions and one linear
// layer: 20.

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
// network need not be worse than a shallow one. (A batch normalisation follows each convolution.)

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
// `ResIdentity` keeps the shape, so that `x` can simply be added. `ResSkip` halves the picture and
// doubles the filters, so `x` has to be made to fit: its shortcut is a 1×1 convolution with stride 2.
//
// ## Plain and residual, side by side
//
// The paper's fair comparison: two networks with the same layers and the same number of parameters,
// one with shortcuts and one without. Where shapes change, its shortcut takes every second pixel and
// fills the new filters with zeros (`"pad"`), which costs no parameter. Here is every layer's output.

// %%
const plain = plain20();
const residual = resnet20();
await showTable(residual.layers.map((layer) => ({
  layer: layer.name,
  output: layer.outputShape.slice(1).join("×"),
  parameters: countParams(layer).trainable,
})));

// %% [markdown]
// ## Count by hand
//
// A 3×3 convolution from `ni` to `no` filters has 3 · 3 · ni · no weights. It has no bias: the batch
// normalisation after it has a scale and a shift for each filter, 2 · no numbers, and its shift takes
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
// halving shortcuts (`"projection"`) there are 2,752 more. Batch normalisation also keeps a running
// mean and variance for each filter: nothing trains them, so papers do not count them.
//
// These numbers lie in 59 variables: a kernel, scales and shifts for each of 19 convolutions, and the
// weights and biases of the linear layer. Two projections add three each: 65.

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

// %% [markdown]
// ## Your turn: assemble ResNet20
//
// **Goal:** the network with projection shortcuts, from its parts. **Difficulty:** ●●○○○
// **Minutes:** 10
//
// Work from the table: a 3×3 convolution with 16 filters, batch normalisation, ReLU; three stages of
// three blocks with 16, 32 and 64 filters; the mean over all pixels; a linear layer with 10 outputs.
// A layer is called with `apply`, and what comes out goes into the next one:
//
// ```ts
// x = new ResIdentity(16).apply(x) as tf.SymbolicTensor;
// ```
//
// You need `new Conv2d(ni, no)` (3×3, no bias), `new BatchNorm(no)`, `tf.layers.reLU()`,
// `new ResIdentity(ni)`, `new ResSkip(ni, no)`, `tf.layers.globalAveragePooling2d({})` and
// `new Linear(ni, no)`.

// %% id="assemble" role="solution"
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

// %% id="check_assemble" points=4 role="check"
const assembled = assembleResNet20();
const mistakes: Record<number, string> = {
  273_066: "every convolution has a bias, as in Keras's example; take Conv2d, which has none",
  274_042: "that counts the running statistics too, which are not trained",
  269_722: "the shortcuts have no parameters; take ResSkip where the photo is halved",
  272_490: "the stem has a bias of 16; take Conv2d, which has none",
  272_442: "the stem has no batch normalisation; its 16 scales and 16 shifts are missing",
  267_802: "one ResIdentity(16) is missing",
  253_914: "one ResIdentity(32) is missing",
  198_490: "one ResIdentity(64) is missing",
  272_464: "the linear layer has no bias; take Linear, which has one",
};
const blockCount = assembled.layers.filter((layer) => layer instanceof Block).length;
const assembledCount = countParams(assembled).trainable;
const findings = [
  {
    what: "input",
    expected: "32×32×3",
    got: assembled.inputs[0]!.shape.slice(1).join("×"),
    next: "start from `image`",
  },
  {
    what: "output",
    expected: "10",
    got: assembled.outputs[0]!.shape.slice(1).join("×"),
    next: "end with globalAveragePooling2d, then Linear(64, 10)",
  },
  {
    what: "residual blocks",
    expected: "9",
    got: String(blockCount),
    next: "three stages of three blocks; ResSkip opens stages 2 and 3",
  },
  {
    what: "trainable parameters",
    expected: "272474",
    got: String(assembledCount),
    next: mistakes[assembledCount] ?? "compare `assembled.summary()` with the table",
  },
];
const images = tf.tidy(() => tf.randomNormal<tf.Rank.R4>([2, 32, 32, 3], 0, 1, "float32", 5));
const outputOf = (model: tf.LayersModel) => (model.predict(images) as tf.Tensor).dataSync();
if (assembledCount === 272_474 && assembled.weights.length === projected.weights.length) {
  // With the same weights the same network gives the same numbers.
  assembled.setWeights(projected.getWeights());
  const expected = outputOf(projected);
  const difference = Math.max(...outputOf(assembled).map((y, i) => Math.abs(y - expected[i]!)));
  findings.push({
    what: "numbers for two images",
    expected: "equal to the kit's",
    got: difference < 1e-4 ? "equal to the kit's" : `${difference.toPrecision(2)} away`,
    next: "is there a ReLU in the stem? are all blocks residual, in the table's order?",
  });
}
// BEGIN HIDDEN TESTS
findings.push({
  what: "halvings",
  expected: "2",
  got: String(assembled.layers.filter((layer) => layer instanceof ResSkip).length),
  next: "only stages 2 and 3 start with ResSkip",
});
// END HIDDEN TESTS
await showTable(findings.map(({ next, ...finding }) => {
  const good = finding.got === finding.expected;
  return { ...finding, verdict: good ? "✓" : "✗", next: good ? "" : next };
}));
const wrong = findings.filter(({ expected, got }) => got !== expected)
  .map(({ what, expected, got, next }) => `${what}: expected ${expected}, got ${got}; ${next}`);
assert.equal(wrong.length, 0, wrong.join("\n"));

// %% [markdown]
// <details><summary>"x has no property apply", or a type error at <code>apply</code></summary>
//
// `apply` belongs to the layer: `layer.apply(x)`. Its answer may be many things to TypeScript; say
// which one you know it is: `as tf.SymbolicTensor`.
//
// </details>
// <details><summary>My total is 16 too high</summary>
//
// A convolution that a batch normalisation follows needs no bias. `Conv2d` has none;
// `tf.layers.conv2d` has one unless you say `useBias: false`.
//
// </details>
// <details><summary>An error says that shapes do not match</summary>
//
// A `ResIdentity(ni)` takes as many filters as it gives. Where 16 become 32, and 32 become 64, use
// `ResSkip(ni, no)`.
//
// </details>

// %% [markdown]
// ## Train it
//
// The budget says how long to train: `quick` (a few thousand photos: only to see it work), `lesson`
// (each photo once) or `paper` (the whole schedule); without the native backend the first two are
// smaller. Choose with the environment variable `RESIDUAL_BUDGET`, or write `budget("quick")` below.
// First, measured on a few photos, how long it will take here:

// %%
const plan = budget();
const estimate = await estimateSeconds(residual, cifar, plan);
await showText(
  `Budget "${plan.name}": ${plan.steps} steps of ${plan.batchSize} images. ` +
    `On ${backend.name} about ${formatSeconds(estimate)}.`,
);

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
// A network that gives each class the same chance has a loss of ln 10 ≈ 2.303. At first it is worse
// than that: it guesses, and is sure of it. Everything below 2.303 has been learned.

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

// %%
const testImages = Array.from({ length: 24 }, (_, i) => cifar.test.image(i));
const verdicts = testImages.map((_, i) => {
  const guess = `${cifar.classNames[result.predictions[i]!]}`;
  const truth = `${cifar.classNames[cifar.test.labels[i]!]}`;
  const right = guess === truth;
  return { right, text: right ? guess : `${guess}, is ${truth}` };
});
await showImages(testImages, { labels: verdicts, columns: 6, scale: 3 });

// %% [markdown]
// ## What to look at next
//
// - Look at the wrong ones. Cats and dogs, cars and trucks: would you have known, at 32×32 pixels?
// - Train `plain` in the same way and compare. At 20 layers the two are close; at 56 the plain one
//   falls behind, and that is the discovery of the paper.
// - Train `assembled`, the network that you built: `await train(assembled, cifar, { budget: plan })`.
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

// %% [markdown]
// ## Summary
//
// - ResNet20 is 19 convolutions and one linear layer: 269,722 parameters, as many as without
//   shortcuts.
// - A residual block computes F(x) + x. Identity where shapes agree; zeros or a 1×1 convolution where
//   they do not.
// - A network is a chain of blocks: `layer.apply(x)`, again and again.
//
// **Reading:** [He et al. 2016](https://arxiv.org/abs/1512.03385), sections 3.1, 3.2 and 4.2, and
// the second paper, [Identity Mappings in Deep Residual Networks](https://arxiv.org/abs/1603.05027).
// The data: Krizhevsky, *Learning Multiple Layers of Features from Tiny Images* (2009).
