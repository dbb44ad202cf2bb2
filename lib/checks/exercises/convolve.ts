/** Lesson 3: a convolution of one channel, by loops. */
import { type Comparison, type Exercise, probe } from "../exercise.ts";
import { compareShape, compareWays, type Departures } from "../comparisons.ts";
import { type Numbers, seededNumbers, wholeNumbers } from "../numbers.ts";
import { describe, type Trial, Trouble } from "../trial.ts";

type Grid = readonly (readonly number[])[];

/** A convolution: the map, the filter, the stride and the padding. */
interface Given {
  readonly map: Grid;
  readonly filter: Grid;
  readonly stride: number;
  readonly padding: number;
}

/** Sizes of the cases. No side equals another, so a mix-up of rows and columns shows. */
const CASES = [
  "stride 1, padding 1",
  "stride 1, padding 0",
  "stride 2 or 3, padding 1 or 2",
] as const;

function givenOf(seed: number, index: number): Given {
  const whole = wholeNumbers(seed + 31 * index);
  const height = whole(6, 9);
  const width = height + whole(1, 4);
  const size = 2 * whole(1, 2) + 1;
  const [stride, padding] = index === 0
    ? [1, 1]
    : index === 1
    ? [1, 0]
    : [whole(2, 3), whole(1, 2)];
  return {
    map: grid(height, width, seed + index),
    filter: grid(size, size, seed + 10 + index),
    stride,
    padding,
  };
}

function grid(height: number, width: number, seed: number): number[][] {
  const values: readonly number[] = seededNumbers([height * width], seed).values;
  return Array.from({ length: height }, (_, y) => values.slice(y * width, (y + 1) * width));
}

/** How a convolution is computed. */
interface Ways {
  readonly filterAt: (filter: Grid, y: number, x: number) => number;
  readonly usesStride: boolean;
  readonly usesPadding: boolean;
  /** What lies around the map. */
  readonly outside: "zeros" | "edge";
  readonly divides: boolean;
  /** Places that are left out at the end of each side. */
  readonly missing: number;
}

/** Mistakes by what they do differently. */
const WRONG: Departures<Ways> = {
  filter_rotated: [{
    filterAt: (filter, y, x) => filter.at(-1 - y)![filter.length - 1 - x]!,
  }],
  filter_transposed: [{ filterAt: (filter, y, x) => filter[x]![y]! }],
  stride_ignored: [{ usesStride: false }],
  padding_ignored: [{ usesPadding: false }],
  edge_repeated: [{ outside: "edge" }],
  mean_not_sum: [{ divides: true }],
  one_place_short: [{ missing: 1 }],
};

function convolved({ map, filter, stride, padding }: Given, ways: Partial<Ways> = {}): Numbers {
  const {
    filterAt = (filter, y, x) => filter[y]![x]!,
    usesStride = true,
    usesPadding = true,
    outside = "zeros",
    divides = false,
    missing = 0,
  } = ways;
  const [height, width, size] = [map.length, map[0]!.length, filter.length];
  const [step, border] = [usesStride ? stride : 1, usesPadding ? padding : 0];
  const places = (length: number) =>
    Math.max(0, Math.floor((length + 2 * border - size) / step) + 1 - missing);
  const clamp = (at: number, length: number) => Math.min(length - 1, Math.max(0, at));
  const pixel = (y: number, x: number) =>
    outside === "edge" ? map[clamp(y, height)]![clamp(x, width)]! : map[y]?.[x] ?? 0;
  const [rows, columns] = [places(height), places(width)];
  const values = Array.from({ length: rows * columns }, (_, i) => {
    const [top, left] = [Math.floor(i / columns) * step - border, (i % columns) * step - border];
    let sum = 0;
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) sum += pixel(top + y, left + x) * filterAt(filter, y, x);
    }
    return divides ? sum / (size * size) : sum;
  });
  return { shape: [rows, columns], values };
}

interface MapsSeen {
  readonly maps: readonly Numbers[];
  readonly unchanged: boolean;
}

