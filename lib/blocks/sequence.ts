/** Blocks one after the other. */
import type * as tf from "@tensorflow/tfjs";
import { Block, type Part } from "./block.ts";
import type { Arguments } from "./layer.ts";

/**
 * Blocks that the input goes through one after the other; they are named "0", "1", ... as in PyTorch.
 *
 * @example
 * ```ts
 * import { PlainBlock, Sequence, startBackend, tf } from "residual";
 *
 * await startBackend();
 * class TwoPlain extends Sequence {
 *   constructor(readonly ni: number) {
 *     super({ ni }, [new PlainBlock(ni), new PlainBlock(ni)]);
 *   }
 * }
 * const y = new TwoPlain(4).apply(tf.zeros([1, 8, 8, 4])) as tf.Tensor;
 * console.log(y.shape); // [1, 8, 8, 4]
 * ```
 */
export abstract class Sequence extends Block {
  readonly #steps: readonly Part[];

  constructor(args: Arguments, blocks: readonly Block[]) {
    super(args);
    this.#steps = blocks.map((block, i) => this.part(String(i), block));
  }

  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return this.#steps.reduce((y, step) => step(y), x);
  }
}

/** `repeat` blocks. */
export function times(repeat: number, make: () => Block): Block[] {
  return Array.from({ length: repeat }, make);
}
