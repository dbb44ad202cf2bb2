/** The second half of a check: compares what was seen with what is right. It never sees the code. */
import { causeOf } from "./causes.ts";
import { type Comparison, type Exercise, pointsOf, type Row } from "./exercise.ts";
import type { Observation, Outcome } from "./observe.ts";

/** One row of a check's table. */
export interface ResultRow {
  readonly what: string;
  readonly expected: string;
  readonly got: string;
  readonly good: boolean;
  readonly points: number;
  readonly of: number;
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
  readonly of: number;
  readonly passed: boolean;
  readonly rows: readonly ResultRow[];
  readonly mistakes: readonly KnownMistake[];
}

/** Evaluates each row. A failed row loses its own points and the points of all rows that require it. */
export function compare(exercise: Exercise, observation: Observation): CheckResult {
  const { refused, seed, leaked, outcomes } = observation;
  const of = pointsOf(exercise);
  const rows: ResultRow[] = [];
  const mistakes = new Map<string, string>();
  if (refused !== undefined) {
    rows.push({
      ...{
        what: "your code",
        expected: "code that can be checked",
        got: refused,
        good: false,
        points: 0,
        of,
      },
      next: "change your code and run the cell again",
    });
  } else {
    const compared = exercise.looks.flatMap(({ rows }, i) =>
      rows.map((row) => ({ row, comparison: compareRow(row, outcomes[i], seed) }))
    );
    const byWhat = new Map(compared.map((one) => [one.row.what, one]));
    /** Whether a row and all rows that it requires, directly or indirectly, are correct. */
    const counts = (what: string | undefined): boolean => {
      if (what === undefined) return true;
      const required = byWhat.get(what);
      return required !== undefined && required.comparison.good && counts(required.row.requires);
    };
    const troubles = new Set<string>();
    for (const { row, comparison: { good, got, mistake = [], next = "", isTrouble } } of compared) {
      const { what, expected, points: of, requires } = row;
      const known = good ? [] : [mistake].flat().flatMap((name): KnownMistake[] => {
        const explanation = exercise.mistakes[name];
        return explanation === undefined ? [] : [{ name, explanation }];
      });
      for (const { name, explanation } of known) mistakes.set(name, explanation);
      const isRepeated = isTrouble === true && troubles.has(got);
      if (isTrouble) troubles.add(got);
      const pending = counts(requires) ? "" : `these points count once "${requires}" is correct`;
      rows.push({
        ...{ what, got: isRepeated ? "as above" : got, good, of },
        expected: typeof expected === "string" ? expected : expected(seed),
        points: good && pending === "" ? of : 0,
        next: good
          ? pending
          : known.length > 0
          ? known.map(({ explanation }) => explanation).join("\n")
          : next,
      });
    }
  }
  if (leaked > 0) {
    rows.push({
      ...{ what: "tensors left behind", expected: "0", got: String(leaked), good: false },
      ...{ points: 0, of: 0, next: "put the steps in `tf.tidy(() => ...)` and return the result" },
    });
  }
  return {
    ...{ exercise: exercise.id, lesson: exercise.lesson, seed, of, rows },
    points: rows.reduce((sum, row) => sum + row.points, 0),
    passed: rows.every((row) => row.good),
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

function compareRow(row: Row, outcome: Outcome | undefined, seed: number): RowComparison {
  if (outcome === undefined) return { good: false, got: "nothing" };
  if ("trouble" in outcome) {
    const { trouble } = outcome;
    const mistake = BLOCK_ERRORS.find(({ message }) => message.test(trouble))?.mistake;
    return { good: false, got: trouble, mistake, next: causeOf(trouble), isTrouble: true };
  }
  try {
    return row.compare(outcome.seen, seed);
  } catch {
    // Values of another form than the probe's can only come from outside the check.
    return { good: false, got: "not what this check hands out" };
  }
}
