/** Blocks one after the other. */
import type * as tf from "@tensorflow/tfjs";
import { Block, type Part } from "./block.ts";
import type { Arguments } from "./layer.ts";

/** What goes through its blocks one after the other; they are named "0", "1", ... as in PyTorch. */
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
