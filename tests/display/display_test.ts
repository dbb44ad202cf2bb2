/** What is shown in each front end: text, tables, grids of images. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { decode } from "fast-png";
import {
  Display,
  formatSeconds,
  frontEnd,
  imagesBundle,
  sparkline,
  tableBundle,
} from "../../lib/display/mod.ts";

/** What `body` prints with console.log. */
async function printed(body: () => Promise<void>): Promise<string[]> {
  const lines: string[] = [];
  const log = console.log;
  console.log = (...args: unknown[]) => void lines.push(args.join(" "));
  try {
    await body();
  } finally {
    console.log = log;
  }
  return lines;
}

Deno.test("a script counts as a terminal, where a bundle is its plain text", async () => {
  assert.equal(frontEnd(), "terminal");
  const lines = await printed(() => new Display().show({ "text/plain": "hello" }));
  assert.deepEqual(lines, ["hello"]);
});

Deno.test("in tslab a second display replaces the first one in place", async () => {
  const sent: { content: Record<string, unknown>; update: boolean }[] = [];
  const kernel = {
    require: (id: string) => {
      assert.equal(id, "tslab/dist/jupyter.js");
      return {
        lastWriteDisplayData: (content: Record<string, unknown>, update: boolean) =>
          void sent.push({ content, update }),
      };
    },
  };
  Object.assign(globalThis, { __tslab__: kernel });
  try {
    assert.equal(frontEnd(), "tslab");
    const display = new Display();
    await display.show({ "text/plain": "one" });
    await display.show({ "text/plain": "two" });
    await new Display().show({ "text/plain": "three" });
  } finally {
    Reflect.deleteProperty(globalThis, "__tslab__");
  }
  assert.deepEqual(sent.map(({ update }) => update), [false, true, false]);
  const [first, second, third] = sent.map(({ content }) => content["transient"]);
  assert.deepEqual(first, second);
  assert.notDeepEqual(first, third);
});

Deno.test("a table aligns its text, and right-aligns numbers with thousands separators", () => {
  const bundle = tableBundle([
    { model: "resnet20", parameters: 269722 },
    { model: "r", parameters: 7, note: "<b>" },
  ]);
  assert.equal(
    bundle["text/plain"],
    "model     parameters  note\nresnet20     269,722\nr                  7  <b>",
  );
  const html = String(bundle["text/html"]);
  assert.match(html, /text-align: right">269,722/);
  assert.match(html, /&lt;b&gt;/);
  assert.doesNotMatch(html, /<b>|<style/);
});

/** An image of one color. */
function plainImage(red: number, green: number, blue: number): Uint8Array {
  return Uint8Array.from({ length: 3072 }, (_, i) => [red, green, blue][i % 3]!);
}

Deno.test("each image is a PNG of exactly its bytes", () => {
  const image = Uint8Array.from({ length: 3072 }, (_, i) => (i * 7) % 256);
  const html = String(imagesBundle([image])["text/html"]);
  const base64 = /src="data:image\/png;base64,([^"]+)"/.exec(html)?.[1] ?? "";
  const png = decode(Buffer.from(base64, "base64"));
  assert.deepEqual([png.width, png.height, png.channels], [32, 32, 3]);
  assert.deepEqual([...png.data], [...image]);
});

Deno.test("the grid's picture contains the images in rows, with white gaps", () => {
  const images = [plainImage(255, 0, 0), plainImage(0, 255, 0), plainImage(0, 0, 255)];
  const picture = String(imagesBundle(images, { columns: 2 })["image/png"]);
  const png = decode(Buffer.from(picture, "base64"));
  assert.deepEqual([png.width, png.height], [66, 66]);
  const pixel = (x: number, y: number) => [...png.data.slice((y * 66 + x) * 3).slice(0, 3)];
  assert.deepEqual(pixel(0, 0), [255, 0, 0]);
  assert.deepEqual(pixel(34, 0), [0, 255, 0]);
  assert.deepEqual(pixel(0, 34), [0, 0, 255]);
  assert.deepEqual(pixel(32, 0), [255, 255, 255]);
  assert.deepEqual(pixel(40, 40), [255, 255, 255]);
});

Deno.test("images of another size keep their size, and the grid's picture is never too small", () => {
  const image = Uint8Array.from({ length: 4 * 4 * 3 }, (_, i) => 5 * i);
  const bundle = imagesBundle([image, image], { side: 4, scale: 30 });
  assert.match(String(bundle["text/html"]), /width="120" height="120"/);
  const png = decode(Buffer.from(String(bundle["image/png"]), "base64"));
  assert.deepEqual([png.width, png.height], [66, 32]);
  const pixel = (x: number, y: number) => [...png.data.slice((y * 66 + x) * 3).slice(0, 3)];
  assert.deepEqual([pixel(0, 0), pixel(7, 7)], [[0, 5, 10], [0, 5, 10]]);
  assert.deepEqual([pixel(8, 7), pixel(7, 8)], [[15, 20, 25], [60, 65, 70]]);
  assert.deepEqual(pixel(65, 31), [225, 230, 235]);
  assert.throws(
    () => imagesBundle([plainImage(0, 0, 0)], { side: 4 }),
    /3072 bytes; .* 48 \(4×4×3/,
  );
});

Deno.test("right and wrong are marked by a sign, not by color alone", () => {
  const bundle = imagesBundle([plainImage(0, 0, 0), plainImage(1, 1, 1), plainImage(2, 2, 2)], {
    labels: [{ text: "cat", right: true }, { text: "ship, is <frog>", right: false }, "dog"],
  });
  assert.equal(bundle["text/plain"], "3 images: ✓ cat, ✗ ship, is <frog>, dog");
  const html = String(bundle["text/html"]);
  assert.match(html, /color: #1a7f37">✓ cat/);
  assert.match(html, /color: #cf222e">✗ ship, is &lt;frog&gt;/);
  assert.doesNotMatch(html, /<style|<script/);
});

Deno.test("an image of the wrong size and a missing label are refused with the expected value", () => {
  assert.throws(() => imagesBundle([new Uint8Array(10)]), /Image 0 has 10 bytes; .* 3072/);
  assert.throws(
    () => imagesBundle([plainImage(0, 0, 0)], { labels: [] }),
    /1 images, got 0 labels/,
  );
  assert.equal(imagesBundle([])["text/plain"], "0 images");
});

Deno.test("durations are written in seconds, minutes and hours", () => {
  assert.deepEqual([0.52, 59.7, 95, 3599.9, 7325].map(formatSeconds), [
    "0.5 s",
    "1 min 0 s",
    "1 min 35 s",
    "1 h 0 min",
    "2 h 2 min",
  ]);
});

Deno.test("a sparkline spans lowest to highest, averages many values, and skips values that are not finite", () => {
  assert.equal(sparkline([0, 1, 2, 3, 4, 5, 6, 7]), "▁▂▃▄▅▆▇█");
  assert.equal(sparkline([3, 3]), "▁▁");
  assert.equal(sparkline([]), "");
  assert.equal(sparkline([0, NaN, 1]), "▁ █");
  assert.equal(sparkline(Float32Array.from({ length: 6000 }, (_, i) => i)).length, 60);
});
