/** A skip block and identity blocks: a stage that halves the map and changes the channels. */
import { register } from "./layer.ts";
import { requirePositive } from "./require.ts";
import { ResIdentity } from "./res_identity.ts";
import { ResSkip, type SkipOptions } from "./res_skip.ts";
import { Sequence, times } from "./sequence.ts";

/**
 * `ResSkip(ni, no)`, then `repeat - 1` times `ResIdentity(no)`: `[batch, height, width, ni]` in,
 * `[batch, ⌈height / 2⌉, ⌈width / 2⌉, no]` out.
 *
 * @throws {RangeError} where a size is not whole and positive.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { SkipAndNIdentityBlocks, startBackend, tf } from "residual";
 *
 * await startBackend();
 * const layer = new SkipAndNIdentityBlocks(16, 32, 2);
 * assert.deepEqual(layer(tf.zeros([1, 32, 32, 16])).shape, [1, 16, 16, 32]);
 * ```
 */
export class SkipAndNIdentityBlocks extends Sequence {
  constructor(
    /** Channels in. */
    readonly ni: number,
    /** Channels out. */
    readonly no: number,
    /** Number of blocks, the skip block included. */
    readonly repeat: number,
    skip: SkipOptions = {},
  ) {
    requirePositive("SkipAndNIdentityBlocks", { ni, no, repeat });
    const identities = times(repeat - 1, () => new ResIdentity(no));
    super([new ResSkip(ni, no, skip), ...identities], { ni, no, repeat, skip });
  }
}

register(SkipAndNIdentityBlocks);
