/** Lesson 0: the index of a pixel's value in the flat array of an image. */
import { type Comparison, type Exercise, probe } from "../exercise.ts";
import { SIDE } from "../images.ts";
import { wholeNumbers } from "../numbers.ts";

/** The row, column and channel of a value. */
type Place = readonly [y: number, x: number, c: number];

/** The learner's index for each place. */
interface IndicesSeen {
  readonly indices: readonly (number | null)[];
}

type IndexOf = (...place: Place) => number;

const RIGHT: IndexOf = (y, x, c) => (y * SIDE + x) * 3 + c;

/** Mistakes by what they compute. */
const WRONG: Readonly<Record<string, IndexOf>> = {
  swapped: (y, x, c) => (x * SIDE + y) * 3 + c,
  planes: (y, x, c) => c * SIDE * SIDE + y * SIDE + x,
  channels_not_counted: (y, x, c) => y * SIDE + x + c,
  row_without_channels: (y, x, c) => y * SIDE + x * 3 + c,
  channel_not_added: (y, x) => (y * SIDE + x) * 3,
};

/** One pixel to the right of the first one, and one row down. */
const FIRST: readonly [Place, Place] = [[0, 1, 0], [1, 0, 0]];
/** The number of other pixels at which the same steps are checked. */
const STEPS = 20;
/** The number of other places that are checked. */
const OTHERS = 300;

/** All places: `FIRST`, then random pixels with their two neighbors, then other random places. */
function placesOf(seed: number): Place[] {
  const whole = wholeNumbers(seed);
  const anywhere = (last: number): Place => [whole(0, last), whole(0, last), whole(0, 2)];
  const steps = Array.from({ length: STEPS }, () => anywhere(SIDE - 2))
    .flatMap(([y, x, c]): Place[] => [[y, x, c], [y, x + 1, c], [y + 1, x, c]]);
  return [...FIRST, ...steps, ...Array.from({ length: OTHERS }, () => anywhere(SIDE - 1))];
}

const call = (place: Place) => `pixelIndex(${place.join(", ")})`;

/** The mistake that explains all of these indices. */
function mistakeOf({ indices }: IndicesSeen, places: readonly Place[]): string | undefined {
  return Object.keys(WRONG)
    .find((name) => places.every((place, i) => WRONG[name]!(...place) === indices[i]));
}

/** Says what the learner's formula counts, if it is one that counts something for y, x and c. */
function next({ indices }: IndicesSeen, seed: number): string {
  const places = placesOf(seed);
  const at = (i: number) => indices[i] ?? NaN;
  const [start, right, below] = [FIRST.length, FIRST.length + 1, FIRST.length + 2];
  const [perColumn, perRow] = [at(right) - at(start), at(below) - at(start)];
  const [[y0, x0, c0] = [0, 0, 0]] = places.slice(start);
  const other = places.findIndex(([, , c]) => c !== c0);
  const [y1, x1, c1] = places[other] ?? [0, 0, 0];
  const perChannel = (at(other) - at(start) - perRow * (y1 - y0) - perColumn * (x1 - x0)) /
    (c1 - c0);
  const offset = at(start) - perRow * y0 - perColumn * x0 - perChannel * c0;
  const isLinear = places.every(([y, x, c], i) =>
    at(i) === offset + perRow * y + perColumn * x + perChannel * c
  );
  if (!isLinear) {
    return "count the values that come before it: whole rows, then pixels, then channels";
  }
  if (String([perRow, perColumn, perChannel]) === String([3 * SIDE, 3, 1])) {
    return `the steps are right, but your formula gives ${offset} for the first value of all: it is at 0`;
  }
  return `your formula moves on by ${perRow} for a row, by ${perColumn} for a pixel and by ` +
    `${perChannel} for a channel. How many values lie between one and the next?`;
}

/** Evaluates the step to one of the two `FIRST` places, and the same step from other pixels. */
function compareStep(seen: IndicesSeen, seed: number, which: 0 | 1): Comparison {
  const { indices } = seen;
  const places = placesOf(seed);
  const expected = RIGHT(...FIRST[which]);
  const index = indices[which];
  const starts = Array.from({ length: STEPS }, (_, i) => FIRST.length + 3 * i);
  const step = (from: number) => indices[from + 1 + which]! - indices[from]!;
  const off = index === expected ? starts.find((from) => step(from) !== expected) : undefined;
  return {
    passed: index === expected && off === undefined,
    actual: off === undefined
      ? String(index)
      : `${index}, but ${step(off)} from ${call(places[off]!)} to ${
        call(places[off + 1 + which]!)
      }`,
    mistake: mistakeOf(seen, places),
    next: next(seen, seed),
  };
}

function compareOthers(seen: IndicesSeen, seed: number): Comparison {
  const places = placesOf(seed);
  const right =
    places.filter((place, i) => i >= places.length - OTHERS && seen.indices[i] === RIGHT(...place))
      .length;
  return {
    passed: right === OTHERS,
    actual: right === OTHERS ? "all correct" : `${right} of ${OTHERS} correct`,
    mistake: mistakeOf(seen, places),
    next: next(seen, seed),
  };
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
  probes: [
    probe(
      (candidate, trial): IndicesSeen => ({
        indices: placesOf(trial.seed).map((place) => trial.callForNumber(candidate, ...place)),
      }),
      [
        {
          what: "one pixel to the right: pixelIndex(0, 1, 0)",
          expected: "3",
          points: 1,
          compare: (seen, seed) => compareStep(seen, seed, 0),
        },
        {
          what: "one row down: pixelIndex(1, 0, 0)",
          expected: "96",
          points: 1,
          compare: (seen, seed) => compareStep(seen, seed, 1),
        },
        {
          what: `${OTHERS} values of the image`,
          expected: "all correct",
          points: 1,
          compare: compareOthers,
        },
      ],
    ),
  ],
};
