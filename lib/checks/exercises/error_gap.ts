/** Lesson 6: how far apart two trainings are. */
import { type Exercise, type Judgement, look, type Plain } from "../exercise.ts";
import { type Departures, mistakesIn } from "../judgements.ts";
import { seededNumbers, wholeNumbers } from "../numbers.ts";
import { describe, type Trial, Trouble } from "../trial.ts";

/** What a run's record keeps of its steps. */
interface Curve {
  readonly step: readonly number[];
  readonly loss: readonly number[];
  readonly accuracy: readonly number[];
}

/** The answer, or a mistaken one. */
interface Gap {
  readonly step: readonly number[];
  readonly gap: readonly number[];
  readonly final: number;
}

/** The arguments of the learner's function. */
interface Given {
  readonly plain: Curve;
  readonly residual: Curve;
  readonly lastSteps: number;
}

/** Two curves with other steps, and other ends: places do not match, steps do. */
function givenOf(seed: number): Given {
  const whole = wholeNumbers(seed);
  const [start, stride, shorter] = [whole(0, 50), whole(1, 3), whole(20, 40)];
  const longer = shorter + whole(2, 6);
  const curve = (stride: number, length: number, seed: number): Curve => {
    const step = Array.from({ length }, (_, i) => start + stride * (i + 1));
    const between = (seed: number, low: number, high: number) =>
      seededNumbers([step.length], seed, [low, high]).values;
    return { step, loss: between(seed, 0.2, 2.5), accuracy: between(seed + 1, 0.1, 0.95) };
  };
  return {
    plain: curve(2 * stride, longer, seed + 10),
    residual: curve(stride, 2 * shorter, seed + 20),
    // Covers two or three common steps, and is smaller than the number of common places.
    lastSteps: 2 * stride * whole(2, 3),
  };
}

/** How the gap is made; a mistake does something else. */
interface Ways {
  readonly sign: (gap: number) => number;
  readonly scale: number;
  /** 1 where more is better, -1 where less is. */
  readonly better: 1 | -1;
  readonly from: "accuracy" | "loss";
  readonly match: "step" | "place";
  readonly final: (step: readonly number[], gap: readonly number[], lastSteps: number) => number;
}

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const RIGHT: Ways = {
  sign: (gap) => gap,
  scale: 100,
  better: 1,
  from: "accuracy",
  match: "step",
  final: (step, gap, lastSteps) => mean(gap.filter((_, i) => step[i]! > step.at(-1)! - lastSteps)),
};

const WRONG: Departures<Ways> = {
  wrong_sign: [{ sign: (gap) => -gap }],
  no_sign: [{ sign: Math.abs }],
  not_in_points: [{ scale: 1 }],
  // A larger loss is worse, and a larger accuracy better.
  loss_for_error: [{ from: "loss", better: -1 }],
  places_for_steps: [{ match: "place" }],
  last_value: [{ final: (_, gap) => gap.at(-1)! }],
  mean_of_all: [{ final: (_, gap) => mean(gap) }],
  places_counted: [{ final: (_, gap, lastSteps) => mean(gap.slice(-lastSteps)) }],
  one_step_more: [{
    final: (step, gap, lastSteps) =>
      mean(gap.filter((_, i) => step[i]! >= step.at(-1)! - lastSteps)),
  }],
};

function gapOf({ plain, residual, lastSteps }: Given, ways: Partial<Ways> = {}): Gap {
  const { sign, scale, better, from, match, final } = { ...RIGHT, ...ways };
  const step = match === "step"
    ? plain.step.filter((at) => residual.step.includes(at))
    : plain.step.slice(0, Math.min(plain.step.length, residual.step.length));
  const place = (curve: Curve, at: number, i: number) =>
    match === "step" ? curve.step.indexOf(at) : i;
  const gap = step.map((at, i) => {
    const [ours, theirs] = [residual, plain].map((curve) => curve[from][place(curve, at, i)]!);
    return sign(scale * better * (ours! - theirs!));
  });
  return { step, gap, final: final(step, gap, lastSteps) };
}

function lookAtGap(candidate: unknown, trial: Trial): Plain {
  const { plain, residual, lastSteps } = givenOf(trial.seed);
  const value = trial.call(candidate, plain, residual, lastSteps);
  if (typeof value !== "object" || value === null || !("gap" in value)) {
    throw new Trouble(`it returns ${describe(value)}, where { step, gap, final } was expected`);
  }
  const { step, gap, final } = value as Record<string, unknown>;
  const list = (values: unknown): Plain =>
    values === undefined || values === null || typeof values === "string"
      ? null
      : Array.from(values as ArrayLike<number>, Number);
  return {
    step: list(step),
    gap: list(gap),
    final: typeof final === "number" ? final : describe(final),
  };
}

