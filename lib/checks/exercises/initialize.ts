/** Lesson 10: the learner's `initialize(shape, random)`. */
import { seededRandom } from "../../data/random.ts";
import { type Comparison, type Exercise, probe } from "../exercise.ts";
import { shapeText, sizeOf, wholeNumbers } from "../numbers.ts";
import { describe, type Trial, Trouble } from "../trial.ts";

const SIZE = 3;

/** Layers with sizes drawn from the seed. No two mistakes give nearly the same bound. */
interface Layers {
  readonly convolution: Layer;
  readonly linear: Layer;
  /** The biases of the convolution. */
  readonly bias: Bounds & { readonly size: number };
}

function layersOf(seed: number): Layers {
  const whole = wholeNumbers(seed);
  const no = whole(18, 30);
  const ni = 2 * no + whole(-3, 3);
  const fanIn = SIZE * SIZE * ni;
  const [features, classes] = [whole(200, 280), whole(24, 36)];
  return {
    convolution: {
      shape: [SIZE, SIZE, ni, no],
      bound: Math.sqrt(1.5 / fanIn),
      wrong: wrongBounds(fanIn, SIZE * SIZE * no, ni),
    },
    linear: {
      shape: [features, classes],
      bound: Math.sqrt(1.5 / features),
      wrong: wrongBounds(features, classes),
    },
    bias: {
      size: no,
      bound: 1 / Math.sqrt(fanIn),
      wrong: {
        bias_bound_of_weights: Math.sqrt(1.5 / fanIn),
        bias_no_square_root: 1 / fanIn,
        bias_by_no: 1 / Math.sqrt(no),
        bias_fan_out: 1 / Math.sqrt(SIZE * SIZE * no),
      },
    },
  };
}

/** A drawn sample is not its distribution: how far a bound or deviation may be off. */
const TOLERANCE = 0.04;
/**
 * The biases of one layer are too few to show their bounds. Those of so many layers lie outside of the
 * tolerance once in millions of checks: the deviation of 3200 uniform numbers is off by 0.8 %.
 */
const DRAWS = 200;

/** The correct bound, and the wrong bound of each mistake. */
interface Bounds {
  readonly bound: number;
  readonly wrong: Readonly<Record<string, number>>;
}

/** The shape of a layer's weights, and their bounds. */
interface Layer extends Bounds {
  readonly shape: readonly number[];
}

function wrongBounds(fanIn: number, fanOut: number, ni?: number): Record<string, number> {
  return {
    deviation_as_bound: Math.sqrt(0.5 / fanIn),
    no_square_root: 1.5 / fanIn,
    fan_out: Math.sqrt(1.5 / fanOut),
    a_forgotten: Math.sqrt(6 / fanIn),
    a_not_squared: Math.sqrt(6 / ((1 + Math.sqrt(3)) * fanIn)),
    ...(ni === undefined ? {} : { no_kernel_area: Math.sqrt(1.5 / ni) }),
  };
}

/** Numbers that were drawn, in short. */
interface Sample {
  readonly size: number;
  readonly kind: string;
  readonly lowest: number;
  readonly highest: number;
  readonly mean: number;
  readonly deviation: number;
  /** Whether all are finite numbers. */
  readonly finite: boolean;
  /** Whether every layer has one number for all of its values. */
  readonly constant: boolean;
}

/** What was seen of the weights and biases. */
interface Drawn {
  readonly weight: Sample;
  /** Of as many layers as there were draws. */
  readonly bias: Sample;
  /** How many biases one layer has. */
  readonly biases: number;
  /** Whether the same random numbers gave the same values again. */
  readonly again: boolean;
}

function draw(
  candidate: unknown,
  trial: Trial,
  { shape }: Layer,
  seed: number,
): { weight: unknown; bias: unknown } {
  const made = trial.call(candidate, [...shape], seededRandom(seed));
  if (typeof made === "object" && made !== null && "weight" in made && "bias" in made) return made;
  throw new Trouble(`expected { weight, bias }, but it returns ${describe(made)}`);
}

function probeConvolution(candidate: unknown, trial: Trial): Drawn {
  const { convolution } = layersOf(trial.seed);
  const draws = Array.from(
    { length: DRAWS },
    (_, i) => draw(candidate, trial, convolution, trial.seed + i),
  );
  const [first] = draws;
  const again = draw(candidate, trial, convolution, trial.seed);
  const text = ({ weight, bias }: typeof again) => `${numbersIn(weight)} ${numbersIn(bias)}`;
  return {
    weight: sampleOf([first!.weight]),
    bias: sampleOf(draws.map(({ bias }) => bias)),
    biases: numbersIn(first!.bias).length,
    again: text(first!) === text(again),
  };
}

