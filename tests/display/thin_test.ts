/** Long lines made short. */
import assert from "node:assert/strict";
import { seededRandom } from "../../lib/data/random.ts";
import { rounded, thin } from "../../lib/display/thin.ts";

const random = seededRandom(1);
const noise = Float64Array.from({ length: 64_000 }, () => random());
const steps = noise.map((_, i) => i + 1);

Deno.test("a short line is unchanged", () => {
  assert.deepEqual(thin({ x: [1, 2, 3], y: Float32Array.of(3, 1, 2) }, 4), {
    x: [1, 2, 3],
    y: [3, 1, 2],
  });
});

Deno.test("a thinned line keeps its first, last, lowest and highest points", () => {
  const y = noise.slice();
  y[20_000] = -5;
  y[50_001] = 7;
  const thinned = thin({ x: steps, y }, 1000);
  assert.ok(thinned.y.length <= 1000 && thinned.y.length > 990);
  assert.deepEqual([thinned.x[0], thinned.y[0]], [1, y[0]]);
  assert.deepEqual([thinned.x.at(-1), thinned.y.at(-1)], [64_000, y.at(-1)]);
  assert.equal(thinned.y[thinned.x.indexOf(20_001)], -5);
  assert.equal(thinned.y[thinned.x.indexOf(50_002)], 7);
});

Deno.test("every kept point is a point of the line, in the original order", () => {
  const { x, y } = thin({ x: steps, y: noise }, 100);
  assert.deepEqual(y, x.map((step) => noise[step - 1]));
  assert.deepEqual(x, x.toSorted((a, b) => a - b));
});

Deno.test("a value that is not finite gives way to its neighbors, or is a gap without them", () => {
  const y = noise.slice(0, 1000);
  y[500] = NaN;
  y[501] = Infinity;
  assert.ok(thin({ x: steps, y }, 100).y.every(Number.isFinite));
  y.fill(NaN, 400, 600);
  const gaps = thin({ x: steps, y }, 100);
  assert.ok(gaps.x.some((step, i) => step > 400 && step <= 600 && Number.isNaN(gaps.y[i])));
});

Deno.test("numbers are rounded to 5 digits, whole numbers and gaps are not", () => {
  assert.deepEqual(rounded([2.302585093, 0.000123456789, 123_456, NaN, Infinity]), [
    2.3026,
    0.00012346,
    123_456,
    null,
    null,
  ]);
});
