/** Comparisons that several exercises use. */
import type { Assertion, Comparison } from "./exercise.ts";
import { areWeights, type ExpectedWeights, type LayerSeen, type WeightSeen } from "./layers.ts";
import { agree, differenceText, type Numbers, shapeText } from "./numbers.ts";
import { INFERENCE, type Map4, type Normalize, TRAINING } from "./reference.ts";

/** Compares a shape; `next` is the advice if the shape is wrong. */
export function compareShape(
  { shape }: Pick<Numbers, "shape">,
  expected: readonly number[],
  next: string,
  mistakes: Readonly<Record<string, string | readonly string[]>> = {},
): Comparison {
  const actual = shapeText(shape);
  return { passed: actual === shapeText(expected), actual, mistake: mistakes[actual], next };
}

/** Compares a count; `mistakes` names known wrong totals. */
export function compareCount(
  got: number,
  expected: number,
  mistakes: Readonly<Record<number, string>> = {},
): Comparison {
  const off = got - expected;
  return {
    passed: off === 0,
    actual: got.toLocaleString("en-US"),
    mistake: mistakes[got],
    next: `${Math.abs(off).toLocaleString("en-US")} too ${off > 0 ? "many" : "few"}`,
  };
}

/**
 * Evaluates several cases together: first a case that the lesson names, then cases drawn from the seed. All
 * cases must be correct, so a recorded constant earns no points. `call` returns a case as a call in code.
 */
export function compareCases<Case>(
  cases: readonly Case[],
  compare: (one: Case, index: number) => Comparison,
  call: (one: Case) => string,
): Comparison {
  const comparisons = cases.map(compare);
  const wrong = comparisons.findIndex(({ passed }) => !passed);
  if (wrong <= 0) return comparisons[0]!;
  const comparison = comparisons[wrong]!;
  return {
    ...comparison,
    actual: `${comparisons[0]!.actual}, but ${comparison.actual} for ${call(cases[wrong]!)}`,
  };
}

/**
 * Compares numbers with the right ones: any of `right` will do, such as those of two orders of the same
 * parts. Where they equal what a known mistake gives, that is its name.
 */
export function compareNumbers(
  got: Numbers,
  right: readonly Numbers[],
  mistakes: Readonly<Record<string, readonly Numbers[]>> = {},
  next?: string,
): Comparison {
  if (right.some((expected) => agree(got, expected))) return { passed: true, actual: "the same" };
  const [first] = right;
  const mistake = Object.entries(mistakes).find(([, wrong]) => wrong.some((w) => agree(got, w)));
  return {
    passed: false,
    actual: first === undefined
      ? "cannot be compared: other weights than expected"
      : differenceText(got, first),
    mistake: mistake?.[0],
    next: first === undefined
      ? "first correct the parameters: give it the layers that it needs, in their sizes"
      : next,
  };
}

/** The outputs of each known mistake, by name. */
export function mistakesOf<Wrong>(
  wrong: Readonly<Record<string, Wrong>>,
  outputs: (mistake: Wrong) => readonly Numbers[],
): Record<string, readonly Numbers[]> {
  return Object.fromEntries(Object.entries(wrong).map(([name, made]) => [name, outputs(made)]));
}

/** The ways in which an answer may differ from the correct one: one or more variants for each mistake. */
export type Departures<Ways> = Readonly<Record<string, readonly Partial<Ways>[]>>;

/**
 * Names the mistake that explains what was seen, or the two that do so together. Two mistakes go together if
 * they depart in different ways. Where several pairs explain the same, none of them is certain.
 */
