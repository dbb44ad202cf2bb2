/** Tests that a block names the mistakes of a first block. */
import assert from "node:assert/strict";
import {
  BatchNorm,
  Block,
  Conv2d,
  ResIdentity,
  Sequence,
  startBackend,
  tf,
} from "../../lib/mod.ts";

await startBackend();

type Forward = (x: tf.Tensor4D) => unknown;

/** Mistakes that TypeScript's types prevent in a script. Notebooks run without them. */
const untyped = (value: unknown) => value as never;

/** A block whose only method is this `forward`. */
class Computing extends Block {
  readonly #forward: Forward;

  constructor(forward: Forward) {
    super({});
    this.#forward = forward;
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return this.#forward(x) as tf.Tensor4D;
  }
}

const zeros = (channels = 3) => tf.zeros<tf.Rank.R4>([1, 4, 4, channels]);

/** Tests that a call of the block fails with exactly this message. */
function rejects(block: Block, message: string, x = zeros()): void {
  assert.throws(() => block(x), { message });
}

const SHARED = (block: string, names: string, kind: string) =>
  `${block}: ${names} are the same ${kind}, so they would share their weights. ` +
  `Create a layer for each with "new ${kind}(...)".`;

Deno.test("a layer in two properties is an error that names both", () => {
  class Twice extends Block {
    readonly conv1: Conv2d;
    readonly conv2: Conv2d;
    constructor() {
      super({});
      this.conv1 = new Conv2d(3, 3);
      this.conv2 = this.conv1;
    }
    forward(x: tf.Tensor4D): tf.Tensor4D {
      return this.conv2(this.conv1(x));
    }
  }
  rejects(new Twice(), SHARED("Twice", "conv1 and conv2", "Conv2d"));
});

Deno.test("a layer in two places of an array is an error that names both", () => {
  class Row extends Block {
    readonly blocks: Block[];
    constructor() {
      super({});
      this.blocks = new Array<Block>(3).fill(new ResIdentity(3));
    }
    forward(x: tf.Tensor4D): tf.Tensor4D {
      return this.blocks.reduce((y, block) => block(y), x);
    }
  }
  rejects(new Row(), SHARED("Row", "blocks.0 and blocks.1", "ResIdentity"));
  const norm = new BatchNorm(3);
  rejects(new Sequence([norm, norm]), SHARED("Sequence", "0 and 1", "BatchNorm"));
});

Deno.test("a layer in two blocks is an error that names both", () => {
  const conv = new Conv2d(3, 3);
  new Sequence([conv])(zeros());
  rejects(
    new Sequence([new BatchNorm(3), conv]),
    SHARED("Sequence", "1 of this block and 0 of another block", "Conv2d"),
  );
});

const HIDDEN = (block: string, kind: string) =>
  `${block}.forward calls a ${kind} that is not in a property of the block, so its weights would not be ` +
  `trained or saved. Create the layer in the constructor: ` +
  `"this.${kind.toLowerCase()} = new ${kind}(...)".`;

Deno.test("a layer that forward creates is an error", () => {
  rejects(new Computing((x) => new Conv2d(3, 3)(x)), HIDDEN("Computing", "Conv2d"));
  rejects(
    new Computing((x) => new Conv2d(3, 3).apply(x)),
    HIDDEN("Computing", "Conv2d"),
  );
});

Deno.test("a layer that is neither in a property nor in an array of layers is an error", () => {
  const norm = new BatchNorm(3);
  rejects(new Computing((x) => norm(x)), HIDDEN("Computing", "BatchNorm"));
  class InObject extends Block {
    readonly layers: { conv: Conv2d };
    readonly byName: Map<string, Conv2d>;
    readonly first: string;
    constructor(first: "object" | "map") {
      super({ first });
      this.first = first;
      this.layers = { conv: new Conv2d(3, 3) };
      this.byName = new Map([["conv", new Conv2d(3, 3)]]);
    }
    forward(x: tf.Tensor4D): tf.Tensor4D {
      return this.first === "object" ? this.layers.conv(x) : this.byName.get("conv")!(x);
    }
  }
  rejects(new InObject("object"), HIDDEN("InObject", "Conv2d"));
  rejects(new InObject("map"), HIDDEN("InObject", "Conv2d"));
});

Deno.test("a layer may be part of a model or of another layer in a property", () => {
  const inputs = tf.input({ shape: [4, 4, 3] });
  const outputs = new ResIdentity(3).apply(new Conv2d(3, 3).apply(inputs)) as tf.SymbolicTensor;
  class Holding extends Block {
    readonly model: tf.layers.Layer;
    readonly frames: tf.layers.Layer;
    constructor() {
      super({});
      this.model = tf.model({ inputs, outputs });
      this.frames = tf.layers.timeDistributed({ layer: new Sequence([new BatchNorm(3)]) });
    }
    forward(x: tf.Tensor4D): tf.Tensor4D {
      const y = this.model.apply(x) as tf.Tensor4D;
      return tf.squeeze(this.frames.apply(tf.expandDims(y, 1)) as tf.Tensor5D, [1]);
    }
  }
  const holding = new Holding();
  assert.deepEqual(holding(zeros()).shape, [1, 4, 4, 3]);
  assert.equal(holding.trainableWeights.length, 1 + 6 + 2);
});

