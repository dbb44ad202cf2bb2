/**
 * The layers' arithmetic written out in loops: what a learner's block is compared with. It shares no
 * line with the blocks of the kit, nor with TensorFlow.
 */
import type { Numbers } from "./numbers.ts";

/** Known numbers `[batch, height, width, channels]`. */
export interface Map4 extends Numbers {
  readonly values: readonly number[];
}

/** Rows or columns of zeros before and after. */
export type Pad = readonly [before: number, after: number];

/** How a convolution walks. */
export interface Walk {
  readonly stride?: number;
  /** On top and bottom, left and right alike. Default half the kernel on both sides. */
  readonly pad?: Pad;
}

/** The scale, shift and running statistics of a batch norm, one number a channel. */
export interface Norm {
  readonly gamma: readonly number[];
  readonly beta: readonly number[];
  readonly mean: readonly number[];
  readonly variance: readonly number[];
}

/** A batch norm: with the running statistics, or with the batch's own. */
export type Normalize = (x: Map4, norm: Norm) => Map4;

/** What is added to a variance: PyTorch's number, which the kit has, and TensorFlow.js's. Both are right. */
const EPSILONS = [1e-5, 1e-3] as const;

/** A convolution with a kernel `[height, width, ni, no]`, and a bias where there is one. */
export function convolve(
  { shape, values }: Map4,
  kernel: Map4,
  { stride = 1, pad }: Walk = {},
  bias?: readonly number[],
): Map4 {
  const [batch, height, width, ni] = four(shape);
  const [size, , , no] = four(kernel.shape);
  const [before, after] = pad ?? [(size - 1) >> 1, (size - 1) >> 1];
  const outHeight = Math.floor((height + before + after - size) / stride) + 1;
  const outWidth = Math.floor((width + before + after - size) / stride) + 1;
  const out = new Float64Array(batch * outHeight * outWidth * no);
  let to = 0;
  for (let n = 0; n < batch; n++) {
    for (let y = 0; y < outHeight; y++) {
      for (let x = 0; x < outWidth; x++, to += no) {
        for (let o = 0; o < no; o++) out[to + o] = bias?.[o] ?? 0;
        for (let ky = 0; ky < size; ky++) {
          for (let kx = 0; kx < size; kx++) {
            const [row, column] = [y * stride + ky - before, x * stride + kx - before];
            if (row < 0 || row >= height || column < 0 || column >= width) continue;
            const from = ((n * height + row) * width + column) * ni;
            const weights = (ky * size + kx) * ni * no;
            for (let i = 0; i < ni; i++) {
              for (let o = 0; o < no; o++) {
                out[to + o]! += values[from + i]! * kernel.values[weights + i * no + o]!;
              }
            }
          }
        }
      }
    }
  }
  return { shape: [batch, outHeight, outWidth, no], values: [...out] };
}

/** The window and the stride of a pool. */
export interface Window {
  readonly size: number;
  readonly stride: number;
  readonly pad: Pad;
}

/**
 * What a pool takes of a window that hangs over the edge: its largest value, the same with zeros outside,
 * the mean of the values inside, or that of zeros too.
 */
export type Pooling = "max" | "with zeros" | "mean" | "mean with zeros";

/** A pool. Default: a max pool that ignores the outside of the map. */
export function pool({ shape, values }: Map4, window: Window, kind: Pooling = "max"): Map4 {
  const [batch, height, width, channels] = four(shape);
  const { size, stride, pad: [before, after] } = window;
  const outHeight = Math.floor((height + before + after - size) / stride) + 1;
  const outWidth = Math.floor((width + before + after - size) / stride) + 1;
  const out: number[] = [];
  for (let n = 0; n < batch; n++) {
    for (let y = 0; y < outHeight; y++) {
      for (let x = 0; x < outWidth; x++) {
        for (let c = 0; c < channels; c++) {
          const inside: number[] = [];
          for (let i = 0; i < size * size; i++) {
            const row = y * stride - before + Math.floor(i / size);
            const column = x * stride - before + i % size;
            if (row < 0 || row >= height || column < 0 || column >= width) continue;
            inside.push(values[((n * height + row) * width + column) * channels + c]!);
          }
          out.push(taken(inside, size * size, kind));
        }
      }
    }
  }
  return { shape: [batch, outHeight, outWidth, channels], values: out };
}

function taken(inside: readonly number[], all: number, kind: Pooling): number {
  if (kind === "max") return Math.max(...inside);
  if (kind === "with zeros") return Math.max(...inside, ...inside.length < all ? [0] : []);
  const total = inside.reduce((sum, value) => sum + value, 0);
  return total / (kind === "mean" ? inside.length : all);
}

