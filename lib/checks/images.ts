/** Looks at a learner's function that makes one CIFAR image of another, and draws what is right. */
import { seededRandom } from "../data/random.ts";
import type { Assertion, Comparison } from "./exercise.ts";
import type { Numbers } from "./numbers.ts";
import type { Trial } from "./trial.ts";

/** Height and width of an image. */
export const SIDE = 32;
/** Values of an image: 32×32 pixels of red, green and blue. */
export const VALUES = SIDE * SIDE * 3;

/** What was seen of a function that takes an image. */
export interface ImageSeen {
  /** What it gives; what is no finite number is null. */
  readonly values: readonly (number | null)[];
  /** Whether the image that it was given is still as it was. */
  readonly unchanged: boolean;
}

/** The value of a pixel in a channel. */
export type PixelValue = (y: number, x: number, c: number) => number;

/** An image of noise. No byte is 0, so that black padding can be told from it. */
export function seededImage(seed: number): Uint8Array {
  const random = seededRandom(seed);
  return Uint8Array.from({ length: VALUES }, () => 1 + Math.floor(255 * random()));
}

/** Calls the learner's function with an image of noise, and whatever else it takes. */
export function probeImage(trial: Trial, candidate: unknown, ...rest: unknown[]): ImageSeen {
  const image = seededImage(trial.seed);
  const before = image.slice();
  const values = trial.callForValues(candidate, image, ...rest);
  return { values, unchanged: image.every((value, i) => value === before[i]) };
}

/** The values of an image as comparisons want them; of another length, without a form. */
export function imageNumbers(values: ImageSeen["values"]): Numbers {
  return { shape: values.length === VALUES ? [SIDE, SIDE, 3] : [values.length], values };
}

/** An image whose values a function gives. */
export function drawn(valueAt: PixelValue): Numbers {
  const place = (i: number): [number, number, number] => [
    Math.floor(i / (3 * SIDE)),
    Math.floor(i / 3) % SIDE,
    i % 3,
  ];
  const values = Array.from({ length: VALUES }, (_, i) => valueAt(...place(i)));
  return { shape: [SIDE, SIDE, 3], values };
}

/** Whether there is such a pixel. */
export function inside(y: number, x: number): boolean {
  return y >= 0 && y < SIDE && x >= 0 && x < SIDE;
}

/** The values of an image by their place; around it all is black. */
export function pixelsOf(image: ArrayLike<number>): PixelValue {
  return (y, x, c) => inside(y, x) ? image[(y * SIDE + x) * 3 + c]! : 0;
}

/** A row for whether the given image was left alone. */
export function unchangedRow<Seen extends { readonly unchanged: boolean }>(
  mistake?: string,
): Assertion<Seen> {
  return {
    what: "the image that you were given",
    expected: "as it was",
    points: 1,
    compare: ({ unchanged }): Comparison => ({
      passed: unchanged,
      actual: unchanged ? "as it was" : "changed",
      mistake,
      next: "write into a new array, and leave the given image unchanged",
    }),
  };
}
