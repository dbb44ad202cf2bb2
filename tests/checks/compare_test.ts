/**
 * Tests how rows become a result: expected texts that depend on the seed, and rows that require other rows.
 */
import assert from "node:assert/strict";
import { type Assertion, type Exercise, probe } from "../../lib/checks/exercise.ts";
import { exerciseById, EXERCISES } from "../../lib/checks/exercises/mod.ts";
import { type CheckResult, compare } from "../../lib/checks/compare.ts";
import { observe } from "../../lib/checks/observe.ts";
import { Block, ResIdentity, startBackend, type tf } from "../../lib/mod.ts";

await startBackend();

/** One block in all places of an array. */
class InArray extends Block {
  readonly blocks: Block[];

  constructor(readonly ni: number, repeat: number) {
    super({ ni, repeat });
    this.blocks = new Array<Block>(repeat).fill(new ResIdentity(ni));
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return this.blocks.reduce((y, block) => block(y), x);
  }
}

class Hidden extends Block {
  readonly #block: ResIdentity;

  constructor(readonly ni: number) {
    super({ ni });
    this.#block = new ResIdentity(ni);
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return this.#block(x);
  }
}

/** A row that is correct if the observed numbers include its number. */
const row = (number: number, requires?: string): Assertion<number[]> => ({
  what: String(number),
  expected: (seed) => `${number} at seed ${seed}`,
  points: 1,
  ...(requires === undefined ? {} : { requires }),
  compare: (seen) => ({ passed: seen.includes(number), actual: String(seen), next: "look again" }),
});

const CHAIN: Exercise = {
  id: "chain",
  lesson: "00_test",
  title: "numbers",
  goal: "1, 2 and 3",
  difficulty: 1,
  minutes: 1,
  hints: ["1", "2"],
  mistakes: {},
  probes: [probe(() => [0], [row(1, "2"), row(2, "3")]), probe(() => [0], [row(3)])],
};

function checkResult(seen: number[]): CheckResult {
  return compare(CHAIN, { exercise: "chain", seed: 7, leaked: 0, outcomes: [{ seen }, { seen }] });
}

Deno.test("a row's expected text may depend on the seed", () => {
  assert.equal(checkResult([1, 2, 3]).rows[0]!.expected, "1 at seed 7");
});

Deno.test("all rows earn their points if all are correct", () => {
  const { points, passed, rows } = checkResult([1, 2, 3]);
  assert.deepEqual([points, passed], [3, true]);
  assert.deepEqual(rows.map(({ next }) => next), ["", "", ""]);
});

Deno.test("a correct row earns no points until the row that it requires is correct", () => {
  const { points, passed, rows } = checkResult([1, 3]);
  assert.deepEqual([points, passed], [1, false]);
  assert.deepEqual(rows.map(({ passed }) => passed), [true, false, true]);
  assert.deepEqual(rows.map(({ next }) => next), [
    'these points count once "2" is correct',
    "look again",
    "",
  ]);
});

Deno.test("a row also requires the rows that its required row requires", () => {
  assert.deepEqual(checkResult([1, 2]).rows.map(({ points }) => points), [0, 0, 0]);
});

for (
  const [mistake, kind, constructor] of [
    [
      "shared_block",
      "same block in each place",
      (ni: number, repeat: number) => new InArray(ni, repeat),
    ],
    ["not_parts", "block that is hidden", (ni: number) => new Hidden(ni)],
  ] as const
) {
  Deno.test(`a ${kind} is a known mistake, whose row says what Block says`, async () => {
    const exercise = exerciseById("n_identity_blocks");
    const { mistakes, rows, points } = compare(exercise, await observe(exercise, constructor, 1));
    assert.equal(points, 0);
    assert.deepEqual(mistakes.map(({ name }) => name), [mistake]);
    assert.match(
      rows[0]!.actual,
      /^it throws Error: (InArray|Hidden).*"(this.residentity = )?new ResIdentity\(/,
    );
    for (const { next } of rows) assert.equal(next, exercise.mistakes[mistake]);
  });
}

Deno.test("an error of Block has advice even where an exercise does not know the mistake", async () => {
  const exercise = exerciseById("resnet_head");
  const { mistakes, rows } = compare(
    exercise,
    await observe(exercise, (ni: number) => new Hidden(ni), 1),
  );
  assert.deepEqual(mistakes, []);
  for (const { next } of rows) assert.match(next, /^assign each layer to a property/);
});

Deno.test("each required row exists exactly once, and requirements have no cycles", () => {
  for (const { id, probes } of EXERCISES.values()) {
    const rows = probes.flatMap(({ assertions }) => assertions);
    for (const row of rows) {
      const chain: string[] = [];
      for (let at: Assertion | undefined = row; at?.requires !== undefined;) {
        const { requires }: Assertion = at;
        const named: Assertion[] = rows.filter(({ what }) => what === requires);
        assert.equal(named.length, 1, `${id}: ${requires}`);
        assert.ok(!chain.includes(requires), `${id}: ${requires} requires itself`);
        chain.push(requires);
        at = named[0];
      }
    }
  }
});
