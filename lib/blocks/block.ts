/** The base of the building blocks: layers under names, and a `forward` that reads like the paper. */
import * as tf from "@tensorflow/tfjs";
import { type Arguments, KitLayer } from "./layer.ts";
import { nameWeights } from "./weight_names.ts";

/** A part of a block, ready to be called on a tensor. */
export type Part = (x: tf.Tensor4D) => tf.Tensor4D;

/**
 * A layer made of layers. A subclass names its parts in the constructor and says in `forward` how
 * they work together; saving, loading, training and counting follow from that.
 *
 * `super` takes the constructor's own arguments by name, in their order: from them a saved model
 * makes the block again.
 *
 * @example
 * ```ts
 * import { Block, Conv2d, tf } from "residual";
 *
 * class Doubled extends Block {
 *   conv = this.part("conv", new Conv2d(this.ni, this.ni));
 *   constructor(readonly ni: number) {
 *     super({ ni });
 *   }
 *   forward(x: tf.Tensor4D): tf.Tensor4D {
 *     return tf.add(this.conv(x), x);
 *   }
 * }
 * ```
 */
export abstract class Block extends KitLayer {
  readonly #parts: Map<string, tf.layers.Layer> = new Map();
  #outputShape: tf.Shape | undefined;

  constructor(args: Arguments) {
    super(args);
  }

  /** What the block computes, `[batch, height, width, channels]` in and out. */
  abstract override forward(x: tf.Tensor4D): tf.Tensor4D;

  /**
   * Takes a layer in under a name, and returns it as a function.
   *
   * @throws {Error} where the block has a part of that name already.
   */
  protected part(name: string, layer: tf.layers.Layer): Part {
    if (this.#parts.has(name)) {
      throw new Error(`${this.constructor.name} has a part named "${name}" already.`);
    }
    layer.name = name;
    this.#parts.set(name, layer);
    return (x) => layer.apply(x, { training: this.training }) as tf.Tensor4D;
  }

  /** Builds every part by sending one image of zeros through the block. */
  override build(inputShape: tf.Shape): void {
    const [, ...image] = inputShape;
    const fixed = image.map((size) => {
      if (size !== null) return size;
      throw new Error(
        `${this.constructor.name} needs to know the height and width of its input; ` +
          `it got [${inputShape.map((s) => s ?? "null").join(", ")}].`,
      );
    });
    const dryRun = tf.tidy(() =>
      this.forward(tf.zeros<tf.Rank.R4>([1, ...fixed] as tf.Tensor4D["shape"]))
    );
    this.#outputShape = [null, ...dryRun.shape.slice(1)];
    dryRun.dispose();
    super.build(inputShape);
    this.nameParts(this.name);
  }

  override computeOutputShape(inputShape: tf.Shape): tf.Shape {
    if (!this.#outputShape) this.build(inputShape);
    return this.#outputShape!;
  }

  override get trainableWeights(): tf.LayerVariable[] {
    return this.trainable ? this.#collect((layer) => layer.trainableWeights) : [];
  }

  override get nonTrainableWeights(): tf.LayerVariable[] {
    const still = this.#collect((layer) => layer.nonTrainableWeights);
    return this.trainable ? still : [...this.#collect((layer) => layer.trainableWeights), ...still];
  }

  /** Names all weights below by their path, `<path>.<part>.<weight>`. */
  protected nameParts(path: string): void {
    for (const [name, layer] of this.#parts) {
      if (layer instanceof Block) layer.nameParts(`${path}.${name}`);
      else nameWeights(layer, `${path}.${name}`);
    }
  }

  #collect(weights: (layer: tf.layers.Layer) => tf.LayerVariable[]): tf.LayerVariable[] {
    return [...this.#parts.values()].flatMap(weights);
  }
}
