/** Lesson 10: the weights of a trained network in a network for other classes. */
import type { StateDict } from "../../models/state_dict.ts";
import { type Comparison, type Exercise, probe } from "../exercise.ts";
import { type Departures, mistakesIn } from "../comparisons.ts";
import { seededNumbers, shapeText, sizeOf, wholeNumbers } from "../numbers.ts";
import { describe, type Trial, Trouble } from "../trial.ts";

/** An entry of a state dict. The values of an entry start with a number that no other entry has. */
interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly first: number;
}

/** Entries of a small network: blocks, a layer whose name starts like the head's, and the head. */
function entriesOf(seed: number, classes: number, firstValue: number): Entry[] {
  const whole = wholeNumbers(seed);
  const blocks = whole(2, 4);
  const width = whole(3, 6);
  const entries: Omit<Entry, "first">[] = [];
  for (let block = 0; block < blocks; block++) {
    const name = `layer${block}`;
    entries.push({ name: `${name}.conv.weight`, shape: [width, block === 0 ? 3 : width, 3, 3] });
    for (const vector of ["weight", "bias", "running_mean", "running_var"]) {
      entries.push({ name: `${name}.bn.${vector}`, shape: [width] });
    }
  }
  entries.push(
    { name: "linear0.weight", shape: [width, width] },
    { name: "linear.weight", shape: [classes, width] },
    { name: "linear.bias", shape: [classes] },
  );
  return entries.map((entry, i) => ({ ...entry, first: firstValue + i }));
}

/** The trained network's entries, and the new one's. The number of classes may be the same. */
function givenOf(seed: number): { trained: Entry[]; fresh: Entry[] } {
  const whole = wholeNumbers(seed + 50);
  const classes = whole(5, 9);
  const base = 1000 * whole(1, 1000);
  return {
    trained: entriesOf(seed, classes, base),
    fresh: entriesOf(seed, whole(0, 1) === 0 ? classes : 3, base + 500),
  };
}

/** Whose entry the result has under a name. */
type Choice = (name: string) => "trained" | "fresh" | undefined;

const inHead = (name: string) => name.startsWith("linear.");

interface Ways {
  readonly choose: Choice;
}

/** Mistakes by the entries that they take. */
const WRONG: Departures<Ways> = {
  nothing_copied: [{ choose: () => "fresh" }],
  head_copied: [{ choose: () => "trained" }],
  head_missing: [{ choose: (name) => inHead(name) ? undefined : "trained" }],
  head_by_prefix: [{ choose: (name) => name.startsWith("linear") ? "fresh" : "trained" }],
  no_running_statistics: [{
    choose: (name) => inHead(name) || name.includes("running") ? "fresh" : "trained",
  }],
  weights_only: [{
    choose: (name) => !inHead(name) && name.endsWith(".weight") ? "trained" : "fresh",
  }],
  only_head: [{ choose: (name) => inHead(name) ? "trained" : "fresh" }],
};

function transferred(
  seed: number,
  { choose = (name) => inHead(name) ? "fresh" : "trained" }: Partial<Ways> = {},
): Entry[] {
  const { trained, fresh } = givenOf(seed);
  return fresh.flatMap((own, i) => {
    const choice = choose(own.name);
    return choice === undefined ? [] : [choice === "trained" ? trained[i]! : own];
  });
}

interface DictSeen {
  readonly entries: readonly Entry[];
  readonly unchanged: boolean;
}

function dictOf(entries: readonly Entry[], seed: number): StateDict {
  return new Map(entries.map(({ name, shape, first }) => {
    const data = Float32Array.from(seededNumbers([sizeOf(shape)], seed).values, (v) => v ?? 0);
    data[0] = first;
    return [name, { shape, data }];
  }));
}

function entriesIn(dict: StateDict): Entry[] {
  return [...dict].map(([name, { shape, data }]) => ({
    name: String(name),
    shape: Array.from(shape, Number),
    first: Number(data[0]),
  }));
}

