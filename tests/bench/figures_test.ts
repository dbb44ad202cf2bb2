/** From the rounds' times to medians, minima and ratios. */
import assert from "node:assert/strict";
import { figuresOf, median } from "../../tools/bench/figures.ts";

Deno.test("the median is the middle value, whatever the order", () => {
  assert.equal(median([30, 10, 20]), 20);
  assert.equal(median([40, 10, 30, 20]), 25);
  assert.equal(median([9, 10, 100]), 10);
  assert.equal(median([7]), 7);
});

Deno.test("the median does not reorder its values, and needs at least one value", () => {
  const values = [3, 1, 2];
  median(values);
  assert.deepEqual(values, [3, 1, 2]);
  assert.throws(() => median([]), /No values/);
});

Deno.test("the ratio is the median of the rounds' ratios, not the ratio of the medians", () => {
  // In the second round the machine was ten times slower for both.
  const kit = [[20, 22, 90], [200, 220, 210], [33, 33, 33]];
  const other = [[11, 11, 11], [100, 105, 300], [30, 10, 11]];
  const { msPerImage, minMsPerImage, ratio, ratioRange } = figuresOf(other, kit, 2);
  assert.equal(ratio, 2);
  assert.deepEqual(ratioRange, [2, 3]);
  assert.equal(msPerImage, 11 / 2);
  assert.equal(minMsPerImage, 10 / 2);
});

Deno.test("the kit's ratio to itself is 1", () => {
  const kit = [[5, 6], [7, 8]];
  const { ratio, ratioRange } = figuresOf(kit, kit, 1);
  assert.deepEqual([ratio, ...ratioRange], [1, 1, 1]);
});

Deno.test("contenders with different numbers of rounds are not compared", () => {
  assert.throws(() => figuresOf([[1]], [[1], [2]], 1), /2 rounds, and the other contender 1/);
});
