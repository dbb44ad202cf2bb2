// Lesson 5: the identity block. The source of both notebooks; `npx deno task lessons 05` makes
// them.

// %% [markdown]
// # 5 · F(x) + x
//
// You will write the block that made very deep networks trainable. It adds its own input to what it
// computes: the input takes a **shortcut** past the convolutions, also called a **skip connection**. You
// will see what this sum does to a photo, to the signal and to the gradient, and train 42 layers with and
// without it.
//
// **Time:** an hour; the two training runs at the end take a minute or two each on two cores.
//
// **You need:** convolution, batch norm, ReLU, and what a training run does (lessons 2 to 4). None of your
// code from there is needed.
//
// The paper: He, Zhang, Ren and Sun, *Deep Residual Learning for Image Recognition* (2016),
// [arXiv:1512.03385](https://arxiv.org/abs/1512.03385). This lesson is its sections 1, 3.1 and 3.2.

// %%
import {
  BasicBlock,
  BatchNorm,
  Block,
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
  mine,
  modelArchitecture,
  normalized,
  PlainBlock,
  ResIdentity as KitIdentity,
  seedWeights,
  showArchitecture,
  showCurve,
  showImages,
  showTable,
  showText,
  startBackend,
  tf,
  train,
} from "residual";

const backend = await startBackend();
await showText(
  `${backend.describe()} A hint, if you want one: ${hint.name}("res_identity").`,
);
const cifar = loadCifar10();

// %% [markdown]
// ## Deeper should not be worse
//
// The paper begins with a surprise (its figure 1). A plain network of 56 layers does worse than one
// of 20, and not only on new photos: on the very photos that it trains on.
//
// Yet the deep network could do just as well. Its first 20 layers could do what the shallow network does,
// and the other 36 could pass their input through. Training does not find that solution. So: how hard is
// it for a block to pass its input through?
//
// Here is a photo after 1, 2, 3, 5, 10 and 20 blocks. None of them has learned anything yet: their weights
// are random. A *plain* block is two convolutions with batch norm and ReLU. (The photo's three colors are
// copied to 16 channels, and you see the mean of the channels.)

// %%
/** A map `[1, 32, 32, channels]` in grey: black is its smallest value, white its largest. */
function picture(map: tf.Tensor): Uint8Array {
  const grey = Array.from(tf.tidy(() => tf.mean(map, 3).dataSync()));
  const low = Math.min(...grey);
  const high = Math.max(...grey);
  const range = high > low ? high - low : 1;
  const bytes = new Uint8Array(32 * 32 * 3);
  grey.forEach((value, i) => bytes.fill(255 * (value - low) / range, 3 * i, 3 * i + 3));
  return bytes;
}

/** One photo, each of its colors several times: 16 channels from 0 to 1. */
const car: tf.Tensor4D = tf.tidy(() => {
  const pixels = Float32Array.from(cifar.train.image(4), (byte) => byte / 255);
  const sixTimes = tf.tile(tf.tensor4d(pixels, [1, 32, 32, 3]), [1, 1, 1, 6]);
  return tf.slice4d(sixTimes, [0, 0, 0, 0], [1, 32, 32, 16]);
});

/** What comes out of each of 20 new blocks when the car goes through all of them. */
function mapsThrough(makeBlock: () => Block): tf.Tensor4D[] {
  seedWeights(1);
  const maps = [car];
  for (let i = 0; i < 20; i++) {
    maps.push(makeBlock().apply(maps[i]!, { training: true }) as tf.Tensor4D);
  }
  return maps;
}

const shownDepths = [0, 1, 2, 3, 5, 10, 20];
const plainMaps = mapsThrough(() => new PlainBlock(16));
await showText("through plain blocks");
await showImages(shownDepths.map((depth) => picture(plainMaps[depth]!)), {
  labels: shownDepths.map((depth) => depth === 1 ? "1 block" : `${depth} blocks`),
  columns: shownDepths.length,
  scale: 3,
});

