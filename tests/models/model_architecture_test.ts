// What the diagram is drawn from.
import assert from "node:assert/strict";
import {
  modelArchitecture,
  plain20,
  resnet20,
  resnet50,
  startBackend,
  tf,
  vgg16,
} from "../../lib/mod.ts";

await startBackend();

/** How many blocks have each kind of shortcut. */
function shortcuts(model: tf.LayersModel): Record<string, number> {
  const kinds: Record<string, number> = {};
  for (const { shortcut } of modelArchitecture(model)) {
    if (shortcut !== "none") kinds[shortcut] = (kinds[shortcut] ?? 0) + 1;
  }
  return kinds;
}

Deno.test("each block says itself what its shortcut is", () => {
  assert.deepEqual(shortcuts(resnet20()), { identity: 7, pad: 2 });
  assert.deepEqual(shortcuts(resnet20({ shortcut: "projection" })), { identity: 7, projection: 2 });
  assert.deepEqual(shortcuts(resnet50()), { projection: 4, identity: 12 });
  for (const model of [plain20(), vgg16()]) assert.deepEqual(shortcuts(model), {});
});

Deno.test("the architecture goes from the image to the logits, layers without parameters included", () => {
  const blocks = modelArchitecture(resnet20());
  assert.deepEqual(blocks[0], {
    name: "",
    kind: "image",
    output: [32, 32, 3],
    parameters: 0,
    shortcut: "none",
  });
  assert.deepEqual(blocks[7], {
    name: "layer2.0",
    kind: "ResPad",
    output: [16, 16, 32],
    parameters: 13_952,
    shortcut: "pad",
  });
  assert.deepEqual(blocks.slice(-2).map(({ kind, output }) => [kind, output]), [
    ["GlobalAveragePooling2D", [64]],
    ["Linear", [10]],
  ]);
  assert.equal(blocks.reduce((sum, { parameters }) => sum + parameters, 0), 269_722);
});

Deno.test("a model that takes any size is listed for the size that is asked for", () => {
  const blocks = modelArchitecture(resnet50(), { size: [64, 64] });
  assert.deepEqual(blocks.slice(0, 3).map(({ output }) => output), [
    [64, 64, 3],
    [16, 16, 64],
    [16, 16, 256],
  ]);
});

Deno.test("a model that takes no image is refused", () => {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [4] })] });
  assert.throws(() => modelArchitecture(model), /modelArchitecture needs a model of one image/);
});
