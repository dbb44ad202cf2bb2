/** Turns images into batches a network can learn from: normalized, augmented, shuffled, seeded. */
import * as tf from "@tensorflow/tfjs";
import type { Cifar10Split } from "./cifar10.ts";
import { seededRandom } from "./random.ts";

/** Mean of each channel over the training images, as a fraction of 255. */
export const CHANNEL_MEAN: readonly [number, number, number] = [0.4914, 0.4822, 0.4465];
/** Standard deviation of each channel over the training images, as a fraction of 255. */
export const CHANNEL_STD: readonly [number, number, number] = [0.2470, 0.2435, 0.2616];

const SIDE = 32;
const VALUES = SIDE * SIDE * 3;

/** What each of the 256 values of a byte becomes in each channel. */
const NORMALIZED: readonly Float32Array[] = CHANNEL_MEAN.map((mean, c) =>
  Float32Array.from({ length: 256 }, (_, byte) => (byte / 255 - mean) / CHANNEL_STD[c]!)
);

/** One batch of training images. */
export type Batch = {
  /** Normalized and augmented: `[batch, 32, 32, 3]`. */
  images: tf.Tensor4D;
  /** One-hot: `[batch, classes]`. */
  labels: tf.Tensor2D;
};

/** Settings of {@linkcode trainingBatches}. */
export interface BatchOptions {
  /** Images in a batch. */
  batchSize: number;
  /** The same seed gives the same order, crops and flips. */
  seed: number;
  /** Batches to skip at the beginning: a resumed training run continues where it was. Default 0. */
  skip?: number;
  /** Length of the one-hot labels. Default 10. */
  classes?: number;
}

/** Normalizes bytes whose last dimension is the three channels. */
export function normalizedBytes(bytes: Uint8Array): Float32Array {
  return Float32Array.from(bytes, (byte, i) => NORMALIZED[i % 3]![byte]!);
}

/**
 * The images of a split, some of them, as they are: normalized, `[indices.length, 32, 32, 3]`.
 */
export function normalized(split: Cifar10Split, indices: ArrayLike<number>): tf.Tensor4D {
  const values = new Float32Array(indices.length * VALUES);
  for (let i = 0; i < indices.length; i++) {
    placeImage(split.image(indices[i]!), values, i * VALUES, 0, 0, false);
  }
  return tf.tensor4d(values, [indices.length, SIDE, SIDE, 3]);
}

/**
 * Yields training batches without end: shuffled anew in each epoch, each image padded by 4 pixels, cropped to
 * 32×32 at random and flipped in half of the cases (He et al. 2016, section 4.2). The last, smaller batch of an
 * epoch is kept; see `batchesInEpoch` for a single last image. The caller disposes each batch.
 *
 * @throws {RangeError} when `batchSize` or `skip` is not a whole number, or an image's label is not one
 *   of `classes`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { loadCifar10, startBackend, trainingBatches } from "residual";
 *
 * await startBackend();
 * for (const { images, labels } of trainingBatches(loadCifar10().train, { batchSize: 128, seed: 1 })) {
 *   assert.deepEqual(images.shape, [128, 32, 32, 3]);
 *   assert.deepEqual(labels.shape, [128, 10]);
 *   break;
 * }
 * ```
 */
export function trainingBatches(
  split: Cifar10Split,
  { batchSize, seed, skip = 0, classes = 10 }: BatchOptions,
): Generator<Batch, never, void> {
  if (!Number.isInteger(batchSize) || batchSize < 1 || !Number.isInteger(skip) || skip < 0) {
    throw new RangeError(
      "trainingBatches expected whole numbers, batchSize from 1 and skip from 0, " +
        `got batchSize ${batchSize} and skip ${skip}.`,
    );
  }
  checkLabels(split, classes);
  const inEpoch = batchesInEpoch(split.size, batchSize);
  function* batches(): Generator<Batch, never, void> {
    for (let epoch = Math.floor(skip / inEpoch), first = skip % inEpoch;; epoch++, first = 0) {
      // Each epoch and each batch has random numbers of its own, so that any of them can come first.
      const order = imageOrder(split.size, seed, epoch);
      for (let batch = first; batch < inEpoch; batch++) {
        const end = batch === inEpoch - 1 ? split.size : (batch + 1) * batchSize;
        const indices = order.subarray(batch * batchSize, end);
        yield augmentedBatch(split, indices, classes, seededRandom(mix(seed, epoch, batch + 1)));
      }
    }
  }
  return batches();
}

/**
 * Returns the number of batches in an epoch. A single image left over joins the batch before it, because
 * batch norm cannot be trained on one image whose map has shrunk to one pixel.
 */
export function batchesInEpoch(size: number, batchSize: number): number {
  return Math.max(1, Math.ceil(size / batchSize) - (size % batchSize === 1 ? 1 : 0));
}

/**
 * Checks that a model with this many classes knows the label of every image.
 *
 * @throws {RangeError} when a label is too large.
 */
export function checkLabels(split: Cifar10Split, classes: number): void {
  const unknown = split.labels.find((label) => label >= classes);
  if (unknown === undefined) return;
  throw new RangeError(
    `The model has ${classes} classes, 0 to ${
      classes - 1
    }, and an image has the label ${unknown}. ` +
      "Use a model with more classes, or `fewClasses` to select images.",
  );
}

/** The order in which an epoch of a training, counted from 0, takes the images. */
export function imageOrder(size: number, seed: number, epoch: number): Uint32Array {
  return shuffled(size, seededRandom(mix(seed, epoch, 0)));
}

function augmentedBatch(
  split: Cifar10Split,
  indices: Uint32Array,
  classes: number,
  random: () => number,
): Batch {
  const values = new Float32Array(indices.length * VALUES);
  const oneHot = new Float32Array(indices.length * classes);
  for (let i = 0; i < indices.length; i++) {
    const shiftX = Math.floor(random() * 9) - 4;
    const shiftY = Math.floor(random() * 9) - 4;
    const flip = random() < 0.5;
    placeImage(split.image(indices[i]!), values, i * VALUES, shiftX, shiftY, flip);
    oneHot[i * classes + split.labels[indices[i]!]!] = 1;
  }
  return {
    images: tf.tensor4d(values, [indices.length, SIDE, SIDE, 3]),
    labels: tf.tensor2d(oneHot, [indices.length, classes]),
  };
}

/**
 * A crop at (shiftX, shiftY) of the image padded with black. The padding is laid around the image
 * before it is normalized, as the sources do, so it is not 0 but what black becomes.
 */
function placeImage(
  image: Uint8Array,
  out: Float32Array,
  offset: number,
  shiftX: number,
  shiftY: number,
  flip: boolean,
): void {
  let to = offset;
  for (let y = 0; y < SIDE; y++) {
    const fromY = y + shiftY;
    for (let x = 0; x < SIDE; x++) {
      const fromX = (flip ? SIDE - 1 - x : x) + shiftX;
      const inside = fromX >= 0 && fromX < SIDE && fromY >= 0 && fromY < SIDE;
      const from = (fromY * SIDE + fromX) * 3;
      for (let c = 0; c < 3; c++) {
        out[to++] = NORMALIZED[c]![inside ? image[from + c]! : 0]!;
      }
    }
  }
}

function shuffled(size: number, random: () => number): Uint32Array {
  const order = Uint32Array.from({ length: size }, (_, i) => i);
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** One seed of three numbers. */
function mix(seed: number, epoch: number, batch: number): number {
  return (Math.imul(seed, 0x9e3779b1) ^ Math.imul(epoch, 0x85ebca6b) ^
    Math.imul(batch, 0xc2b2ae35)) >>> 0;
}