// %% [markdown]
// After a few blocks nothing is left of the photo. All later layers have to work with that, and training
// must first undo the damage of all blocks at once.
//
// ## One sum
//
// A *residual* block adds its input to what it computes:
//
// ```text
//   plain:     x ──► conv ─► relu ─► conv ──────────► relu ──►     relu(F(x))
//
//   residual:  x ─┬► conv ─► relu ─► conv ─► (+) ───► relu ──►     relu(F(x) + x)
//                 └───────────────────────────┘
// ```
//
// `F(x)` is the two convolutions, each with its batch norm. Here are the same 20 blocks, with the
// same random weights, and the sum.

// %%
const residualMaps = mapsThrough(() => new KitIdentity(16));
await showText("through residual blocks, with the same weights");
await showImages(shownDepths.map((depth) => picture(residualMaps[depth]!)), {
  labels: shownDepths.map((depth) => depth === 1 ? "1 block" : `${depth} blocks`),
  columns: shownDepths.length,
  scale: 3,
});

// %% [markdown]
// Before anything is learned, the car can be recognized after 5 blocks, its outline after 10, and a trace
// is left after 20. A block need not invent a picture; it only has to learn what to *change* in its input.
// If the block's output should be H(x), the convolutions have to learn F(x) = H(x) − x. The paper calls this
// difference the **residual**.
//
// Step by step, for the first block: x, the output of the convolutions, the sum, and the sum after the
// ReLU.

// %%
/** F alone. `BasicBlock` is the kit's pair of convolutions with batch norm. */
class OnlyF extends BasicBlock {
  constructor(readonly ni: number) {
    super(ni, ni, 1, { ni });
  }
  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return this.F(x);
  }
}

seedWeights(1);
const change = new OnlyF(16).apply(car, { training: true }) as tf.Tensor4D;
const added: tf.Tensor4D = tf.add(change, car);
await showImages([car, change, added, tf.relu(added)].map(picture), {
  labels: ["x", "F(x)", "F(x) + x", "relu(F(x) + x)"],
  columns: 4,
  scale: 4,
});

// %% [markdown]
// And if a block should do nothing at all? Then `F(x)` must be 0, and the block's last batch norm can do
// that alone: set its scales, gamma, to 0; its shifts already start at 0. `zeroGamma()` does so. (A network
// whose blocks all start like this has *zero gamma*; lesson 10 measures what that is good for.)

// %%
const silentPlain = new PlainBlock(16);
const silentResidual = new KitIdentity(16);
const quietMaps = [silentPlain, silentResidual].map((block) => {
  block.build([null, 32, 32, 16]);
  block.zeroGamma();
  return block.apply(car, { training: true }) as tf.Tensor4D;
});
await showImages([car, ...quietMaps].map(picture), {
  labels: ["x", "plain: relu(0)", "residual: relu(0 + x)"],
  columns: 3,
  scale: 4,
});

// %% [markdown]
// With F(x) = 0, a plain block's output is black. A residual block's output is x: the block computes the
// **identity**, hence its name. (Inside a network x comes from a ReLU, so it is never negative, and the last
// ReLU lets it through.)
//
// This is the central argument. A plain network of 56 layers *contains* the one of 20, but far from where
// training begins. A residual network contains the shallower one at F(x) = 0, which is near.
//
// ```text
//   plain blocks: more layers can compute          residual blocks: more layers can compute
//   other functions, not just more of them         everything that fewer could, and more
//
//          ┌────────┐                                    ┌───────────────────┐
//      ┌───┼─────┐  │                                    │  ┌─────────────┐  │
//      │ 20│  ┌──┼──┼────┐                               │  │  ┌───────┐  │  │
//      └───┼──┼──┘  │    │                               │  │  │  20   │  │  │
//          └──┼─────┘    │   * the best function         │  │  └───────┘  │  │  * the best function
//             │    56    │                               │  └─────────────┘  │
//             └──────────┘                               └───────── 56 ──────┘
// ```
//
// (After the figure on nested function classes in *Dive into Deep Learning*, chapter 8.6. It shows what
// training reaches from F(x) = 0, not what a network could express in principle.)

