/** Layers one after the other. */
import * as tf from "@tensorflow/tfjs";
import type { Arguments } from "./arguments.ts";
import { Block } from "./block.ts";
import { KitLayer, register } from "./layer.ts";

/**
 * Runs layers one after the other, as `nn.Sequential` in PyTorch. The layers are named "0", "1", ....
 *
 * `[batch, height, width, channels]` in and out.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { BatchNorm, Conv2d, Sequence, startBackend, tf } from "residual";
 *
 * await startBackend();
 * const projection = new Sequence([new Conv2d(4, 8, 1, 2), new BatchNorm(8)]);
 * assert.deepEqual(projection(tf.zeros([1, 8, 8, 4])).shape, [1, 4, 4, 8]);
 * ```
 */
export class Sequence extends Block {
  /** The layer at a position. */
  readonly [position: number]: tf.layers.Layer;
  readonly #layers: readonly tf.layers.Layer[];

  /** @param args The arguments of a subclass's constructor by name, in their order, if it has others. */
  constructor(layers: readonly tf.layers.Layer[], args: Arguments = { layers }) {
    super(args);
    this.#layers = [...layers];
    Object.assign(this, this.#layers);
  }

  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return this.#layers.reduce((y, layer) => this.#run(layer, y), x);
  }

  #run(layer: tf.layers.Layer, x: tf.Tensor4D): tf.Tensor4D {
    // TensorFlow.js's own layers are not functions.
    return layer instanceof KitLayer
      ? layer(x) as tf.Tensor4D
      : layer.apply(x, { training: this.training }) as tf.Tensor4D;
  }
}

register(Sequence);

/** `repeat` layers. */
export function times<Part>(repeat: number, make: () => Part): Part[] {
  return Array.from({ length: repeat }, make);
}
