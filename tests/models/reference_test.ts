/** Every model against what PyTorch computed with the same weights and images. */
import assert from "node:assert/strict";
import { countParams, startBackend, stateDict } from "../../lib/mod.ts";
import { MODELS } from "../../lib/models/by_name.ts";
import { assertClose, compare, modelFor } from "./compare.ts";
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
    Deno.test(`${name} computes PyTorch's outputs for ${batch} images of ${height}×${width}`, () => {
      const found = compare(name, reference, recorded);
      assertClose(found);
    });
  }
}
