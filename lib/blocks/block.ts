/** The base class of the building blocks: layers in properties, and a `forward` that reads like the paper. */
import * as tf from "@tensorflow/tfjs";
import { KitLayer } from "./layer.ts";
import { joinPath, nameWeights } from "./weight_names.ts";

/** Stands for a height or a width that is not known yet; enough for every stride of the models. */
const NOMINAL_SIZE = 64;

/** The block that a layer is a part of. */
const blocks = new WeakMap<tf.layers.Layer, Block<tf.Tensor>>();

/** Returns the block that a layer is a part of, if any. */
export function blockOf(layer: tf.layers.Layer): tf.layers.Layer | undefined {
  return blocks.get(layer);
}

let readParts: (layer: tf.layers.Layer) => tf.layers.Layer[];

/** Returns the parts of a block, even if its class overrides `parts`. Another layer has none. */
export function partsOf(layer: tf.layers.Layer): tf.layers.Layer[] {
  return readParts(layer);
}

/**
 * A layer made of layers, as `nn.Module` in PyTorch. A subclass creates its layers in the constructor and
 * assigns them to properties; `forward` calls them. Weights are named after the properties: `conv1.kernel`.
 * The layers of an array have names such as `blocks.0`.
 *
 * `super` takes the constructor's own arguments by name, in their order: from these, a saved model makes the
 * block again.
 *
 * @throws {Error} when it is first used, if two properties hold the same layer, or if `forward` calls a layer
 *   with weights that no property holds.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Block, Conv2d, startBackend, tf } from "residual";
 *
 * await startBackend();
 * class Doubled extends Block {
 *   readonly conv: Conv2d;
 *   constructor(readonly ni: number) {
 *     super({ ni });
 *     this.conv = new Conv2d(ni, ni);
 *   }
 *   forward(x: tf.Tensor4D): tf.Tensor4D {
 *     return tf.add(this.conv(x), x);
 *   }
 * }
 * const doubled = new Doubled(4);
 * assert.deepEqual(doubled(tf.zeros([1, 8, 8, 4])).shape, [1, 8, 8, 4]);
 * ```
 */
export abstract class Block<Output extends tf.Tensor = tf.Tensor4D>
  extends KitLayer<tf.Tensor4D, Output> {
  #parts: ReadonlyMap<string, tf.layers.Layer> | undefined;
  readonly #outputShapes: Map<string, tf.Shape> = new Map();

  static {
    readParts = (layer) => #parts in layer ? [...layer.#layers().values()] : [];
  }

  /** The layers in its properties by name, in the order of the properties. */
  get parts(): ReadonlyMap<string, tf.layers.Layer> {
    return this.#layers();
  }

  /** Whether its weights go by the names of its parts alone, without its own before them. */
  get transparent(): boolean {
    return false;
  }

  /** Builds every part by sending one image of zeros through the block. */
  override build(inputShape: tf.Shape): void {
    // From now on, the weights have names.
    this.#parts = this.#layers();
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
    for (const [name, layer] of this.#layers()) {
      if (!(layer instanceof Block)) nameWeights(layer, joinPath(path, name));
      else layer.nameParts(layer.transparent ? path : joinPath(path, name));
    }
  }

  #dryRun(inputShape: tf.Shape): tf.Shape {
    const image = inputShape.slice(1);
    const shape = tf.tidy(() => {
      const zeros = tf.zeros([1, ...image.map((size) => size ?? NOMINAL_SIZE)]);
      const before = new Set(allVariables());
      const { output, called } = this.pass(zeros as tf.Tensor4D, false);
      this.#requireParts(called);
      this.#requireWeights(allVariables().filter((variable) => !before.has(variable)));
      return output.shape;
    });
    const known: tf.Shape = shape.map((size, i) =>
      i === 0 || (shape.length === 4 && inputShape[i] === null) ? null : size
    );
    this.#outputShapes.set(String(image), known);
    return known;
  }

  #collect(weights: (layer: tf.layers.Layer) => tf.LayerVariable[]): tf.LayerVariable[] {
    return [...this.#layers().values()].flatMap(weights);
  }

  /** Finds the layers in the properties and names them. */
  #layers(): ReadonlyMap<string, tf.layers.Layer> {
    if (this.#parts !== undefined) return this.#parts;
    const found = new Map<string, tf.layers.Layer>();
    for (const [property, value] of Object.entries(this)) {
      if (value instanceof tf.layers.Layer) found.set(property, value);
      else if (isLayers(value)) value.forEach((layer, i) => found.set(`${property}.${i}`, layer));
    }
    const names = new Map<tf.layers.Layer, string>();
    for (const [name, layer] of found) {
      const other = names.get(layer);
      if (other !== undefined) throw this.#shared(`${other} and ${name}`, layer);
      const owner = blocks.get(layer);
      if (owner !== undefined && owner !== this) {
        throw this.#shared(`${name} of this block and ${layer.name} of another block`, layer);
      }
      names.set(layer, name);
    }
    for (const [name, layer] of found) {
      layer.name = name;
      blocks.set(layer, this);
    }
    return found;
  }

  #shared(names: string, layer: tf.layers.Layer): Error {
    const kind = layer.getClassName();
    return new Error(
      `${this.constructor.name}: ${names} are the same ${kind}, so they would share their weights. ` +
        `Create a layer for each with "new ${kind}(...)".`,
    );
  }

  /** @throws {Error} if `forward` has called a layer whose weights are not among those of the block. */
  #requireParts(called: ReadonlySet<tf.layers.Layer>): void {
    const weights = new Set(this.#collect((layer) => layer.weights));
    for (const layer of called) {
      if (layer.weights.every((weight) => weights.has(weight))) continue;
      const kind = layer.getClassName();
      throw this.#unassigned(`calls a ${kind}`, kind.toLowerCase(), `new ${kind}(...)`);
    }
  }

  /** @throws {Error} if `forward` has created weights that are not among those of the block. */
  #requireWeights(created: readonly tf.Variable[]): void {
    const weights = new Set(this.#collect((layer) => layer.weights).map((weight) => weight.read()));
    if (created.every((variable) => weights.has(variable))) return;
    throw this.#unassigned("uses a layer", "conv1", "...");
  }

  #unassigned(what: string, property: string, value: string): Error {
    return new Error(
      `${this.constructor.name}.forward ${what} that is not in a property of the block, so its weights ` +
        `would not be trained or saved. Create the layer in the constructor: "this.${property} = ${value}".`,
    );
  }
}

/** The variables of all models and layers. */
function allVariables(): tf.Variable[] {
  return Object.values(tf.engine().registeredVariables);
}

/** Whether a value is a list of layers. */
function isLayers(value: unknown): value is tf.layers.Layer[] {
  return Array.isArray(value) && value.length > 0 &&
    value.every((item) => item instanceof tf.layers.Layer);
}
