/** Grids of small square images: one small PNG each, with its caption under it. */
import { Buffer } from "node:buffer";
import { encode } from "fast-png";
import { type MimeBundle, show } from "./display.ts";
import { escapeHtml } from "./html.ts";

/** Height and width of a CIFAR image, in pixels. */
const CIFAR_SIDE = 32;
const CHANNELS = 3;
/** White pixels between the images of the one-picture fallback. */
const GAP = 2;

/** A caption; `right` says whether a prediction was right, and marks it so. */
export interface ImageLabel {
  /** The text below the image. */
  text: string;
  /** Whether the prediction is correct. Default: no mark. */
  right?: boolean;
}

/** How a grid looks. */
export interface ImageGridOptions {
  /** One caption for each image. Default: none. */
  labels?: readonly (string | ImageLabel)[];
  /** Images in a row. Default: 8. */
  columns?: number;
  /** Screen pixels for each pixel of an image. Default: 2. */
  scale?: number;
  /** Height and width of every image, in its own pixels. Default: 32, as CIFAR's are. */
  side?: number;
}

function png(data: Uint8Array, width: number, height: number): string {
  const bytes = encode({ data, width, height, channels: CHANNELS, depth: 8 });
  return Buffer.from(bytes).toString("base64");
}

/** The same image with each pixel `times` as wide and as high. */
function enlarge(image: Uint8Array, side: number, times: number): Uint8Array {
  const width = side * times;
  return Uint8Array.from({ length: width * width * CHANNELS }, (_, i) => {
    const [x, y] = [Math.floor(i / CHANNELS) % width, Math.floor(i / CHANNELS / width)];
    const pixel = Math.floor(y / times) * side + Math.floor(x / times);
    return image[pixel * CHANNELS + i % CHANNELS]!;
  });
}

/** All images in one picture, for front ends that show no HTML: none smaller than CIFAR's. */
function sheet(originals: readonly Uint8Array[], ownSide: number, columns: number): string {
  const times = Math.ceil(CIFAR_SIDE / ownSide);
  const side = ownSide * times;
  const images = times === 1 ? originals : originals.map((image) => enlarge(image, ownSide, times));
  const across = Math.min(columns, images.length);
  const width = across * (side + GAP) - GAP;
  const height = Math.ceil(images.length / across) * (side + GAP) - GAP;
  const data: Uint8Array = new Uint8Array(width * height * CHANNELS).fill(255);
  images.forEach((image, i) => {
    const left = (i % across) * (side + GAP);
    const top = Math.floor(i / across) * (side + GAP);
    for (let y = 0; y < side; y++) {
      const row = image.subarray(y * side * CHANNELS, (y + 1) * side * CHANNELS);
      data.set(row, ((top + y) * width + left) * CHANNELS);
    }
  });
  return png(data, width, height);
}

// A sign says it as well as the color: not every reader tells green from red.
function captionText(label: ImageLabel): string {
  if (label.right === undefined) return label.text;
  return `${label.right ? "✓" : "✗"} ${label.text}`;
}

function figure(
  image: Uint8Array,
  label: ImageLabel | undefined,
  side: number,
  size: number,
): string {
  const caption = label === undefined ? "" : captionText(label);
  const color = label?.right === undefined ? "" : `; color: ${label.right ? "#1a7f37" : "#cf222e"}`;
  const source = `data:image/png;base64,${png(image, side, side)}`;
  return `<div style="text-align: center; font-size: 12px">` +
    `<img src="${source}" alt="${escapeHtml(caption)}" width="${size}" height="${size}" ` +
    `style="display: inline-block; image-rendering: pixelated">` +
    `<div style="line-height: 1.2${color}">${escapeHtml(caption)}</div></div>`;
}

/**
 * Builds the grid that `showImages` shows.
 *
 * @example
 * ```ts
 * const grey = new Uint8Array(32 * 32 * 3).fill(128);
 * imagesBundle([grey], { labels: ["grey"] })["text/plain"]; // "1 image: grey"
 * ```
 *
 * @throws {RangeError} when an image is not side×side×3 bytes, or captions and images differ in number.
 */
export function imagesBundle(
  images: readonly Uint8Array[],
  options: ImageGridOptions = {},
): MimeBundle {
  const { labels, columns = 8, scale = 2, side = CIFAR_SIDE } = options;
  const bytes = side * side * CHANNELS;
  images.forEach((image, i) => {
    if (image.length === bytes) return;
    const asked = side === CIFAR_SIDE
      ? `a CIFAR image has ${bytes} (32×32×3). Take one with \`split.image(i)\`.`
      : `an image of side ${side} has ${bytes} (${side}×${side}×3).`;
    throw new RangeError(`Image ${i} has ${image.length} bytes; ${asked}`);
  });
  if (labels !== undefined && labels.length !== images.length) {
    throw new RangeError(
      `Expected one label for each of ${images.length} images, got ${labels.length} labels.`,
    );
  }
  const captions = labels?.map((label) => typeof label === "string" ? { text: label } : label);
  const size = side * scale;
  const figures = images.map((image, i) => figure(image, captions?.[i], side, size));
  const noun = images.length === 1 ? "image" : "images";
  const names = captions === undefined ? "" : `: ${captions.map(captionText).join(", ")}`;
  const bundle: MimeBundle = {
    "text/html": `<div style="display: grid; gap: 8px; justify-content: start; ` +
      `grid-template-columns: repeat(${columns}, ${Math.max(size, 72)}px)">` +
      `${figures.join("")}</div>`,
    "text/plain": `${images.length} ${noun}${names}`,
  };
  if (images.length > 0) bundle["image/png"] = sheet(images, side, columns);
  return bundle;
}

/**
 * Shows CIFAR images, or other square ones, in a grid, each with its caption under it.
 *
 * @param images Bytes in height-width-channel order, 32×32×3 each, or side×side×3.
 *
 * @example
 * ```ts
 * import { loadCifar10, showImages } from "residual";
 *
 * const { test } = loadCifar10();
 * await showImages([test.image(0), test.image(1)], {
 *   labels: [{ text: "cat", right: true }, { text: "ship, is a frog", right: false }],
 * });
 * ```
 */
export async function showImages(
  images: readonly Uint8Array[],
  options: ImageGridOptions = {},
): Promise<void> {
  await show(imagesBundle(images, options));
}
