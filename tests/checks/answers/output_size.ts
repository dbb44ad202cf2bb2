/** Answers to output_size: right ones, and each mistake that its check knows. */
import type { Answers } from "./answers.ts";

type OutputSize = (size: number, kernelSize: number, stride: number, padding: number) => number;

const formula: OutputSize = (size, kernelSize, stride, padding) =>
  Math.floor((size + 2 * padding - kernelSize) / stride) + 1;

/** Moves the filter step by step, and counts. */
function counted(size: number, kernelSize: number, stride: number, padding: number): number {
  let places = 0;
  for (let left = -padding; left + kernelSize <= size + padding; left += stride) places++;
  return places;
}

const roundedLate: OutputSize = (size, kernelSize, stride, padding) =>
  Math.floor((size - kernelSize + padding + padding + stride) / stride);

const paddingOnce: OutputSize = (size, kernelSize, stride, padding) =>
  Math.floor((size + padding - kernelSize) / stride) + 1;

const paddingIgnored: OutputSize = (size, kernelSize, stride) =>
  Math.floor((size - kernelSize) / stride) + 1;

const oneTooFew: OutputSize = (size, kernelSize, stride, padding) =>
  Math.floor((size + 2 * padding - kernelSize) / stride);

const oneInside: OutputSize = (size, kernelSize, stride, padding) =>
  Math.floor((size + 2 * padding - kernelSize + 1) / stride);

const roundedUp: OutputSize = (size, kernelSize, stride, padding) =>
  Math.ceil((size + 2 * padding - kernelSize) / stride) + 1;

const notRounded: OutputSize = (size, kernelSize, stride, padding) =>
  (size + 2 * padding - kernelSize) / stride + 1;

const strideIgnored: OutputSize = (size, kernelSize, _stride, padding) =>
  size + 2 * padding - kernelSize + 1;

const sizeOverStride: OutputSize = (size, _kernelSize, stride) => Math.ceil(size / stride);

export const answers: Answers = {
  right: {
    "as the lesson has it": formula,
    "counted in a loop": counted,
    "rounded after the sum": roundedLate,
  },
  wrong: {
    padding_once: paddingOnce,
    padding_ignored: paddingIgnored,
    one_too_few: oneTooFew,
    one_inside: oneInside,
    rounded_up: roundedUp,
    not_rounded: notRounded,
    stride_ignored: strideIgnored,
    size_over_stride: sizeOverStride,
  },
};
