/** Arrays of numbers as a check compares them: made from a seed, plain, and told apart in words. */
import * as tf from "@tensorflow/tfjs";
import { seededRandom } from "../data/random.ts";

/** A tensor as plain values; what is no finite number is null. */
export interface Numbers {
  readonly shape: readonly number[];
  readonly values: readonly (number | null)[];
}

/** The values of a tensor, which it disposes. */
export function numbersOf(tensor: tf.Tensor): Numbers {
  const values = Array.from(tensor.dataSync(), (value) => Number.isFinite(value) ? value : null);
  tensor.dispose();
  return { shape: tensor.shape, values };
}

/** How many values an array of this shape holds. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** Numbers in [low, high), the same for the same seed. */
export function seededNumbers(
  shape: readonly number[],
  seed: number,
  [low, high]: readonly [number, number] = [-1, 1],
): Numbers & { readonly values: readonly number[] } {
  const random = seededRandom(seed);
  const values = Array.from({ length: sizeOf(shape) }, () => low + (high - low) * random());
  return { shape, values };
}

/** Draws integers from `low` to `high`, both included. The same seed gives the same integers. */
export function wholeNumbers(seed: number): (low: number, high: number) => number {
  const random = seededRandom(seed);
  return (low, high) => low + Math.floor((high - low + 1) * random());
}

/** The same as a tensor. */
export function tensorOf({ shape, values }: Numbers): tf.Tensor {
  return tf.tensor(values.map((value) => value ?? NaN), [...shape]);
}

/** `"[2, 8, 8, 4]"`. */
export function shapeText(shape: readonly (number | null)[]): string {
  return `[${shape.join(", ")}]`;
}

/** Whether all values agree to `tolerance`, absolute and relative to the largest. */
export function agree(a: Numbers, b: Numbers, tolerance = 1e-3): boolean {
  return difference(a, b) <= tolerance * Math.max(1, ...b.values.map((v) => Math.abs(v ?? 0)));
}

/** The largest difference; infinite where shapes differ or a value is no number. */
export function difference(a: Numbers, b: Numbers): number {
  if (shapeText(a.shape) !== shapeText(b.shape) || a.values.length !== b.values.length) {
    return Infinity;
  }
  return a.values.reduce<number>((most, value, i) => {
    const other = b.values[i];
    if (typeof value !== "number" || typeof other !== "number") return Infinity;
    return Math.max(most, Math.abs(value - other));
  }, 0);
}

/** How an array differs from the right one, in words. */
export function differenceText(got: Numbers, expected: Numbers): string {
  if (shapeText(got.shape) !== shapeText(expected.shape)) return `shape ${shapeText(got.shape)}`;
  const missing = got.values.filter((value) => value === null).length;
  if (missing > 0) return `${missing} of ${got.values.length} values are NaN or infinite`;
  const off = Number(difference(got, expected).toPrecision(2)).toLocaleString("en-US", {
    maximumFractionDigits: 6,
  });
  const at = isImage(got)
    ? got.values.findIndex((value, i) => !isNear(value, expected.values[i]))
    : -1;
  if (at < 0) return `off by up to ${off}`;
  const [y, x, c] = [Math.floor(at / 96), Math.floor(at / 3) % 32, at % 3];
  const [mine, right] = [got, expected].map(({ values }) => Number(values[at]!.toFixed(3)));
  return `off by up to ${off}, first at pixel (${y}, ${x}), channel ${c}: ${mine}, expected ${right}`;
}

function isImage({ shape }: Numbers): boolean {
  return shapeText(shape) === "[32, 32, 3]";
}

function isNear(a: number | null, b: number | null | undefined): boolean {
  return typeof a === "number" && typeof b === "number" && Math.abs(a - b) < 1e-3;
}
