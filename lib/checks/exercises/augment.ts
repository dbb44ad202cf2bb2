/** Lesson 1: a random crop of the padded image, or of its mirror image. */
import { seededRandom } from "../../data/random.ts";
import { type Assertion, type Comparison, type Exercise, probe } from "../exercise.ts";
import { drawn, pixelsOf, seededImage, SIDE, unchangedRow, VALUES } from "../images.ts";
import { compareCount } from "../comparisons.ts";

const PAD = 4;
/** Windows begin at 0 to 8. */
const LAST = 2 * PAD;
/** Calls whose results are looked at in a few pixels: enough to tell chance from a mistake. */
const CALLS = 1000;
/** Calls whose results are compared pixel by pixel. */
const FULL = 12;
/**
 * Right answers lie outside of these once in millions of checks: they are five standard deviations away.
 * Of windows at random 2/9 begin at an end; rounding makes it 1/8, which is as far below.
 */
const FLIPPED = [0.42, 0.58] as const;
const LEAST_ENDS = 0.174;

/** The RGB values of three central pixels of a result, which show where the window comes from. */
type Sample = readonly (readonly (number | null)[])[];

interface AugmentSeen {
  readonly length: number;
  readonly full: readonly (readonly (number | null)[])[];
  readonly samples: readonly Sample[];
  /** Whether the same random numbers gave the same images. */
  readonly repeated: boolean;
  readonly unchanged: boolean;
}

/** The window that a result is. */
interface Place {
  readonly top: number;
  readonly left: number;
  readonly flipped: boolean;
  readonly upsideDown: boolean;
}

const STEP = 7;
const MIDDLE = SIDE / 2;

/** An image whose red encodes the row and whose green encodes the column; blue is seeded noise. */
function mapImage(seed: number): Uint8Array {
  return seededImage(seed).map((noise, i) => {
    const [row, column] = [Math.floor(i / (3 * SIDE)), Math.floor(i / 3) % SIDE];
    return i % 3 === 0 ? 1 + STEP * row : i % 3 === 1 ? 1 + STEP * column : noise;
  });
}

function sampleOf(values: readonly number[]): number[][] {
  const at = (y: number, x: number) => [0, 1, 2].map((c) => values[(y * SIDE + x) * 3 + c] ?? -1);
  return [at(MIDDLE, MIDDLE), at(MIDDLE + 1, MIDDLE), at(MIDDLE, MIDDLE + 1)];
}

/** Finds the place of a sample; undefined if the sample is not a window of this image. */
function placeOf(sample: Sample, image: Uint8Array): Place | undefined {
  const [[red, green] = [], [redBelow] = [], [, greenBeside] = []] = sample;
  const along = (here: number | null | undefined, next: number | null | undefined) => {
    if (typeof here !== "number" || typeof next !== "number") return undefined;
    const turned = next < here;
    // The middle pixel, seen from the other end, is one pixel nearer.
    const offset = (here - 1) / STEP - MIDDLE + PAD + (turned ? 1 : 0);
    const fits = Math.abs(next - here) === STEP && Number.isInteger(offset) && offset >= 0 &&
      offset <= LAST;
    return fits ? { turned, offset } : undefined;
  };
  const down = along(red, redBelow);
  const across = along(green, greenBeside);
  if (down === undefined || across === undefined) return undefined;
  // Red and green are the same for every seed; blue shows whether the pixels come from this image.
  const pixel = pixelsOf(image);
  const own = sample.every(([red, green, blue]) =>
    pixel(((red ?? 0) - 1) / STEP, ((green ?? 0) - 1) / STEP, 2) === blue
  );
  if (!own) return undefined;
  return {
    top: down.offset,
    left: across.offset,
    flipped: across.turned,
    upsideDown: down.turned,
  };
}

function placesOf({ samples }: AugmentSeen, seed: number): Place[] {
  const image = mapImage(seed);
  return samples.map((sample) => placeOf(sample, image)).filter((place) => place !== undefined);
}

/**
 * Those whose `left` is the one that was drawn. Who mirrors first and crops then gets mirrored windows
 * whose left was 8 - left.
 */
function unturned(places: readonly Place[]): readonly Place[] {
  const straight = places.filter(({ flipped }) => !flipped);
  return straight.length > 0 ? straight : places;
}

