/** Tests that layers are functions: modes, names, texts, training and saved models. */
import assert from "node:assert/strict";
import {
  BasicBlock,
  BatchNorm,
  Block,
  Conv2d,
  Linear,
  ResIdentity,
  ResNetTail,
  ResSkip,
  seedWeights,
  Sequence,
  startBackend,
  tf,
} from "../../lib/mod.ts";

await startBackend();

/** Layers of both kinds: the kit's are called, TensorFlow.js's are applied. */
class Mixed extends Block {
  readonly conv: Conv2d;
  readonly norms: readonly BatchNorm[];
  readonly theirs: tf.layers.Layer;
  readonly dropout: tf.layers.Layer;
  readonly end: Sequence;

  constructor(readonly ni: number) {
    super({ ni });
    this.conv = new Conv2d(ni, ni);
    this.norms = [new BatchNorm(ni), new BatchNorm(ni)];
    this.theirs = tf.layers.batchNormalization();
    this.dropout = tf.layers.dropout({ rate: 0.5, seed: 1 });
    this.end = new Sequence([tf.layers.batchNormalization(), new BatchNorm(ni)]);
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    const { training } = this;
    const y = this.norms.reduce((y, norm) => norm(y), this.conv(x));
    const theirs = this.theirs.apply(y, { training }) as tf.Tensor4D;
    return this.end(this.dropout.apply(theirs, { training }) as tf.Tensor4D);
  }
}

function values(tensor: tf.Tensor): number[] {
  return [...tensor.dataSync()];
}

const images = (channels = 3) =>
  tf.randomNormal<tf.Rank.R4>([4, 6, 6, channels], 1, 2, "float32", 3);

Deno.test("calling a layer runs it in inference mode", () => {
  for (const layer of [new Conv2d(3, 4), new BatchNorm(3), new ResIdentity(3), new Mixed(3)]) {
    const called = layer(images());
    assert.deepEqual(values(called), values(layer.apply(images()) as tf.Tensor));
    assert.deepEqual(values(layer(images())), values(called));
  }
});

Deno.test("a call inside forward runs in the mode of the block", () => {
  const mixed = new Mixed(3);
  const means = () =>
    mixed.nonTrainableWeights.filter(({ originalName }) => /mean$/i.test(originalName))
      .map((weight) => values(weight.read()));
  mixed(images());
  const before = means();
  assert.equal(before.length, 5);
  mixed.apply(images(), { training: false });
  assert.deepEqual(means(), before, "inference changes running means");
  mixed.apply(images(), { training: true });
  means().forEach((mean, i) => assert.notDeepEqual(mean, before[i], `norm ${i} did not train`));
});

Deno.test("dropout inside a block drops values in training mode only", () => {
  class Dropping extends Block {
    readonly dropout: tf.layers.Layer;
    constructor() {
      super({});
      this.dropout = tf.layers.dropout({ rate: 0.5, seed: 1 });
    }
    forward(x: tf.Tensor4D): tf.Tensor4D {
      return this.dropout.apply(x, { training: this.training }) as tf.Tensor4D;
    }
  }
  class Outer extends Block {
    readonly inner: Dropping;
    constructor() {
      super({});
      this.inner = new Dropping();
    }
    forward(x: tf.Tensor4D): tf.Tensor4D {
      return this.inner(x);
    }
  }
  for (
    const block of [new Dropping(), new Outer(), new Sequence([tf.layers.dropout({ rate: 0.5 })])]
  ) {
    const zerosIn = (y: tf.Tensor) => values(y).filter((value) => value === 0).length;
    assert.equal(zerosIn(block(images())), 0);
    const dropped = zerosIn(block.apply(images(), { training: true }) as tf.Tensor);
    assert.ok(dropped > 100 && dropped < 332, `${dropped} of 432 values are 0`);
  }
});

Deno.test("the mode of a pass ends with the pass, even if forward throws", () => {
  class Throwing extends Block {
    forward(): tf.Tensor4D {
      throw new Error("no");
    }
  }
  const norm = new BatchNorm(3);
  norm(images());
  const mean = () => values(norm.nonTrainableWeights[0]!.read());
  const before = mean();
  assert.throws(() => new Throwing({}).apply(images(), { training: true }), /no/);
  norm(images());
  assert.deepEqual(mean(), before);
});

Deno.test("weights are named after the properties that hold the layers", () => {
  const mixed = new Mixed(3);
  mixed.name = "mixed";
  mixed(images());
  assert.deepEqual(
    mixed.weights.map(({ originalName }) => originalName).sort(),
    [
      "mixed.conv.kernel",
      ...["end.0", "end.1", "norms.0", "norms.1", "theirs"].flatMap((norm) => [
        `mixed.${norm}.beta`,
        `mixed.${norm}.gamma`,
        ...(/^(theirs|end.0)/.test(norm)
          ? [`mixed.${norm}.moving_mean`, `mixed.${norm}.moving_variance`]
          : [`mixed.${norm}.running_mean`, `mixed.${norm}.running_var`]),
      ]),
    ].sort(),
  );
  const skip = new ResSkip(3, 4);
  skip.name = "layer2.0";
  skip(images());
  assert.deepEqual(
    skip.trainableWeights.map(({ originalName }) => originalName).filter((name) =>
      /down/.test(name)
    ),
    ["kernel", "gamma", "beta"].map((weight, i) =>
      `layer2.0.downsample.${i === 0 ? 0 : 1}.${weight}`
    ),
  );
});

