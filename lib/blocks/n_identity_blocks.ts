/** Identity blocks in a row: a stage that keeps the shape. */
import { register } from "./layer.ts";
import { requirePositive } from "./require.ts";
import { ResIdentity } from "./res_identity.ts";
import { Sequence, times } from "./sequence.ts";

/**
 * `repeat` times `ResIdentity(ni)`: `[batch, height, width, ni]` in and out.
 *
 * @throws {RangeError} where a size is not whole and positive.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { countParams, NIdentityBlocks, startBackend, tf } from "residual";
 *
 * await startBackend();
 * const stage = new NIdentityBlocks(16, 3);
 * stage(tf.zeros([1, 32, 32, 16]));
 * assert.equal(countParams(stage).trainable, 14_016);
 * ```
 */
export class NIdentityBlocks extends Sequence {
  constructor(
    /** Channels in and out. */
    readonly ni: number,
    /** Number of blocks. */
    readonly repeat: number,
  ) {
    requirePositive("NIdentityBlocks", { ni, repeat });
    super(times(repeat, () => new ResIdentity(ni)), { ni, repeat });
  }
}

register(NIdentityBlocks);
