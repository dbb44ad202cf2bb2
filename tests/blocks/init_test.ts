/** How weights begin: the distributions, and that their seed decides. */
import assert from "node:assert/strict";
import {
  cifarResNet,
  Conv2d,
  type Initialization,
  Linear,
  resnet18,
  seedWeights,
  startBackend,
  stateDict,
  tf,
} from "../../lib/mod.ts";

await startBackend();

/** Weights and biases of a 3×3 convolution from 64 to 128 channels and of a linear layer. */
function drawn(init: Initialization, seed = 1) {
  seedWeights(seed, init);
  const conv = new Conv2d(64, 128, 3, 1, true);
  conv.apply(tf.zeros([1, 4, 4, 64]));
  const linear = new Linear(256, 100);
  linear.apply(tf.zeros([1, 256]));
  return [...conv.getWeights(), ...linear.getWeights()].map((weight) => {
    const values = [...weight.dataSync()];
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const square = values.reduce((sum, value) => sum + value * value, 0) / values.length;
    return {
      values,
      mean,
      deviation: Math.sqrt(square),
      largest: Math.max(...values.map(Math.abs)),
    };
  });
}

const near = (found: number, expected: number) =>
  assert.ok(Math.abs(found / expected - 1) < 0.02, `${found} is not near ${expected}`);

Deno.test("kaimingNormal is normal with variance 2 / fanOut, linear layers are PyTorch's default", () => {
  const [conv, bias, linear, linearBias] = drawn("kaimingNormal");
  near(conv!.deviation, Math.sqrt(2 / (9 * 128)));
  assert.ok(Math.abs(conv!.mean) < conv!.deviation / 100);
  const beyond = conv!.values.filter((value) => Math.abs(value) > 2 * conv!.deviation).length;
  assert.ok(Math.abs(beyond / conv!.values.length - 0.0455) < 0.003, "not normal");
  assert.ok(bias!.largest <= 1 / Math.sqrt(9 * 64));
  near(linear!.largest, 1 / 16);
  near(linear!.deviation, 1 / 16 / Math.sqrt(3));
  assert.ok(linearBias!.largest <= 1 / 16);
});

Deno.test("kaimingUniform is uniform in ±√(6 / ((1 + 3) · fanIn)), biases in ±1 / √fanIn", () => {
  const [conv, bias, linear, linearBias] = drawn("kaimingUniform");
  near(conv!.largest, Math.sqrt(6 / (4 * 9 * 64)));
  near(conv!.deviation, conv!.largest / Math.sqrt(3));
  near(linear!.largest, Math.sqrt(6 / (4 * 256)));
  assert.ok(bias!.largest <= 1 / Math.sqrt(9 * 64) && bias!.largest > 0.9 / Math.sqrt(9 * 64));
  assert.ok(linearBias!.largest <= 1 / 16);
});

Deno.test("the same seed gives the same weights, another seed or initialization others", () => {
  for (const make of [resnet18, (options: object) => cifarResNet({ ...options, n: 1 })]) {
    const of = (options: { seed?: number; init?: Initialization }) =>
      stateDict(make({ classes: 3, ...options }));
    assert.deepEqual(of({ seed: 1 }), of({ seed: 1 }));
    assert.notDeepEqual(of({ seed: 1 }), of({ seed: 2 }));
    assert.notDeepEqual(of({ seed: 1 }), of({ seed: 1, init: "kaimingUniform" }));
  }
});

Deno.test("a model's weights do not depend on models built before", () => {
  const first = stateDict(cifarResNet({ n: 1, seed: 5 }));
  drawn("kaimingUniform", 9);
  assert.deepEqual(stateDict(cifarResNet({ n: 1, seed: 5 })), first);
});

Deno.test("building a model does not change the weights of layers built after it", () => {
  const weightsAfter = (between: () => void) => {
    seedWeights(3);
    new Linear(4, 4).apply(tf.zeros([1, 4]));
    between();
    const layer = new Linear(4, 4);
    layer.apply(tf.zeros([1, 4]));
    return [...layer.getWeights()[0]!.dataSync()];
  };
  const expected = weightsAfter(() => {});
  assert.deepEqual(weightsAfter(() => cifarResNet({ n: 1, seed: 5 })), expected);
  assert.deepEqual(
    weightsAfter(() =>
      assert.throws(() => cifarResNet({ n: 1, init: "zeros" as "kaimingNormal" }), /init expects/)
    ),
    expected,
  );
});
