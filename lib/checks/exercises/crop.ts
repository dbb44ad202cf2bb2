/** Lesson 1: a window of the padded image. */
import { type Assertion, type Comparison, type Exercise, probe } from "../exercise.ts";
import {
  drawn,
  imageNumbers,
  type ImageSeen,
  inside,
  pixelsOf,
  probeImage,
  seededImage,
  SIDE,
  unchangedRow,
  VALUES,
} from "../images.ts";
import { compareCount, compareNumbers, type Departures, mistakesIn } from "../comparisons.ts";
import { agree, type Numbers } from "../numbers.ts";

const PAD = 4;

/** Where a window begins in the padded image. */
type Corner = readonly [top: number, left: number];

/** Corners at which all mistakes differ: nothing moved, the right edge, the lower edge. */
function cornersOf(seed: number): readonly [Corner, Corner, Corner] {
  return [[PAD, PAD], [0, 7], [8, 1 + seed % 3]];
}

interface CropsSeen {
  readonly crops: readonly ImageSeen[];
  readonly unchanged: boolean;
}

/** How a window may be taken. */
interface Ways {
  /** Whether `top` moves columns, and `left` rows. */
  readonly swapped: boolean;
  readonly direction: 1 | -1;
  readonly pad: number;
  /** What lies around the image. */
  readonly around: "black" | "its edge" | "what comes next" | "what comes next in a row";
  /** Pixels that are left out, by their places in the window and in the image. */
  readonly isLeftOut: (y: number, x: number, fromY: number, fromX: number) => boolean;
  /** Whether values lie in planes: all reds, all greens, all blues. */
  readonly inPlanes: boolean;
}

const last = SIDE - 1;

/** Mistakes by what they do differently. */
const WRONG: Departures<Ways> = {
  swapped: [{ swapped: true }],
  wrong_direction: [{ direction: -1 }],
  no_padding: [{ pad: 0 }],
  wraps: [{ around: "what comes next" }, { around: "what comes next in a row" }],
  last_column: [
    { isLeftOut: (y, x) => y === last || x === last },
    { isLeftOut: (_y, x) => x === last },
    { isLeftOut: (_y, _x, fromY, fromX) => fromY === last || fromX === last },
    { isLeftOut: (_y, _x, _fromY, fromX) => fromX === last },
  ],
  edge_repeated: [{ around: "its edge" }],
  planes: [{ inPlanes: true }],
};

/** The window at this corner. */
function windowOf(image: Uint8Array, [top, left]: Corner, ways: Partial<Ways> = {}): Numbers {
  const { swapped = false, direction = 1, pad = PAD, around = "black", inPlanes = false } = ways;
  const pixel = pixelsOf(image);
  const nearest = (at: number) => Math.min(last, Math.max(0, at));
  const [down, across] = swapped ? [left, top] : [top, left];
  const valueAt = (y: number, x: number, c: number): number => {
    const [fromY, fromX] = [y + direction * (down - pad), x + direction * (across - pad)];
    if (ways.isLeftOut?.(y, x, fromY, fromX)) return 0;
    if (inPlanes) return inside(fromY, fromX) ? image[(c * SIDE + fromY) * SIDE + fromX]! : 0;
    if (around === "black") return pixel(fromY, fromX, c);
    if (around === "its edge") return pixel(nearest(fromY), nearest(fromX), c);
    if (around === "what comes next in a row" && !inside(fromY, 0)) return 0;
    return image[(fromY * SIDE + fromX) * 3 + c] ?? 0;
  };
  if (!inPlanes) return drawn(valueAt);
  const values = Array.from(
    { length: VALUES },
    (_, i) => valueAt(Math.floor(i / SIDE) % SIDE, i % SIDE, Math.floor(i / (SIDE * SIDE))),
  );
  return { shape: [SIDE, SIDE, 3], values };
}

