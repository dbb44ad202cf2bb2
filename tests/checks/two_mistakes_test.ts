/** Several mistakes in one answer are all named, if each has its own effect. */
import assert from "node:assert/strict";
import { EXERCISES } from "../../lib/checks/exercises/mod.ts";
import { compare } from "../../lib/checks/compare.ts";
import { type Departures, mistakesIn } from "../../lib/checks/comparisons.ts";
import { observe } from "../../lib/checks/observe.ts";
import { net } from "./answers/repaired_net.ts";
import { BatchNorm, Block, Conv2d, Linear, startBackend, tf } from "../../lib/mod.ts";

await startBackend();

class Identity extends Block {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm;

  constructor(readonly ni: number) {
    super({ ni });
    this.conv1 = new Conv2d(ni, ni);
    this.bn1 = new BatchNorm(ni);
    this.conv2 = new Conv2d(ni, ni);
    this.bn2 = new BatchNorm(ni);
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.add(tf.relu(this.bn2(this.conv2(this.bn1(this.conv1(x))))), x);
  }
}

class Skip extends Block {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm;
  readonly skipConv: Conv2d;
  readonly skipBn: BatchNorm;

  constructor(readonly ni: number, readonly no: number) {
    super({ ni, no });
    this.conv1 = new Conv2d(ni, no, 3, 2);
    this.bn1 = new BatchNorm(no);
    this.conv2 = new Conv2d(no, no);
    this.bn2 = new BatchNorm(no);
    this.skipConv = new Conv2d(ni, no, 1, 2);
    this.skipBn = new BatchNorm(no);
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    const F = this.bn2(this.conv2(this.bn1(this.conv1(x))));
    return tf.relu(tf.add(F, tf.relu(this.skipBn(this.skipConv(x)))));
  }
}

class Head extends Block {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm;

  constructor(readonly ni: number, readonly no: number) {
    super({ ni, no });
    this.conv1 = new Conv2d(ni, no, 7, 2);
    this.bn1 = new BatchNorm(no);
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.maxPool(this.bn1(tf.relu(this.conv1(x))), 3, 2, "same");
  }
}

class Tail extends Block<tf.Tensor2D> {
  readonly fc: Linear;

  constructor(readonly ni: number, readonly no: number) {
    super({ ni, no });
    this.fc = new Linear(ni, no);
  }

  forward(x: tf.Tensor4D): tf.Tensor2D {
    return tf.softmax(this.fc(tf.max(x, [1, 2])));
  }
}

/** A convolution with batch norm and ReLU. */
class Step extends Block {
  readonly conv: Conv2d;
  readonly bn: BatchNorm;

  constructor(readonly ni: number, readonly no: number, readonly stride: number, bias: boolean) {
    super({ ni, no, stride, bias });
    this.conv = new Conv2d(ni, no, 3, stride, bias);
    this.bn = new BatchNorm(no);
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.relu(this.bn(this.conv(x)));
  }
}

/** A plain network with these strides in stage 1, and in stages 2 and 3. */
function plainNetwork(
  n: number,
  { first = () => 1, later = (i) => i === 0 ? 2 : 1, bias = false, end = [] }: {
    first?: (i: number) => number;
    later?: (i: number) => number;
    bias?: boolean;
    end?: tf.layers.Layer[];
  },
): tf.LayersModel {
  const image = tf.input({ shape: [32, 32, 3] });
  let x = new Step(3, 16, 1, bias).apply(image) as tf.SymbolicTensor;
  let ni = 16;
  for (const no of [16, 32, 64]) {
    for (let i = 0; i < 2 * n; i++) {
      const stride = (no === 16 ? first : later)(i);
      x = new Step(ni, no, stride, bias).apply(x) as tf.SymbolicTensor;
      ni = no;
    }
  }
  for (const layer of [tf.layers.globalAveragePooling2d({}), new Linear(64, 10), ...end]) {
    x = layer.apply(x) as tf.SymbolicTensor;
  }
  return tf.model({ inputs: image, outputs: x });
}

/** The network of lesson 8 with its three bugs. */
const buggyNet = net({
  second: "bn1",
  join: (F, x) => tf.add(tf.relu(F), x),
  end: () => [tf.layers.softmax()],
});