Deno.test("a layer of TensorFlow.js that is in no property is an error", () => {
  const message =
    "Computing.forward uses a layer that is not in a property of the block, so its weights " +
    'would not be trained or saved. Create the layer in the constructor: "this.conv1 = ...".';
  const conv = tf.layers.conv2d({ filters: 3, kernelSize: 3 });
  rejects(new Computing((x) => conv.apply(x)), message);
  rejects(new Computing((x) => tf.layers.batchNormalization().apply(x)), message);
});

Deno.test("a layer without weights may be anywhere", () => {
  class Doubling extends Block {
    forward(x: tf.Tensor4D): tf.Tensor4D {
      return tf.mul(x, 2);
    }
  }
  const block = new Computing((x) => new Doubling({})(x));
  assert.deepEqual(block(zeros()).shape, [1, 4, 4, 3]);
});

Deno.test("forward must return a tensor, and the message names the likely mistake", () => {
  const returned = "Computing.forward must return a tensor, but returned";
  const relu = "For ReLU, `tf.relu(x)` computes; `tf.layers.reLU(x)` only creates a layer.";
  const cases: [Forward, string][] = [
    [() => {}, "undefined. Is a `return` missing?"],
    [(x) => untyped(x) + untyped(x), "text. `+` joins tensors as text; use `tf.add(a, b)`."],
    [
      (x) => untyped(x) * untyped(x),
      "NaN. Operators such as `-` and `*` do not compute with tensors; use `tf.sub`, `tf.mul`.",
    ],
    [(x) => x.size, "the number 48."],
    [() => tf.layers.reLU(), `a layer (ReLU). Call the layer with a tensor. ${relu}`],
    [() => new Conv2d(3, 3), `a layer (Conv2d). Call the layer with a tensor. ${relu}`],
    [(x) => Promise.resolve(x), "a promise. `forward` and its functions must not be async."],
    [() => tf.relu, "the function relu__op."],
    [(x) => [x], "an array. `tf.tensor(array)` creates a tensor."],
    [() => null, "a value of type null."],
  ];
  for (const [forward, message] of cases) {
    rejects(new Computing(forward), `${returned} ${message}`);
  }
});

Deno.test("an argument that is not a tensor is explained", () => {
  rejects(
    new Computing((x) => tf.relu(untyped(untyped(x) + untyped(x)))),
    "Expected a tensor, but got text. `+` joins tensors as text; use `tf.add(a, b)`.",
  );
  rejects(
    new Computing((x) => tf.add(untyped(tf.layers.reLU()), x)),
    "Argument 'a' passed to 'add' is the layer ReLU, expected a tensor. Call the layer with a tensor. " +
      "For ReLU, `tf.relu(x)` computes; `tf.layers.reLU(x)` only creates a layer.",
  );
  const conv = new Conv2d(3, 3);
  for (
    const [argument, message] of [
      [undefined, "undefined. Is a `return` missing?"],
      ["text", "text. `+` joins tensors as text; use `tf.add(a, b)`."],
      [[1, 2], "an array. `tf.tensor(array)` creates a tensor."],
    ] as const
  ) {
    assert.throws(() => conv(untyped(argument)), {
      name: "TypeError",
      message: `Conv2d takes a tensor, but got ${message}`,
    });
  }
});

Deno.test("a property that was never assigned is an error that names it", () => {
  class Unassigned extends Block {
    declare readonly conv1: Conv2d;
    constructor() {
      super({});
    }
    forward(x: tf.Tensor4D): tf.Tensor4D {
      return this.conv1(x);
    }
  }
  rejects(
    new Unassigned(),
    "this.conv1 is not a function: the property was never assigned. " +
      'Assign a layer in the constructor: "this.conv1 = new ...".',
  );
});

Deno.test("a layer of TensorFlow.js that is called like a function is an error that names apply", () => {
  class Calling extends Block {
    readonly conv1: tf.layers.Layer;
    constructor() {
      super({});
      this.conv1 = tf.layers.conv2d({ filters: 3, kernelSize: 3 });
    }
    forward(x: tf.Tensor4D): tf.Tensor4D {
      return (this.conv1 as unknown as Conv2d)(x);
    }
  }
  rejects(
    new Calling(),
    "this.conv1 is not a function, but a layer of TensorFlow.js: use this.conv1.apply(x).",
  );
});

Deno.test("the wrong number of channels is rejected on the first call and on later calls", () => {
  const message = "Conv2d expects an input with 3 channels, got 5: [1, 4, 4, 5].";
  const first = new ResIdentity(3);
  assert.throws(() => first(zeros(5)), { name: "RangeError", message });
  const later = new ResIdentity(3);
  later(zeros());
  assert.throws(() => later(zeros(5)), { name: "RangeError", message });
  const conv = new Conv2d(3, 3);
  conv(zeros());
  assert.throws(() => conv(zeros(5)), { name: "RangeError", message });
});

Deno.test("an error that forward throws itself passes unchanged", () => {
  const error = new RangeError("no such thing");
  assert.throws(
    () =>
      new Computing(() => {
        throw error;
      })(zeros()),
    error,
  );
});