/** The comparison on results that are no windows of the image. */
function noWindows({ full }: AugmentSeen): Comparison {
  const isBlack = full.every((values) => values.every((value) => value === 0));
  return {
    passed: false,
    actual: isBlack ? "all results are black" : "no windows of the image",
    mistake: isBlack ? "not_whole" : undefined,
    next: "each result must be a window of the padded image: begin with your `crop`",
  };
}

/** Compares offsets along one axis: which occur, and how often the first and the last. */
function compareOffsets(seen: AugmentSeen, axis: "top" | "left", seed: number): Comparison {
  const places = placesOf(seen, seed);
  if (places.length === 0) return noWindows(seen);
  const drawn = (axis === "left" ? unturned(places) : places).map((place) => place[axis]);
  const [least, most] = [Math.min(...drawn), Math.max(...drawn)];
  const kinds = new Set(drawn).size;
  // Of both axes, as a mistake in one is mostly in the other too.
  const both = places.flatMap(({ top, left }) => [top, left]);
  const ends = both.filter((offset) => offset === 0 || offset === LAST).length / both.length;
  const complete = kinds === LAST + 1;
  const rounded = complete && ends < LEAST_ENDS;
  const range = kinds === 1 ? `always ${least}` : `${least} to ${most}`;
  return {
    passed: complete && !rounded,
    actual: rounded ? `${range}, 0 and 8 in only ${(100 * ends).toFixed(0)} %` : range,
    mistake: rounded
      ? "rounded"
      : kinds === 1
      ? "no_crop"
      : most <= PAD
      ? "half_offsets"
      : kinds === LAST
      ? "eight_offsets"
      : undefined,
    next: "`Math.floor(random() * 9)` gives 0 to 8, each equally often",
  };
}

function compareWindows(seen: AugmentSeen, seed: number): Comparison {
  const image = mapImage(seed);
  const pixel = pixelsOf(image);
  const places = seen.full.map((values) =>
    placeOf(sampleOf(values.map((value) => value ?? -1)), image)
  );
  const right = seen.full.filter((values, i) => {
    const place = places[i];
    if (place === undefined || place.upsideDown) return false;
    const { top, left, flipped } = place;
    const window = drawn((y, x, c) =>
      pixel(y + top - PAD, (flipped ? SIDE - 1 - x : x) + left - PAD, c)
    );
    return values.length === VALUES && window.values.every((value, at) => value === values[at]);
  }).length;
  if (places.every((place) => place === undefined)) return noWindows(seen);
  return {
    passed: right === FULL,
    actual: `${right} of ${FULL}`,
    mistake: places.some((place) => place?.upsideDown) ? "vertical" : undefined,
    next:
      "each result must be `crop(image, top, left)`, or the mirror image of it: have the checks of " +
      "`crop` and `flip` passed?",
  };
}

function comparePairs(seen: AugmentSeen, seed: number): Comparison {
  const places = unturned(placesOf(seen, seed));
  if (places.length === 0) return noWindows(seen);
  const count = (of: (place: Place) => number) => new Set(places.map(of)).size;
  const possible = count(({ top }) => top) * count(({ left }) => left);
  const pairs = count(({ top, left }) => top * (LAST + 1) + left);
  return {
    passed: possible > 1 && pairs > 0.7 * possible,
    actual: `${pairs} of ${possible} pairs`,
    mistake: possible > 1 && places.every(({ top, left }) => top === left)
      ? "same_offset"
      : undefined,
    next: "draw a random number for `top` and another one for `left`",
  };
}

/** Checks that random windows differ, and that the same seed gives the same windows again. */
function compareRepeated(seen: AugmentSeen, seed: number): Comparison {
  const kinds = new Set(placesOf(seen, seed).map((place) => Object.values(place).join()));
  if (seen.repeated && kinds.size === 0) return noWindows(seen);
  return {
    passed: seen.repeated && kinds.size > 1,
    actual: !seen.repeated
      ? "others"
      : kinds.size > 1
      ? "the same images"
      : "always the same window",
    mistake: seen.repeated ? undefined : "own_random",
    next: "use the argument `random` for `top`, `left` and the decision to mirror",
  };
}

