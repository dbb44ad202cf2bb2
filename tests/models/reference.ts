/** The fixtures that reference.py made with PyTorch, and the formula that fills weights and images. */
import fs from "node:fs";
import path from "node:path";
import { type StateDict, type StateEntry, tf } from "../../lib/mod.ts";

const FOLDER = path.join(import.meta.dirname ?? "", "reference");

/** What PyTorch computed for one batch of images. */
export interface Case {
  images: [number, number, number, number];
  /** The first images' logits, base64 of 32-bit floats like all that follow. */
  logits: string;
  training: {
    logits: string;
    loss: number;
    /** Euclidean lengths of the running statistics, and their projections. */
    runningNorms: string;
    running: string;
    /** The same of the parameters' gradients. */
    gradientNorms: string;
    gradients: string;
  };
}

/** What PyTorch says of one model. */
export interface Reference {
  trainable: number;
  entries: [name: string, shape: number[]][];
  cases: Case[];
}

export function readReference(model: string): Reference {
  return JSON.parse(fs.readFileSync(path.join(FOLDER, `${model}.json`), "utf8"));
}

/** The models for which there are fixtures. */
export const REFERENCES: readonly string[] = fs.readdirSync(FOLDER).map((file) =>
  path.basename(file, ".json")
).sort();

/** The number in [-1, 1) at a place: a hash of the place and the key. */
function formula(place: number, key: number): number {
  let h = (Math.imul(place, 0x9e3779b1) + Math.imul(key, 0x85ebca6b)) >>> 0;
  h ^= h >>> 16;
  h = Math.imul(h, 0x7feb352d);
  h ^= h >>> 15;
  h = Math.imul(h, 0x846ca68b);
  h ^= h >>> 16;
  return (h >>> 0) / 2 ** 31 - 1;
}

function entry(name: string, shape: number[], key: number): StateEntry {
  const product = (sides: number[]) => sides.reduce((n, side) => n * side, 1);
  const [offset, scale] = shape.length === 4
    ? [0, Math.sqrt(6 / product(shape.slice(1)))]
    : shape.length === 2
    ? [0, Math.sqrt(3 / shape[1]!)]
    : name.endsWith("running_var")
    ? [1, 0.5]
    : name.endsWith("weight")
    ? [0.75, 0.25]
    : name.endsWith("bias")
    ? [0.5, 0.1]
    : [0, 0.1];
  const data = new Float32Array(product(shape));
  for (let i = 0; i < data.length; i++) data[i] = offset + scale * formula(i, key);
  return { shape, data };
}

/** The weights that PyTorch computed with. */
export function referenceWeights({ entries }: Reference): StateDict {
  return new Map(entries.map(([name, shape], key) => [name, entry(name, shape, key)]));
}

/** The images that PyTorch computed with. */
export function referenceImages({ images }: Case): tf.Tensor4D {
  const size = images.reduce((n, side) => n * side, 1);
  return tf.tensor4d(Float32Array.from({ length: size }, (_, i) => formula(i, 999)), images);
}

export function unpack(text: string): Float32Array {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}

/** One number in which the sign and the place of every value count. */
export function projection(values: Float32Array, key: number): number {
  return values.reduce((sum, value, i) => sum + value * formula(i, key), 0);
}

/** The largest difference, as a share of the largest number that was expected. */
export function relativeDifference(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Infinity;
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs(found[i]! - expected[i]!));
    largest = Math.max(largest, Math.abs(expected[i]!));
  }
  return Number.isNaN(difference) ? Infinity : difference / largest;
}
