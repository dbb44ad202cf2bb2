/** Reads photos from files and prepares them as the training images were prepared. */
import { readFile } from "node:fs/promises";
import type { Buffer } from "node:buffer";
import * as tf from "@tensorflow/tfjs";
import { normalizedBytes } from "./batches.ts";

/** A color image with one byte for each of red, green and blue. */
export interface RgbImage {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** `[height, width, 3]` flattened. */
  readonly pixels: Uint8Array;
}

/** Height and width in pixels. */
export interface PixelSize {
  /** Default 32. */
  height?: number;
  /** Default 32. */
  width?: number;
}

const CHANNELS = 3;

/**
 * Reads a PNG, JPEG, WebP, GIF, TIFF or AVIF file: upright, as its EXIF data says, and in sRGB, whether
 * the file is gray, CMYK, has 16 bits per channel or another color profile. Transparent pixels become
 * white; of an animation the first image is read.
 *
 * @throws {Error} when the file is missing, is no such image, or is damaged, naming it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { readImage } from "residual";
 *
 * const { width, height, pixels } = await readImage("docs/lesson.png");
 * assert.equal(pixels.length, width * height * 3);
 * ```
 */
export async function readImage(path: string | URL): Promise<RgbImage> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new Error(`Cannot read ${path}: ${(error as Error).message}`);
  }
  // Loaded only here: a program that reads no photo needs no image library.
  const { default: sharp } = await import("sharp");
  try {
    const { data, info: { width, height, channels } } = await sharp(bytes)
      .autoOrient()
      .flatten({ background: "white" })
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    const pixels = channels === CHANNELS ? Uint8Array.from(data) : grayToRgb(data, channels);
    return { width, height, pixels };
  } catch (error) {
    const found = isHeic(bytes)
      ? "it is a HEIC photo. Convert it to JPEG; an iPhone takes JPEG photos with Settings, Camera, " +
        'Formats, "Most Compatible".'
      : `expected a PNG, JPEG, WebP, GIF, TIFF or AVIF image. ${(error as Error).message}`;
    throw new Error(`Cannot read ${path}: ${found}`);
  }
}

function grayToRgb(data: Uint8Array, channels: number): Uint8Array {
  return Uint8Array.from(
    { length: data.length / channels * CHANNELS },
    (_, i) => data[Math.floor(i / CHANNELS) * channels]!,
  );
}

/** Apple's photos: the fifth to the twelfth byte name the format. */
function isHeic(bytes: Buffer): boolean {
  return /^ftyp(heic|heix|hevc|mif1|msf1)/.test(bytes.toString("latin1", 4, 12));
}

/**
 * Crops an image to its middle and resizes it. Each new pixel is the mean of the area that it covers.
 *
 * @throws {RangeError} when a size is not whole and positive, or the image has not width × height × 3
 *   bytes.
 *
 * @example
 * ```ts
 * import { cropToSize, readImage, showImages } from "residual";
 *
 * const photo = await readImage("docs/lesson.png");
 * await showImages([cropToSize(photo).pixels]); // what a CIFAR network sees of it
 * ```
 */
export function cropToSize(image: RgbImage, { height = 32, width = 32 }: PixelSize = {}): RgbImage {
  for (const [name, size] of Object.entries({ height, width, ...sizeOf(image) })) {
    if (Number.isInteger(size) && size >= 1) continue;
    throw new RangeError(`An image expects a positive whole number as ${name}, got ${size}.`);
  }
  if (image.pixels.length !== image.width * image.height * CHANNELS) {
    throw new RangeError(
      `Expected ${image.width * image.height * CHANNELS} bytes for an image of ` +
        `${image.width}×${image.height} pixels, got ${image.pixels.length}.`,
    );
  }
  const scale = Math.min(image.height / height, image.width / width);
  const rows = axis(height, scale, image.height);
  const columns = axis(width, scale, image.width);
  const pixels = new Uint8Array(height * width * CHANNELS);
  let to = 0;
  for (const row of rows) {
    for (const column of columns) {
      const sum = [0, 0, 0];
      for (const [y, tall] of row) {
        for (const [x, wide] of column) {
          const from = (y * image.width + x) * CHANNELS;
          for (let c = 0; c < CHANNELS; c++) sum[c]! += image.pixels[from + c]! * tall * wide;
        }
      }
      for (const total of sum) pixels[to++] = Math.round(total);
    }
  }
  return { width, height, pixels };
}

function sizeOf({ width, height }: RgbImage): Record<string, number> {
  return { "width of the image": width, "height of the image": height };
}

/** For each new pixel along one side: the old pixels that it covers, and the share of each. */
function axis(length: number, scale: number, oldLength: number): [old: number, share: number][][] {
  const first = (oldLength - length * scale) / 2;
  return Array.from({ length }, (_, i) => {
    const [from, to] = [first + i * scale, first + (i + 1) * scale];
    const covered: [number, number][] = [];
    for (let old = Math.floor(from); old < Math.min(to, oldLength); old++) {
      const overlap = Math.min(to, old + 1) - Math.max(from, old);
      if (overlap > 0) covered.push([old, overlap / scale]);
    }
    return covered;
  });
}

/** The mean and the standard deviation of each color in a data set's images, from 0 to 1. */
export interface Normalization {
  /** Red, green and blue. */
  readonly mean: readonly [number, number, number];
  /** Red, green and blue. */
  readonly std: readonly [number, number, number];
}

/** ImageNet's colors, for networks with torchvision's weights. */
export const IMAGENET: Normalization = {
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};

/** How an image is prepared. */
export interface PrepareOptions extends PixelSize {
  /** Default: CIFAR-10's. */
  readonly normalization?: Normalization | undefined;
}

/**
 * Prepares an image for a network as the training images were prepared: cropped to its middle, resized,
 * and normalized with the means and standard deviations of the data set. Returns `[1, height, width, 3]`.
 *
 * @throws {RangeError} as `cropToSize` does.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { loadTrained, prepare, readImage, startBackend, tf } from "residual";
 *
 * await startBackend();
 * const photo = prepare(await readImage("docs/lesson.png"));
 * const logits = loadTrained("resnet20").predict(photo) as tf.Tensor;
 * assert.deepEqual(photo.shape, [1, 32, 32, 3]);
 * assert.deepEqual(logits.shape, [1, 10]);
 * ```
 */
export function prepare(image: RgbImage, options: PrepareOptions = {}): tf.Tensor4D {
  const { normalization, ...size } = options;
  const { height, width, pixels } = cropToSize(image, size);
  const values = normalization === undefined
    ? normalizedBytes(pixels)
    : Float32Array.from(pixels, (byte, i) => {
      const c = i % CHANNELS;
      return (byte / 255 - normalization.mean[c]!) / normalization.std[c]!;
    });
  return tf.tensor4d(values, [1, height, width, CHANNELS]);
}
