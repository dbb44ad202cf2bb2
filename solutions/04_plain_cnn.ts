// Lesson 4: a plain convolutional network. The source of both notebooks; `npx deno task lessons 04`
// makes them.

// %% [markdown]
// # 4 · A plain convolutional network
//
// You will put convolution, batch norm and ReLU together into a block of your own, stack that block into
// a network of 8 layers, and train the network on 50,000 photos. Residual networks consist of the same
// parts; only one sum is missing, and that is the next lesson.
//
// **Time:** 50 minutes of your time, and a minute or two while the network trains.
//
// **You need:** classes in TypeScript. Lesson 2 says what a training step is, lesson 3 what the three
// parts compute; none of your code from there is needed.

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
  featureMap,
  formatSeconds,
  hint,
  Linear,
  loadCifar10,
  mapImage,
  modelArchitecture,
  normalized,
  seedWeights,
  showArchitecture,
  showConfusion,
  showImages,
  showTable,
  showText,
  startBackend,
  tf,
  train,
} from "residual";

const backend = await startBackend();
const cifar = loadCifar10();
await showText(
  `${backend.describe()} ${cifar.train.size.toLocaleString("en-US")} photos loaded. ` +
    `A hint, if you want one: ${hint.name}("conv_bn_relu").`,
);

// %% [markdown]
// ## A block of layers
//
// A `Block` is a layer that consists of layers, like `nn.Module` in PyTorch. The constructor creates the
// layers and assigns them to properties; `forward` calls them. The block finds its layers in the
// properties, so counting, training and saving need no further code. In PyTorch, a block with one layer is
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
const bird = normalized(cifar.train, [41]);
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
// The check asks for 4 filters; 4 more parameters are 4 biases. `Conv2d` has none unless its fifth
// argument says so, `tf.layers.conv2d` has some unless you say `useBias: false`.
//
// </details>
// <details><summary>Stride 1 is right, stride 2 has the right shape and other numbers</summary>
//
// TensorFlow's padding `"same"` puts zeros on both sides at stride 1. At stride 2, on an even size, it
// puts one on the right and the bottom, none on the left and the top. `Conv2d` puts one on each side.
//
// </details>
// <details><summary>"BatchNorm expects an input with ... channels, got ..."</summary>
//
// Batch norm stands after the convolution, so it has `no` channels, not `ni`.
//
// </details>

// %% [markdown]
// ## The plan of the plain network
//
// The paper (section 4.2) gives its networks for CIFAR-10 as a table. `n` sets the depth: 6n + 2 layers
// with weights. Where the map is halved, the number of channels is doubled, so that each layer has about
// the same work.
//
// | part | convolutions | output channels | map | stride |
// |---|---|---|---|---|
// | stem | 1 | 16 | 32×32 | 1 |
// | stage 1 | 2n | 16 | 32×32 | 1 |
// | stage 2 | 2n | 32 | 16×16 | 2, then 1 |
// | stage 3 | 2n | 64 | 8×8 | 2, then 1 |
// | mean of each map | – | 64 | – | – |
// | linear | – | 10 classes | – | – |
//
// The first convolution is the **stem**; each group of 2n convolutions on maps of the same size is a
// **stage**.
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
// for the mean of each map, and `new Linear(64, 10)`. The output is ten logits, as in lesson 2.
// `modelOf(name, layers)` puts the layers of an array one after another and makes a model of them:

// %%
function modelOf(name: string, layers: tf.layers.Layer[]): tf.LayersModel {
  const image = tf.input({ shape: [32, 32, 3] });
  let x = image;
  layers.forEach((layer, i) => {
    layer.name = `layer${i + 1}`;
    x = layer.apply(x) as tf.SymbolicTensor;
  });
  return tf.model({ inputs: image, outputs: x, name });
}

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
// 2,336 is one convolution from 16 to 16 channels with its batch norm. The stem is not one of the 2n
// convolutions of stage 1; it comes before them.
//
// </details>
// <details><summary>"Conv2d expects an input with 16 channels, got 32"</summary>
//
// The output of one block is the input of the next: after a block with `no` output channels, the next
// one has `ni = no`.
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
// computes the same. `newNetwork()` makes a new one each time, with the same first weights.

// %%
let newNetwork = (): tf.LayersModel => cifarResNet({ n: 1, shortcut: "none", seed: 1 });
try {
  plainStack(1);
  newNetwork = () => {
    seedWeights(1);
    return plainStack(1);
  };
  await showText("This is your plainStack(1).");
} catch (error) {
  await showText(`This is the kit's network; plainStack(1) says: ${(error as Error).message}.`);
}
await showArchitecture(modelArchitecture(newNetwork()), { title: "plain8" });

