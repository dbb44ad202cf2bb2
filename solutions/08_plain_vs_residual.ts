// Lesson 8: plain against residual. The source of both notebooks; `npx deno task lessons 08` makes
// them.

// %% [markdown]
// # 8 · Plain against residual
//
// You will repeat the experiment that made residual networks famous: the same layers, the same photos,
// the same training, with and without shortcuts, at 20 and at 56 layers. Then you look inside the networks
// for the reason why one of the four is so hard to train.
//
// **Time:** 65 minutes of your time, and a few more while two networks train.
//
// **You need:** to know what a training step is (lesson 2) and what a residual block adds (lesson 5).
// The networks come from the kit; lesson 7 builds one of them. None of your code is needed.
//
// The paper: He, Zhang, Ren and Sun, *Deep Residual Learning for Image Recognition* (2016),
// [arXiv:1512.03385](https://arxiv.org/abs/1512.03385). This lesson is figure 6 of its section 4.2.

// %%
import {
  BatchNorm,
  Block,
  budget,
  check,
  Cifar10Split,
  cifarResNet,
  Conv2d,
  countParams,
  estimateSeconds,
  evaluate,
  formatSeconds,
  hint,
  type History,
  Linear,
  loadCifar10,
  loadTrained,
  normalized,
  plain20,
  plain56,
  resnet20,
  resnet56,
  type RunRecord,
  seedWeights,
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
await showText(
  `${backend.describe()} A hint, if you want one: ${hint.name}("gradient_norms").`,
);
const cifar = loadCifar10();

// %% [markdown]
// ## The question
//
// Take a network of 20 layers that works, and put 36 more layers on top that copy their input. The result
// has 56 layers and is exactly as good. So a network of 56 layers *can* be at least as good as one of 20.
//
// Does training find such weights? Four training runs of ten epochs take hours on a laptop, so the kit
// ships its own: one recipe, one seed, every photo ten times. Each record says what was trained, how, for
// how long, and with which result.

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
// The training error, step by step: the share of the photos that it is *learning from* which a network
// gets wrong. Batches are random, so each point is a mean over the last 20 values of the record. First the
// plain networks, then the residual ones.
//
// **Predict, then run.** In each of the two pictures: which line ends lower, 20 layers or 56? Write your
// guess down before you run the cell.

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
// A network that overfits has a *low* training error and a high test error. The plain network of 56 layers
// has a high *training* error. So it does not overfit: it does not even learn its own photos. The paper
// calls this **degradation**. (Ten epochs exaggerate it: with the paper's whole schedule the gap is a few
// points, but it does not close. And a training error may lie a little above the test error: it is the mean
// over the last epoch, on cropped and mirrored photos, while the network still changes.)
//
// The two residual networks end close together: 12.07 % and 11.55 % training error. With one seed each,
// that is no difference. What the picture shows is that 56 residual layers do *at least as well* as 20,
// while 56 plain layers do much worse.
//
// ## Your own pair
//
// Do not take it on trust: train two networks yourself, with the training call of every lesson. Only one
// word differs: `shortcut`. Both have the same number of parameters, and since both begin with seed 1, even
// the same values.
//
// Each network of 20 layers takes a few minutes. Later, come back and take `n = 5`, 32 layers: does more
// depth help the plain one, and the residual one? Write both results down before you change `n`.

// %%
const n = 3;
const plan = budget();
const newNetwork = (shortcut: "none" | "pad") => cifarResNet({ n, shortcut, seed: 1 });
const estimate = 2 * await estimateSeconds(newNetwork("pad"), cifar, plan);
const beginnings = [];
for (const model of [newNetwork("none"), newNetwork("pad")]) {
  const [firstWeight] = await model.getWeights()[0]!.data();
  beginnings.push({
    network: model.name,
    parameters: countParams(model).trainable,
    "first weight": firstWeight!,
  });
}
await showTable(beginnings);
await showText(
  `Budget "${plan.name}": ${plan.steps} steps of ${plan.batchSize} images for each. ` +
    `On ${backend.name} about ${formatSeconds(estimate)} for both.`,
);

// %%
const plain = newNetwork("none");
const plainHistory = await train(plain, cifar, { budget: plan, seed: 1 });

// %%
const residual = newNetwork("pad");
const residualHistory = await train(residual, cifar, { budget: plan, seed: 1 });

// %% [markdown]
// Both have seen the same photos in the same order. Is one of the two ahead, and from where on? In a
// `lesson` budget the residual one learns faster from early on, which the paper reports, too (section 4.1,
// about networks with 18 layers). After long training the two of 20 layers are close. A `quick` budget is
// too short to tell.

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

// %% [markdown]
// ## Suspect one: the gradient
//
// Training moves each weight against its gradient, so look at the gradients before the first step: how long
// is the gradient of each convolution, from the first layer to the last? `gradientsOf` computes them for a
// few photos.

// %%
// Enough for the picture, and few enough for a slow backend.
const few = Math.max(2, Math.min(32, plan.batchSize / 4));
const photos = Array.from({ length: few }, (_, i) => i);

/** The gradient of the loss of a few photos for each trainable weight, by the weight's name. */
function gradientsOf(model: tf.LayersModel): Record<string, tf.Tensor> {
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  return tf.tidy(() => {
    const images = normalized(cifar.train, photos);
    const classes = tf.tensor1d(photos.map((i) => cifar.train.labels[i]!), "int32");
    const { grads } = tf.variableGrads(() => {
      const logits = model.apply(images, { training: true }) as tf.Tensor;
      return tf.losses.softmaxCrossEntropy(tf.oneHot(classes, 10), logits) as tf.Scalar;
    }, variables);
    return Object.fromEntries(
      model.trainableWeights.map(({ name }, i) => [name, grads[variables[i]!.name]!]),
    );
  });
}

// %% [markdown] exercise="gradient_norms"
// `weights` are a model's trainable weights, from the first layer to the last; each has a `name` and a
// `shape`. `gradients` has the gradient of each under its name, in no particular order. Return the length
// of the gradient of each *convolution*, in the order of the layers. A convolution's kernel has four axes;
// batch norm's scales and shifts have one, the linear layer's weights two.

// %% id="gradient_norms" role="solution"
async function gradientNorms(
  weights: { name: string; shape: tf.Shape }[],
  gradients: Record<string, tf.Tensor>,
): Promise<number[]> {
  // BEGIN SOLUTION
  const norms: number[] = [];
  for (const { name, shape } of weights) {
    if (shape.length !== 4) continue;
    const norm = tf.norm(gradients[name]!);
    norms.push((await norm.data())[0]!);
    norm.dispose();
  }
  return norms;
  // END SOLUTION
}

// %% id="check_gradient_norms" role="check"
await check("gradient_norms", gradientNorms);
// BEGIN HIDDEN TESTS
await check("gradient_norms", gradientNorms, { seed: 20 });
// END HIDDEN TESTS

// %% [markdown]
// <details><summary>I get too many lengths</summary>
//
// Only convolutions count: `weight.shape.length === 4`.
//
// </details>
// <details><summary>How do I read a number from a tensor?</summary>
//
// `await tensor.data()` is an array of the tensor's values, here with a single one.
//
// </details>
//
// **Predict, then run:** with depth, do the gradients of the first layers *vanish*, or do they *explode*?
// The scale of the picture is logarithmic: one up is ten times as long.

// %%
const fresh = [
  plain20({ seed: 1 }),
  plain56({ seed: 1 }),
  resnet20({ seed: 1 }),
  resnet56({ seed: 1 }),
];
try {
  const norms: number[][] = [];
  for (const model of fresh) {
    const gradients = gradientsOf(model);
    norms.push(
      await gradientNorms(
        model.trainableWeights.map(({ name, shape }) => ({ name, shape })),
        gradients,
      ),
    );
    tf.dispose(gradients);
  }
  await showCurve({
    title: "Length of each convolution's gradient before training",
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
    "first convolution": norms[i]![0]!,
    "last convolution": norms[i]!.at(-1)!,
    "first ÷ last": Math.round(norms[i]![0]! / norms[i]!.at(-1)!),
  })));
} catch (error) {
  await showText(`Nothing to see yet: ${(error as Error).message}.`);
}

