/** Lesson 1: the mirror image. */
import { type Comparison, type Exercise, probe } from "../exercise.ts";
import {
  drawn,
  imageNumbers,
  type ImageSeen,
  pixelsOf,
  type PixelValue,
  probeImage,
  seededImage,
  SIDE,
  unchangedRow,
  VALUES,
} from "../images.ts";
import { compareCount, compareWays, type Departures } from "../comparisons.ts";
import type { Numbers } from "../numbers.ts";

const LAST = SIDE - 1;

/** How an answer may read the image: the place in the image for a place in the result. */
interface Ways {
  readonly row: (y: number) => number;
  readonly column: (x: number) => number;
  readonly color: (c: number) => number;
  /** Whether it reads beyond the end of a row, into the next row. */
  readonly readsOn: true;
}

const DEPARTURES: Departures<Ways> = {
  vertical: [{ row: (y) => LAST - y, column: (x) => x }],
  whole_array: [{ row: (y) => LAST - y, color: (c) => 2 - c }],
  upside_down_too: [{ row: (y) => LAST - y }],
  channels: [{ color: (c) => 2 - c }],
  off_by_one: [{ column: (x) => SIDE - x, readsOn: true }, { column: (x) => SIDE - x }],
  not_flipped: [{ column: (x) => x }],
  in_place: [{ column: (x) => Math.max(x, LAST - x) }, { column: (x) => Math.min(x, LAST - x) }],
};

/** The pixels of the mirrored image, or those that wrong ways draw. */
function flipped(image: Uint8Array, ways: Partial<Ways>): Numbers {
  const { row = (y) => y, column = (x) => LAST - x, color = (c) => c, readsOn } = ways;
  const at: PixelValue = readsOn
    ? (y, x, c) => image[(y * SIDE + x) * 3 + c] ?? 0
    : pixelsOf(image);
  return drawn((y, x, c) => at(row(y), column(x), color(c)));
}

function compareFlip({ values }: ImageSeen, seed: number): Comparison {
  const image = seededImage(seed);
  return compareWays(
    imageNumbers(values),
    [flipped(image, {})],
    DEPARTURES,
    (ways) => [flipped(image, ways)],
    "the pixel at (y, x) is the image's at (y, 31 - x), with red, green and blue in their order",
  );
}

/** `flip(image)`. */
export const flip: Exercise = {
  id: "flip",
  lesson: "01_cifar10",
  title: "mirror an image",
  goal: "`flip(image)`: the image as a mirror shows it, left and right exchanged. A horse that " +
    "looks the other way is still a horse.",
  difficulty: 2,
  minutes: 8,
  hints: [
    "Rows stay where they are. Within a row, which column takes the place of column 0?",
    "Column `x` of the result is column `31 - x` of the image. Red stays red: `c` does not change.",
    "`out[(y * 32 + x) * 3 + c] = image[(y * 32 + (31 - x)) * 3 + c]`, in loops over `y`, `x` and `c`.",
  ],
  mistakes: {
    vertical: "the image stands on its head: `y` was turned. Turn `x`, and leave `y` as it is",
    whole_array: "the whole array is reversed: that turns rows and colors too. Turn only the " +
      "columns: `31 - x`",
    upside_down_too:
      "rows and columns are both turned, so the image stands on its head; turn the " +
      "columns only",
    channels: "red and blue have changed places: move whole pixels and keep `c`",
    off_by_one: "all is one column off: the last column has the number 31, so take `31 - x`",
    not_flipped: "this is the image as it was",
    in_place:
      "you wrote into the image itself, and then read the values that you had just written. Write into a " +
      "new `Uint8Array(32 * 32 * 3)`",
  },
  probes: [
    probe((candidate, trial): ImageSeen => probeImage(trial, candidate), [
      {
        what: "how many values",
        expected: VALUES.toLocaleString("en-US"),
        points: 1,
        requires: "the pixels",
        compare: ({ values }) => compareCount(values.length, VALUES),
      },
      {
        what: "the pixels",
        expected: "left and right exchanged",
        points: 2,
        compare: compareFlip,
      },
      { ...unchangedRow<ImageSeen>("in_place"), requires: "the pixels" },
    ]),
  ],
};
