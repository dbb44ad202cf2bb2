/** Tests that a check detects the kit's own classes, however an answer hides them. */
import assert from "node:assert/strict";
import type { OwnPart } from "../../lib/checks/own_parts.ts";
import { exerciseById, EXERCISES } from "../../lib/checks/exercises/mod.ts";
import { compare } from "../../lib/checks/compare.ts";
import { probeLayer, probeWeights } from "../../lib/checks/layers.ts";
import { observe } from "../../lib/checks/observe.ts";
import { isClass, Trial } from "../../lib/checks/trial.ts";
import {
  BasicBlock,
  BatchNorm,
  Block,
  Bottleneck,
  Conv2d,
  NBottlenecks,
  NIdentityBlocks,
  PlainBlock,
  ResIdentity,
  ResNet,
  ResNetHead,
  ResNetTail,
  ResPad,
  ResSkip,
  Sequence,
  SkipAndNIdentityBlocks,
  startBackend,
  tf,
} from "../../lib/mod.ts";

await startBackend();

type Layer = tf.layers.Layer;

class Basic extends BasicBlock {
  constructor() {
    super(3, 3, 1, {});
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return this.F(x);
  }
}

/** Constructs an object of each class, for images with 3 channels. */
const MAKERS = new Map<OwnPart, () => Layer>([
  [BasicBlock, () => new Basic()],
  [PlainBlock, () => new PlainBlock(3)],
  [ResIdentity, () => new ResIdentity(3)],
  [NIdentityBlocks, () => new NIdentityBlocks(3, 2)],
  [ResSkip, () => new ResSkip(3, 4)],
  [ResPad, () => new ResPad(3, 5)],
  [SkipAndNIdentityBlocks, () => new SkipAndNIdentityBlocks(3, 4, 2)],
  [Bottleneck, () => new Bottleneck(3, 2)],
  [NBottlenecks, () => new NBottlenecks(3, 2, 2)],
  [ResNetHead, () => new ResNetHead(3, 4)],
  [ResNetTail, () => new ResNetTail(3, 4)],
  [ResNet, () => new ResNet(3, 4, [1, 1, 1, 1])],
]);

const OWN_CLASSES = new Set(
  [...EXERCISES.values()].flatMap(({ ownParts = [] }) => ownParts).filter(isClass),
);

/** A block that claims to have no parts. */
class Hiding extends Block<tf.Tensor> {
  readonly inner: Layer;

  constructor(inner: Layer) {
    super({});
    this.inner = inner;
  }

  override get parts(): ReadonlyMap<string, Layer> {
    return new Map();
  }

  forward(x: tf.Tensor4D): tf.Tensor {
    return this.inner.apply(x) as tf.Tensor;
  }
}

function wrapped(layer: Layer): tf.LayersModel {
  if (layer instanceof tf.LayersModel) {
    return tf.model({ inputs: layer.inputs, outputs: layer.outputs });
  }
  const inputs = tf.input({ shape: [32, 32, 3] });
  return tf.model({ inputs, outputs: layer.apply(inputs) as tf.SymbolicTensor });
}

function run(layer: Layer): void {
  tf.tidy(() => {
    layer.apply(tf.zeros([1, 32, 32, 3]));
  });
}

/** A layer whose prototype is no longer that of its class. */
function disguised(layer: Layer): Layer {
  const methods = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(layer));
  const base = Object.getPrototypeOf(Object.getPrototypeOf(layer));
  return Object.setPrototypeOf(layer, Object.create(base, methods));
}

/** Uses of a class, each with the candidate that hides it. `before` was constructed before the trial. */
const USES: Readonly<Record<string, (make: () => Layer, before: Layer) => Layer>> = {
  "constructed in the candidate": (make) => make(),
  "constructed before and called": (_make, before) => before,
  "hidden behind `parts`": (make) => new Hiding(make()),
  "constructed before and hidden behind `parts`": (_make, before) => new Hiding(before),
  "wrapped in a model": (make) => wrapped(make()),
  "constructed before and wrapped in a model": (_make, before) => wrapped(before),
  "constructed before and given another prototype": (_make, before) =>
    new Hiding(disguised(before)),
};

Deno.test("the tests have an object of each of the kit's own classes", () => {
  assert.deepEqual(new Set(MAKERS.keys()), OWN_CLASSES);
});

for (const [part, make] of MAKERS) {
  for (const [how, use] of Object.entries(USES)) {
    Deno.test(`the kit's own ${part.name} is detected when it is ${how}`, () => {
      const before = make();
      const trial = new Trial(1, [part]);
      assert.throws(() => {
        run(trial.make(() => use(make, before)));
        trial.refuseUsedParts();
      }, new RegExp(`the kit's own ${part.name};`));
      tf.disposeVariables();
    });
  }
}

/** Runs a method of a block that was constructed before the trial and never used. */
class Borrowing extends Block {
  readonly #method: string;
  readonly #block: Layer;

