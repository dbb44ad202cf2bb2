/** The second half of a check: compares what was seen with what is right. It never sees the code. */
import { causeOf } from "./causes.ts";
import { type Assertion, type Comparison, type Exercise, pointsOf } from "./exercise.ts";
import type { Observation, Outcome } from "./observe.ts";

/** One row of a check's table. */
export interface ResultRow {
  readonly what: string;
  readonly expected: string;
  readonly actual: string;
  readonly passed: boolean;
  readonly points: number;
  readonly maxPoints: number;
  /**
   * Advice on what to look at next, one piece a line; empty if the row is correct and earns its points.
   */
  readonly next: string;
}

/** A mistake that was recognized. */
export interface KnownMistake {
  readonly name: string;
  readonly explanation: string;
}

/** What a check found. */
export interface CheckResult {
  readonly exercise: string;
  readonly lesson: string;
  readonly seed: number;
  readonly points: number;
  readonly maxPoints: number;
  readonly passed: boolean;
  readonly rows: readonly ResultRow[];
  readonly mistakes: readonly KnownMistake[];
}

/** Evaluates each row. A failed row loses its own points and the points of all rows that require it. */
export function compare(exercise: Exercise, observation: Observation): CheckResult {
  const { refused, seed, leaked, outcomes } = observation;
  const maxPoints = pointsOf(exercise);
  const rows: ResultRow[] = [];
  const mistakes = new Map<string, string>();
  if (refused !== undefined) {
    rows.push({
      ...{
        what: "your code",
        expected: "code that can be checked",
        actual: refused,
        passed: false,
        points: 0,
        maxPoints,
      },
      next: "change your code and run the cell again",
    });
  } else {
    const compared = exercise.probes.flatMap(({ assertions }, i) =>
      assertions.map((row) => ({ row, comparison: compareRow(row, outcomes[i], seed) }))
    );
    const byWhat = new Map(compared.map((one) => [one.row.what, one]));
    /** Whether a row and all rows that it requires, directly or indirectly, are correct. */
    const counts = (what: string | undefined): boolean => {
      if (what === undefined) return true;
      const required = byWhat.get(what);
      return required !== undefined && required.comparison.passed && counts(required.row.requires);
    };
    const troubles = new Set<string>();
    for (
      const { row, comparison: { passed, actual, mistake = [], next = "", isTrouble } } of compared
    ) {
      const { what, expected, points: maxPoints, requires } = row;
      const known = passed ? [] : [mistake].flat().flatMap((name): KnownMistake[] => {
        const explanation = exercise.mistakes[name];
        return explanation === undefined ? [] : [{ name, explanation }];
      });
      for (const { name, explanation } of known) mistakes.set(name, explanation);
      const isRepeated = isTrouble === true && troubles.has(actual);
      if (isTrouble) troubles.add(actual);
      const pending = counts(requires) ? "" : `these points count once "${requires}" is correct`;
      rows.push({
        ...{ what, actual: isRepeated ? "as above" : actual, passed, maxPoints },
        expected: typeof expected === "string" ? expected : expected(seed),
        points: passed && pending === "" ? maxPoints : 0,
        next: passed
          ? pending
          : known.length > 0
          ? known.map(({ explanation }) => explanation).join("\n")
          : next,
      });
    }
  }
  if (leaked > 0) {
    rows.push({
      ...{ what: "tensors left behind", expected: "0", actual: String(leaked), passed: false },
      ...{
        points: 0,
        maxPoints: 0,
        next: "put the steps in `tf.tidy(() => ...)` and return the result",
      },
    });
  }
  return {
    ...{ exercise: exercise.id, lesson: exercise.lesson, seed, maxPoints, rows },
    points: rows.reduce((sum, row) => sum + row.points, 0),
    passed: rows.every((row) => row.passed),
    mistakes: [...mistakes].map(([name, explanation]) => ({ name, explanation })),
  };
}

/** Errors of `Block`, each with the mistake that it tells of. */
const BLOCK_ERRORS: readonly { readonly message: RegExp; readonly mistake: string }[] = [
  { message: /that is not in a property of the block/, mistake: "not_parts" },
  { message: /are the same \w+, so they would share their weights/, mistake: "shared_block" },
];

/** A comparison; `isTrouble` says that the probe never came to its values. */
type RowComparison = Comparison & { readonly isTrouble?: boolean };

function compareRow(row: Assertion, outcome: Outcome | undefined, seed: number): RowComparison {
  if (outcome === undefined) return { passed: false, actual: "nothing" };
  if ("trouble" in outcome) {
    const { trouble } = outcome;
    const mistake = BLOCK_ERRORS.find(({ message }) => message.test(trouble))?.mistake;
    return { passed: false, actual: trouble, mistake, next: causeOf(trouble), isTrouble: true };
  }
  try {
    return row.compare(outcome.seen, seed);
  } catch {
    // Values of another form than the probe's can only come from outside the check.
    return { passed: false, actual: "not what this check hands out" };
  }
}