// %% [markdown]
// ## Train it
//
// The kit's `train` runs the loop that lesson 2 builds: batches in random order, logits, cross-entropy,
// gradients by backpropagation, a step. Three things are added:
//
// - **Augmentation** (lesson 1): each photo is cropped and mirrored at random.
// - **Momentum**: each step includes 0.9 of the step before, so that steps which agree add up.
// - **Weight decay**: each step also pulls the weights a little towards 0.
//
// And the learning rate follows a **schedule**: it rises at first and falls to 0 at the end.
//
// The same call trains every network up to lesson 8, and only the network changes: so a large difference
// between two results comes from the network. A difference of a point or two may be chance, and another
// seed would give another. The budget says how long: `quick` (a few thousand photos), `lesson` (each photo
// once) or `paper` (the whole schedule); on a slow backend the first two are smaller. First, measured on a
// few photos, how long the training run will take here:

// %%
const plan = budget();
const estimate = await estimateSeconds(newNetwork(), cifar, plan);
await showText(
  `Budget "${plan.name}": ${plan.steps} steps of ${plan.batchSize} images. ` +
    `On ${backend.name} about ${formatSeconds(estimate)}.`,
);

// %% [markdown]
// The cell below makes a new network and trains it. Run it again, and training begins again from the same
// first weights; a cell that only called `train` would go on with a trained network.

// %%
/** The maps after the first block for the bird, each map as bright as possible. */
async function firstMaps(model: tf.LayersModel): Promise<Uint8Array[]> {
  const stem = tf.model({ inputs: model.inputs, outputs: model.layers[1]!.output });
  const maps = stem.predict(bird) as tf.Tensor4D;
  const images: Uint8Array[] = [];
  for (let i = 0; i < 16; i++) {
    const map = featureMap(maps, i);
    const [brightest] = await tf.max(map).data();
    images.push(await mapImage(map, 0, Math.max(1e-3, brightest!)));
  }
  return images;
}

const network = newNetwork();
const mapsBefore = await firstMaps(network);
const history = await train(network, cifar, { budget: plan, seed: 1 });

// %% [markdown]
// A network that gives each class the same chance, 1/10, has a loss of ln 10 ≈ 2.303. Now the photos that
// the network has never seen. Guessing gives 10 %; the linear classifier of lesson 2 has 40 %.

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
// A row is a true class. After a `lesson` of training most mistakes make sense: cats confused with dogs,
// cars with trucks, planes with ships.
//
// ## What the first filters have learned
//
// The bird again, through the first block of the network: before training and after. Each map is drawn
// as bright as possible, so compare *where* a map is bright, not how bright. Which maps have changed
// after a `lesson` of training?

// %%
const mapsAfter = await firstMaps(network);
await showImages([...mapsBefore, ...mapsAfter], {
  labels: [...mapsBefore.map(() => "before"), ...mapsAfter.map(() => "after")],
});

// %% [markdown]
// ## What to look at next
//
// Would more layers be better? `plainStack(3)` is the paper's plain network of 20 layers; train it in
// the same way, if you have three times as long. The paper went on to 56 layers and found that the
// deeper plain network is **worse**, on the training photos too. Lesson 5 adds the one sum that changes
// this.
//
// ## Quiz
//
// 1. Two networks have the same number of parameters. Are they the same?
//    <details><summary>Answer</summary>No. ReLUs, strides, and the order of the layers cost no parameters.
//    That is why the checks compare outputs, too.</details>
// 2. Which layer of plain8 has the most parameters?
//    <details><summary>Answer</summary>The last convolution, from 64 to 64 channels: 36,864
//    weights, about half of the network.</details>
// 3. Why does the number of channels double where the map is halved?
//    <details><summary>Answer</summary>A map of half the height and width has a quarter of the places; a
//    convolution between twice as many channels has four times as many products at each. So the work
//    stays about the same.</details>
// 4. The training run went badly, and you run the training cell again. What do you have to know?
//    <details><summary>Answer</summary>Whether the cell makes a new network. If it only calls `train`,
//    training continues with the weights that went badly.</details>
//
// ## Summary
//
// - A block assigns its layers in the constructor and calls them in `forward`.
// - Convolution, batch norm, ReLU: the paper's order.
// - The plain network of 8 layers has 75,290 parameters, the one of 20 has 269,722.
// - One training call for all networks, so that only the network differs.
//
// **Next:** lesson 5, the sum that makes deep networks trainable.
//
// **Reading:** [He et al. 2016](https://arxiv.org/abs/1512.03385), sections 3.3, 3.4 and 4.2. Howard and
// Gugger, [fastai's book](https://github.com/fastai/fastbook), chapter 13.