export function mistakesIn<Ways extends object>(
  departures: Departures<Ways>,
  fits: (ways: Partial<Ways>) => boolean,
): readonly string[] | undefined {
  const all = Object.entries(departures)
    .flatMap(([name, variants]) => variants.map((ways) => ({ name, ways })));
  const single = all.find(({ ways }) => fits(ways));
  if (single !== undefined) return [single.name];
  const pairs = new Map<string, readonly string[]>();
  for (const [i, one] of all.entries()) {
    for (const other of all.slice(i + 1)) {
      const ways = { ...one.ways, ...other.ways };
      const areApart = Object.keys(ways).length ===
        Object.keys(one.ways).length + Object.keys(other.ways).length;
      if (one.name === other.name || !areApart || !fits(ways)) continue;
      const names = [one.name, other.name];
      pairs.set(names.join(), names);
    }
  }
  return pairs.size === 1 ? [...pairs.values()][0] : undefined;
}

/** Compares numbers with the right ones, and with those of one or two mistakes only if they are wrong. */
export function compareWays<Ways extends object>(
  got: Numbers,
  right: readonly Numbers[],
  departures: Departures<Ways>,
  outputs: (ways: Partial<Ways>) => readonly Numbers[],
  next: string,
): Comparison {
  const comparison = compareNumbers(got, right, {}, next);
  if (comparison.passed) return comparison;
  const fits = (ways: Partial<Ways>) => outputs(ways).some((wrong) => agree(got, wrong));
  return { ...comparison, mistake: mistakesIn(departures, fits) };
}

/** Compares with each batch norm in turn, until the answer is correct or its mistake is known. */
export function compareWithAny(
  norms: readonly Normalize[],
  compare: (norm: Normalize) => Comparison,
): Comparison {
  const comparisons: Comparison[] = [];
  for (const norm of norms) {
    const comparison = compare(norm);
    if (comparison.passed || comparison.mistake !== undefined) return comparison;
    comparisons.push(comparison);
  }
  return comparisons[0]!;
}

/** Compares the output of a layer with these weights with the output for this batch norm. */
export type CompareOutput = (
  got: Numbers,
  weights: readonly WeightSeen[],
  norm: Normalize,
  seed: number,
) => Comparison;

/**
 * Compares a whole network with its reference, if it has the reference's weights. `outputOf` computes the
 * reference, or what a mistake makes of it.
 */
export function compareNetwork<Ways extends object>(
  expected: ExpectedWeights,
  departures: Departures<Ways>,
  outputOf: (seed: number, norm: Normalize, ways?: Partial<Ways>) => Map4,
  next: string,
): CompareOutput {
  return (got, weights, norm, seed) => {
    if (!areWeights(weights, expected)) {
      return {
        passed: false,
        actual: "cannot be compared: other weights than expected",
        next: "first correct the rows above",
      };
    }
    const right = [outputOf(seed, norm)];
    return compareWays(got, right, departures, (ways) => [outputOf(seed, norm, ways)], next);
  };
}

/** A row for the names of a layer's parts, which go into the names of its weights. */
export function namesRow(expected: readonly string[], requires: string): Assertion<LayerSeen> {
  return {
    what: "names of the parts",
    expected: expected.join(", "),
    points: 1,
    requires,
    compare: ({ weights }) => {
      const names = new Set(weights.map(({ name }) => name.split(/[./]/).at(-2) ?? name));
      return {
        passed: names.size === expected.length && expected.every((name) => names.has(name)),
        actual: names.size === 0 ? "no weights" : [...names].join(", "),
        mistake: names.size === expected.length ? "part_names" : undefined,
        next: `the parts with weights are ${expected.join(" and ")}`,
      };
    },
  };
}

/** The two rows for a layer's numbers: as in inference, and as in training. */
export function numbersRows(
  expected: string,
  [inference, training]: readonly [inference: number, training: number],
  compare: CompareOutput,
): Assertion<LayerSeen>[] {
  return [
    {
      what: "numbers with running statistics",
      expected,
      points: inference,
      compare: (seen, seed) =>
        compareWithAny(INFERENCE, (norm) => compare(seen.inference, seen.weights, norm, seed)),
    },
    {
      what: "numbers while training",
      expected,
      points: training,
      compare: (seen, seed) =>
        compareWithAny(TRAINING, (norm) => compare(seen.training, seen.weights, norm, seed)),
    },
  ];
}