// %% [markdown]
// Nothing vanishes: He et al. checked the same for their plain networks with batch norm (section 4.1). In the
// plain network of 56 layers the gradient *explodes* instead: the first layer's is thousands of times as long
// as the last one's. There is one learning rate for all layers, and a rate that barely moves the last layer
// overshoots in the first. That may well be why plain56 is hard to train.
//
// But read the whole table. plain20 and ResNet56 both have a ratio around ten, and end at 16.95 % and
// 11.55 % training error. **Which suspect does this clear?** The ratio does not explain their difference, so
// the gradient's length alone is not the reason why shortcuts help.
//
// ## Suspect two: the signal
//
// Now forward. These photos come twice, and the second time a little noise is added to each pixel. Do you
// see a difference?

// %%
const noise = await tf.randomNormal([few * 3072], 0, 3, "float32", 3).data();
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
// You do not, and a network should not either: both photos of a pair should look the same to its last layer.
// Here is how alike they are after each block, before any training. The likeness is the cosine between the
// two feature maps, after the mean over all photos is subtracted: 1 is the same, 0 is no more alike than two
// different photos.

// %%
async function likeness(model: tf.LayersModel): Promise<number[]> {
  const blocks = model.layers.filter((layer) => layer instanceof Block);
  const outputs = blocks.map((layer) => layer.output as tf.SymbolicTensor);
  const inside = tf.model({ inputs: model.inputs, outputs });
  const likenesses = tf.tidy(() => {
    const both = tf.concat([normalized(clean, photos), normalized(noisy, photos)], 0);
    const maps = inside.apply(both, { training: true }) as tf.Tensor[];
    return tf.stack(maps.map((map) => {
      const rows = tf.reshape(map, [2 * few, -1]);
      const centered = tf.sub(rows, tf.mean(rows, 0));
      const [a, b] = tf.split(tf.div(centered, tf.norm(centered, 2, 1, true)), 2);
      // The cosine between the two of a pair, averaged over all pairs.
      return tf.mean(tf.sum(tf.mul(a!, b!), 1));
    }));
  });
  const values = Array.from(await likenesses.data());
  likenesses.dispose();
  return values;
}

