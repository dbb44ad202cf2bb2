/** Lesson 3: the learner's `outputSize(size, kernelSize, stride, padding)`. */
import { type Assertion, type Comparison, type Exercise, probe } from "../exercise.ts";
import { compareCases, type Departures, mistakesIn } from "../comparisons.ts";
import { wholeNumbers } from "../numbers.ts";

/** One convolution, along one side of the photo. */
type Case = readonly [size: number, kernelSize: number, stride: number, padding: number];

/** How a size is computed. */
interface Ways {
  /** How often the padding is counted: on both ends. */
  readonly paddings: number;
  readonly round: (steps: number) => number;
  /** What is added to the steps, for the first place. */
  readonly first: number;
  readonly usesStride: boolean;
  /** What is added before the division. */
  readonly before: number;
  readonly formula: (size: number, stride: number) => number;
}

/** Mistakes by what they do differently. */
const WRONG: Departures<Ways> = {
  padding_once: [{ paddings: 1 }],
  padding_ignored: [{ paddings: 0 }],
  one_too_few: [{ first: 0 }],
  one_inside: [{ first: 0, before: 1 }],
  rounded_up: [{ round: Math.ceil }],
  not_rounded: [{ round: (steps) => steps }],
  stride_ignored: [{ usesStride: false }],
  size_over_stride: [{ formula: (size, stride) => Math.ceil(size / stride) }],
};

/** Number of places where the filter fits: Dumoulin and Visin 2016, relationship 6. */
function sizeOf([size, kernelSize, stride, padding]: Case, ways: Partial<Ways> = {}): number {
  const { paddings = 2, round = Math.floor, first = 1, usesStride = true, before = 0, formula } =
    ways;
  if (formula !== undefined) return formula(size, stride);
  const way = size + paddings * padding - kernelSize + before;
  return round(way / (usesStride ? stride : 1)) + first;
}

const KNOWN: readonly Case[] = [[32, 3, 1, 1], [32, 5, 1, 0], [32, 3, 2, 1]];
/** The number of sizes for each known convolution: the known size and random ones. */
const ALIKE = 4;
const OTHERS = 20;

/** The known convolutions, each followed by variants with other sizes; then random convolutions. */
function cases(seed: number): Case[] {
  const whole = wholeNumbers(seed);
  const known = KNOWN.flatMap(([size, ...rest]) =>
    Array.from({ length: ALIKE }, (_, i): Case => [i === 0 ? size : whole(8, 256), ...rest])
  );
  const others = Array.from(
    { length: OTHERS },
    (): Case => [whole(8, 64), whole(1, 7), whole(1, 4), whole(0, 3)],
  );
  return [...known, ...others];
}

const call = (convolution: Case) => `outputSize(${convolution.join(", ")})`;

const same = (a: number | undefined, b: number) => a !== undefined && Math.abs(a - b) < 1e-9;

/** What explains every one of these sizes. */
function mistakeOf(sizes: readonly number[], seed: number): Comparison["mistake"] {
  const all = cases(seed);
  return mistakesIn(
    WRONG,
    (ways) => all.every((convolution, i) => same(sizes[i], sizeOf(convolution, ways))),
  );
}

function knownRow(index: number, what: string): Assertion<number[]> {
  const first = ALIKE * index;
  return {
    what,
    expected: String(sizeOf(KNOWN[index]!)),
    points: 1,
    compare: (sizes, seed) =>
      compareCases(cases(seed).slice(first, first + ALIKE), (convolution, i) => ({
        passed: same(sizes[first + i], sizeOf(convolution)),
        actual: String(sizes[first + i]),
        mistake: mistakeOf(sizes, seed),
        next: "draw the row of pixels with its zeros, and count the places where the filter fits",
      }), call),
  };
}

function compareOthers(sizes: readonly number[], seed: number): Comparison {
  const all = cases(seed);
  const off = all.findIndex((convolution, i) =>
    i >= all.length - OTHERS && !same(sizes[i], sizeOf(convolution))
  );
  const wrong = all[off];
  if (wrong === undefined) return { passed: true, actual: "all" };
  const [size, kernelSize, stride, padding] = wrong;
  return {
    passed: false,
    actual: `${sizes[off]} for ${call(wrong)}`,
    mistake: mistakeOf(sizes, seed),
    next: `${call(wrong)} is ${sizeOf(wrong)}: ${size + 2 * padding} pixels ` +
      `with the zeros, a filter of ${kernelSize}, steps of ${stride}`,
  };
}

/** `outputSize(size, kernelSize, stride, padding)`. */
export const outputSize: Exercise = {
  id: "output_size",
  lesson: "03_convolution",
  title: "the size of what comes out",
  goal:
    "`outputSize(size, kernelSize, stride, padding)`: how many places a filter has along one side " +
    "of the photo. With it you can check the shape of every layer to come.",
  difficulty: 1,
  minutes: 8,
  hints: [
    "Zeros are laid on **both** ends: how long is the row then?",
    "The filter's first position is at the far left. From there it can move `length - kernelSize` " +
    "pixels to the right. How many steps of `stride` pixels fit into that?",
    "`Math.floor((size + 2 * padding - kernelSize) / stride)` steps; and the first place counts too.",
  ],
  mistakes: {
    padding_once: "the zeros are counted once; they lie on both ends: size + 2 · padding",
    padding_ignored: "the padding is not used; the row is size + 2 · padding pixels long",
    one_too_few: "the steps are counted, not the places: the first place needs no step, so add 1",
    one_inside: "the 1 for the first place is divided as well: divide and round first, then add 1",
    rounded_up: "a last step that would leave the row is counted; round the steps down",
    not_rounded: "the steps are not whole; a last step that would leave the row is not made, so " +
      "round down",
    stride_ignored: "the stride is not used: divide the way by it before you add 1",
    size_over_stride: "size / stride is right only where the zeros happen to make it so; the " +
      "filter's size and the padding belong into it",
  },
  probes: [
    probe(
      (candidate, trial) =>
        cases(trial.seed).map((convolution) => trial.callForNumber(candidate, ...convolution)),
      [
        knownRow(0, "32 pixels, filter 3, stride 1, padding 1"),
        knownRow(1, "32 pixels, filter 5, stride 1, padding 0"),
        knownRow(2, "32 pixels, filter 3, stride 2, padding 1"),
        { what: `${OTHERS} others`, expected: "all", points: 1, compare: compareOthers },
      ],
    ),
  ],
};
