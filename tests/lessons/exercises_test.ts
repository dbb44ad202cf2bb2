/**
 * How a lesson's cells and the kit's exercises fit together: openings, points, and what is refused.
 */
import assert from "node:assert/strict";
import { type ExerciseFacts, withExercises } from "../../tools/lessons/exercises.ts";
import { toNotebook } from "../../tools/lessons/notebook.ts";
import { type Cell, LessonError, parseLesson } from "../../tools/lessons/parse.ts";

const DOUBLE: ExerciseFacts = {
  id: "double",
  lesson: "01_a",
  title: "Twice as much",
  goal: "A function that doubles.",
  difficulty: 2,
  minutes: 10,
  points: 6,
  hints: ["Add.", "x + x"],
};

const HEADER = ['// %% [markdown] exercise="double"', "// Own text."];
const SOLUTION = [
  '// %% id="double" role="solution"',
  "function double(x: number): number {",
  "  // BEGIN SOLUTION",
  "  return 2 * x;",
  "  // END SOLUTION",
  "}",
];
const CHECK = ['// %% id="check_double" role="check"', 'await check("double", double);'];
const WHY = [
  '// %% [markdown] id="double" role="answer"',
  "// BEGIN SOLUTION",
  "// Because.",
  "// END SOLUTION",
];

/** A lesson made of these parts, with an exercise's facts. */
function build(parts: readonly (readonly string[])[], ...facts: ExerciseFacts[]): Cell[] {
  const file = "solutions/01_a.ts";
  const exercises = new Map(facts.map((exercise) => [exercise.id, exercise]));
  return withExercises(file, "01_a", parseLesson(file, parts.flat().join("\n")), exercises);
}

function refuses(
  parts: readonly (readonly string[])[],
  facts: readonly ExerciseFacts[],
  line: number,
  expected: RegExp,
): void {
  assert.throws(() => build(parts, ...facts), (error: unknown) => {
    assert.ok(error instanceof LessonError);
    assert.ok(error.message.startsWith(`solutions/01_a.ts:${line}: `), error.message);
    assert.match(error.message, expected);
    return true;
  });
}

/** The refusal of a whole exercise with one of its facts spoilt. */
function refusesFacts(spoilt: Partial<ExerciseFacts>, expected: RegExp): void {
  refuses([HEADER, SOLUTION, CHECK], [{ ...DOUBLE, ...spoilt }], 1, expected);
}

Deno.test("an exercise opens with its title, goal, difficulty, minutes and points", () => {
  const [header] = build([HEADER, SOLUTION, CHECK], DOUBLE);
  assert.deepEqual(header?.lines, [
    "## Exercise: Twice as much",
    "",
    "**Goal:** A function that doubles.  ",
    "**Difficulty:** ●●○○○ · **Minutes:** 10 · **Points:** 6",
    "",
    "Own text.",
  ]);
});

Deno.test("an exercise without a text of its own has its opening alone", () => {
  const [header] = build([HEADER.slice(0, 1), SOLUTION, CHECK], DOUBLE);
  assert.equal(header?.lines.length, 4);
});

Deno.test("the points of a check come from its exercise", () => {
  const [, solution, check] = toNotebook("01_a", build([HEADER, SOLUTION, CHECK], DOUBLE)).cells;
  assert.equal(check?.metadata.nbgrader?.points, 6);
  assert.equal(solution?.metadata.nbgrader?.points, undefined);
});

Deno.test("the points of a text answer come from its exercise, and it has no check", () => {
  const [, why] = toNotebook("01_a", build([HEADER, WHY], DOUBLE)).cells;
  assert.equal(why?.metadata.nbgrader?.points, 6);
});

Deno.test("a check or an answer with points of its own needs no text and no facts", () => {
  const check = ['// %% id="check_double" points=4 role="check"', "double(1);"];
  assert.equal(build([SOLUTION, check])[1]?.points, 4);
  const why = ['// %% [markdown] id="why" points=3 role="answer"', ...WHY.slice(1)];
  assert.equal(build([why])[0]?.points, 3);
});

Deno.test("points in the source are refused where the exercise has its own", () => {
  const check = ['// %% id="check_double" points=4 role="check"', ...CHECK.slice(1)];
  refuses([HEADER, SOLUTION, check], [DOUBLE], 3, /no points=/);
  const why = ['// %% [markdown] id="double" points=3 role="answer"', ...WHY.slice(1)];
  refuses([HEADER, why], [DOUBLE], 3, /no points=/);
});

