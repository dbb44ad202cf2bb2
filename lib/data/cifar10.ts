/** Reads CIFAR-10 from its official binary files, checks every byte, and hands out typed arrays. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { folderAbove } from "./checkout.ts";
import {
  CIFAR10_CLASSES,
  CIFAR10_FILES,
  CIFAR10_FOLDER,
  type Cifar10File,
  RECORD_BYTES,
} from "./cifar10_files.ts";

const PIXELS = 32 * 32;
const IMAGE_BYTES = 3 * PIXELS;

/**
 * A part of the data set: images as bytes in `[size, 32, 32, 3]` order, and one label each.
 *
 * @throws {TypeError} when images or labels are not a `Uint8Array`.
 * @throws {RangeError} when there is not one label for each image of 32×32×3 bytes.
 */
export class Cifar10Split {
  constructor(
    /** Pixels 0 to 255, `[size, 32, 32, 3]` flattened. */
    readonly images: Uint8Array,
    /** Class indices from 0, `[size]`: 0 to 9 for CIFAR-10's own classes. */
    readonly labels: Uint8Array,
  ) {
    for (const [name, bytes] of Object.entries({ images, labels })) {
      // The Deno kernel does not check types.
      if (bytes instanceof Uint8Array) continue;
      throw new TypeError(
        `Cifar10Split expects ${name} as a Uint8Array, got ${typeName(bytes)}: ` +
          `try Uint8Array.from(${name}).`,
      );
    }
    if (images.length === labels.length * IMAGE_BYTES) return;
    const count = images.length / IMAGE_BYTES;
    throw new RangeError(
      `Cifar10Split expects one label for each image of 32×32×3 = ${IMAGE_BYTES} bytes, got ` +
        `${images.length} bytes, ${
          Number.isInteger(count) ? `${count} images` : `not a whole number of images`
        }, with ${labels.length} labels.`,
    );
  }

  /** How many images there are. */
  get size(): number {
    return this.labels.length;
  }

  /**
   * The pixels of one image, `[32, 32, 3]` flattened. They are a copy: changes do not reach the data set.
   *
   * @throws {RangeError} where there is no image of that number.
   */
  image(index: number): Uint8Array {
    if (!Number.isInteger(index) || index < 0 || index >= this.size) {
      throw new RangeError(
        `There is no image ${index}: the images have the numbers 0 to ${this.size - 1}.`,
      );
    }
    return this.images.slice(index * IMAGE_BYTES, (index + 1) * IMAGE_BYTES);
  }

  /**
   * The images from `first` to before `end`: a view, not a copy. As with an array's `slice`, negative
   * numbers count from the end.
   *
   * @throws {RangeError} when a number is not whole.
   */
  slice(first: number, end: number = this.size): Cifar10Split {
    if (!Number.isInteger(first) || !Number.isInteger(end)) {
      throw new RangeError(`slice expects whole numbers, got ${first} and ${end}.`);
    }
    return new Cifar10Split(
      this.images.subarray(first * IMAGE_BYTES, end * IMAGE_BYTES),
      this.labels.subarray(first, end),
    );
  }
}

function typeName(value: unknown): string {
  return value === null || value === undefined ? String(value) : value.constructor.name;
}

/** The whole data set. */
export interface Cifar10 {
  /** 50,000 images to learn from. */
  readonly train: Cifar10Split;
  /** 10,000 images to evaluate on. */
  readonly test: Cifar10Split;
  /** The ten class names, in the order of their labels. */
  readonly classNames: readonly string[];
}

/** A wrong data file. The message names the file, and what was expected and found. */
export class DataFileError extends Error {
  override name = "DataFileError";
}

/**
 * Loads CIFAR-10 and checks each file's SHA-256 (about half a second for all 60,000 images).
 *
 * @param folder Where the six `.bin` files lie; by default `data/cifar-10-batches-bin` in the
 *   nearest folder above the working directory that has it.
 * @throws {DataFileError} where a file is missing, truncated or altered.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { loadCifar10 } from "residual";
 *
 * const { train, classNames } = loadCifar10();
 * assert.equal(train.size, 50_000);
 * assert.equal(classNames[train.labels[0]!], "frog");
 * ```
 */