function compareFlipped(seen: AugmentSeen, seed: number): Comparison {
  const places = placesOf(seen, seed);
  if (places.length === 0) return noWindows(seen);
  const share = places.filter(({ flipped }) => flipped).length / places.length;
  return {
    passed: share > FLIPPED[0] && share < FLIPPED[1],
    actual: `${(100 * share).toFixed(0)} %`,
    mistake: places.some(({ upsideDown }) => upsideDown)
      ? "vertical"
      : share === 0
      ? "never_flipped"
      : share === 1
      ? "always_flipped"
      : undefined,
    next: "`random() < 0.5` is true in half of the cases",
  };
}

const WINDOWS = `${FULL} results, pixel by pixel`;

const ROWS: readonly Assertion<AugmentSeen>[] = [
  {
    what: "how many values",
    expected: VALUES.toLocaleString("en-US"),
    points: 1,
    requires: WINDOWS,
    compare: ({ length }) => compareCount(length, VALUES),
  },
  {
    what: WINDOWS,
    expected: "windows of the padded image, mirrored or not",
    points: 1,
    compare: compareWindows,
  },
  {
    what: "first rows of the windows",
    expected: "0 to 8",
    points: 1,
    compare: (seen, seed) => compareOffsets(seen, "top", seed),
  },
  {
    what: "first columns of the windows",
    expected: "0 to 8",
    points: 1,
    compare: (seen, seed) => compareOffsets(seen, "left", seed),
  },
  {
    what: "rows and columns together",
    expected: "every pair",
    points: 1,
    compare: comparePairs,
  },
  { what: "mirrored", expected: "about 50 %", points: 1, compare: compareFlipped },
  {
    what: "the same random numbers again",
    expected: "the same images",
    points: 1,
    requires: WINDOWS,
    compare: compareRepeated,
  },
  { ...unchangedRow<AugmentSeen>("in_place"), requires: WINDOWS },
];

/** `augment(image, random)`. */
export const augment: Exercise = {
  id: "augment",
  lesson: "01_cifar10",
  title: "the whole augmentation",
  goal: "`augment(image, random)`: a random window of the padded image, mirrored in half of the " +
    "cases. The network never sees quite the same photo twice.",
  difficulty: 3,
  minutes: 10,
  hints: [
    "Three things are left to chance: `top`, `left` and whether to mirror. Draw a random number " +
    "for each.",
    "A window may begin at 0, 1, ... 8: nine places. `Math.floor(random() * 9)` gives each of " +
    "them equally often, and `random() < 0.5` is true in half of the cases.",
    "`const cropped = crop(image, top, left);`, then " +
    "`return random() < 0.5 ? flip(cropped) : cropped;`",
  ],
  mistakes: {
    not_whole: "all results are black: `top` and `left` must be whole numbers, as " +
      "`Math.floor(random() * 9)` gives them. Is `random` called, with its `()`?",
    eight_offsets:
      "one end is never reached: windows begin at 0 to 8, and those are nine places: " +
      "`Math.floor(random() * 9)`",
    half_offsets: "the window moves by half as much as it could: the padding is 4 on **both** " +
      "sides, so it may begin at 0 to 8",
    rounded: "`Math.round` gives 0 and 8 half as often as the others: take " +
      "`Math.floor(random() * 9)`",
    no_crop: "the window is always at the same place: draw `top` and `left` at random, from 0 to 8",
    same_offset:
      "`top` and `left` are always equal, so the photo moves along one diagonal: draw a " +
      "random number for each",
    never_flipped: "no result is mirrored: flip where `random() < 0.5`",
    always_flipped: "every result is mirrored: flip where `random() < 0.5`, in half of the cases",
    vertical: "some results stand on their head: mirror left and right, not top and bottom",
    own_random: "chance comes from elsewhere, such as `Math.random`: call the `random` that is " +
      "handed in, so that a training can be repeated exactly",
    in_place: "the photo itself was changed: write into a new array",
  },
  probes: [
    probe(
      (candidate, trial): AugmentSeen => {
        const image = mapImage(trial.seed);
        let unchanged = true;
        const run = (count: number) => {
          const random = seededRandom(trial.seed + 5);
          return Array.from({ length: count }, () => {
            const given = image.slice();
            const values = trial.callForValues(candidate, given, random);
            unchanged &&= given.every((value, i) => value === image[i]);
            return values;
          });
        };
        const first = run(FULL);
        const second = run(CALLS);
        return {
          length: first[0]!.length,
          full: first,
          samples: second.map(sampleOf),
          repeated: first.every((values, i) => values.every((v, at) => v === second[i]![at])),
          unchanged,
        };
      },
      ROWS,
    ),
  ],
};
