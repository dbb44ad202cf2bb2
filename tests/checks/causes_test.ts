/** What a learner's code throws is said once, with a likely cause. */
import assert from "node:assert/strict";
import { pointsOf } from "../../lib/checks/exercise.ts";
import { EXERCISES } from "../../lib/checks/exercises/mod.ts";
import { type CheckResult, compare } from "../../lib/checks/compare.ts";
import { observe } from "../../lib/checks/observe.ts";
import { BatchNorm, Block, Conv2d, Linear, startBackend, tf } from "../../lib/mod.ts";

await startBackend();

async function checkResult(id: string, answer: unknown): Promise<CheckResult> {
  const exercise = EXERCISES.get(id)!;
  return compare(exercise, await observe(exercise, answer, 1));
}

/** A skip block whose constructor and `forward` a mistake can change. */
class Skip extends Block {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm;
  readonly skipConv: Conv2d;
  declare skipBn: BatchNorm;

  constructor(readonly ni: number, readonly no: number) {
    super({ ni, no });
    this.conv1 = new Conv2d(ni, no, 3, 2);
    this.bn1 = new BatchNorm(no);
    this.conv2 = new Conv2d(no, no);
    this.bn2 = new BatchNorm(no);
    this.skipConv = this.projection(ni, no);
    this.addSkipNorm();
  }

  projection(ni: number, no: number): Conv2d {
    return new Conv2d(ni, no, 1, 2);
  }

  addSkipNorm(): void {
    this.skipBn = new BatchNorm(this.no);
  }

  F(x: tf.Tensor4D): tf.Tensor4D {
    return this.bn2(this.conv2(tf.relu(this.bn1(this.conv1(x)))));
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.relu(tf.add(this.F(x), this.skipBn(this.skipConv(x))));
  }
}

class NoStrideOnShortcut extends Skip {
  override projection(ni: number, no: number): Conv2d {
    return new Conv2d(ni, no, 1);
  }
}

class NoSkipNorm extends Skip {
  override addSkipNorm(): void {}
}

class OtherLayer extends Skip {
  override addSkipNorm(): void {
    this.skipBn = tf.layers.batchNormalization() as unknown as BatchNorm;
  }
}

class RawShortcut extends Skip {
  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.relu(tf.add(this.F(x), x));
  }
}

class PlusSign extends Skip {
  override forward(x: tf.Tensor4D): tf.Tensor4D {
    const sum = this.F(x) as unknown as string + this.skipBn(this.skipConv(x));
    return tf.relu(sum as unknown as tf.Tensor4D);
  }
}

class NoReturn extends Skip {
  override forward(x: tf.Tensor4D): tf.Tensor4D {
    tf.relu(this.F(x));
    return undefined as unknown as tf.Tensor4D;
  }
}

class LayerForTensor extends Skip {
  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.layers.reLU().apply(tf.relu(this.skipBn as unknown as tf.Tensor4D)) as typeof x;
  }
}

class WrongChannels extends Skip {
  override projection(ni: number, no: number): Conv2d {
    return new Conv2d(no, ni, 1, 2);
  }
}

class SharedNorm extends Skip {
  override addSkipNorm(): void {
    this.skipBn = this.bn1;
  }
}

class Hidden extends Skip {
  readonly #norm = new BatchNorm(this.no);

  override F(x: tf.Tensor4D): tf.Tensor4D {
    return this.#norm(super.F(x));
  }
}