function sampleOf(drawn: readonly unknown[]): Sample {
  const layers = drawn.map(numbersIn);
  const values = layers.flat();
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return {
    size: values.length,
    kind: drawn[0] instanceof Float32Array ? "Float32Array" : describe(drawn[0]),
    lowest: values.reduce((least, value) => Math.min(least, value), Infinity),
    highest: values.reduce((most, value) => Math.max(most, value), -Infinity),
    mean,
    deviation: Math.sqrt(variance),
    finite: values.every((value) => Number.isFinite(value)),
    constant: layers.every((layer) => layer.length > 1 && new Set(layer).size === 1),
  };
}

function numbersIn(drawn: unknown): number[] {
  if (drawn instanceof Float32Array || Array.isArray(drawn)) return Array.from(drawn, Number);
  throw new Trouble(`expected a Float32Array, got ${describe(drawn)}`);
}

const near = (got: number, expected: number) => Math.abs(got / expected - 1) < TOLERANCE;
const short = (value: number) => value.toPrecision(3);
const count = (size: number) => size.toLocaleString("en-US");

/** What a sample that is not uniform in ±bound is taken for. */
function mistakeOf(
  { lowest, highest, deviation, constant }: Sample,
  bounds: Readonly<Record<string, number>>,
  prefix: string,
): string | undefined {
  if (constant) return `${prefix}constant`;
  if (lowest >= 0) return `${prefix}one_sided`;
  // A uniform sample ends at 1.73 deviations; a normal one goes on.
  if (highest > 2.2 * deviation && -lowest > 2.2 * deviation) return `${prefix}normal`;
  return Object.entries(bounds).find(([, wrong]) =>
    near(highest, wrong) && near(-lowest, wrong) && near(deviation, wrong / Math.sqrt(3))
  )?.[0];
}

/** Checks that a sample has `size` uniform numbers; numbers recorded from another layer fail. */
function compareSample(
  sample: Sample,
  size: number,
  { bound, wrong }: Bounds,
  prefix = "",
): Comparison {
  const { lowest, highest, mean, deviation, finite, constant } = sample;
  const inside = highest <= bound * 1.0001 && lowest >= -bound * 1.0001;
  const filled = near(highest, bound) && near(-lowest, bound);
  const even = near(deviation, bound / Math.sqrt(3)) && Math.abs(mean) < 0.06 * bound;
  return {
    passed: sample.size === size && finite && !constant && inside && filled && even,
    actual: !finite
      ? "not all values are numbers"
      : constant
      ? "one number for all"
      : sample.size === size
      ? `${short(lowest)} to ${short(highest)}`
      : `${count(sample.size)}, expected ${count(size)}`,
    mistake: sample.size === size ? mistakeOf(sample, wrong, prefix) : undefined,
    next: "uniform between -bound and bound: `(2 * random() - 1) * bound`",
  };
}

function compareSize(size: number, { kind }: Sample, expected: number, next: string): Comparison {
  return {
    passed: size === expected && kind === "Float32Array",
    actual: kind === "Float32Array" ? count(size) : kind,
    next: kind === "Float32Array"
      ? next
      : "create a `Float32Array`, for example with `Float32Array.from(…)`",
  };
}

const between = ({ bound }: Bounds) => `${short(-bound)} to ${short(bound)}`;

const WEIGHTS = "weights of a convolution";
const RANGE = "range of the weights";