const alike: number[][] = [];
for (const model of fresh) alike.push(await likeness(model));
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
// Over the blocks they share, the two plain curves coincide, and so do the two residual ones: the kind of
// block matters, and the number of blocks. An untrained plain network scrambles its input a little more in
// every block, and after 16 blocks two photos that you cannot tell apart have little in common. The last
// layers of plain56 would have to learn from that. A residual block adds its input to its output, so more of
// the photo is left at the end.
//
// Both pictures show the networks *before* training: they can explain why the beginning is hard. They do not
// prove that nothing else is wrong later on; the paper itself leaves the reason open.

// %% [markdown]
// ## What two networks see in the same photo
//
// Back to trained networks: the kit's plain20 and ResNet20 after three times as many epochs, evaluated on
// held-out photos.

// %%
const plainTrained = loadTrained("plain20");
const residualTrained = loadTrained("resnet20");
const limit = plan.testImages;
const plainResult = await evaluate(plainTrained, cifar.test, { limit });
const residualResult = await evaluate(residualTrained, cifar.test, { limit });
await showText(
  `Test accuracy on ${limit} photos: plain ${percent(plainResult.accuracy)}, ` +
    `residual ${percent(residualResult.accuracy)}.`,
);

// %% [markdown]
// Which classes do they confuse? First the plain network, then the residual one.

// %%
for (const { predictions } of [plainResult, residualResult]) {
  await showConfusion({
    classNames: cifar.classNames,
    truths: cifar.test.labels.slice(0, limit),
    predictions,
  });
}

// %% [markdown]
// Photos on which the two disagree, the most confident first: in the first row only the residual network is
// correct, in the second only the plain one. Even the better network is not better everywhere.

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
// And each network's most confident mistakes: first the plain network's, then the residual one's.

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
// The 16 filters of the first layer, as tiny photos of 3×3 pixels: gray is a weight of 0, and each filter is
// scaled by its own largest weight. The first two rows are the plain network's, the other two the residual
// one's. This layer comes before any shortcut and sees only pixels. Do its filters look different in the
// two networks?

// %%
async function filterImages(model: tf.LayersModel): Promise<Uint8Array[]> {
  const kernel = Array.from(await model.getWeights()[0]!.data());
  return Array.from({ length: 16 }, (_, filter) => {
    const weights = kernel.filter((_, i) => i % 16 === filter);
    const largest = Math.max(...weights.map(Math.abs));
    return Uint8Array.from(weights, (weight) => 128 + 127 * weight / largest);
  });
}
await showImages([...await filterImages(plainTrained), ...await filterImages(residualTrained)], {
  side: 3,
  scale: 24,
});

// %% [markdown]
// ## A residual network that trains badly
//
// A shortcut is one line, and one line is easily wrong. The worst bugs throw no error: the network runs, its
// loss falls, and you only wonder why others get better results. Here is such a network, with **three** bugs.
// It is small enough to train in well under a minute on the native backend.