function run(candidate: unknown, trial: Trial): DictSeen {
  const { trained, fresh } = givenOf(trial.seed);
  const [from, to] = [dictOf(trained, trial.seed), dictOf(fresh, trial.seed + 1)];
  const before = JSON.stringify([entriesIn(from), entriesIn(to)]);
  const value = trial.call(candidate, from, to);
  if (!(value instanceof Map)) {
    throw new Trouble(`expected a Map, but it returns ${describe(value)}`);
  }
  const isOneOfThem = (value as unknown) === from || (value as unknown) === to;
  return {
    entries: entriesIn(value),
    unchanged: !isOneOfThem && JSON.stringify([entriesIn(from), entriesIn(to)]) === before,
  };
}

function textOf(entries: readonly Entry[]): string {
  return JSON.stringify(
    [...entries].sort((a, b) => a.name < b.name ? -1 : 1)
      .map(({ name, shape, first }) => [name, shapeText(shape), first]),
  );
}

function compareEntries({ entries }: DictSeen, seed: number): Comparison {
  const right = transferred(seed);
  const passed = textOf(entries) === textOf(right);
  const wrong = right.filter(({ name, first }) =>
    !entries.some((entry) => entry.name === name && entry.first === first)
  );
  return {
    passed,
    actual: passed
      ? "as expected"
      : wrong.length === 0
      ? `${entries.length} entries`
      : `${wrong.length} of ${right.length} are different, first ${wrong[0]!.name}`,
    mistake: mistakesIn(WRONG, (ways) => textOf(transferred(seed, ways)) === textOf(entries)),
    next:
      "each entry of `fresh` is in the result: with the trained values, or with its own in the head",
  };
}

/** `transfer(trained, fresh)`. */
export const transfer: Exercise = {
  id: "transfer",
  lesson: "10_initialization_and_transfer",
  title: "begin with trained weights",
  goal:
    "`transfer(trained, fresh)`: from the state dict of a trained network and that of a new one, **the " +
    "state dict to begin fine-tuning with**: everything that the trained network has learned, and a new " +
    "last layer.",
  difficulty: 2,
  minutes: 10,
  hints: [
    "Go through `fresh`: its names are the names of the result. For which of them do you keep the value " +
    "in `fresh`?",
    'The last layer has two entries, `"linear.weight"` and `"linear.bias"`. All others come from ' +
    "`trained.get(name)`, running statistics included.",
    "Begin with `new Map(fresh)`, and set each entry of `trained` whose name does not start with " +
    '`"linear."`.',
  ],
  mistakes: {
    nothing_copied: "nothing comes from the trained network",
    head_copied:
      "the last layer comes from the trained network, too; it knows other classes, even where their " +
      "number happens to be the same",
    head_missing: "the last layer is missing: keep its entries from `fresh`",
    head_by_prefix:
      'a layer whose name only starts like the last one\'s is left out; compare with "linear.", the dot ' +
      "included",
    no_running_statistics:
      "the running statistics stay those of the new network; without them, batch norm normalizes with " +
      "mean 0 and variance 1 in inference mode",
    weights_only:
      'only entries that end in ".weight" are copied; biases and running statistics belong ' +
      "to the network, too",
    only_head: "only the last layer is copied; copy everything else instead",
    in_place: "return a new Map, and leave `trained` and `fresh` as they are",
  },
  probes: [
    probe(run, [
      {
        what: "the entries",
        expected: "trained values, a new last layer",
        points: 2,
        compare: compareEntries,
      },
      {
        what: "the two dicts that you were given",
        expected: "as they were",
        points: 1,
        requires: "the entries",
        compare: ({ unchanged }) => ({
          passed: unchanged,
          actual: unchanged ? "as they were" : "changed, or returned",
          mistake: "in_place",
        }),
      },
    ]),
  ],
};
