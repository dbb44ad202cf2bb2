/**
 * Every right answer gets all points, every known mistake is called by its name, and no stub passes.
 */
import assert from "node:assert/strict";
import { pointsOf } from "../../lib/checks/exercise.ts";
import { EXERCISES } from "../../lib/checks/exercises/mod.ts";
import { compare } from "../../lib/checks/compare.ts";
import { observe } from "../../lib/checks/observe.ts";
import { startBackend, tf } from "../../lib/mod.ts";
import type { Answers } from "./answers/answers.ts";

/** The number of seeds for each exercise, chosen to take a few seconds. Default 2. */
const TRIALS: Readonly<Record<string, number>> = {
  pixel_index: 200,
  output_size: 200,
  identity_count: 200,
  count_cifar_resnet: 200,
  count_resnet: 200,
  softmax_cross_entropy: 50,
  gradient_step: 50,
  accuracy: 50,
  train_loop: 50,
  convolve: 50,
  batch_norm: 50,
  gradient_norms: 50,
  transfer: 50,
  normalize: 30,
  flip: 30,
  pad_shortcut: 30,
  resnet_tail: 30,
  crop: 5,
  parameter_counter: 5,
  conv_bn_relu: 5,
  res_identity: 5,
  res_skip: 5,
  bottleneck: 5,
  n_identity_blocks: 3,
  skip_and_n_identity_blocks: 3,
  resnet_head: 3,
};

await startBackend();

for (const exercise of EXERCISES.values()) {
  const { answers } = await import(`./answers/${exercise.id}.ts`) as { answers: Answers };
  const seeds = Array.from({ length: TRIALS[exercise.id] ?? 2 }, (_, i) => 1 + 19 * i);
  const checkResult = async (answer: unknown, seed: number) =>
    compare(exercise, await observe(exercise, answer, seed));

  Deno.test(`${exercise.id} gives all points to every right answer`, async () => {
    assert.ok(Object.keys(answers.right).length > 0);
    for (const [name, answer] of Object.entries(answers.right)) {
      for (const seed of seeds) {
        const { points, rows, passed } = await checkResult(answer, seed);
        assert.ok(passed, `${name}: ${JSON.stringify(rows.filter((row) => !row.passed))}`);
        assert.equal(points, pointsOf(exercise), name);
      }
    }
  });

  Deno.test(`${exercise.id} names each known mistake`, async () => {
    assert.deepEqual(Object.keys(answers.wrong).sort(), Object.keys(exercise.mistakes).sort());
    assert.ok(Object.keys(answers.wrong).length >= 3);
    for (const [name, answer] of Object.entries(answers.wrong)) {
      for (const seed of seeds) {
        const { points, mistakes, rows } = await checkResult(answer, seed);
        const seen = `${name}, seed ${seed}: ${JSON.stringify(rows, null, 1)}`;
        assert.ok(points < pointsOf(exercise), seen);
        assert.deepEqual(mistakes.map((mistake) => mistake.name), [name], seen);
      }
    }
  });

  Deno.test(`${exercise.id} refuses the kit's own parts, and leaks no tensors`, async () => {
    const before = tf.memory().numTensors;
    for (const part of exercise.ownParts ?? []) {
      const { points, passed } = await checkResult(part, 1);
      assert.deepEqual([points, passed], [0, false], part.name);
    }
    for (const answer of Object.values({ ...answers.right })) await checkResult(answer, 1);
    assert.equal(tf.memory().numTensors, before);
  });
}
