/** Bottleneck blocks in a row: a stage of the deeper ImageNet networks. */
import { Bottleneck, EXPANSION } from "./bottleneck.ts";
import { register } from "./layer.ts";
import { requirePositive } from "./require.ts";
import { Sequence, times } from "./sequence.ts";

/**
 * `Bottleneck(ni, width, stride)`, then `repeat - 1` that keep the shape: `[batch, height, width, ni]` in,
 * `[batch, ⌈height / stride⌉, ⌈width / stride⌉, 4 · width]` out.
 *
 * @throws {RangeError} where a size is not whole and positive.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { NBottlenecks, startBackend, tf } from "residual";
 *
 * await startBackend();
 * const layer = new NBottlenecks(64, 16, 2, 2);
 * assert.deepEqual(layer(tf.zeros([1, 8, 8, 64])).shape, [1, 4, 4, 64]);
 * ```
 */
export class NBottlenecks extends Sequence {
  constructor(
    /** Channels in. */
    readonly ni: number,
    /** Channels of the 3×3 convolutions. */
    readonly width: number,
    /** Number of blocks. */
    readonly repeat: number,
    /** Stride of the first. Default 1. */
    readonly stride: number = 1,
  ) {
    requirePositive("NBottlenecks", { ni, width, repeat, stride });
    const others = times(repeat - 1, () => new Bottleneck(EXPANSION * width, width));
    super([new Bottleneck(ni, width, stride), ...others], { ni, width, repeat, stride });
  }
}

register(NBottlenecks);
