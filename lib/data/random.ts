/** A small seeded random number generator, the same on every machine and kernel. */

/**
 * Returns a function that gives numbers in [0, 1), the same ones for the same seed.
 *
 * Source: mulberry32 by Tommy Ettinger (public domain).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { seededRandom } from "residual";
 *
 * const random = seededRandom(1);
 * assert.equal(random(), seededRandom(1)());
 * assert.notEqual(random(), seededRandom(1)());
 * ```
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
