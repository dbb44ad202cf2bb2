/** Answers to normalize: right ones, and each mistake that its check knows. */
import { tf } from "../../../lib/mod.ts";
import type { Answers } from "./answers.ts";

type Three = readonly number[];

const from = (value: (byte: number, i: number, mean: Three, std: Three) => number) =>
(
  image: Uint8Array,
  mean: Three,
  std: Three,
) => Float32Array.from(image, (byte, i) => value(byte, i, mean, std));

export const answers: Answers = {
  right: {
    "as the lesson has it": from((byte, i, mean, std) => (byte / 255 - mean[i % 3]!) / std[i % 3]!),
    "with a table of bytes": (image: Uint8Array, mean: Three, std: Three) => {
      const table = mean.map((m, c) =>
        Array.from({ length: 256 }, (_, byte) => (byte / 255 - m) / std[c]!)
      );
      const out: number[] = [];
      for (let i = 0; i < image.length; i++) out.push(table[i % 3]![image[i]!]!);
      return out;
    },
    "with tensors": (image: Uint8Array, mean: Three, std: Three) =>
      tf.tidy(() =>
        tf.tensor3d(Float32Array.from(image), [32, 32, 3]).div(255).sub([...mean]).div([...std])
          .dataSync()
      ),
    "in bytes' own units": from((byte, i, mean, std) =>
      (byte - 255 * mean[i % 3]!) / (255 * std[i % 3]!)
    ),
  },
  wrong: {
    bytes: (image: Uint8Array, mean: Three, std: Three) =>
      image.map((byte, i) => (byte / 255 - mean[i % 3]!) / std[i % 3]!),
    not_divided_by_255: from((byte, i, mean, std) => (byte - mean[i % 3]!) / std[i % 3]!),
    std_forgotten: from((byte, i, mean) => byte / 255 - mean[i % 3]!),
    std_multiplied: from((byte, i, mean, std) => (byte / 255 - mean[i % 3]!) * std[i % 3]!),
    mean_divided: from((byte, i, mean, std) => byte / 255 - mean[i % 3]! / std[i % 3]!),
    by_index: from((byte, i, mean, std) => (byte / 255 - mean[i]!) / std[i]!),
    one_channel: from((byte, _i, mean, std) => (byte / 255 - mean[0]!) / std[0]!),
    planes: from((byte, i, mean, std) => {
      const c = Math.floor(i / 1024);
      return (byte / 255 - mean[c]!) / std[c]!;
    }),
    fixed_statistics: from((byte, i) =>
      (byte / 255 - [0.4914, 0.4822, 0.4465][i % 3]!) / [0.247, 0.2435, 0.2616][i % 3]!
    ),
  },
};