function run(candidate: unknown, trial: Trial): MapsSeen {
  let unchanged = true;
  const maps = CASES.map((_, index): Numbers => {
    const { map, filter, stride, padding } = givenOf(trial.seed, index);
    const [own, ownFilter] = [map, filter].map((grid) => grid.map((row) => [...row]));
    const value = trial.call(candidate, own, ownFilter, stride, padding);
    if (
      !Array.isArray(value) || !value.every((row) => Array.isArray(row) || ArrayBuffer.isView(row))
    ) {
      throw new Trouble(`expected an array of rows, but it returns ${describe(value)}`);
    }
    unchanged &&= String(own) === String(map) && String(ownFilter) === String(filter);
    const rows = (value as ArrayLike<number>[]).map((row) => Array.from(row, Number));
    const lengths = new Set(rows.map((row) => row.length));
    if (lengths.size > 1) throw new Trouble("its rows have different lengths");
    return {
      shape: [rows.length, rows[0]?.length ?? 0],
      values: rows.flat().map((number) => Number.isFinite(number) ? number : null),
    };
  });
  return { maps, unchanged };
}

function compareMap(index: number) {
  return ({ maps, unchanged }: MapsSeen, seed: number): Comparison => {
    const given = givenOf(seed, index);
    const right = convolved(given);
    const comparison = compareWays(
      maps[index]!,
      [right],
      WRONG,
      (ways) => [convolved(given, ways)],
      "take the top left value by hand: which pixels lie under the filter, and which of them are padding?",
    );
    if (!unchanged) {
      return {
        passed: false,
        actual: "the map that you were given has changed",
        mistake: "in_place",
      };
    }
    return comparison;
  };
}

/** `convolve(map, filter, stride, padding)`. */
export const convolve: Exercise = {
  id: "convolve",
  lesson: "03_convolution",
  title: "a convolution by loops",
  goal:
    "`convolve(map, filter, stride, padding)`: **what a convolution layer computes**, for one channel " +
    "and one filter, in four loops.",
  difficulty: 3,
  minutes: 15,
  hints: [
    "Two outer loops go over the places of the output, two inner loops over the filter. The sum starts " +
    "at 0 for each place.",
    "The output's place (row, column) has its filter's top left corner at row `row * stride - padding`, " +
    "column `column * stride - padding` of the map. That can be outside the map: then the pixel is 0.",
    "`sum += (map[top + y]?.[left + x] ?? 0) * filter[y][x]`: `?.` and `??` make the values outside the map 0. " +
    "`outputSize` gives the number of rows and of columns.",
  ],
  mistakes: {
    filter_rotated:
      "the filter is rotated by 180°. Convolution in mathematics does that, a convolution layer does not: multiply `filter[y][x]` by the pixel under it",
    filter_transposed: "rows and columns of the filter are exchanged: use `filter[y][x]`",
    stride_ignored:
      "the stride is not used: the filter moves by `stride` pixels from place to place",
    padding_ignored:
      "the padding is not used: the first window begins `padding` pixels outside the map",
    edge_repeated: "outside the map, the nearest pixel is used; there are zeros",
    mean_not_sum: "the products are averaged; a convolution sums them",
    one_place_short: "the last row and the last column of the output are missing",
    in_place: "write into a new array, and leave `map` and `filter` as they are",
  },
  probes: [
    probe(run, [
      {
        what: "output shape, stride 2 or 3",
        expected: (seed) => `[${convolved(givenOf(seed, 2)).shape.join(", ")}]`,
        points: 1,
        requires: CASES[0],
        compare: ({ maps }, seed) =>
          compareShape(
            maps[2]!,
            convolved(givenOf(seed, 2)).shape,
            "use `outputSize` for the rows and for the columns: the map is wider than high",
          ),
      },
      ...CASES.map((what, index) => ({
        what,
        expected: "sum of pixel · filter at each place",
        points: 1,
        compare: compareMap(index),
      })),
    ]),
  ],
};
