/** Answers to crop: right ones, and each mistake that its check knows. */
import { tf } from "../../../lib/mod.ts";
import type { Answers } from "./answers.ts";

/** A crop by where each pixel of the window comes from, and what counts as inside. */
function by(
  source: (y: number, x: number, top: number, left: number) => readonly [number, number],
  isInside = (y: number, x: number) => y >= 0 && y < 32 && x >= 0 && x < 32,
  index = (y: number, x: number, c: number) => (y * 32 + x) * 3 + c,
  size = 32,
) {
  return (image: Uint8Array, top: number, left: number) => {
    const out = new Uint8Array(image.length);
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        const [fromY, fromX] = source(y, x, top, left);
        if (!isInside(fromY, fromX)) continue;
        for (let c = 0; c < 3; c++) out[index(y, x, c)] = image[index(fromY, fromX, c)]!;
      }
    }
    return out;
  };
}

/** The padded image, 40×40. */
function padded(image: Uint8Array): Uint8Array {
  const out = new Uint8Array(40 * 40 * 3);
  for (let y = 0; y < 32; y++) {
    out.set(image.subarray(y * 96, (y + 1) * 96), ((y + 4) * 40 + 4) * 3);
  }
  return out;
}

const shift = (y: number, x: number, top: number, left: number) =>
  [y + top - 4, x + left - 4] as const;
const right = by(shift);
const clamp = (at: number) => Math.min(31, Math.max(0, at));

export const answers: Answers = {
  right: {
    "as the lesson has it": right,
    "a padded copy, then its rows": (image: Uint8Array, top: number, left: number) => {
      const big = padded(image);
      const rows = Array.from({ length: 32 }, (_, y) => {
        const start = ((y + top) * 40 + left) * 3;
        return [...big.subarray(start, start + 96)];
      });
      return rows.flat();
    },
    "with tensors": (image: Uint8Array, top: number, left: number) =>
      tf.tidy(() =>
        tf.pad(tf.tensor3d(Float32Array.from(image), [32, 32, 3]), [[4, 4], [4, 4], [0, 0]])
          .slice([top, left, 0], [32, 32, 3]).dataSync()
      ),
  },
  wrong: {
    swapped: by((y, x, top, left) => [y + left - 4, x + top - 4]),
    wrong_direction: by((y, x, top, left) => [y - top + 4, x - left + 4]),
    no_padding: by((y, x, top, left) => [y + top, x + left]),
    wraps: by(shift, (y) => y >= 0 && y < 32),
    last_column: by(shift, undefined, undefined, 31),
    edge_repeated: by((y, x, top, left) => [clamp(y + top - 4), clamp(x + left - 4)]),
    planes: by(shift, undefined, (y, x, c) => (c * 32 + y) * 32 + x),
    not_cropped: padded,
    in_place: (image: Uint8Array, top: number, left: number) => {
      image.set(right(image, top, left));
      return image;
    },
  },
};