// %% [markdown] exercise="res_identity"
// Work from the drawing above. The block has four layers, and all keep `ni` channels:
// `new Conv2d(ni, ni)` is a 3×3 convolution without bias, `new BatchNorm(ni)` follows each of them.
//
// As in PyTorch, the constructor assigns each layer to a property, and `forward` calls it:
//
// | PyTorch | here |
// |---|---|
// | `self.conv1 = nn.Conv2d(ni, ni, 3, padding=1, bias=False)` | `this.conv1 = new Conv2d(ni, ni);` |
// | `self.conv1(x)` | `this.conv1(x)` |
//
// `tf.relu` and `tf.add` have no weights, so they need no property. TypeScript knows of a sum only that
// it is some tensor; name its shape: `const sum: tf.Tensor4D = tf.add(F, x);`.

// %% id="res_identity" role="solution"
class ResIdentity extends Block {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm;

  constructor(readonly ni: number) {
    super({ ni });
    // BEGIN SOLUTION
    this.conv1 = new Conv2d(ni, ni);
    this.bn1 = new BatchNorm(ni);
    this.conv2 = new Conv2d(ni, ni);
    this.bn2 = new BatchNorm(ni);
    // END SOLUTION
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    // BEGIN SOLUTION
    const F = this.bn2(this.conv2(tf.relu(this.bn1(this.conv1(x)))));
    const sum: tf.Tensor4D = tf.add(F, x);
    return tf.relu(sum);
    // END SOLUTION
  }
}

// %% id="check_res_identity" role="check"
await check("res_identity", ResIdentity);
// BEGIN HIDDEN TESTS
await check("res_identity", ResIdentity, { seed: 20 });
// END HIDDEN TESTS

// %% [markdown]
// <details><summary>"this.conv1 is not a function"</summary>
//
// The message goes on with the reason. If the property was never assigned, add
// `this.conv1 = new Conv2d(ni, ni);` to the constructor. A layer of TensorFlow.js, such as
// `tf.layers.conv2d(...)`, is not a function: call it with `this.conv1.apply(x)`.
//
// </details>
// <details><summary>"forward calls a Conv2d that is not in a property of the block"</summary>
//
// A block finds layers in its public properties, alone or in an array. It does not find a layer in a
// `#private` field, in a `Map`, or one that `forward` creates: such a layer would not be trained. Create
// each layer in the constructor and assign it: `this.conv1 = new Conv2d(ni, ni);`.
//
// </details>
// <details><summary>"conv1 and conv2 are the same Conv2d"</summary>
//
// One layer in two properties would use the same weights twice. Write `new Conv2d(ni, ni)` for each.
//
// </details>
// <details><summary>"forward must return a tensor, but returned ..."</summary>
//
// `undefined`: is there a `return`? Text: `F + x` joins two tensors as text; write `tf.add(F, x)`. A
// layer: `tf.layers.reLU(x)` creates a layer; `tf.relu(x)` computes.
//
// </details>
// <details><summary>"Tensor&lt;Rank&gt; is not assignable to Tensor4D"</summary>
//
// `tf.add` takes tensors of any shape, so TypeScript does not know what it gives. Give the sum a
// name and a type: `const sum: tf.Tensor4D = tf.add(F, x);`.
//
// </details>
// <details><summary>My count is too high by 2 · ni</summary>
//
// Each of two convolutions has a bias. `Conv2d` has none; `tf.layers.conv2d` has one unless you say
// `useBias: false`.
//
// </details>
// <details><summary>Only the numbers differ</summary>
//
// Follow x with a finger: conv, norm, ReLU, conv, norm, then `+ x`, then the last ReLU. There are
// two ReLUs in the block, and the second is around the sum.
//
// </details>

