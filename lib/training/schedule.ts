/** How the learning rate changes while a network trains. */

/** The learning rate after the fraction `done` of all steps, from 0 to 1. */
export type Schedule = (done: number) => number;

/**
 * The paper's: the rate is divided by 10 after half of the steps and after three quarters (He et al.
 * 2016, section 4.2: at 32,000 and 48,000 of 64,000).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { stepSchedule } from "residual";
 *
 * const rate = stepSchedule(0.1);
 * assert.equal(rate(0.4), 0.1);
 * assert.ok(Math.abs(rate(0.6) - 0.01) < 1e-9);
 * ```
 */
export function stepSchedule(rate: number): Schedule {
  return (done) => done < 0.5 ? rate : done < 0.75 ? rate / 10 : rate / 100;
}

/**
 * One cycle: from a tenth of `peak` up to it in the first quarter, then down to nothing in a straight
 * line (after Smith and Topin 2019). It trains well in few epochs.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { oneCycle } from "residual";
 *
 * const rate = oneCycle(0.4);
 * assert.ok(Math.abs(rate(0.25) - 0.4) < 1e-9);
 * assert.equal(rate(1), 0);
 * ```
 */
export function oneCycle(peak: number): Schedule {
  return (done) => done < 0.25 ? peak * (0.1 + 3.6 * done) : peak * (1 - done) / 0.75;
}