// cspell:ignore hapes
/** Wrong skip blocks, with what is thrown and what is advised. */
const SKIPS: Readonly<Record<string, readonly [answer: unknown, got: RegExp, next: RegExp]>> = {
  "a 1×1 shortcut without its stride": [
    NoStrideOnShortcut,
    /it throws .*[Ss]hapes/,
    /\[1, (\d), \1, \d+\] and \[1, (\d), \2, \d+\]: one path halves the map and the other does not.*Conv2d\(ni, no, 1, 2\)/,
  ],
  "an input of other shape added as it is": [
    RawShortcut,
    /it throws .*[Ss]hapes/,
    /halves the map.*channels, the other \d+: both ways must end with `no` channels/,
  ],
  "a layer that was never assigned": [
    NoSkipNorm,
    /it throws TypeError: this\.skipBn is not a function/,
    /assign a layer to `this\.skipBn` in the constructor, `this\.skipBn = new …`/,
  ],
  "a layer of TensorFlow.js that is called like a function": [
    OtherLayer,
    /it throws TypeError: this\.skipBn is not a function/,
    /run a layer of TensorFlow\.js with `apply`: `this\.skipBn\.apply\(x\)`/,
  ],
  "tensors added with +": [PlusSign, /joins tensors as text/, /add them with `tf\.add\(a, b\)`/],
  "a forward without return": [NoReturn, /returned undefined/, /end with `return`\?/],
  "a layer in place of its result": [
    LayerForTensor,
    /is the layer BatchNorm, expected a tensor/,
    /use the result of calling the layer, as in `this\.conv\(x\)`/,
  ],
  "channels that do not meet": [
    WrongChannels,
    /expects an input with/,
    /follow the channels: the \w+ for \d+ channels gets \d+/,
  ],
  "a layer in two properties": [
    SharedNorm,
    /bn1 and skipBn are the same BatchNorm/,
    /create a layer for each property.*`new BatchNorm\(…\)`/,
  ],
  "a layer in a private field": [
    Hidden,
    /forward calls a BatchNorm that is not in a property of the block/,
    /assign each layer to a property/,
  ],
};

for (const [what, [answer, got, next]] of Object.entries(SKIPS)) {
  Deno.test(`${what} is reported once, with its cause`, async () => {
    const { rows } = await checkResult("res_skip", answer);
    assert.match(rows[0]!.actual, got);
    assert.match(rows[0]!.next, next);
    const others = rows.slice(1).filter(({ what }) => what !== "tensors left behind");
    assert.deepEqual(others.map(({ actual }) => actual), others.map(() => "as above"));
    assert.equal(new Set(rows.map(({ next }) => next)).size, 1);
  });
}

Deno.test("the message for a mean over all axes before the linear layer does not say undefined", async () => {
  class Tail extends Block<tf.Tensor2D> {
    readonly fc: Linear;

    constructor(readonly ni: number, readonly no: number) {
      super({ ni, no });
      this.fc = new Linear(ni, no);
    }

    forward(x: tf.Tensor4D): tf.Tensor2D {
      return this.fc(tf.mean(x));
    }
  }
  const { rows: [row] } = await checkResult("resnet_tail", Tail);
  assert.match(row!.actual, /Linear expects an input with \d+ channels, got a single number/);
  assert.match(row!.next, /`tf\.mean\(x, \[1, 2\]\)`/);
});

Deno.test("tf.relu on a symbolic tensor gets the advice to use a layer", async () => {
  const { rows: [row] } = await checkResult("plain_stack", () => {
    const image = tf.input({ shape: [32, 32, 3] });
    const outputs = tf.relu(image as unknown as tf.Tensor) as unknown as tf.SymbolicTensor;
    return tf.model({ inputs: image, outputs });
  });
  assert.match(row!.actual, /must be a Tensor/);
  assert.match(row!.next, /use a layer, as in `tf\.layers\.reLU\(\)\.apply\(x\)`/);
});

Deno.test("a class in place of a layer gets the advice to use new", async () => {
  const { rows: [row] } = await checkResult("plain_stack", () => {
    const image = tf.input({ shape: [32, 32, 3] });
    const outputs = (Conv2d as unknown as Conv2d).apply(image) as tf.SymbolicTensor;
    return tf.model({ inputs: image, outputs });
  });
  assert.match(row!.next, /`new Conv2d\(…\)`|make each layer with `new …`/);
});

Deno.test("an undefined name gets the advice to run the cell that declares the name", async () => {
  const { rows: [row] } = await checkResult("pixel_index", () => {
    throw new ReferenceError("SIDE is not defined");
  });
  assert.match(row!.next, /there is no `SIDE` here: run the cell that declares it/);
});

Deno.test("every stub says what to do", async () => {
  for (const [id, exercise] of EXERCISES) {
    const { rows, points } = await checkResult(id, () => {
      throw new Error("not implemented");
    });
    assert.equal(rows[0]!.actual, "not written yet", id);
    assert.match(rows[0]!.next, /replace the `throw` line/, id);
    assert.ok(points < pointsOf(exercise), id);
  }
});
