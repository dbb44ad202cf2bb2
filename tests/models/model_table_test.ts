/** The table of a network: outputs, parameters, multiply-adds. */
import assert from "node:assert/strict";
import {
  modelTable,
  resnet101,
  resnet18,
  resnet20,
  resnet34,
  resnet50,
  startBackend,
  tf,
} from "../../lib/mod.ts";

await startBackend();

Deno.test("resnet20's table has a row for each block and adds up to 269,722", () => {
  const rows = modelTable(resnet20());
  assert.deepEqual(rows.map(({ block }) => block), [
    ...["conv1", "bn1"],
    ...["layer1.0", "layer1.1", "layer1.2"],
    ...["layer2.0", "layer2.1", "layer2.2"],
    ...["layer3.0", "layer3.1", "layer3.2"],
    "linear",
  ]);
  assert.deepEqual(rows[5], {
    block: "layer2.0",
    kind: "ResPad",
    output: "16×16×32",
    parameters: 13_952,
    cumulative: 464 + 3 * 4_672 + 13_952,
    "multiply-adds": 9 * 16 * 32 * 256 + 9 * 32 * 32 * 256,
  });
  assert.equal(rows.at(-1)?.cumulative, 269_722);
});

/** Billions of multiply-adds for 224×224 pixels as torchvision's documentation gives them. */
const PUBLISHED = [
  { make: resnet18, billions: 1.81, rows: 10 },
  { make: resnet34, billions: 3.66, rows: 18 },
  { make: resnet50, billions: 4.09, rows: 18 },
  { make: resnet101, billions: 7.8, rows: 35 },
];

for (const { make, billions, rows } of PUBLISHED) {
  Deno.test(`${make.name} has ${billions} billion multiply-adds and ${rows} rows`, () => {
    const table = modelTable(make());
    assert.equal(table.length, rows);
    const all = table.reduce((sum, row) => sum + row["multiply-adds"], 0);
    assert.equal(Number((all / 1e9).toFixed(2)), billions);
    assert.equal(table[0]?.output, "56×56×64");
  });
}

Deno.test("a model for images of any size is listed for the requested size", () => {
  const rows = modelTable(resnet18(), { size: [75, 61] });
  assert.deepEqual(rows.map(({ output }) => output).slice(0, 4), [
    "19×16×64",
    "19×16×64",
    "19×16×64",
    "10×8×128",
  ]);
});

Deno.test("a learner's model made of TensorFlow.js's own layers is listed", () => {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ name: "conv", filters: 4, kernelSize: 3, inputShape: [8, 8, 3] }),
      tf.layers.flatten({ name: "flat" }),
      tf.layers.dense({ name: "fc", units: 2 }),
    ],
  });
  assert.deepEqual(modelTable(model), [
    {
      block: "conv",
      kind: "Conv2D",
      output: "6×6×4",
      parameters: 112,
      cumulative: 112,
      "multiply-adds": 36 * 108,
    },
    {
      block: "fc",
      kind: "Dense",
      output: "2",
      parameters: 290,
      cumulative: 402,
      "multiply-adds": 288,
    },
  ]);
});

Deno.test("a model whose input is not an image is refused", () => {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [4] })] });
  assert.throws(
    () => modelTable(model),
    /whose input is one image, got \w+ with the input \[any,4\]/,
  );
});