/** A value with as many digits as a reader compares. */
function short(value: unknown): string {
  // JSON has no NaN.
  return typeof value === "number" ? String(Number(value.toFixed(3))) : "NaN";
}

/** Whether both are the same numbers. */
function same(a: unknown, b: readonly number[]): boolean {
  return Array.isArray(a) && a.length === b.length &&
    b.every((value, i) => typeof a[i] === "number" && Math.abs(a[i] - value) < 1e-4);
}

/** What explains what was seen, all three parts of it. */
function mistakeIn(seen: Plain, seed: number): Judgement["mistake"] {
  const { step, gap, final } = seen as Record<string, Plain>;
  return mistakesIn(WRONG, (ways) => {
    const wrong = gapOf(givenOf(seed), ways);
    return same(step, wrong.step) && same(gap, wrong.gap) && same([final], [wrong.final]);
  });
}

function judgeList(
  name: "step" | "gap",
  next: string,
): (seen: Plain, seed: number) => Judgement {
  return (seen, seed) => {
    const got = (seen as Record<string, Plain>)[name];
    const expected = gapOf(givenOf(seed))[name];
    if (same(got, expected)) return { good: true, got: "the same" };
    const values = Array.isArray(got) ? got as readonly unknown[] : undefined;
    const text = values === undefined
      ? `no ${name}`
      : values.length === 0
      ? "an empty array"
      : `${values.length} values from ${short(values[0])} to ${short(values.at(-1))}`;
    const hasHoles = values?.some((value) => typeof value !== "number") === true;
    return {
      good: false,
      got: text,
      mistake: mistakeIn(seen, seed),
      next: hasHoles ? "NaN comes from a step that only one curve has: leave such steps out" : next,
    };
  };
}

/** `errorGap(plainCurve, residualCurve, lastSteps)`. */
export const errorGap: Exercise = {
  id: "error_gap",
  lesson: "06_plain_vs_residual",
  title: "the gap in numbers",
  goal:
    "`errorGap(plainCurve, residualCurve, lastSteps)`: from two training curves **how many percentage " +
    "points more the plain network gets wrong**, step by step, and one number for the end.",
  difficulty: 2,
  minutes: 15,
  hints: [
    "The error is what is not right: 1 − accuracy. The gap is the plain network's error minus the " +
    "residual one's, times 100, so it is positive where the plain one is worse.",
    "Go through `plainCurve.step`. `residualCurve.step.indexOf(step)` says where the other curve has the same " +
    "step, and gives −1 where it does not: leave such a step out.",
    "The last steps are those above `lastStep - lastSteps`. `final` is the mean of the gaps " +
    "there: sum them, and divide by how many there are.",
  ],
  mistakes: {
    wrong_sign:
      "the sign is turned round: plain error minus residual error is residual accuracy minus " +
      "plain accuracy",
    no_sign: "without its sign the gap cannot say which network is ahead; leave Math.abs out",
    not_in_points: "these are shares of 1; percentage points are 100 times as much",
    loss_for_error: "that is the gap of the losses; the error is 1 − accuracy",
    places_for_steps:
      "place i of one curve is another step than place i of the other; look for the " +
      "same step in both",
    last_value:
      "final is the last value alone, which one lucky batch can decide; take the mean over the " +
      "last `lastSteps` steps",
    mean_of_all: "final is the mean over the whole training; take the last steps alone",
    one_step_more:
      "`final` takes the step `lastStep - lastSteps` as well; the last `lastSteps` steps " +
      "begin above it: compare with `>`, not with `>=`",
    places_counted: "final is the mean of the last lastSteps places, but a place stands for " +
      "several steps; compare steps",
  },
  looks: [
    look(lookAtGap, [
      {
        what: "steps",
        expected: "those that both curves have",
        points: 1,
        judge: judgeList("step", "keep each step of the plain curve that the residual one has too"),
      },
      {
        what: "gap at each step",
        expected: "plain error − residual error, in points",
        points: 2,
        judge: judgeList("gap", "100 · (residual accuracy − plain accuracy), at the same step"),
      },
      {
        what: "gap at the end",
        expected: "mean of the last steps' gaps",
        points: 2,
        judge: (seen, seed) => {
          const { final } = seen as Record<string, Plain>;
          const expected = gapOf(givenOf(seed)).final;
          return {
            good: same([final], [expected]),
            got: typeof final === "number"
              ? final.toFixed(3)
              : final === null
              ? "NaN"
              : String(final),
            mistake: mistakeIn(seen, seed),
            next: "the mean of the gaps at the steps above the last one minus lastSteps",
          };
        },
      },
    ]),
  ],
};
