/** Answers to pad_shortcut: right ones, and each mistake that its check knows. */
import { tf } from "../../../lib/mod.ts";
import type { Answers } from "./answers.ts";

const everySecond = (x: tf.Tensor4D): tf.Tensor4D => tf.avgPool(x, 1, 2, "same");

/** `before` zeros before the old channels, and the rest behind them. */
function widen(x: tf.Tensor4D, no: number, before: number): tf.Tensor4D {
  return tf.pad4d(x, [[0, 0], [0, 0], [0, 0], [before, no - x.shape[3] - before]]);
}

function half(x: tf.Tensor4D, no: number): tf.Tensor4D {
  return widen(everySecond(x), no, Math.floor((no - x.shape[3]) / 2));
}

/** The odd one of the zeros before, not behind; picked by number. */
function gathered(x: tf.Tensor4D, no: number): tf.Tensor4D {
  const picks = (size: number) =>
    tf.tensor1d(Array.from({ length: Math.ceil(size / 2) }, (_, i) => 2 * i), "int32");
  const rows = tf.gather(x, picks(x.shape[1]), 1);
  return widen(
    tf.gather(rows, picks(x.shape[2]), 2),
    no,
    Math.ceil((no - x.shape[3]) / 2),
  );
}

function behind(x: tf.Tensor4D, no: number): tf.Tensor4D {
  const y = tf.maxPool(x, 1, 2, "valid");
  const [batch, height, width, ni] = y.shape;
  return tf.concat([y, tf.zeros<tf.Rank.R4>([batch, height, width, no - ni])], 3);
}

export const answers: Answers = {
  right: { "half before, half behind": half, "picked by number": gathered, "all behind": behind },
  wrong: {
    average: (x: tf.Tensor4D, no: number) => widen(tf.avgPool(x, 2, 2, "same"), no, 2),
    maximum: (x: tf.Tensor4D, no: number) => widen(tf.maxPool(x, 2, 2, "same"), no, 2),
    odd_pixels: (x: tf.Tensor4D, no: number) => {
      const [batch, height, width, ni] = x.shape;
      const rest = tf.slice4d(x, [0, 1, 1, 0], [batch, height - 1, width - 1, ni]);
      return widen(everySecond(rest), no, 2);
    },
    copies: (x: tf.Tensor4D, no: number) => {
      const y = everySecond(x);
      const [batch, height, width] = y.shape;
      return tf.slice4d(tf.concat([y, y, y], 3), [0, 0, 0, 0], [batch, height, width, no]);
    },
    not_halved: (x: tf.Tensor4D, no: number) => widen(x, no, 2),
    not_widened: (x: tf.Tensor4D) => everySecond(x),
    no_gradient: (x: tf.Tensor4D, no: number) =>
      widen(tf.stridedSlice(x, [0, 0, 0, 0], x.shape, [1, 2, 2, 1]) as tf.Tensor4D, no, 2),
  },
};
