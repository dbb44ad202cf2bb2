/** Lesson 0: where a pixel's value lies in the flat array of an image. */
import { type Exercise, type Judgement, look } from "../exercise.ts";
import { SIDE, VALUES } from "../images.ts";

/** Numbers of the 3,072 values, in the order in which they lie. */
interface IndicesSeen {
  readonly indices: readonly (number | null)[];
}

type IndexOf = (y: number, x: number, c: number) => number;

const RIGHT: IndexOf = (y, x, c) => (y * SIDE + x) * 3 + c;

/** Mistakes by what they compute. */
const WRONG: Readonly<Record<string, IndexOf>> = {
  swapped: (y, x, c) => (x * SIDE + y) * 3 + c,
  planes: (y, x, c) => c * SIDE * SIDE + y * SIDE + x,
  channels_not_counted: (y, x, c) => y * SIDE + x + c,
  row_without_channels: (y, x, c) => y * SIDE + x * 3 + c,
  channel_not_added: (y, x) => (y * SIDE + x) * 3,
};

/** Calls a function for each value of an image, in the order in which they lie. */
function forAll(index: IndexOf): number[] {
  return Array.from(
    { length: VALUES },
    (_, i) => index(Math.floor(i / (3 * SIDE)), Math.floor(i / 3) % SIDE, i % 3),
  );
}

/** Judges the numbers of some values; all of them together say which mistake it is. */
function judgeAt(places: readonly number[], got: string, { indices }: IndicesSeen): Judgement {
  const same = (index: IndexOf) => forAll(index).every((value, i) => value === indices[i]);
  return {
    good: places.every((i) => indices[i] === i),
    got,
    mistake: Object.keys(WRONG).find((name) => same(WRONG[name]!)),
    next: "count the values that come before it: whole rows, then pixels, then channels",
  };
}

/** Judges one value by where it lies. */
function judgeOne(seen: IndicesSeen, y: number, x: number, c: number): Judgement {
  const place = RIGHT(y, x, c);
  return judgeAt([place], String(seen.indices[place]), seen);
}

/** `pixelIndex(y, x, c)`. */
export const pixelIndex: Exercise = {
  id: "pixel_index",
  lesson: "00_start_here",
  title: "find a value",
  goal: "`pixelIndex(y, x, c)`: the place of one value in the flat array of a 32×32 image with " +
    "three channels. Every lesson rests on this order, and a wrong order gives no error.",
  difficulty: 1,
  minutes: 3,
  hints: [
    "How many values lie in front of row `y`? In front of pixel `x` within its row?",
    "A row has 32 pixels, and a pixel has 3 values: row `y` begins at `y * 32 * 3`.",
    "Pixels first: there are `y * 32 + x` in front of this one. Each has 3 values; then add `c`.",
  ],
  mistakes: {
    swapped: "x and y have changed places: rows lie one after the other, so `y` counts 32 pixels",
    planes: "that is the order of planes, all reds first (NCHW without its N); here the three " +
      "values of a pixel lie side by side, so `c` counts 1",
    channels_not_counted: "a pixel has three values: one step to the right is 3, not 1",
    row_without_channels: "a row has 32 pixels of 3 values each: one row down is 96, not 32",
    channel_not_added: "green and blue have places of their own: add `c`",
  },
  looks: [
    look(
      (candidate, trial): IndicesSeen => ({
        indices: forAll((y, x, c) => trial.callForNumber(candidate, y, x, c)),
      }),
      [
        {
          what: "one pixel to the right: pixelIndex(0, 1, 0)",
          expected: "3",
          points: 1,
          judge: (seen) => judgeOne(seen, 0, 1, 0),
        },
        {
          what: "one row down: pixelIndex(1, 0, 0)",
          expected: "96",
          points: 1,
          judge: (seen) => judgeOne(seen, 1, 0, 0),
        },
        {
          what: "all 3,072 values",
          expected: "in order",
          points: 1,
          judge: (seen) => {
            const places = seen.indices.map((_, i) => i);
            const right = places.filter((i) => seen.indices[i] === i).length;
            const got = right === VALUES ? "in order" : `${right.toLocaleString("en-US")} in place`;
            return judgeAt(places, got, seen);
          },
        },
      ],
    ),
  ],
};
