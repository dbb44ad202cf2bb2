/** The diagram of a network: blocks, stages, shortcuts. */
import assert from "node:assert/strict";
import { architectureBundle } from "../../lib/display/mod.ts";
import type { ArchitectureBlock } from "../../lib/models/mod.ts";
import { COLORS } from "../../lib/display/picture.ts";
import { svgIn, textsIn } from "./svg.ts";

const [IDENTITY, PROJECTION, PAD] = COLORS;

const block: ArchitectureBlock = {
  name: "layer1.0",
  kind: "ResIdentity",
  output: [32, 32, 16],
  parameters: 4672,
  shortcut: "identity",
};

/** A stage of equal blocks. */
function stage(name: string, length: number, side = 32): ArchitectureBlock[] {
  return Array.from(
    { length },
    (_, i) => ({ ...block, name: `${name}.${i}`, output: [side, side, 16] }),
  );
}

/** The diagram's arcs by their color; two lines of the legend look the same. */
function arcs(svg: string, color: string): number {
  const curves = [...svg.matchAll(/<path d="M[^"]*C[^"]*"[^>]*stroke="([^"]+)"[^>]*>/g)];
  const inDiagram = curves.filter(([path, stroke]) =>
    stroke === color && /stroke-width="2"/.test(path)
  );
  return inDiagram.length - 1;
}

Deno.test("each block has its name, class, output and parameters, and the title has their sum", async () => {
  const svg = svgIn(
    (await architectureBundle(stage("layer1", 3), { title: "small" }))["text/html"],
  );
  const texts = textsIn(svg);
  const count = (text: string) => texts.filter((other) => other === text).length;
  assert.equal(texts[0], "small: 14,016 parameters");
  assert.deepEqual([count("ResIdentity"), count("32×32×16"), count("4,672")], [3, 3, 3]);
  for (const text of ["layer1", "32×32", "layer1.0", "layer1.2"]) assert.equal(count(text), 1);
});

Deno.test("each shortcut is an arc of its kind, and a plain block has no arc", async () => {
  const svg = svgIn(
    (await architectureBundle([
      { ...block, kind: "Conv2d", shortcut: "none" },
      block,
      block,
      { ...block, kind: "ResSkip", shortcut: "projection" },
      { ...block, kind: "ResPad", shortcut: "pad" },
    ]))["text/html"],
  );
  assert.deepEqual([IDENTITY, PROJECTION, PAD].map((color) => arcs(svg, color)), [2, 1, 1]);
  const legend = textsIn(svg).filter((text) => text.endsWith(" shortcut"));
  assert.deepEqual(legend, ["identity shortcut", "projection shortcut", "zero padding shortcut"]);
});

Deno.test("a network without shortcuts has no arcs and no legend for them", async () => {
  const svg = svgIn((await architectureBundle([{ ...block, shortcut: "none" }]))["text/html"]);
  assert.ok(!textsIn(svg).some((text) => text.endsWith("shortcut")));
});

Deno.test("equal blocks that do not fit on a line become one box with their number", async () => {
  const blocks = [...stage("layer1", 18), { ...block, name: "layer1.18", kind: "Other" }];
  const texts = textsIn(svgIn((await architectureBundle(blocks))["text/html"]));
  for (const text of ["layer1.0 to 17", "18 × ResIdentity", "4,672 each", "layer1.18", "Other"]) {
    assert.ok(texts.includes(text), text);
  }
});

Deno.test("different blocks that do not fit on a line continue on the next line", async () => {
  const blocks = stage("features", 30).map((other, i) => ({ ...other, parameters: i }));
  const html = String((await architectureBundle(blocks))["text/html"]);
  assert.equal(textsIn(svgIn(html)).filter((text) => text === "ResIdentity").length, 30);
  assert.ok(Number(/width="(\d+)"/.exec(html)?.[1]) <= 880);
});

Deno.test("a stage ends where the feature map's size or the name's prefix changes", async () => {
  const blocks = [...stage("layer1", 2), ...stage("layer2", 2), ...stage("layer2", 2, 16)];
  const texts = textsIn(svgIn((await architectureBundle(blocks))["text/html"]));
  const labels = texts.filter((text) => /^(layer\d|\d+×\d+)$/.test(text));
  assert.deepEqual(labels, ["layer1", "32×32", "layer2", "32×32", "layer2", "16×16"]);
});

Deno.test("in a terminal the diagram is a table", async () => {
  const blocks = [{ ...block, name: "conv1", shortcut: "none" as const }, block];
  assert.equal(
    (await architectureBundle(blocks, { title: "small" }))["text/plain"],
    [
      "small: 9,344 parameters",
      "block     class        output    parameters  shortcut",
      "conv1     ResIdentity  32×32×16       4,672",
      "layer1.0  ResIdentity  32×32×16       4,672  identity",
    ].join("\n"),
  );
});