function normalize(x: Map4, { gamma, beta, mean, variance }: Norm, epsilon: number): Map4 {
  return each(
    x,
    (value, c) => (value - mean[c]!) / Math.sqrt(variance[c]! + epsilon) * gamma[c]! + beta[c]!,
  );
}

/** Batch norm with the running statistics, as in inference; one for each epsilon that is right. */
export const INFERENCE: readonly Normalize[] = EPSILONS.map((epsilon) => (x, norm) =>
  normalize(x, norm, epsilon)
);

/** Batch norm with the batch's own statistics, as in training; one for each epsilon that is right. */
export const TRAINING: readonly Normalize[] = EPSILONS.map((epsilon) => (x, norm) =>
  normalize(x, { ...norm, ...statistics(x) }, epsilon)
);

/** Mean and (biased) variance of each channel. */
function statistics({ shape, values }: Map4): { mean: number[]; variance: number[] } {
  const channels = four(shape)[3];
  const count = values.length / channels;
  const mean = new Array<number>(channels).fill(0);
  const variance = new Array<number>(channels).fill(0);
  values.forEach((value, i) => mean[i % channels]! += value / count);
  values.forEach((value, i) =>
    variance[i % channels]! += (value - mean[i % channels]!) ** 2 / count
  );
  return { mean, variance };
}

/** max(x, 0). */
export function relu(x: Map4): Map4 {
  return each(x, (value) => Math.max(0, value));
}

/** a + b. */
export function sum(a: Map4, b: Map4): Map4 {
  return { shape: a.shape, values: a.values.map((value, i) => value + b.values[i]!) };
}

/** Applies a function to every value of x; `c` is the channel of the value. */
export function each(x: Map4, change: (value: number, c: number) => number): Map4 {
  const channels = x.shape.at(-1)!;
  return { shape: x.shape, values: x.values.map((value, i) => change(value, i % channels)) };
}

/** The mean over all pixels of each channel, `[batch, channels]`. */
export function meanOfPixels({ shape, values }: Map4): Map4 {
  const [batch, height, width, channels] = four(shape);
  const means = new Array<number>(batch * channels).fill(0);
  values.forEach((value, i) => {
    const image = Math.floor(i / (height * width * channels));
    means[image * channels + i % channels]! += value / (height * width);
  });
  return { shape: [batch, channels], values: means };
}

/** A linear layer with a kernel `[ni, no]` on x of `[batch, ni]`. */
export function linear(x: Map4, kernel: Map4, bias: readonly number[]): Map4 {
  const [batch, ni] = four(x.shape);
  const no = bias.length;
  const values = Array.from({ length: batch * no }, (_, i) => {
    const [n, o] = [Math.floor(i / no), i % no];
    let total = bias[o]!;
    for (let c = 0; c < ni; c++) total += x.values[n * ni + c]! * kernel.values[c * no + o]!;
    return total;
  });
  return { shape: [batch, no], values };
}

/** Logits `[batch, classes]` as probabilities. */
export function softmax({ shape, values }: Map4): Map4 {
  const classes = shape[1]!;
  const powers = values.map((logit, i) => {
    const first = i - i % classes;
    return Math.exp(logit - Math.max(...values.slice(first, first + classes)));
  });
  const shares = powers.map((power, i) => {
    const first = i - i % classes;
    return power / powers.slice(first, first + classes).reduce((all, other) => all + other);
  });
  return { shape, values: shares };
}

/** Every second pixel, and channels of zeros before and after the old ones (the paper's option A). */
export function padChannels(x: Map4, no: number, before: number): Map4 {
  const [batch, height, width, ni] = four(x.shape);
  const [outHeight, outWidth] = [Math.ceil(height / 2), Math.ceil(width / 2)];
  const values = new Array<number>(batch * outHeight * outWidth * no).fill(0);
  for (let n = 0; n < batch; n++) {
    for (let y = 0; y < outHeight; y++) {
      for (let column = 0; column < outWidth; column++) {
        const from = ((n * height + 2 * y) * width + 2 * column) * ni;
        const to = ((n * outHeight + y) * outWidth + column) * no + before;
        for (let c = 0; c < ni; c++) values[to + c] = x.values[from + c]!;
      }
    }
  }
  return { shape: [batch, outHeight, outWidth, no], values };
}

function four(shape: readonly number[]): [number, number, number, number] {
  const [a = 1, b = 1, c = 1, d = 1] = shape;
  return [a, b, c, d];
}
