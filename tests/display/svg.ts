/** What a picture in an output's HTML holds. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";

/** The SVG of the one image in an output's HTML. */
export function svgIn(html: unknown): string {
  const images = [...String(html).matchAll(/<img src="data:image\/svg\+xml;base64,([^"]+)"/g)];
  assert.equal(images.length, 1, `one picture expected: ${String(html).slice(0, 200)}`);
  return Buffer.from(images[0]![1]!, "base64").toString();
}

/** Its texts, in the order in which they are drawn. */
export function textsIn(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text!);
}

/** The number of corners of each line of that color. */
export function cornersIn(svg: string, color: string): number[] {
  return [...svg.matchAll(/<path d="([^"]+)"[^>]*stroke="([^"]+)"/g)]
    .filter(([, , stroke]) => stroke === color)
    .map(([, d]) => (d!.match(/[ML]/g) ?? []).length);
}
