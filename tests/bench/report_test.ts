/** The benchmark's table and its JSON lines. */
import assert from "node:assert/strict";
import { jsonLine, type Measurement, notesOn, tableOf } from "../../tools/bench/report.ts";

const kit: Measurement = {
  model: "resnet20",
  batch: 128,
  mode: "train",
  contender: "kit",
  version: "TensorFlow.js 4.22.0",
  backend: "native",
  msPerImage: 1.25,
  minMsPerImage: 1.2,
  ratio: 1,
  ratioRange: [1, 1],
  rounds: 7,
  othersCores: 0.1,
};
const other: Measurement = {
  ...kit,
  contender: "pytorch",
  msPerImage: 10.5,
  ratio: 0.119,
  ratioRange: [0.1, 0.125],
};

Deno.test("the table has an aligned line for each measurement", () => {
  const lines = tableOf([kit, other]).split("\n");
  assert.equal(lines.length, 4);
  const [headings = "", , first = "", second = ""] = lines;
  assert.match(first, /^resnet20 +train +kit +1\.250 +1\.200 +1\.00$/);
  assert.match(second, /^resnet20 +train +pytorch +10\.500 +1\.200 +0\.12 +0\.10 to 0\.13$/);
  const right = headings.indexOf("median ms/image") + "median ms/image".length;
  assert.ok(first.slice(0, right).endsWith(" 1.250"));
  assert.ok(second.slice(0, right).endsWith("10.500"));
});

Deno.test("with --json each measurement is one line of JSON", () => {
  assert.deepEqual(JSON.parse(jsonLine(other)), other);
  assert.ok(!jsonLine(other).includes("\n"));
});

Deno.test("the notes contain each contender's version once, and the load of other programs if it matters", () => {
  const notes = notesOn([kit, other, { ...kit, mode: "infer" }]).join("\n");
  assert.equal(notes.match(/^kit: TensorFlow\.js 4\.22\.0, native$/gm)?.length, 1);
  assert.match(notes, /^pytorch: /m);
  assert.match(notes, /\d cores/);
  assert.doesNotMatch(notes, /Other programs/);
  const busy = notesOn([kit, { ...other, othersCores: 1.26 }]).join("\n");
  assert.match(busy, /Other programs took up to 1\.3 cores/);
});
