/** Lesson 1: bytes become numbers around 0. */
import { type Exercise, probe } from "../exercise.ts";
import {
  drawn,
  imageNumbers,
  type ImageSeen,
  pixelsOf,
  probeImage,
  seededImage,
  unchangedRow,
  VALUES,
} from "../images.ts";
import { compareCount, compareWays, type Departures } from "../comparisons.ts";
import { type Numbers, seededNumbers } from "../numbers.ts";

/** Of each channel: red, green, blue. */
interface Statistics {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** CIFAR-10's own, for those who do not look at their arguments. */
const CIFAR: Statistics = { mean: [0.4914, 0.4822, 0.4465], std: [0.2470, 0.2435, 0.2616] };

/** How a value may be computed. */
interface Ways {
  /** What becomes of a byte, before the mean is taken away. */
  readonly scale: number;
  readonly formula: (value: number, mean: number, std: number) => number;
  /** Whose mean and std a value gets. */
  readonly channel: "its own" | "red's" | "that of planes";
  readonly statistics: Statistics;
  /** Whether the result is in bytes. */
  readonly inBytes: boolean;
}

/** Mistakes by what they do differently. */
const WRONG: Departures<Ways> = {
  bytes: [{ inBytes: true }],
  one_channel: [{ channel: "red's" }],
  planes: [{ channel: "that of planes" }],
  fixed_statistics: [{ statistics: CIFAR }],
  not_divided_by_255: [{ scale: 1 }],
  std_forgotten: [{ formula: (value, mean) => value - mean }],
  std_multiplied: [{ formula: (value, mean, std) => (value - mean) * std }],
  mean_divided: [{ formula: (value, mean, std) => value - mean / std }],
};

/** Others than CIFAR-10's, each channel its own. */
function statisticsOf(seed: number): Statistics {
  return {
    mean: seededNumbers([3], seed + 11, [0.2, 0.8]).values,
    std: seededNumbers([3], seed + 12, [0.1, 0.4]).values,
  };
}

function compareValues({ values }: ImageSeen, seed: number) {
  const pixel = pixelsOf(seededImage(seed));
  const made = ({
    scale = 255,
    formula = (value, mean, std) => (value - mean) / std,
    channel = "its own",
    statistics: { mean, std } = statisticsOf(seed),
    inBytes = false,
  }: Partial<Ways>): Numbers => {
    const numbers = drawn((y, x, c) => {
      const ofPlanes = Math.floor(((y * 32 + x) * 3 + c) / 1024);
      const at = channel === "its own" ? c : channel === "red's" ? 0 : ofPlanes;
      return formula(pixel(y, x, c) / scale, mean[at]!, std[at]!);
    });
    if (!inBytes) return numbers;
    return { ...numbers, values: Array.from(Uint8Array.from(numbers.values, (v) => v ?? 0)) };
  };
  // mean[i] is undefined from the fourth value on.
  const byIndex = values.length === VALUES &&
    values.every((value, i) => (value === null) === (i >= 3));
  const comparison = compareWays(
    imageNumbers(values),
    [made({})],
    WRONG,
    (ways) => [made(ways)],
    "take one value by hand: (byte / 255 - mean[c]) / std[c], where c is its channel",
  );
  return byIndex ? { ...comparison, mistake: "by_index" } : comparison;
}

/** `normalize(image, mean, std)`. */
export const normalize: Exercise = {
  id: "normalize",
  lesson: "01_cifar10",
  title: "normalize an image",
  goal: "`normalize(image, mean, std)`: 3,072 bytes become 3,072 numbers around 0, so that no " +
    "channel counts for more than another only because it is brighter.",
  difficulty: 2,
  minutes: 10,
  hints: [
    "One value: divide the byte by 255, take away the mean of its channel, divide by the standard " +
    "deviation of its channel.",
    "Which channel? The values lie red, green, blue, red, green, blue ...: the channel of value " +
    "`i` is `i % 3`.",
    "A `Uint8Array` can hold neither fractions nor negative numbers, and its `map` gives a " +
    "`Uint8Array` again. `Float32Array.from(image, (byte, i) => ...)` makes the array that you need.",
  ],
  mistakes: {
    bytes:
      "the result is in bytes again: fractions are cut off, and what is negative wraps round. " +
      "`image.map` gives a `Uint8Array`; use `Float32Array.from(image, ...)`",
    not_divided_by_255: "mean and std are fractions of 255: divide the byte by 255 first",
    std_forgotten: "the mean is taken away; now divide by the standard deviation too",
    std_multiplied: "divide by the standard deviation, do not multiply",
    mean_divided: "only the mean is divided by std: put brackets around the difference",
    by_index:
      "from the fourth value on all is NaN: `mean` and `std` have three values, one for each " +
      "channel, so value `i` takes those of its channel, `i % 3`",
    one_channel: "red's mean and std are used for all channels: value `i` has channel `i % 3`",
    planes: "the channel is taken as if all reds came first; they lie red, green, blue, red, " +
      "green, blue: the channel of value `i` is `i % 3`",
    fixed_statistics: "these are CIFAR-10's own mean and std; use the ones that were handed in, " +
      "`mean[c]` and `std[c]`",
  },
  probes: [
    probe(
      (candidate, trial): ImageSeen => {
        const { mean, std } = statisticsOf(trial.seed);
        return probeImage(trial, candidate, [...mean], [...std]);
      },
      [
        {
          what: "how many values",
          expected: VALUES.toLocaleString("en-US"),
          points: 1,
          requires: "their numbers",
          compare: ({ values }) => compareCount(values.length, VALUES),
        },
        {
          what: "their numbers",
          expected: "(byte / 255 - mean[c]) / std[c]",
          points: 2,
          compare: compareValues,
        },
        { ...unchangedRow<ImageSeen>(), requires: "their numbers" },
      ],
    ),
  ],
};