// %%
class BuggyBlock extends Block {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm;

  constructor() {
    super({});
    this.conv1 = new Conv2d(16, 16);
    this.bn1 = new BatchNorm(16);
    this.conv2 = new Conv2d(16, 16);
    this.bn2 = new BatchNorm(16);
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    const inner = tf.relu(this.bn1(this.conv1(x)));
    const F = this.bn1(this.conv2(inner));
    return tf.add(tf.relu(F), x);
  }
}

function buggyNet(): tf.LayersModel {
  const image = tf.input({ shape: [32, 32, 3] });
  let x: tf.SymbolicTensor = image;
  for (
    const layer of [
      new Conv2d(3, 16, 3, 2),
      new BatchNorm(16),
      tf.layers.reLU(),
      new BuggyBlock(),
      new BuggyBlock(),
      new BuggyBlock(),
      tf.layers.globalAveragePooling2d({}),
      new Linear(16, 10),
      tf.layers.softmax(),
    ]
  ) {
    x = layer.apply(x) as tf.SymbolicTensor;
  }
  return tf.model({ inputs: image, outputs: x });
}

const shortPlan = { ...plan, steps: Math.min(plan.steps, 300) };
seedWeights(1);
const buggyHistory = await train(buggyNet(), cifar, { budget: shortPlan, seed: 1 });

// %% [markdown] exercise="repaired_net"
// Copy the class and the function from above into the function below, and repair them. Before you run the
// check, write down what each bug does to training. (A class may be declared inside a function.)

// %% id="repaired_net" role="solution"
function repairedNet(): tf.LayersModel {
  // BEGIN SOLUTION
  class RepairedBlock extends Block {
    readonly conv1: Conv2d;
    readonly bn1: BatchNorm;
    readonly conv2: Conv2d;
    readonly bn2: BatchNorm;

    constructor() {
      super({});
      this.conv1 = new Conv2d(16, 16);
      this.bn1 = new BatchNorm(16);
      this.conv2 = new Conv2d(16, 16);
      this.bn2 = new BatchNorm(16);
    }

    forward(x: tf.Tensor4D): tf.Tensor4D {
      const inner = tf.relu(this.bn1(this.conv1(x)));
      const F = this.bn2(this.conv2(inner));
      const sum: tf.Tensor4D = tf.add(F, x);
      return tf.relu(sum);
    }
  }

  const image = tf.input({ shape: [32, 32, 3] });
  let x: tf.SymbolicTensor = image;
  for (
    const layer of [
      new Conv2d(3, 16, 3, 2),
      new BatchNorm(16),
      tf.layers.reLU(),
      new RepairedBlock(),
      new RepairedBlock(),
      new RepairedBlock(),
      tf.layers.globalAveragePooling2d({}),
      new Linear(16, 10),
    ]
  ) {
    x = layer.apply(x) as tf.SymbolicTensor;
  }
  return tf.model({ inputs: image, outputs: x });
  // END SOLUTION
}

// %% id="check_repaired_net" role="check"
await check("repaired_net", repairedNet);
// BEGIN HIDDEN TESTS
await check("repaired_net", repairedNet, { seed: 20 });
// END HIDDEN TESTS

// %%
async function compareRepaired(): Promise<void> {
  seedWeights(1);
  const history = await train(repairedNet(), cifar, { budget: shortPlan, seed: 1 });
  await showCurve({
    title: "The same network with and without its bugs: training error",
    series: [
      errorSeries("three bugs", curveOf(buggyHistory)),
      errorSeries("repaired", curveOf(history)),
    ],
    xLabel: "step",
    yLabel: "training error, %",
  });
}

await compareRepaired().catch((error: Error) => showText(`Nothing to see yet: ${error.message}`));

// %% [markdown]
// <details><summary>What each bug does</summary>
//
// - **Softmax at the end.** `train` computes the softmax itself, as part of the loss. The softmax of
//   probabilities is nearly flat: even a network that gives the right class the probability 1 gets only
//   e / (e + 9) = 0.23 from the second softmax, which is a loss of 1.46. The loss cannot fall below that,
//   and the gradient of a confident answer nearly vanishes.
// - **ReLU before the sum.** F(x) cannot be negative, so a block can only add. The values grow from block to
//   block.
// - **One batch norm for two convolutions.** Scale, shift and running statistics belong to the outputs of one
//   convolution. In training mode each call normalizes with the statistics of its batch, so that the bug
//   hides. In inference mode both use one running mean, which fits neither.
//
// </details>

