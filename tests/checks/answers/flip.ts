/** Answers to flip: right ones, and each mistake that its check knows. */
import { tf } from "../../../lib/mod.ts";
import type { Answers } from "./answers.ts";

/** A new image, each value by where it comes from. */
function by(source: (y: number, x: number, c: number) => number) {
  return (image: Uint8Array) =>
    image.map((_, i) => image[source(Math.floor(i / 96), Math.floor(i / 3) % 32, i % 3)] ?? 0);
}

const at = (y: number, x: number, c: number) => (y * 32 + x) * 3 + c;

export const answers: Answers = {
  right: {
    "as the lesson has it": by((y, x, c) => at(y, 31 - x, c)),
    "pixels of each row, reversed": (image: Uint8Array) => {
      const out: number[] = [];
      for (let y = 0; y < 32; y++) {
        for (let x = 31; x >= 0; x--) out.push(...image.slice(at(y, x, 0), at(y, x, 3)));
      }
      return out;
    },
    "with tensors": (image: Uint8Array) =>
      tf.tidy(() => tf.reverse(tf.tensor3d(Float32Array.from(image), [32, 32, 3]), 1).dataSync()),
  },
  wrong: {
    vertical: by((y, x, c) => at(31 - y, x, c)),
    whole_array: (image: Uint8Array) => image.slice().reverse(),
    upside_down_too: by((y, x, c) => at(31 - y, 31 - x, c)),
    channels: (image: Uint8Array) => {
      const out = image.slice();
      for (let y = 0; y < 32; y++) out.subarray(y * 96, (y + 1) * 96).reverse();
      return out;
    },
    off_by_one: by((y, x, c) => at(y, 32 - x, c)),
    not_flipped: (image: Uint8Array) => image.slice(),
    in_place: (image: Uint8Array) => {
      for (let y = 0; y < 32; y++) {
        for (let x = 0; x < 32; x++) {
          for (let c = 0; c < 3; c++) image[at(y, x, c)] = image[at(y, 31 - x, c)]!;
        }
      }
      return image;
    },
  },
};
