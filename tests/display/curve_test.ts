/** Curves: the figure, the picture, the legend. */
import assert from "node:assert/strict";
import { seededRandom } from "../../lib/data/random.ts";
import { curveBundle } from "../../lib/display/mod.ts";
import { COLORS } from "../../lib/display/picture.ts";
import { cornersIn, svgIn, textsIn } from "./svg.ts";

const loss = { name: "loss", x: [1, 2, 3], y: Float32Array.of(2.5, 1.5, 1) };
const small = { title: "Loss <1>", series: [loss], xLabel: "step", yLabel: "cost" };

/** A noisy line of as many steps. */
function noisy(steps: number): { name: string; x: Float64Array; y: Float64Array } {
  const random = seededRandom(1);
  const y = Float64Array.from({ length: steps }, (_, i) => 2.3 / (1 + i / 1000) + random());
  return { name: "loss", x: y.map((_, i) => i + 1), y };
}

Deno.test("a curve is a plotly figure of plain arrays, with text beside it", async () => {
  const bundle = await curveBundle(small);
  const figure = bundle["application/vnd.plotly.v1+json"] as { data: Record<string, unknown>[] };
  const { type, mode, name, x, y } = figure.data[0]!;
  assert.deepEqual({ type, mode, name, x, y }, {
    type: "scatter",
    mode: "lines",
    name: "loss",
    x: [1, 2, 3],
    y: [2.5, 1.5, 1],
  });
  assert.equal(bundle["text/plain"], "Loss <1>\nloss  █▃▁  from 2.5 to 1");
});

Deno.test("a viewer without plotly gets an image that needs no trust", async () => {
  const html = String((await curveBundle(small))["text/html"]);
  assert.match(html, /^<img src="data:image\/svg\+xml;base64,[\w+/=]+" alt="[^"<]+" width="\d+"/);
  assert.match(html, /alt="Loss &lt;1&gt;: cost over step"/);
});

Deno.test("the picture has a title, axis names, every point and its own background", async () => {
  const svg = svgIn((await curveBundle(small))["text/html"]);
  const texts = textsIn(svg);
  for (const text of ["Loss &lt;1&gt;", "step", "cost"]) assert.ok(texts.includes(text), text);
  assert.deepEqual(cornersIn(svg, COLORS[0]), [3]);
  assert.match(svg, /^<svg[^>]*>\n<rect[^>]* fill="#ffffff"/);
  assert.doesNotMatch(svg, /<style|<script|class=/);
});

Deno.test("several lines get a legend", async () => {
  assert.ok(!textsIn(svgIn((await curveBundle(small))["text/html"])).includes("loss"));
  const two = { ...small, series: [loss, { ...loss, name: "mean of 20" }] };
  const texts = textsIn(svgIn((await curveBundle(two))["text/html"]));
  assert.ok(texts.includes("loss") && texts.includes("mean of 20"));
});

Deno.test("a long legend takes several rows and moves the panel down", async () => {
  const few = ["plain20", "resnet20"];
  const many = Array.from({ length: 5 }, (_, i) => `network ${i} with batch norm`);
  const [low, high] = await Promise.all([few, many].map(async (names) => {
    const bundle = await curveBundle({
      ...small,
      series: names.map((name) => ({ ...loss, name })),
    });
    const svg = svgIn(bundle["text/html"]);
    const rows = [...svg.matchAll(/translate\([\d.]+ (\d+)\)"[^>]*>([^<]+)</g)]
      .filter(([, , text]) => names.includes(text!)).map(([, y]) => Number(y));
    const panel = Number(/<path d="M62\.5 \d+L62\.5 (\d+)"/.exec(svg)?.[1]);
    assert.equal(rows.length, names.length);
    const figure = bundle["application/vnd.plotly.v1+json"] as { layout: { height: number } };
    assert.ok(Math.max(...rows) < panel, `${rows} above ${panel}`);
    return { rows: new Set(rows).size, panel, height: figure.layout.height };
  }));
  assert.deepEqual([low!.rows, high!.rows], [1, 2]);
  assert.equal(high!.panel - low!.panel, high!.height - low!.height);
  assert.ok(high!.panel > low!.panel);
});

Deno.test("a gap in the values is a gap in the picture and null in the figure", async () => {
  const series = [{ name: "loss", x: [1, 2, 3, 4, 5], y: [3, 2, NaN, 1, 0.5] }];
  const bundle = await curveBundle({ ...small, series });
  const path = /<path d="([^"]+)"[^>]*stroke="#0072b2"/.exec(svgIn(bundle["text/html"]))?.[1];
  assert.equal(path?.match(/M/g)?.length, 2);
  assert.match(JSON.stringify(bundle["application/vnd.plotly.v1+json"]), /\[3,2,null,1,0\.5\]/);
});

Deno.test("a curve of 64,000 steps takes less than 60 kB of a notebook, picture included", async () => {
  const bundle = await curveBundle({ ...small, series: [noisy(64_000)] });
  const bytes = JSON.stringify(bundle, undefined, 1).length;
  assert.ok(bytes < 60_000, `${bytes} bytes`);
  const { data } = bundle["application/vnd.plotly.v1+json"] as { data: { x: number[] }[] };
  assert.ok(data[0]!.x.length > 990 && data[0]!.x.length <= 1000, `${data[0]!.x.length} points`);
});

Deno.test("a curve with more x than y values is rejected, and the error names the curve", async () => {
  const series = [{ name: "loss", x: [1, 2], y: [1] }];
  await assert.rejects(
    () => curveBundle({ ...small, series }),
    /"loss" expects one y for each x, got 2 values of x and 1 of y/,
  );
});

Deno.test("the sparklines of one chart share a scale", async () => {
  const x = [0, 1, 2, 3];
  const series = [
    { name: "parameters", x, y: [0.15, 0.53, 2.1, 8.4] },
    { name: "work", x, y: [9.44, 8.39, 8.39, 8.39] },
  ];
  const bundle = await curveBundle({ title: "T", series, xLabel: "x", yLabel: "y" });
  const text = bundle["text/plain"];
  assert.deepEqual(text.split("\n"), [
    "T",
    "parameters  ▁▁▂▇  from 0.15 to 8.4",
    "work        █▇▇▇  from 9.44 to 8.39",
  ]);
});
