/** Quantities as squares: sizes, texts and alternative text. */
import assert from "node:assert/strict";
import { areasBundle } from "../../lib/display/mod.ts";
import { svgIn, textsIn } from "./svg.ts";

const areas = {
  title: "Weights of two blocks",
  rows: [
    { name: "wide", areas: [{ name: "3×3", value: 400 }, { name: "3×3", value: 400 }] },
    { name: "narrow", areas: [{ name: "1×1", value: 25 }] },
  ],
};

Deno.test("squares have areas in proportion to their values, on one scale", async () => {
  const svg = svgIn((await areasBundle(areas))["text/html"]);
  const sides = Array.from(
    svg.matchAll(/<path d="M([\d.]+) ([\d.]+)l([\d.]+) 0l0 ([\d.]+)l/g),
    ([, , , width, height]) => [Number(width), Number(height)],
  );
  const [first, second, third] = sides.slice(-3);
  assert.deepEqual(first, second);
  assert.equal(first![0], first![1]);
  assert.ok(Math.abs(first![0]! / third![0]! - 4) < 0.01, JSON.stringify(sides));
});

Deno.test("each row has its name and sum, each square its name and value", async () => {
  const bundle = await areasBundle(areas);
  const texts = textsIn(svgIn(bundle["text/html"]));
  for (const text of ["Weights of two blocks", "wide: 800", "narrow: 25", "1×1", "400"]) {
    assert.ok(texts.includes(text), `${text} in ${texts}`);
  }
  assert.match(String(bundle["text/html"]), /alt="Weights of two blocks\. wide, 3×3: 400; /);
  assert.match(String(bundle["text/plain"]), /narrow +1×1 +25/);
});

Deno.test("a long title and long names have room", async () => {
  const title = "The weights of the convolutions of a block with 256 channels";
  const names = ["1×1, from 256 to 64 channels", "3×3, from 64 to 64 channels"];
  const rows = [{ name: "bottleneck", areas: names.map((name) => ({ name, value: 1 })) }];
  const svg = svgIn((await areasBundle({ title, rows }))["text/html"]);
  assert.ok(Number(/width="(\d+)"/.exec(svg)?.[1]) >= 10 * title.length, svg.slice(0, 200));
  const places = names.map((name) => {
    const at = svg.slice(0, svg.indexOf(name)).lastIndexOf("translate(");
    return Number(/translate\(([\d.]+)/.exec(svg.slice(at))?.[1]);
  });
  assert.ok(places[1]! - places[0]! >= 7 * names[0]!.length, places.join());
});

Deno.test("a picture of areas without a positive value is refused", async () => {
  const rows = [{ name: "none", areas: [{ name: "zero", value: 0 }] }];
  await assert.rejects(areasBundle({ title: "empty", rows }), {
    name: "RangeError",
    message: 'Cannot draw "empty": expected a positive value, got none.',
  });
});