export function loadCifar10(folder: string = findFolder()): Cifar10 {
  const trainFiles = CIFAR10_FILES.slice(0, 5);
  const testFiles = CIFAR10_FILES.slice(5);
  return {
    train: readSplit(folder, trainFiles),
    test: readSplit(folder, testFiles),
    classNames: CIFAR10_CLASSES,
  };
}

/** The data set with some of the training images set apart. */
export interface HeldOut extends Cifar10 {
  /** Held-out training images for choosing settings. */
  readonly validation: Cifar10Split;
}

/**
 * Sets the last `count` training images apart, so that settings can be chosen without a look at the
 * test images.
 *
 * @throws {RangeError} where `count` leaves nothing to train on or to validate with.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { holdOut, loadCifar10 } from "residual";
 *
 * const { train, validation } = holdOut(loadCifar10(), 5000);
 * assert.equal(train.size, 45_000);
 * assert.equal(validation.size, 5_000);
 * ```
 */
export function holdOut(cifar: Cifar10, count: number): HeldOut {
  const { size } = cifar.train;
  if (!Number.isInteger(count) || count < 1 || count >= size) {
    throw new RangeError(`holdOut expects 1 to ${size - 1} images, got ${count}.`);
  }
  const rest = size - count;
  return { ...cifar, train: cifar.train.slice(0, rest), validation: cifar.train.slice(rest) };
}

function readSplit(folder: string, files: readonly Cifar10File[]): Cifar10Split {
  const total = files.reduce((sum, file) => sum + file.bytes / RECORD_BYTES, 0);
  const images = new Uint8Array(total * IMAGE_BYTES);
  const labels = new Uint8Array(total);
  let next = 0;
  for (const file of files) {
    const bytes = readChecked(folder, file);
    for (let start = 0; start < bytes.length; start += RECORD_BYTES, next++) {
      labels[next] = bytes[start]!;
      interleave(bytes, start + 1, images, next * IMAGE_BYTES);
    }
  }
  return new Cifar10Split(images, labels);
}

/** The file holds three planes, TensorFlow.js wants the three values of a pixel side by side. */
function interleave(planes: Uint8Array, from: number, pixels: Uint8Array, to: number): void {
  for (let i = 0; i < PIXELS; i++) {
    pixels[to + 3 * i] = planes[from + i]!;
    pixels[to + 3 * i + 1] = planes[from + PIXELS + i]!;
    pixels[to + 3 * i + 2] = planes[from + 2 * PIXELS + i]!;
  }
}

function readChecked(folder: string, file: Cifar10File): Uint8Array {
  const path = join(folder, file.name);
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    throw new DataFileError(complaint(path, `${file.bytes} bytes`, found));
  }
  if (bytes.length !== file.bytes) {
    throw new DataFileError(complaint(path, `${file.bytes} bytes`, `${bytes.length} bytes`));
  }
  const digest = createHash("sha256").update(bytes).digest("hex");
  if (digest !== file.sha256) {
    throw new DataFileError(complaint(path, `SHA-256 ${file.sha256}`, `SHA-256 ${digest}`));
  }
  return bytes;
}

function complaint(path: string, expected: string, found: string): string {
  return `The CIFAR-10 file ${path} is not the official one.\n` +
    `  expected: ${expected}\n` +
    `  found:    ${found}\n` +
    "  repair:   run `npm start -- --setup-only`; it makes the file anew and keeps the good ones.";
}

function findFolder(): string {
  const checkout = folderAbove(CIFAR10_FOLDER);
  if (checkout !== undefined) return join(checkout, CIFAR10_FOLDER);
  throw new DataFileError(
    `There is no folder ${CIFAR10_FOLDER} in ${process.cwd()} or above it.\n` +
      "  repair:   run `npm start -- --setup-only` in the kit's folder, and run notebooks and scripts there.",
  );
}