Deno.test("the console prints a layer as the code that constructs it", () => {
  const texts: [tf.layers.Layer, string][] = [
    [new Conv2d(3, 16), "Conv2d(3, 16, 3, 1, false)"],
    [new BatchNorm(16), "BatchNorm(16)"],
    [new Linear(64, 10), "Linear(64, 10)"],
    [new ResIdentity(16), "ResIdentity(16)"],
    [new Mixed(3), "Mixed(3)"],
    [
      new Sequence([new Conv2d(3, 4, 1, 2), new BatchNorm(4), tf.layers.reLU()]),
      "Sequence([Conv2d(3, 4, 1, 2, false), BatchNorm(4), ReLU])",
    ],
  ];
  for (const [layer, text] of texts) {
    assert.equal(Deno.inspect(layer), text);
    assert.equal(String(layer), text);
  }
});

/** Saves a model to memory and loads it again. */
async function roundTrip(model: tf.LayersModel): Promise<tf.LayersModel> {
  let artifacts: tf.io.ModelArtifacts | undefined;
  await model.save(tf.io.withSaveHandler((saved) => {
    artifacts = saved;
    return Promise.resolve({
      modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" },
    });
  }));
  // As a file would have it.
  const { modelTopology } = artifacts!;
  return await tf.loadLayersModel(
    tf.io.fromMemory({ ...artifacts!, modelTopology: JSON.parse(JSON.stringify(modelTopology)) }),
  );
}

function modelOf(...layers: tf.layers.Layer[]): tf.LayersModel {
  const inputs = tf.input({ shape: [6, 6, 3] });
  const run = (x: tf.SymbolicTensor, layer: tf.layers.Layer) => layer.apply(x) as tf.SymbolicTensor;
  return tf.model({ inputs, outputs: layers.reduce(run, inputs) });
}

/** Takes a layer as its argument, as a learner's own block may. */
class Residual extends Block {
  readonly inner: Sequence;

  constructor(inner: Sequence, readonly scale: number) {
    super({ inner, scale });
    this.inner = inner;
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.add(tf.mul(this.inner(x), this.scale), x);
  }
}

const MODELS: Readonly<Record<string, () => tf.layers.Layer[]>> = {
  "a block": () => [new Mixed(3)],
  "a Sequence": () => [
    new Sequence([
      new Conv2d(3, 4),
      tf.layers.batchNormalization({ epsilon: 0.5 }),
      tf.layers.reLU(),
      new ResIdentity(4),
    ]),
  ],
  "a Sequence of Sequences": () => [
    new Sequence([new Sequence([new Conv2d(3, 4)]), new Sequence([new BatchNorm(4)])]),
    new Sequence([new ResSkip(4, 6)]),
  ],
  "a block that takes a layer": () => [
    new Residual(new Sequence([new Conv2d(3, 3), tf.layers.batchNormalization()]), 0.5),
  ],
};

for (const [name, layers] of Object.entries(MODELS)) {
  Deno.test(`a model with ${name} trains, and predicts the same after saving and loading`, async () => {
    seedWeights(1);
    const model = modelOf(
      ...layers(),
      tf.layers.flatten(),
      tf.layers.dense({ units: 2 }),
    );
    const x = images();
    const kernels = () =>
      model.trainableWeights.filter(({ shape }) => shape.length === 4)
        .map((weight) => values(weight.read()));
    const before = kernels();
    model.compile({ optimizer: tf.train.sgd(0.1), loss: "meanSquaredError" });
    await model.fit(x, tf.ones([4, 2]), { epochs: 1, verbose: 0 });
    assert.ok(before.length > 0);
    kernels().forEach((kernel, i) => assert.notDeepEqual(kernel, before[i]));
    const loaded = await roundTrip(model);
    assert.deepEqual(
      loaded.weights.map((weight) => [weight.originalName, weight.shape]),
      model.weights.map((weight) => [weight.originalName, weight.shape]),
    );
    assert.deepEqual(values(loaded.predict(x) as tf.Tensor), values(model.predict(x) as tf.Tensor));
    const twice = await roundTrip(loaded);
    assert.deepEqual(values(twice.predict(x) as tf.Tensor), values(model.predict(x) as tf.Tensor));
    for (const { layers } of [loaded, twice]) {
      assert.deepEqual(layers.map(String), model.layers.map(String));
    }
  });
}

Deno.test("a frozen layer in a Sequence is frozen after loading", async () => {
  const sequence = new Sequence([new Conv2d(3, 4), new BatchNorm(4)]);
  sequence[0]!.trainable = false;
  const loaded = await roundTrip(modelOf(sequence));
  assert.deepEqual(loaded.trainableWeights.length, 2);
});

Deno.test("an unknown class in a saved Sequence is named", async () => {
  const model = modelOf(new Sequence([new Conv2d(3, 4)]));
  const text = JSON.stringify(model.toJSON(null, false)).replaceAll('"Conv2d"', '"Convolved"');
  await assert.rejects(
    tf.loadLayersModel(tf.io.fromMemory({ modelTopology: JSON.parse(text) })),
    /Cannot load a layer of the unknown class Convolved/,
  );
});

Deno.test("a callable layer is an instance of its class, with private fields", () => {
  class Half extends BasicBlock {
    readonly #factor: number;
    constructor(factor: number) {
      super(3, 3, 1, { factor });
      this.#factor = factor;
    }
    forward(x: tf.Tensor4D): tf.Tensor4D {
      return tf.mul(this.F(x), this.#factor);
    }
  }
  const half = new Half(0.5);
  assert.equal(typeof half, "function");
  assert.ok(half instanceof Half && half instanceof BasicBlock && half instanceof tf.layers.Layer);
  assert.deepEqual(half(images()).shape, [4, 6, 6, 3]);
  assert.equal(half.constructor, Half);
  const tail = new ResNetTail(3, 2);
  assert.deepEqual(tail(images()).shape, [4, 2]);
  assert.deepEqual(Object.keys(tail).filter((key) => key === "length"), []);
});