/** `initialize(shape, random)`. */
export const initialize: Exercise = {
  id: "initialize",
  lesson: "10_initialization_and_transfer",
  title: "the first weights",
  goal:
    "`initialize(shape, random)`: a layer's weights and biases before it has learned anything. " +
    "They decide whether a signal **reaches the last layer** of a deep network at all.",
  difficulty: 3,
  minutes: 12,
  hints: [
    "fan_in is the number of inputs that one output is a sum of: for `[3, 3, 32, 20]` it is " +
    "3 · 3 · 32. In a shape `[..., ni, no]` that is every number but the last, multiplied.",
    "With a = √3 the bound √(6 / ((1 + a²) · fan_in)) is √(1.5 / fan_in). A number in ±bound is " +
    "`(2 * random() - 1) * bound`, with a new `random()` for each.",
    "`const uniform = (size: number, bound: number) => Float32Array.from({ length: size }, () => " +
    "(2 * random() - 1) * bound);` Then the weights are `uniform(fanIn * no, Math.sqrt(1.5 / " +
    "fanIn))`, and the biases `uniform(no, 1 / Math.sqrt(fanIn))`.",
  ],
  mistakes: {
    deviation_as_bound: "√(0.5 / fan_in) is the standard deviation. A uniform sample reaches √3 " +
      "times as far: √(1.5 / fan_in)",
    no_square_root: "the square root of the weights' bound is missing: √(1.5 / fan_in)",
    fan_out: "that is the bound by fan_out, height · width · no; take fan_in, height · width · ni",
    no_kernel_area: "fan_in is more than ni: a 3×3 filter sees 9 pixels of each channel",
    a_forgotten: "that is the bound for a = 0, √(6 / fan_in); with a = √3 it is half of it",
    a_not_squared: "a is squared in the formula: 1 + a² = 4, and not 1 + √3",
    one_sided: "no weight is negative: `random()` is in 0 to 1, so stretch it to -1 to 1",
    constant: "all weights are the same number: call `random()` for each of them",
    normal: "the weights are normal; with `kaiming_uniform_` they are uniform, and none lies " +
      "outside the bound",
    bias_bound_of_weights: "the biases have the weights' bound; theirs is 1 / √fan_in",
    bias_no_square_root: "the square root of the biases' bound is missing: 1 / √fan_in",
    bias_by_no: "the biases' bound is 1 / √no; it goes by fan_in",
    bias_fan_out: "the biases' bound goes by fan_out; it goes by fan_in",
    bias_one_sided: "no bias is negative: `random()` is in 0 to 1, so stretch it to -1 to 1",
    bias_constant: "all biases of a layer are the same number: draw each of them, uniform in " +
      "±1 / √fan_in",
    bias_normal: "the biases are normal; they are uniform",
    own_random:
      "the same `random` gives other weights the second time: draw with the `random` that " +
      "comes in, and not with Math.random",
  },
  probes: [
    probe(probeConvolution, [
      {
        what: WEIGHTS,
        expected: (seed) => {
          const { shape } = layersOf(seed).convolution;
          return `${count(sizeOf(shape))} for ${shapeText(shape)}, in a Float32Array`;
        },
        points: 1,
        compare: ({ weight }, seed) => {
          const { shape } = layersOf(seed).convolution;
          return compareSize(weight.size, weight, sizeOf(shape), "height · width · ni · no");
        },
      },
      {
        what: RANGE,
        expected: (seed) => between(layersOf(seed).convolution),
        points: 2,
        compare: ({ weight }, seed) => {
          const { convolution } = layersOf(seed);
          return compareSample(weight, sizeOf(convolution.shape), convolution);
        },
      },
      {
        what: "biases",
        expected: (seed) => `${layersOf(seed).bias.size} in a Float32Array`,
        points: 1,
        requires: WEIGHTS,
        compare: ({ bias, biases }, seed) =>
          compareSize(biases, bias, layersOf(seed).bias.size, "one for each filter"),
      },
      {
        what: "range of the biases",
        expected: (seed) => between(layersOf(seed).bias),
        points: 1,
        compare: ({ bias: sample }, seed) => {
          const { bias } = layersOf(seed);
          return compareSample(sample, DRAWS * bias.size, bias, "bias_");
        },
      },
      {
        what: "the same random numbers again",
        expected: "the same weights",
        points: 1,
        requires: RANGE,
        compare: ({ again }) => ({
          passed: again,
          actual: again ? "the same weights" : "others",
          mistake: again ? undefined : "own_random",
        }),
      },
    ]),
    probe(
      (candidate, trial) =>
        sampleOf([draw(candidate, trial, layersOf(trial.seed).linear, trial.seed).weight]),
      [
        {
          what: "weights of a linear layer",
          expected: (seed) => {
            const { linear } = layersOf(seed);
            return `${between(linear)} for ${shapeText(linear.shape)}`;
          },
          points: 1,
          compare: (sample, seed) => {
            const { linear } = layersOf(seed);
            return compareSample(sample, sizeOf(linear.shape), linear);
          },
        },
      ],
    ),
  ],
};