function compareCrop({ crops }: CropsSeen, which: 0 | 1 | 2, seed: number): Comparison {
  const corners = cornersOf(seed);
  const image = seededImage(seed);
  const comparison = compareNumbers(
    imageNumbers(crops[which]!.values),
    [windowOf(image, corners[which])],
    {},
    "the pixel at (y, x) is the image's at (y + top - 4, x + left - 4), or black outside of it",
  );
  if (comparison.passed) return comparison;
  // At one corner alone, different mistakes may give the same window.
  const mistake = mistakesIn(
    WRONG,
    (ways) =>
      corners.every((corner, i) =>
        agree(imageNumbers(crops[i]!.values), windowOf(image, corner, ways))
      ),
  );
  return { ...comparison, mistake };
}

function cropRow(which: 0 | 1 | 2, what: string, expected: string): Assertion<CropsSeen> {
  return { what, expected, points: 1, compare: (seen, seed) => compareCrop(seen, which, seed) };
}

/** `crop(image, top, left)`. */
export const crop: Exercise = {
  id: "crop",
  lesson: "01_cifar10",
  title: "pad and crop",
  goal: "`crop(image, top, left)`: the 32×32 window of the padded, 40×40 image that begins at " +
    "row `top` and column `left`. The photo moves a little, and what it shows stays the same.",
  difficulty: 3,
  minutes: 15,
  hints: [
    "You need not build the padded image. For each pixel of the window, find its place in the image.",
    "The pixel at `(y, x)` of the window lies at `(y + top, x + left)` of the padded image, and " +
    "there the photo begins at `(4, 4)`: so it comes from `(y + top - 4, x + left - 4)` of the photo.",
    "Three loops, over `y`, `x` and `c`. A new `Uint8Array` is full of zeros, which is black: " +
    "copy a value only where the row and the column that it comes from are both 0 or more and less " +
    "than 32.",
  ],
  mistakes: {
    swapped: "`top` and `left` have changed places: `top` moves rows, `left` moves columns",
    wrong_direction: "the photo moves the other way: at `top` 0 the window begins with the four " +
      "black rows. Add `top` and subtract 4",
    no_padding: "the padding is missing: the photo begins at (4, 4) of the padded image, so " +
      "subtract 4 from both",
    wraps:
      "what leaves the photo on one side comes in on the other: a column below 0 or above 31 " +
      "is black. Test the column as well as the row",
    last_column: "a last row or column is never reached: 32 pixels have the numbers 0 to 31, so " +
      "go on while the number is less than 32",
    edge_repeated: "the padding repeats the photo's edge; here it is black (0)",
    planes:
      "that is the order of planes, all reds first; here a pixel's three values lie side by " +
      "side: value `c` of pixel (y, x) is `image[(y * 32 + x) * 3 + c]`",
    not_cropped: "this is the padded image, 40×40; take the 32×32 window out of it",
    in_place: "the photo itself was changed: write into a new `Uint8Array(32 * 32 * 3)`",
  },
  probes: [
    probe(
      (candidate, trial): CropsSeen => {
        const crops = cornersOf(trial.seed).map((corner) =>
          probeImage(trial, candidate, ...corner)
        );
        return { crops, unchanged: crops.every(({ unchanged }) => unchanged) };
      },
      [
        {
          what: "how many values",
          expected: VALUES.toLocaleString("en-US"),
          points: 1,
          requires: "crop(image, 0, 7)",
          compare: ({ crops }) =>
            compareCount(crops[0]!.values.length, VALUES, { [40 * 40 * 3]: "not_cropped" }),
        },
        cropRow(0, "crop(image, 4, 4)", "the image itself"),
        cropRow(1, "crop(image, 0, 7)", "4 black rows above, 3 black columns on the right"),
        cropRow(2, "a window at the lower edge", "4 black rows below"),
        { ...unchangedRow<CropsSeen>("in_place"), requires: "crop(image, 0, 7)" },
      ],
    ),
  ],
};