/** Answers with two or three mistakes each. */
const ANSWERS: readonly (readonly [id: string, answer: unknown, mistakes: readonly string[]])[] = [
  ["res_identity", Identity, ["relu_before_sum", "no_inner_relu"]],
  ["res_skip", Skip, ["no_inner_relu", "relu_on_skip"]],
  ["resnet_head", Head, ["relu_before_norm", "same_pool"]],
  ["resnet_tail", Tail, ["softmax", "max_instead_of_mean"]],
  [
    "accuracy",
    async (logits: tf.Tensor2D, labels: Uint8Array) => {
      const worst = await tf.argMin(logits, 1).data();
      return labels.filter((label, i) => worst[i] === label).length;
    },
    ["smallest", "count"],
  ],
  [
    "batch_norm",
    (values: number[], channel: Record<string, number>, training: boolean) => {
      const n = values.length;
      const batchMean = values.reduce((sum, value) => sum + value, 0) / n;
      const squares = values.reduce((sum, value) => sum + (value - batchMean) ** 2, 0);
      const { gamma, beta, runningMean, runningVariance } = channel;
      const [mean, variance] = training
        ? [batchMean, squares / n]
        : [runningMean!, runningVariance!];
      if (training) {
        channel["runningMean"] = 0.1 * runningMean! + 0.9 * batchMean;
        channel["runningVariance"] = 0.1 * runningVariance! + 0.9 * squares / (n - 1);
      }
      return values.map((value) => gamma! * ((value - mean) / Math.sqrt(variance + 1e-5) + beta!));
    },
    ["shift_first", "shares_swapped"],
  ],
  [
    "identity_count",
    (ni: number) => 2 * (9 * ni + 2 * ni),
    ["flat_filters", "one_block"],
  ],
  [
    "output_size",
    (size: number, kernelSize: number, stride: number) => (size - kernelSize) / stride + 1,
    ["padding_ignored", "not_rounded"],
  ],
  [
    "normalize",
    (image: Uint8Array, mean: number[]) =>
      Float32Array.from(image, (byte) => byte / 255 - mean[0]!),
    ["one_channel", "std_forgotten"],
  ],
  [
    "count_cifar_resnet",
    (_n: number, shortcut: string) => {
      const conv = (ni: number, no: number) => 9 * ni * no + 2 * no;
      const stage = (ni: number, no: number) => conv(ni, no) + 5 * conv(no, no);
      const projections = shortcut === "projection" ? 9 * (16 * 32 + 32 * 64) + 2 * (32 + 64) : 0;
      return conv(3, 16) + stage(16, 16) + stage(16, 32) + stage(32, 64) + projections + 650;
    },
    ["wide_projections", "n_ignored"],
  ],
  [
    "flip",
    (image: Uint8Array) => {
      const out = new Uint8Array(image.length);
      for (let y = 0; y < 32; y++) {
        for (let x = 0; x < 32; x++) {
          for (let c = 0; c < 3; c++) {
            out[(y * 32 + x) * 3 + c] = image[(y * 32 + 32 - x) * 3 + 2 - c] ?? 0;
          }
        }
      }
      return out;
    },
    ["channels", "off_by_one"],
  ],
  [
    "pad_shortcut",
    (x: tf.Tensor4D, no: number) => {
      const pooled = tf.avgPool(x, 2, 2, "valid");
      const ni = x.shape[3];
      const copies = Array.from({ length: Math.ceil(no / ni) }, () => pooled);
      const [batch, height, width] = pooled.shape;
      return tf.slice(tf.concat(copies, 3), [0, 0, 0, 0], [batch, height, width, no]);
    },
    ["average", "copies"],
  ],
  ["pad_shortcut", (x: tf.Tensor4D) => x, ["not_halved", "not_widened"]],
  ["repaired_net", buggyNet, ["norm_used_twice", "relu_before_sum", "softmax_at_the_end"]],
  [
    "plain_stack",
    (n: number) => plainNetwork(n, { first: (i) => i === 0 ? 2 : 1, later: () => 2 }),
    ["first_stage_halved", "halved_too_often"],
  ],
  [
    "plain_stack",
    (n: number) => plainNetwork(n, { bias: true, end: [tf.layers.softmax()] }),
    ["biased_convolutions", "softmax"],
  ],
  [
    "plain_stack",
    () => plainNetwork(3, { bias: true }),
    ["biased_convolutions", "n_ignored"],
  ],
];

for (const [id, answer, names] of ANSWERS) {
  Deno.test(`${id} names ${names.length} mistakes at once: ${names.join(", ")}`, async () => {
    const exercise = EXERCISES.get(id)!;
    for (const seed of [1, 20, 39]) {
      const { mistakes, rows } = compare(exercise, await observe(exercise, answer, seed));
      const seen = mistakes.map(({ name }) => name).sort();
      assert.deepEqual(seen, [...names].sort(), JSON.stringify(rows, null, 1));
      const advice = rows.flatMap(({ next }) => next.split("\n"));
      for (const name of names) assert.ok(advice.includes(exercise.mistakes[name]!), name);
    }
  });
}

Deno.test("a pair of mistakes is named only if no other pair explains the same", () => {
  const departures: Departures<{ x: number; y: number; z: number }> = {
    a: [{ x: 1 }],
    b: [{ y: 1 }],
    c: [{ z: 1 }],
    d: [{ x: 2 }],
  };
  const sum = ({ x = 0, y = 0, z = 0 }) => x + y + z;
  assert.deepEqual(mistakesIn(departures, (ways) => sum(ways) === 2), ["d"]);
  assert.equal(mistakesIn(departures, (ways) => sum(ways) === 3), undefined);
  assert.deepEqual(mistakesIn(departures, (ways) => ways.x === 2 && ways.y === 1), ["b", "d"]);
});
