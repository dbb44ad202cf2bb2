/** The exercises of a small course for the grader's tests. */
import { type Exercise, probe } from "../../../lib/checks/exercise.ts";
import { exerciseById } from "../../../lib/checks/exercises/mod.ts";
import { type Numbers, seededNumbers } from "../../../lib/checks/numbers.ts";
import { compareNumbers } from "../../../lib/checks/comparisons.ts";

const COUNT = [5];

/** Numbers in, numbers out: what a function of one number makes of seeded ones, and of 0. */
function ofNumbers(
  about: Pick<Exercise, "id" | "title" | "goal">,
  right: (x: number) => number,
  wrong: Readonly<Record<string, (x: number) => number>>,
): Exercise {
  const made = (seed: number, f: (x: number) => number): Numbers => {
    const { shape, values } = seededNumbers(COUNT, seed);
    return { shape, values: values.map(f) };
  };
  return {
    ...about,
    lesson: "01_numbers",
    difficulty: 1,
    minutes: 1,
    hints: ["A nudge.", "A push."],
    mistakes: Object.fromEntries(Object.keys(wrong).map((name) => [name, `that is ${name}`])),
    probes: [
      probe((candidate, trial) => {
        const { shape, values } = seededNumbers(COUNT, trial.seed);
        return { shape, values: values.map((x) => trial.call(candidate, x)) as number[] };
      }, [{
        what: "numbers",
        expected: "the right ones",
        points: 2,
        compare: (seen, seed) =>
          compareNumbers(
            seen,
            [made(seed, right)],
            Object.fromEntries(Object.entries(wrong).map(([name, f]) => [name, [made(seed, f)]])),
          ),
      }]),
      probe((candidate, trial) => trial.call(candidate, 0) as number, [{
        what: "zero",
        expected: "0",
        points: 1,
        compare: (seen) => ({ passed: seen === 0, actual: String(seen) }),
      }]),
    ],
  };
}

const scaled = ofNumbers(
  { id: "scaled", title: "three times as much", goal: "`scaled(x)` is x times the factor." },
  (x) => 3 * x,
  { added: (x) => x + 3, forgotten: (x) => x, squared: (x) => x * x },
);

const twice = ofNumbers(
  { id: "twice", title: "nine times as much", goal: "`scaled`, applied twice." },
  (x) => 9 * x,
  { once: (x) => 3 * x, six: (x) => 6 * x, forgotten: (x) => x },
);

export const EXERCISES: ReadonlyMap<string, Exercise> = new Map(
  [scaled, twice, exerciseById("res_identity")].map((exercise) => [exercise.id, exercise]),
);