  constructor(block: Layer, method: string) {
    super({});
    this.#block = block;
    this.#method = method;
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    const method = Reflect.get(this.#block, this.#method) as (x: tf.Tensor4D) => tf.Tensor4D;
    return method.call(this.#block, x);
  }
}

for (
  const [part, method, unused] of [
    [ResIdentity, "F", () => new NIdentityBlocks(3, 2)[0]!],
    [ResIdentity, "forward", () => new NIdentityBlocks(3, 2)[0]!],
    [NIdentityBlocks, "forward", () => new NIdentityBlocks(3, 2)],
    [ResSkip, "F", () => new SkipAndNIdentityBlocks(3, 4, 2)[0]!],
    [SkipAndNIdentityBlocks, "forward", () => new SkipAndNIdentityBlocks(3, 4, 2)],
  ] as const
) {
  Deno.test(`the kit's own ${part.name} is detected when only its ${method} is called`, () => {
    const block = unused();
    const trial = new Trial(1, [part]);
    const borrowing = trial.make(() => new Borrowing(block, method));
    // The block finds layers that are in no property, and says so.
    assert.throws(() => run(borrowing), /not in a property/);
    assert.throws(() => trial.refuseUsedParts(), new RegExp(`the kit's own ${part.name};`));
    tf.disposeVariables();
  });
}

Deno.test("calls through a method that was taken before the first check are counted", () => {
  const forward = ResIdentity.prototype.forward;
  const block = new ResIdentity(3);
  const trial = new Trial(1, [ResIdentity]);
  tf.tidy(() => void forward.call(block, tf.zeros([1, 4, 4, 3])));
  assert.throws(() => trial.refuseUsedParts(), /the kit's own ResIdentity;/);
  tf.disposeVariables();
});

Deno.test("the kit's own class is detected when its constructor returns another object", () => {
  class Mine extends Sequence {}
  const trial = new Trial(1, [NIdentityBlocks]);
  trial.make(() => Reflect.construct(NIdentityBlocks, [3, 2], Mine));
  assert.throws(() => trial.refuseUsedParts(), /the kit's own NIdentityBlocks;/);
  assert.throws(() => Object.setPrototypeOf(NIdentityBlocks, Sequence), TypeError);
});

Deno.test("the kit's other classes may be used", () => {
  const trial = new Trial(1, [NIdentityBlocks, ResNet]);
  class Mine extends Sequence {
    constructor() {
      super([new ResIdentity(3)]);
    }
  }
  run(trial.make(Mine));
  trial.refuseUsedParts();
  tf.disposeVariables();
});

Deno.test("a hidden class of the kit earns no points", async () => {
  const Kit = NIdentityBlocks;
  const exercise = exerciseById("n_identity_blocks");
  const candidate = (ni: number, repeat: number) => new Hiding(new Kit(ni, repeat));
  const { points, rows } = compare(exercise, await observe(exercise, candidate, 1));
  assert.equal(points, 0);
  assert.match(rows[0]!.actual, /your answer uses the kit's own NIdentityBlocks; write your own/);
  tf.disposeVariables();
});

/** Lists a weight twice that it does not use. */
class Claiming extends Block {
  readonly norms: readonly BatchNorm[];
  #reads = 0;

  constructor(readonly ni: number, readonly claim: (reads: number) => unknown) {
    super({ ni });
    this.norms = [new BatchNorm(ni), new BatchNorm(ni)];
  }

  override get trainableWeights(): tf.LayerVariable[] {
    const claimed = this.claim(this.#reads++) as tf.LayerVariable;
    return [claimed, claimed, ...super.trainableWeights];
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return this.norms.reduce((y, norm) => norm(y), x);
  }
}

const SHAPE = [2, 4, 4, 3];

Deno.test("a weight must be a real weight", () => {
  const fake = { originalName: "kernel", shape: [3, 3, 3, 3], write() {}, dispose() {} };
  const empty = Object.create(tf.LayerVariable.prototype, {
    originalName: { value: "kernel", writable: true },
    val: { value: { dispose() {} } },
  });
  for (
    const [claim, message] of [
      [fake, /expected a weight made by addWeight, but it lists an object \(Object\)/],
      [empty, /expected a tensor in each weight, got an object \(Object\)/],
    ] as const
  ) {
    assert.throws(() => probeLayer(new Claiming(3, () => claim), SHAPE, 1), message);
    assert.throws(() => probeWeights(new Claiming(3, () => claim), SHAPE), message);
  }
  tf.disposeVariables();
});

Deno.test("a weight must have the shape of its values and store assigned values", () => {
  const kernel = () => {
    const values = tf.zeros([3, 3, 3, 3]);
    const variable = new (tf.LayerVariable as new (value: tf.Tensor) => tf.LayerVariable)(values);
    values.dispose();
    return variable;
  };
  const value = (variable: tf.LayerVariable) => variable.read() as { shape: number[] };
  const misshapen = kernel();
  value(misshapen).shape = [-1, -1, 3, 3];
  const deaf = kernel();
  Object.assign(deaf.read(), { assign() {} });
  for (
    const [claim, message] of [
      [misshapen, /it has a weight of shape \[-1, -1, 3, 3\] with 81 values/],
      [deaf, /does not store assigned values/],
    ] as const
  ) {
    assert.throws(() => probeLayer(new Claiming(3, () => claim), SHAPE, 1), message);
  }
  tf.disposeVariables();
});

Deno.test("a weight that is listed twice counts once", () => {
  const conv = new Conv2d(3, 3);
  conv.build([null, 4, 4, 3]);
  const [kernel] = conv.trainableWeights;
  const weights = probeWeights(new Claiming(3, () => kernel), SHAPE);
  assert.equal(weights.filter(({ shape }) => shape.length === 4).length, 1);
  tf.disposeVariables();
});

Deno.test("res_identity gives no points for numbers to a block without convolutions", async () => {
  const exercise = exerciseById("res_identity");
  const candidate = (ni: number) =>
    new Claiming(ni, (reads) => ({
      originalName: "kernel",
      shape: reads < 2 ? [3, 3, ni, ni] : [-1, -1, ni, ni],
      write() {},
      dispose() {},
    }));
  const { points } = compare(exercise, await observe(exercise, candidate, 1));
  assert.equal(points, 0);
  tf.disposeVariables();
});