Deno.test("exercises of other lessons are ignored", () => {
  build([HEADER, SOLUTION, CHECK], DOUBLE, { ...DOUBLE, id: "other", lesson: "02_b", goal: "" });
});

Deno.test("an exercise that the kit does not have is refused", () => {
  refuses([HEADER, SOLUTION, CHECK], [], 1, /exercise "double": the kit has no such exercise/);
});

Deno.test("an exercise of another lesson is refused", () => {
  refusesFacts({ lesson: "02_b" }, /"double": it belongs to lesson 02_b/);
});

Deno.test("an exercise of this lesson that is not in it is refused", () => {
  const triple = { ...DOUBLE, id: "triple" };
  const expected = /"triple" of this lesson is not in it; expected .* exercise="triple"/;
  refuses([HEADER, SOLUTION, CHECK], [DOUBLE, triple], 1, expected);
});

Deno.test("an exercise without a title is refused", () => {
  refusesFacts({ title: " " }, /"double": expected a title/);
});

Deno.test("an exercise without a goal is rejected", () => {
  refusesFacts({ goal: "" }, /"double": expected a goal/);
});

Deno.test("a difficulty outside 1 to 5 is refused", () => {
  for (const difficulty of [0, 6, 2.5, NaN]) {
    refusesFacts({ difficulty }, /"double": expected a difficulty from 1 to 5, found/);
  }
});

Deno.test("minutes that are not positive and whole are refused", () => {
  for (const minutes of [0, -1, 2.5, NaN]) {
    refusesFacts({ minutes }, /"double": expected a positive whole number of minutes, found/);
  }
});

Deno.test("points that are not positive and whole are refused", () => {
  for (const points of [0, -1, 2.5, NaN]) {
    refusesFacts({ points }, /"double": expected a positive whole number of points, found/);
  }
});

Deno.test("an exercise with fewer than two hints is refused", () => {
  refusesFacts({ hints: ["Add."] }, /"double": expected at least two hints, found 1/);
  refusesFacts({ hints: ["Add.", " "] }, /found 1/);
});

Deno.test("a solution without a check is refused", () => {
  refuses([HEADER, SOLUTION], [DOUBLE], 3, /expected a cell id="check_double" role="check" after/);
});

Deno.test("a check without a solution is refused", () => {
  refuses([CHECK], [], 1, /"double": expected a cell id="double" role="solution" before/);
});

Deno.test("a check before its solution is refused", () => {
  refuses([HEADER, CHECK, SOLUTION], [DOUBLE], 3, /expected the solution, line 5, before/);
});

Deno.test("a check that is not named after its exercise is refused", () => {
  const check = ['// %% id="test_double" role="check"', ...CHECK.slice(1)];
  refuses([check], [], 1, /expected the id of a check to be "check_" and/);
});

Deno.test("a solution without the text of its exercise is refused", () => {
  refuses([SOLUTION, CHECK], [], 1, /expected a cell \[markdown\] exercise="double" before this/);
});

Deno.test("a text answer without the text of its exercise is refused", () => {
  refuses([WHY], [], 1, /expected a cell \[markdown\] exercise="double" before this/);
});

Deno.test("the text of an exercise after its solution is refused", () => {
  refuses([SOLUTION, HEADER, CHECK], [DOUBLE], 1, /expected its text, line 7, before this cell/);
});

Deno.test("the text of an exercise without a solution is refused", () => {
  refuses([HEADER], [DOUBLE], 1, /expected a cell id="double" role="solution"/);
});

Deno.test("two texts that open the same exercise are refused", () => {
  refuses([HEADER, HEADER, SOLUTION, CHECK], [DOUBLE], 3, /line 1 already opens it/);
});

Deno.test("a check that does not await the kit's check of its exercise is refused", () => {
  const expected = /"double": expected `await check\("double", \.\.\.\)` in this cell/;
  const calls = [
    "double(2);",
    'await check("triple", double);',
    'check("double", double);',
    '// await check("double", double);',
    'await kit.check("double", double);',
    "console.log('await check(\"double\")');",
  ];
  for (const call of calls) {
    refuses([HEADER, SOLUTION, [CHECK[0]!, call]], [DOUBLE], 9, expected);
  }
});

Deno.test("a check that only hidden tests call is refused, as learners would not see it", () => {
  const hidden = ["// BEGIN HIDDEN TESTS", CHECK[1]!, "// END HIDDEN TESTS"];
  refuses([HEADER, SOLUTION, [CHECK[0]!, ...hidden]], [DOUBLE], 9, /expected `await check/);
});