// %% [markdown]
// ## Exercise: explain the result
//
// **Goal:** explain in your own words what you have seen: that is how you find out whether you understand
// it.
//
// **Difficulty:** ●●●○○ · **Minutes:** 10 · **Points:** 4 (a person reads it; `progress()` does not
// count them)
//
// In five to ten sentences: what happens to a plain network when it gets deeper, and how do you know
// that it is not overfitting? Why is it surprising? What do the gradients and the noisy photos show, and
// what do they *not* explain? And how could a sum, F(x) + x, help? Name at least two numbers that you have
// measured in this lesson.
//
// Double-click the cell below and write under its heading.

// %% [markdown] id="explain_gap" points=4 role="answer"
// ### My explanation
//
// BEGIN SOLUTION
// The plain network of 56 layers has a higher error than the one of 20 on the photos that it is
// *trained on*. A network that overfits has a low training error, so this is something else: training does
// not find good weights. That is surprising, since good weights exist: 20 layers that work, and 36 that copy
// their input, would be as good as the 20.
//
// Before the first step, the gradient of the plain network's first layer is some 3,700 times as long
// as that of its last convolution (residual: some ten or twenty times), so no learning rate suits all
// layers. And two photos that differ by a noise that I cannot see have a likeness of about 0.2 after its 27
// blocks (residual: about 0.8): little of the photo is left for its last layers. The gradient's ratio cannot
// be the whole reason: plain20 and ResNet56 both have a ratio around ten, and ResNet56 learns much better.
//
// A residual block computes F(x) + x. The x carries the photo on to the next block, and the gradient back
// past F, both only gated by the ReLU after the sum. To copy its input, a block only has to learn F(x) = 0,
// and so a deep network begins near a shallow one that works. So 56 residual layers can be trained, and they
// do at least as well as 20.
//
// **For the teacher.** One point each for:
//
// 1. The *training* error is higher, so it is not overfitting.
// 2. A deeper network could copy the shallow one, so the trouble is in the training and not in what
//    the network can express.
// 3. Evidence: two measured numbers (a gap, a gradient's length, a likeness) that fit what is said.
//    Numbers differ from run to run; what counts is that they come from the answer's own notebook.
// 4. What the sum does: x and the gradient get past F, only gated by the ReLU; or F(x) = 0 is easy to learn.
//
// "The gradients vanish" is not what was measured: half of the fourth point at most. "x passes unchanged" is
// not quite true, because of the ReLU after the sum: accept it if the rest is clear.
// END SOLUTION

// %% [markdown]
// ## Quiz
//
// 1. The training error of plain56 is higher than that of plain20. Why does that rule out overfitting?
//    <details><summary>Answer</summary>A network that overfits does too well on its training photos
//    and badly on new ones. This one does badly on its training photos.</details>
// 2. Why are the two networks compared with the "pad" shortcut and not with projections?
//    <details><summary>Answer</summary>It has no parameters. So the two have the same number, and a large
//    difference comes from the sum. (A small one may be chance.)</details>
// 3. Both networks begin with seed 1 and see the photos in the order of seed 1. What for?
//    <details><summary>Answer</summary>Then chance treats both alike: the same first weights, the same
//    photos, crops and flips. The shortcut remains, and a little luck: another seed gives other numbers,
//    and much the same picture.</details>
// 4. The first layer's gradient is thousands of times the last one's. Why not just take a smaller
//    learning rate?
//    <details><summary>Answer</summary>A rate that is small enough for the first layers hardly moves
//    the last ones: all layers share one rate.</details>

// %% [markdown]
// ## Summary
//
// - Degradation: a deeper plain network has a higher *training* error, although it could copy a
//   shallower one.
// - Before training, the gradient of a deep plain network grows from block to block on its way back, and
//   small changes of a photo grow on their way forward. With F(x) + x both stay moderate. Neither explains
//   everything.
// - A comparison is fair when one thing differs: same layers, same count, same seed, same call.
//
// **Next:** lesson 9, ResNet18, the network for large photos.
//
// **Reading:** [He et al. 2016](https://arxiv.org/abs/1512.03385), sections 1, 4.1 and 4.2, figures 1
// and 6. On the two suspects: Balduzzi et al. 2017,
// [The Shattered Gradients Problem](https://arxiv.org/abs/1702.08591), and Yang et al. 2019,
// [A Mean Field Theory of Batch Normalization](https://arxiv.org/abs/1902.08129).
