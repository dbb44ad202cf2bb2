/**
 * What whole residual networks compute. Weights of the same shape are alike, so that the numbers do not
 * depend on the order in which a learner made the parts: any order is compared with one reference.
 */
import type { WeightSeen } from "./layers.ts";
import { seededNumbers, sizeOf } from "./numbers.ts";
import {
  convolve,
  linear,
  type Map4,
  meanOfPixels,
  type Normalize,
  type Pad,
  relu,
  sum,
  type Walk,
} from "./reference.ts";

/** Numbers of a pattern this long fill a kernel of millions in no time, and look like chance to it. */
const PATTERN = 997;

/** The weights that a network of this seed gets; they keep what many layers give within reach of float32. */
export function alikeWeights(weights: readonly WeightSeen[], seed: number): Map4[] {
  return weights.map(({ shape, trainable }) => alike(shape, trainable, seed));
}

function alike(shape: readonly number[], trainable: boolean, seed: number): Map4 {
  const size = sizeOf(shape);
  const fanIn = size / (shape.at(-1) ?? 1);
  const bound = Math.sqrt(6 / fanIn);
  const range: [number, number] = shape.length > 1
    ? [-bound, bound]
    : trainable
    ? [0.3, 0.9]
    : [0.5, 1.5];
  // The statistics of 16 channels are other numbers than their scales.
  const own = seed + 7 * size + 31 * fanIn + (trainable ? 0 : 1);
  const { values: pattern } = seededNumbers([Math.min(size, PATTERN)], own, range);
  const values = new Array<number>(size).fill(0);
  for (let i = 0; i < size; i++) values[i] = pattern[i % PATTERN]!;
  return { shape, values };
}

/** The pieces of a network whose weights are `alikeWeights` of this seed. */
export interface AlikePieces {
  /** A convolution of `size`×`size` to `no` filters, with its batch norm. */
  convolution(x: Map4, size: number, no: number, walk?: Walk): Map4;
  /** A basic block with `no` filters; where x has fewer, it halves the map and projects x. */
  block(x: Map4, no: number, pad?: Pad): Map4;
  /** The mean over all pixels, and the linear layer: `[batch, classes]`. */
  classifier(x: Map4, classes: number): Map4;
}

/** Makes the pieces with a batch norm of this kind. */
export function alikePieces(seed: number, norm: Normalize): AlikePieces {
  const convolution: AlikePieces["convolution"] = (x, size, no, walk) => {
    const learned = alike([no], true, seed).values;
    const running = alike([no], false, seed).values;
    const kernel = alike([size, size, x.shape[3]!, no], true, seed);
    const numbers = { gamma: learned, beta: learned, mean: running, variance: running };
    return norm(convolve(x, kernel, walk), numbers);
  };
  return {
    convolution,
    block(x, no, pad = [1, 1]) {
      const halves = x.shape[3] !== no;
      const inner = relu(convolution(x, 3, no, halves ? { stride: 2, pad } : {}));
      const shortcut = halves ? convolution(x, 1, no, { stride: 2 }) : x;
      return relu(sum(convolution(inner, 3, no), shortcut));
    },
    classifier(x, classes) {
      const kernel = alike([x.shape[3]!, classes], true, seed);
      return linear(meanOfPixels(x), kernel, alike([classes], true, seed).values);
    },
  };
}
