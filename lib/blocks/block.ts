/** The base of the building blocks: layers under names, and a `forward` that reads like the paper. */
import * as tf from "@tensorflow/tfjs";
import { KitLayer, reportCall } from "./layer.ts";
import { joinPath, nameWeights } from "./weight_names.ts";

/** A part of a block, ready to be called on a tensor. */
export type Part<Input extends tf.Tensor = tf.Tensor4D, Output extends tf.Tensor = Input> = (
  x: Input,
) => Output;

/** Stands for a height or a width that is not known yet; enough for every stride of the models. */
const NOMINAL_SIZE = 64;

/** The block that a layer is a part of. */
const blocks = new WeakMap<tf.layers.Layer, Block<tf.Tensor>>();

/** Returns the block that first took this layer in, if any. */
export function blockOf(layer: tf.layers.Layer): tf.layers.Layer | undefined {
  return blocks.get(layer);
}

let readParts: (layer: tf.layers.Layer) => tf.layers.Layer[];

/** Returns the parts of a block, even if its class overrides `parts`. Another layer has none. */
export function partsOf(layer: tf.layers.Layer): tf.layers.Layer[] {
  return readParts(layer);
}

/**
 * A layer made of layers. A subclass names its parts in the constructor and says in `forward` how
 * they work together; saving, loading, training and counting follow from that.
 *
 * `super` takes the constructor's own arguments by name, in their order: from them a saved model
 * makes the block again.
 *
 * @example
 * ```ts
 * import { Block, Conv2d, type Part, startBackend, tf } from "residual";
 *
 * await startBackend();
 * class Doubled extends Block {
 *   private readonly conv: Part;
 *   constructor(readonly ni: number) {
 *     super({ ni });
 *     this.conv = this.part("conv", new Conv2d(ni, ni));
 *   }
 *   forward(x: tf.Tensor4D): tf.Tensor4D {
 *     return tf.add(this.conv(x), x);
 *   }
 * }
 * const y = new Doubled(4).apply(tf.zeros([1, 8, 8, 4])) as tf.Tensor;
 * console.log(y.shape); // [1, 8, 8, 4]
 * ```
 */
export abstract class Block<Output extends tf.Tensor = tf.Tensor4D>
  extends KitLayer<tf.Tensor4D, Output> {
  readonly #parts: Map<string, tf.layers.Layer> = new Map();
  readonly #outputShapes: Map<string, tf.Shape> = new Map();

  static {
    readParts = (layer) => #parts in layer ? [...layer.#parts.values()] : [];
  }

  /** The layers that it is made of, by their names, in their order. */
  get parts(): ReadonlyMap<string, tf.layers.Layer> {
    return this.#parts;
  }

  /** Whether its weights go by the names of its parts alone, without its own before them. */
  get transparent(): boolean {
    return false;
  }

  /**
   * Takes a layer in under a name, and returns it as a function.
   *
   * @throws {Error} where the block has a part of that name already.
   */
  protected part<In extends tf.Tensor = tf.Tensor4D, Out extends tf.Tensor = In>(
    name: string,
    layer: tf.layers.Layer,
  ): Part<In, Out> {
    if (this.#parts.has(name)) {
      throw new Error(`${this.constructor.name} has a part named "${name}" already.`);
    }
    layer.name = name;
    this.#parts.set(name, layer);
    if (!blocks.has(layer)) blocks.set(layer, this);
    return (x) => {
      reportCall(this);
      return layer.apply(x, { training: this.training }) as Out;
    };
  }

  /** Builds every part by sending one image of zeros through the block. */
  override build(inputShape: tf.Shape): void {
    this.#dryRun(inputShape);
    super.build(inputShape);
    this.nameParts(this.transparent ? "" : this.name);
  }

  override computeOutputShape(inputShape: tf.Shape): tf.Shape {
    return this.#outputShapes.get(String(inputShape.slice(1))) ?? this.#dryRun(inputShape);
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
      if (!(layer instanceof Block)) nameWeights(layer, joinPath(path, name));
      else layer.nameParts(layer.transparent ? path : joinPath(path, name));
    }
  }

  #dryRun(inputShape: tf.Shape): tf.Shape {
    const image = inputShape.slice(1);
    const before = this.training;
    this.training = false;
    const shape = tf.tidy(() => {
      const zeros = tf.zeros([1, ...image.map((size) => size ?? NOMINAL_SIZE)]);
      return this.forward(zeros as tf.Tensor4D).shape;
    });
    this.training = before;
    const known: tf.Shape = shape.map((size, i) =>
      i === 0 || (shape.length === 4 && inputShape[i] === null) ? null : size
    );
    this.#outputShapes.set(String(image), known);
    return known;
  }

  #collect(weights: (layer: tf.layers.Layer) => tf.LayerVariable[]): tf.LayerVariable[] {
    return [...this.#parts.values()].flatMap(weights);
  }
}
