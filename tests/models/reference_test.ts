/** Every model against what PyTorch computed with the same weights and images. */
import assert from "node:assert/strict";
import { countParams, startBackend, stateDict } from "../../lib/mod.ts";
import { MODELS } from "../../lib/models/by_name.ts";
import { compare, modelFor } from "./compare.ts";
import { readReference, REFERENCES } from "./reference.ts";

await startBackend();

Deno.test("there is a reference for every model", () => {
  assert.deepEqual(Object.keys(MODELS).sort(), REFERENCES);
});

for (const name of REFERENCES) {
  const reference = readReference(name);

  Deno.test(`${name} has PyTorch's parameters, names, shapes and order`, () => {
    const model = modelFor(name, reference.cases[0]!);
    assert.equal(countParams(model).trainable, reference.trainable);
    const entries = [...stateDict(model)].map(([key, { shape }]) => [key, [...shape]]);
    assert.deepEqual(entries, reference.entries);
    model.dispose();
  });

  for (const recorded of reference.cases) {
    const [batch, height, width] = recorded.images;
    Deno.test(`${name} computes PyTorch's numbers for ${batch} images of ${height}×${width}`, () => {
      const found = compare(name, reference, recorded);
      assert.ok(found.logits < 1e-4, `logits differ by ${found.logits}`);
      assert.ok(
        found.trainingLogits < 1e-4,
        `in training, logits differ by ${found.trainingLogits}`,
      );
      assert.ok(found.loss < 1e-4, `the loss differs by ${found.loss}`);
      assert.ok(found.runningSums < 1e-4, `running sums differ by ${found.runningSums}`);
      assert.ok(found.runningNorms < 1e-4, `running norms differ by ${found.runningNorms}`);
      // A value that rounding moves across a ReLU's zero changes a gradient at once.
      assert.ok(found.gradientNorms < 5e-3, `gradient norms differ by ${found.gradientNorms}`);
    });
  }
}