// %% [markdown]
// ## Why the last ReLU comes after the sum
//
// It could stand before: `relu(F(x)) + x`. Then F's contribution is never negative. The block can add to a
// value but subtract nothing, and neither can any block after it.

// %%
/** The ReLU in the wrong place. */
class ReluFirst extends BasicBlock {
  constructor(readonly ni: number) {
    super(ni, ni, 1, { ni });
  }
  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.add(tf.relu(this.F(x)), x);
  }
}

const reluFirstMaps = mapsThrough(() => new ReluFirst(16));
const meanOf = (map: tf.Tensor) => tf.tidy(() => tf.mean(map).dataSync()[0]!);
const depths = Array.from({ length: 21 }, (_, i) => i);
await showCurve({
  title: "Mean of the signal after each block",
  series: [
    { name: "relu(F(x)) + x", x: depths, y: reluFirstMaps.map(meanOf) },
    { name: "relu(F(x) + x)", x: depths, y: residualMaps.map(meanOf) },
  ],
  xLabel: "blocks",
  yLabel: "mean",
});

// %%
/** How many of all values got smaller from one map to the next, in percent. */
function percentSmaller(maps: readonly tf.Tensor[]): number {
  const shares = maps.slice(1).map((map, i) => meanOf(tf.less(map, maps[i]!).toFloat()));
  return 100 * shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

await showTable([
  {
    block: "relu(F(x)) + x",
    "values that got smaller, %": percentSmaller(reluFirstMaps).toFixed(1),
  },
  {
    block: "relu(F(x) + x)",
    "values that got smaller, %": percentSmaller(residualMaps).toFixed(1),
  },
]);

// %% [markdown]
// With the ReLU first, no value ever gets smaller. With the ReLU after the sum, the signal grows as well,
// but a block can also reduce what earlier blocks produced. The authors measured both on CIFAR-10 with 110
// layers: 6.61 % errors with the ReLU after the sum, 7.84 % with the ReLU before it
// ([their second paper](https://arxiv.org/abs/1603.05027), section 4.1). Best of all was a third form, which
// the end of this lesson mentions.

// %% [markdown] exercise="identity_count"
// A convolution has one filter for each output channel; a filter has 3×3 weights for each input channel.
// Batch norm has a scale and a shift for each channel. It also keeps a running mean and variance, but no
// gradient changes those.
//
// Write the function, then make a prediction on paper for `ni = 16, repeat = 3` before you run the
// check.

// %% id="identity_count" role="solution"
function identityCount(ni: number, repeat: number): number {
  // BEGIN SOLUTION
  const convAndNorm = 3 * 3 * ni * ni + 2 * ni;
  return repeat * 2 * convAndNorm;
  // END SOLUTION
}

// %% id="check_identity_count" role="check"
await check("identity_count", identityCount);
// BEGIN HIDDEN TESTS
await check("identity_count", identityCount, { seed: 20 });
// END HIDDEN TESTS

// %% [markdown]
// <details><summary>My number is a little too high</summary>
//
// You counted either the running statistics (two more numbers for each channel of each batch norm) or
// biases (one more for each filter).
//
// </details>
// <details><summary>My number is about half of it, or a third</summary>
//
// Half: a block has *two* convolutions. A third: a filter is 3×3 = 9 pixels, not 3.
//
// </details>

// %% [markdown] exercise="n_identity_blocks"
// Blocks are layers, so a block can hold blocks. Assign an array of them to `this.blocks`: the block
// finds the layers in an array, too, as PyTorch does in an `nn.ModuleList`. Use your `ResIdentity`, or
// the kit's `KitIdentity` if yours does not pass its check yet.

// %% id="n_identity_blocks" role="solution"
class NIdentityBlocks extends Block {
  readonly blocks: Block[];

  constructor(readonly ni: number, readonly repeat: number) {
    super({ ni, repeat });
    // BEGIN SOLUTION
    this.blocks = Array.from({ length: repeat }, () => new ResIdentity(ni));
    // END SOLUTION
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    // BEGIN SOLUTION
    let y = x;
    for (const block of this.blocks) y = block(y);
    return y;
    // END SOLUTION
  }
}

// %% id="check_n_identity_blocks" role="check"
await check("n_identity_blocks", NIdentityBlocks);
// BEGIN HIDDEN TESTS
await check("n_identity_blocks", NIdentityBlocks, { seed: 20 });
// END HIDDEN TESTS

// %% [markdown]
// <details><summary>"blocks.0 and blocks.1 are the same ResIdentity"</summary>
//
// `new Array(repeat).fill(new ResIdentity(ni))` puts one block into every place of the array.
// `Array.from({ length: repeat }, () => new ResIdentity(ni))` creates a block for each.
//
// </details>
// <details><summary>The count is that of one block</summary>
//
// Does `forward` call one block again and again? Then every step uses the same weights. Call each block in
// the array once.
//
// </details>

// %% [markdown]
// Here is your block, three times after a first convolution, and the plain network beside it. An arc is a
// shortcut: it ends at the sum inside the block, before the block's last ReLU. The shortcuts cost no
// parameter: both networks have the same number.

// %%
/** Layers one after the other, by name, from an image to what comes out of the last. */
function chain(name: string, layers: Record<string, tf.layers.Layer>): tf.LayersModel {
  const image = tf.input({ shape: [32, 32, 3], name: "image" });
  let x = image;
  for (const [layerName, layer] of Object.entries(layers)) {
    layer.name = layerName;
    x = layer.apply(x) as tf.SymbolicTensor;
  }
  return tf.model({ inputs: image, outputs: x, name });
}

/** New blocks, named block1, block2, ... */
function namedBlocks(count: number, makeBlock: () => Block): Record<string, tf.layers.Layer> {
  const names = Array.from({ length: count }, (_, i) => `block${i + 1}`);
  return Object.fromEntries(names.map((name) => [name, makeBlock()]));
}

const Identity = await mine("res_identity", KitIdentity);
const makers = [
  { name: "plain", makeBlock: (): Block => new PlainBlock(16) },
  { name: "residual", makeBlock: (): Block => new Identity(16) },
];
for (const { name, makeBlock } of makers) {
  const model = chain(name, {
    conv1: new Conv2d(3, 16),
    bn1: new BatchNorm(16),
    relu: tf.layers.reLU(),
    ...namedBlocks(3, makeBlock),
  });
  await showArchitecture(modelArchitecture(model), { title: name });
}

// %% [markdown]
// ## What reaches the first block?
//
// Backpropagation (lesson 2) carries the gradient from the loss back through the network: for every value,
// whether more or less of it would help. The gradient starts at the last block and has to pass through all
// the others to reach the first. We send a random gradient back through 20 blocks and measure its length
// (its norm) at each block.
//
// The lengths differ so much that we plot their logarithm: 1 is ten times as long as at the end, −1 is a
// tenth.

// %%
/** Lengths and directions of a gradient on its way back. */
type WayBack = {
  /** log10 of its length before each block, compared with the length at the end. */
  length: number[];
  /** The cosine of the angle between it and the gradient at the end: 1 is the same direction. */
  likeness: number[];
};

// The slowest backend gets fewer photos.
const photos = backend.name === "cpu" ? 2 : 16;
const firstPhotos = Array.from({ length: photos }, (_, i) => i);

async function wayBack(makeBlock: () => Block, init?: "kaimingUniform"): Promise<WayBack> {
  seedWeights(3, init);
  const measured = tf.tidy(() => {
    const small = tf.avgPool(normalized(cifar.train, firstPhotos), 2, 2, "valid");
    const stem = [new Conv2d(3, 16), new BatchNorm(16), tf.layers.reLU()];
    const run = (x: tf.Tensor, layer: tf.layers.Layer) =>
      layer.apply(x, { training: true }) as tf.Tensor;
    const maps = [stem.reduce(run, small as tf.Tensor)];
    const blocks = Array.from({ length: 20 }, makeBlock);
    blocks.forEach((block, i) => maps.push(run(maps[i]!, block)));

    const start: tf.Tensor = tf.randomNormal(maps[20]!.shape, 0, 1, "float32", 5);
    const compared = (gradient: tf.Tensor) => {
      const growth = tf.div(tf.norm(gradient), tf.norm(start));
      const product = tf.mul(tf.norm(gradient), tf.norm(start));
      return tf.stack([growth, tf.div(tf.sum(tf.mul(gradient, start)), product)]);
    };
    const rows = [compared(start)];
    let gradient = start;
    for (let i = 19; i >= 0; i--) {
      // From the gradient of a block's output to the gradient of its input.
      gradient = tf.grad((x) => run(x, blocks[i]!))(maps[i]!, gradient);
      rows.unshift(compared(gradient));
    }
    return tf.stack(rows) as tf.Tensor2D;
  });
  const rows = await measured.array();
  measured.dispose();
  return {
    length: rows.map(([growth]) => Math.log10(growth!)),
    likeness: rows.map(([, likeness]) => likeness!),
  };
}

const back = {
  plain: await wayBack(() => new PlainBlock(16)),
  residual: await wayBack(() => new KitIdentity(16)),
};
await showCurve({
  title: "Length of the gradient before each block",
  series: [
    { name: "20 plain blocks", x: depths, y: back.plain.length },
    { name: "20 residual blocks", x: depths, y: back.residual.length },
  ],
  xLabel: "block (the gradient comes from the right)",
  yLabel: "log10 of the length",
});
await showTable([
  { blocks: "plain", "first block / last": 10 ** back.plain.length[0]! },
  { blocks: "residual", "first block / last": 10 ** back.residual.length[0]! },
]);

// %% [markdown]
// Through plain blocks the gradient *grows*, by a factor of about 1.4 in every block: at the first block it
// is hundreds of times longer than at the last. Through residual blocks it grows too, but far less.
//
// Where does the difference come from? Take two numbers, x = (x₁, x₂), and a block that computes
//
// ```text
//   F(x) = (0.3 · x₁ + 0.5 · x₂,  −0.2 · x₁ + 0.1 · x₂)
// ```
//
// A little more of x₁ changes F's first output by 0.3 and its second by −0.2. With the sum, F(x) + x, the
// first becomes 1.3, since x₁ itself is added; the second stays. In general the slopes form a table, the
// matrix ∂F/∂x, and the sum adds 1 to each entry of its diagonal:
//
// ```text
//   y = F(x) + x:    ∂y/∂x  =  ∂F/∂x + I             ┌ 0.3   0.5 ┐     ┌ 1.3   0.5 ┐
//                                                    └ −0.2  0.1 ┘ ──▶ └ −0.2  1.1 ┘
// ```
//
// `I` is the identity matrix, which changes nothing. So part of the gradient goes past F unchanged. Then
// comes the ReLU after the sum: where the sum is negative, the gradient is 0 there, the shortcut's part
// included. So the gradient does *not* pass a block as it is, only far less changed.
//
// You may have read that gradients *vanish* in deep networks. Without batch norm and with smaller first
// weights they do. The paper verified that its plain networks with batch norm have gradients of healthy
// length, and finds vanishing gradients unlikely to be the reason of their trouble (section 4.1). Here are
// both networks without batch norm:

// %%
/** Two convolutions and nothing else, with the sum or without it. */
class WithoutNorm extends Block {
  readonly conv1: Conv2d;
  readonly conv2: Conv2d;

  constructor(readonly ni: number, readonly adds: boolean) {
    super({ ni, adds });
    this.conv1 = new Conv2d(ni, ni);
    this.conv2 = new Conv2d(ni, ni);
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    const F = this.conv2(tf.relu(this.conv1(x)));
    const sum: tf.Tensor4D = this.adds ? tf.add(F, x) : F;
    return tf.relu(sum);
  }
}

const bareBack = {
  plain: await wayBack(() => new WithoutNorm(16, false), "kaimingUniform"),
  residual: await wayBack(() => new WithoutNorm(16, true), "kaimingUniform"),
};
await showCurve({
  title: "The same without batch norm, with smaller weights",
  series: [
    { name: "20 plain blocks", x: depths, y: bareBack.plain.length },
    { name: "20 residual blocks", x: depths, y: bareBack.residual.length },
  ],
  xLabel: "block (the gradient comes from the right)",
  yLabel: "log10 of the length",
});

// %% [markdown]
// Now the plain gradient dies out: at the first block it is some million million times shorter. The residual
// one arrives about as long as it was sent. Too long or too short: the sum helps against both.
//
// ## Does it still point the same way?
//
// The length is only half of the story. We compare the gradient's direction before each block with its
// direction at the end: 1 is the same direction, 0 is no more in common than two random gradients have.

// %%
await showCurve({
  title: "How much of the gradient's direction is left (with batch norm)",
  series: [
    { name: "20 plain blocks", x: depths, y: back.plain.likeness },
    { name: "20 residual blocks", x: depths, y: back.residual.likeness },
  ],
  xLabel: "block (the gradient comes from the right)",
  yLabel: "likeness",
});

// %% [markdown]
// After one plain block the gradient has nothing in common with the one that was sent. A residual block
// passes it on, gated by the ReLU and together with a part of its own, so the likeness fades slowly: about
// 0.3 is left after ten blocks, and practically nothing after twenty. Balduzzi and others
// ([2017](https://arxiv.org/abs/1702.08591)) measured something related, how alike the gradients of
// similar inputs are. In deep plain networks they are as different as noise, and the authors call them
// *shattered*.
//
// The ReLU after the sum is what makes the likeness fade. In their second paper, the authors moved the
// ReLU: batch norm and ReLU come *before* each convolution, and nothing comes after the sum, so x and the
// gradient really pass unchanged. With 110 layers on CIFAR-10 this **full pre-activation** has an error of
// 6.37 %, against 6.61 % for the form that you have built.
//
// ## Train both
//
// Now for real photos and real training. Two networks of 42 layers: a first convolution, 20 blocks
// on maps of 8×8, and a linear layer. Same weights to begin with, same photos in the same order,
// same training call. Only the block changes. First, how long will it take here?

// %%
/** 42 layers: the first one and the pool make the maps small, so that it trains in a minute. */
function deepNetwork(name: string, makeBlock: () => Block): tf.LayersModel {
  seedWeights(1);
  return chain(name, {
    conv1: new Conv2d(3, 16, 3, 2),
    bn1: new BatchNorm(16),
    relu: tf.layers.reLU(),
    pool: tf.layers.averagePooling2d({ poolSize: 2 }),
    ...namedBlocks(20, makeBlock),
    mean: tf.layers.globalAveragePooling2d({}),
    linear: new Linear(16, 10),
  });
}

const plan = budget();
const newNetwork = (which: number) => deepNetwork(makers[which]!.name, makers[which]!.makeBlock);
const estimate = await estimateSeconds(newNetwork(1), cifar, plan);
await showText(
  `Budget "${plan.name}": ${plan.steps} steps of ${plan.batchSize} images. ` +
    `On ${backend.name} about ${formatSeconds(estimate)} for each network.`,
);
await showTable([newNetwork(0), newNetwork(1)].map((model) => ({
  network: model.name,
  parameters: countParams(model).trainable,
})));

// %%
const plainNet = newNetwork(0);
const plainHistory = await train(plainNet, cifar, { budget: plan, seed: 1 });

// %%
const residualNet = newNetwork(1);
const residualHistory = await train(residualNet, cifar, { budget: plan, seed: 1 });

// %%
/** Each loss as the mean of the last 20, so that the curve can be read. */
function smooth(loss: readonly number[]): number[] {
  return loss.map((_, i) => {
    const last = loss.slice(Math.max(0, i - 19), i + 1);
    return last.reduce((sum, value) => sum + value, 0) / last.length;
  });
}

await showCurve({
  title: "42 layers on CIFAR-10: training loss",
  series: [
    { name: "plain", history: plainHistory },
    { name: "residual", history: residualHistory },
  ].map(({ name, history }) => ({
    name,
    x: history.loss.map((_, i) => i + 1),
    y: smooth(history.loss),
  })),
  xLabel: "step",
  yLabel: "loss",
});
for (const model of [plainNet, residualNet]) {
  const { accuracy } = await evaluate(model, cifar.test, { limit: plan.testImages });
  await showText(
    `${model.name}: ${(100 * accuracy).toFixed(1)} % of the test images are classified correctly`,
  );
}

// %% [markdown]
// A loss of ln 10 ≈ 2.303 is guessing. The residual network begins above it: it guesses with high
// confidence. In a `lesson` budget it soon passes the plain one and ends far lower, with the same number of
// parameters and the same amount of computation.
//
// This is a short run. It shows which network learns faster, not how good each can become: longer runs are
// in lesson 8. And at a small depth the two are close: try 3 blocks instead of 20.
//
// The residual network has your own `ResIdentity` in it if its check has passed; the line above the table
// says which.

// %% [markdown]
// ## Quiz
//
// 1. What must a residual block learn in order to change nothing? And a plain block?
//    <details><summary>Answer</summary>The residual block: F(x) = 0. The plain block: two
//    convolutions that together copy every value of x, through a ReLU and two batch
//    norms.</details>
// 2. How many parameters does the sum add?
//    <details><summary>Answer</summary>None. It adds one addition for each value.</details>
// 3. Why may x be added as it is in this block?
//    <details><summary>Answer</summary>F(x) has the shape of x: the convolutions have stride 1 and
//    keep the channels. Lesson 6 is about blocks where it is not so.</details>
// 4. A friend writes `relu(F(x)) + x`. What can the friend's block not do?
//    <details><summary>Answer</summary>Make any value smaller.</details>
// 5. Do gradients vanish in plain networks with batch norm?
//    <details><summary>Answer</summary>Not in the one we measured: they grew on the way back, and soon
//    had nothing in common with the gradient that was sent. Without batch norm and with small weights they
//    vanished.</details>

// %% [markdown]
// ## Summary
//
// - A residual block computes relu(F(x) + x). With F(x) = 0 it is the identity.
// - The ReLU comes after the sum, so that F can subtract as well as add.
// - ∂y/∂x = ∂F/∂x + I: gradients neither explode nor die out so soon, and more of their direction comes
//   through. The ReLU after the sum still gates them.
// - The sum adds no parameters: the block has 2 · (9 · ni² + 2 · ni) with or without it.
//
// **Next:** lesson 6, what to do where F(x) and x have different shapes.
//
// **Reading:** [He et al. 2016](https://arxiv.org/abs/1512.03385), sections 1, 3.1, 3.2 and 4.1;
// their [Identity Mappings in Deep Residual Networks](https://arxiv.org/abs/1603.05027), sections 2
// and 4.1; Balduzzi et al., [The Shattered Gradients Problem](https://arxiv.org/abs/1702.08591)
// (2017); Yang et al., [A Mean Field Theory of Batch
// Normalization](https://arxiv.org/abs/1902.08129) (2019), on gradients that grow. With code:
// chapter 14 of [fastai's book](https://github.com/fastai/fastbook/blob/master/14_resnet.ipynb).
