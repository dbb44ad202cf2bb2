/** Answers to augment: right ones, and each mistake that its check knows. */
import { tf } from "../../../lib/mod.ts";
import type { Answers } from "./answers.ts";

type Random = () => number;

function crop(image: Uint8Array, top: number, left: number): Uint8Array {
  return image.map((_, i) => {
    const y = Math.floor(i / 96) + top - 4;
    const x = Math.floor(i / 3) % 32 + left - 4;
    return y >= 0 && y < 32 && x >= 0 && x < 32 ? image[(y * 32 + x) * 3 + i % 3]! : 0;
  });
}

function flip(image: Uint8Array): Uint8Array {
  return image.map((_, i) => {
    const x = Math.floor(i / 3) % 32;
    return image[i + (31 - 2 * x) * 3]!;
  });
}

function upsideDown(image: Uint8Array): Uint8Array {
  return image.map((_, i) => image[(31 - Math.floor(i / 96)) * 96 + i % 96]!);
}

/** An augmentation by how it draws an offset, and how it may turn the result. */
function by(
  offset: (random: Random) => number,
  turn = (image: Uint8Array, random: Random) => random() < 0.5 ? flip(image) : image,
) {
  return (image: Uint8Array, random: Random) =>
    turn(crop(image, offset(random), offset(random)), random);
}

const nine = (random: Random) => Math.floor(random() * 9);
const right = by(nine);

export const answers: Answers = {
  right: {
    "as the lesson has it": right,
    "mirrored first, then cropped": (image: Uint8Array, random: Random) => {
      const turned = random() > 0.5 ? flip(image) : image;
      const left = Math.trunc(9 * random());
      return [...crop(turned, Math.trunc(9 * random()), left)];
    },
    "with tensors": (image: Uint8Array, random: Random) =>
      tf.tidy(() => {
        const padded = tf.pad(tf.tensor3d(Float32Array.from(image), [32, 32, 3]), [
          [4, 4],
          [4, 4],
          [0, 0],
        ]);
        const window = tf.slice(padded, [nine(random), nine(random), 0], [32, 32, 3]);
        return (random() < 0.5 ? tf.reverse(window, 1) : window).dataSync();
      }),
  },
  wrong: {
    not_whole: by((random) => 9 * random()),
    eight_offsets: by((random) => Math.floor(random() * 8)),
    half_offsets: by((random) => Math.floor(random() * 5)),
    rounded: by((random) => Math.round(random() * 8)),
    no_crop: by(() => 4),
    same_offset: (image: Uint8Array, random: Random) => {
      const offset = nine(random);
      const cropped = crop(image, offset, offset);
      return random() < 0.5 ? flip(cropped) : cropped;
    },
    never_flipped: by(nine, (image) => image),
    always_flipped: by(nine, flip),
    vertical: by(nine, (image, random) => random() < 0.5 ? upsideDown(image) : image),
    own_random: (image: Uint8Array) => right(image, Math.random),
    in_place: (image: Uint8Array, random: Random) => {
      image.set(right(image, random));
      return image;
    },
  },
};
