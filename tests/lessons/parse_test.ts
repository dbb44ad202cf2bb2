/** The percent format: what is read, and what is refused with its line. */
import assert from "node:assert/strict";
import { LessonError, parseLesson, withoutAnswers } from "../../tools/lessons/parse.ts";

/** A lesson from its lines: escaped here, so that this file holds no cell header of its own. */
function lesson(...lines: string[]): string {
  return lines.join("\n") + "\n";
}

const EXERCISE = lesson(
  "// About this lesson.",
  "",
  "// %% [markdown]",
  "// # Title",
  "//",
  "//     indented",
  "",
  '// %% id="double" role="solution"',
  "function double(x: number): number {",
  "  // BEGIN SOLUTION",
  "  return 2 * x;",
  "  // END SOLUTION",
  "}",
  "",
  '// %% id="check_double" points=2 role="check"',
  "if (double(1) !== 2) throw new Error();",
  "// BEGIN HIDDEN TESTS",
  "if (double(4) !== 8) throw new Error();",
  "// END HIDDEN TESTS",
);

function refuses(source: string, line: number, expected: RegExp): void {
  assert.throws(() => parseLesson("solutions/01_a.ts", source), (error: unknown) => {
    assert.ok(error instanceof LessonError);
    assert.ok(error.message.startsWith(`solutions/01_a.ts:${line}: `), error.message);
    assert.match(error.message, expected);
    return true;
  });
}

Deno.test("a lesson is split into cells, and text loses its comment signs", () => {
  const [text, code, check] = parseLesson("01_a.ts", EXERCISE);
  assert.equal(text?.kind, "markdown");
  assert.deepEqual(text?.lines, ["# Title", "", "    indented"]);
  assert.equal(code?.id, "double");
  assert.equal(code?.role, "solution");
  assert.equal(code?.line, 8);
  assert.equal(code?.lines.length, 5);
  assert.equal(check?.points, 2);
});

Deno.test("a stub replaces only the answer, with the answer's indentation", () => {
  const code = parseLesson("01_a.ts", EXERCISE)[1]!;
  assert.deepEqual(withoutAnswers(code).lines, [
    "function double(x: number): number {",
    "  // YOUR CODE HERE",
    '  throw new Error("not implemented");',
    "}",
  ]);
});

Deno.test("hidden tests leave nothing behind", () => {
  const check = parseLesson("01_a.ts", EXERCISE)[2]!;
  assert.deepEqual(withoutAnswers(check).lines, ["if (double(1) !== 2) throw new Error();"]);
});

Deno.test("two answers in one cell become two stubs", () => {
  const answer = ["// BEGIN SOLUTION", "f();", "// END SOLUTION"];
  const source = lesson('// %% id="a" role="solution"', ...answer, "between();", ...answer);
  const { lines } = withoutAnswers(parseLesson("01_a.ts", source)[0]!);
  assert.equal(lines.filter((line) => line === "// YOUR CODE HERE").length, 2);
  assert.equal(lines.filter((line) => line === "f();").length, 0);
  assert.ok(lines.includes("between();"));
});

Deno.test("code before the first cell is refused", () => {
  refuses(lesson("// About.", "const x = 1;", "// %%"), 2, /expected "\/\/ %%" before/);
});

Deno.test("a source without cells is refused", () => {
  refuses(lesson("// nothing"), 1, /at least one cell/);
});

Deno.test("an unclosed answer is refused where it began", () => {
  refuses(
    lesson('// %% id="a" role="solution"', "// BEGIN SOLUTION", "f();"),
    2,
    /unclosed region/,
  );
});

Deno.test("an answer may not continue in the next cell", () => {
  const source = lesson('// %% id="a" role="solution"', "// BEGIN SOLUTION", "// %%", "f();");
  refuses(source, 2, /END SOLUTION in the same cell/);
});

Deno.test("an END without its BEGIN is refused", () => {
  refuses(lesson('// %% id="a" role="solution"', "// END SOLUTION"), 2, /BEGIN SOLUTION before/);
});

Deno.test("an answer inside an answer is refused", () => {
  const source = lesson('// %% id="a" role="solution"', "// BEGIN SOLUTION", "// BEGIN SOLUTION");
  refuses(source, 3, /END SOLUTION for the BEGIN of line 2, found a second BEGIN/);
});

Deno.test("a misspelled marker is refused, not published", () => {
  for (const marker of ["//BEGIN SOLUTION", "/// BEGIN SOLUTION", "// Begin solution"]) {
    refuses(lesson('// %% id="a" role="solution"', marker, "f();"), 2, /alone on its line/);
  }
  refuses(lesson('// %% id="a" role="solution"', "// BEGIN SOLUTION f();"), 2, /alone on its line/);
});

Deno.test("an answer in a cell that is no exercise is refused", () => {
  const source = lesson("// %%", "// BEGIN SOLUTION", "f();", "// END SOLUTION");
  refuses(source, 2, /only in a cell with role="solution"/);
});

Deno.test("hidden tests in an answer are refused", () => {
  const source = lesson('// %% id="a" role="solution"', "// BEGIN HIDDEN TESTS");
  refuses(source, 2, /only in a cell with role="check"/);
});

Deno.test("an exercise without an answer is refused", () => {
  refuses(lesson('// %% id="a" role="solution"', "f();"), 1, /expected BEGIN SOLUTION/);
});

Deno.test("an unknown role is refused with the list of roles", () => {
  refuses(
    lesson('// %% id="a" role="test"'),
    1,
    /unknown role "test"; expected solution, check, answer/,
  );
});

Deno.test("an unknown key is refused with the list of keys", () => {
  refuses(lesson('// %% name="a"'), 1, /unknown key "name"; expected exercise, id, points, role/);
});

Deno.test("an id that is used twice is refused with both lines", () => {
  refuses(
    lesson('// %% id="a"', "f();", '// %% id="a"'),
    3,
    /duplicate id "a", first used in line 1/,
  );
});

Deno.test("a role without an id is refused", () => {
  refuses(lesson('// %% points=1 role="check"'), 1, /needs an id=/);
});

Deno.test("points must be whole, and on a check or an answer", () => {
  refuses(lesson('// %% id="a" points=x role="check"'), 1, /whole number of points, found x/);
  refuses(lesson('// %% id="a" points=1'), 1, /points= on a check or an answer only/);
});

Deno.test("a header that is not key=value is refused", () => {
  refuses(lesson("// %% The title"), 1, /expected key=value, found "The title"/);
  refuses(lesson("// %% [md]"), 1, /expected "\[markdown\]"/);
});

Deno.test("text that is not a comment is refused in a markdown cell", () => {
  refuses(lesson("// %% [markdown]", "# Title"), 2, /expected "\/\/ " before text/);
});

Deno.test("a name without quotes is refused, as jupytext could not read it", () => {
  refuses(lesson("// %% id=a"), 1, /expected id="name", .* found id=a/);
  refuses(lesson('// %% id=""'), 1, /expected id="name", .* found id=""/);
});

Deno.test("keys are in alphabetical order and stand once, as jupytext writes them", () => {
  refuses(lesson('// %% role="check" id="a"'), 1, /alphabetical order, found id after role/);
  refuses(lesson('// %% id="a" id="b"'), 1, /once and in alphabetical order, found id after id/);
});

const WHY = ["// Why?", "//", "// BEGIN SOLUTION", "// Because.", "// END SOLUTION"];

Deno.test("a free-text answer is replaced by a prompt for an answer", () => {
  const source = lesson('// %% [markdown] id="why" points=4 role="answer"', ...WHY);
  const [why] = parseLesson("01_a.ts", source);
  assert.equal(why?.role, "answer");
  assert.equal(why?.points, 4);
  assert.deepEqual(withoutAnswers(why!).lines, ["Why?", "", "Write your answer here."]);
});

Deno.test("an answer in text that no grader reads is refused, not published", () => {
  refuses(lesson("// %% [markdown]", ...WHY), 4, /only in a cell with role="answer"/);
  refuses(lesson("// %% [markdown]", "// Begin solution"), 2, /alone on its line/);
  refuses(lesson("// %% [markdown]", "//BEGIN SOLUTION"), 2, /alone on its line/);
});

Deno.test(`a sentence may contain the words "end solution"`, () => {
  const source = lesson("// %% [markdown]", "// End solution with a semicolon.");
  assert.deepEqual(parseLesson("01_a.ts", source)[0]?.lines, ["End solution with a semicolon."]);
});

Deno.test("an answer is text, a solution and a check are code", () => {
  const text = lesson(
    '// %% [markdown] id="a" role="solution"',
    "// BEGIN SOLUTION",
    "// END SOLUTION",
  );
  refuses(text, 2, /only in a cell with role="answer"/);
  refuses(lesson('// %% [markdown] id="a" role="check"'), 1, /role="check" on code only/);
  const code = lesson('// %% id="a" role="answer"', "f();");
  refuses(code, 1, /role="answer" on \[markdown\] only/);
});

Deno.test("a text answer without markers is refused", () => {
  refuses(lesson('// %% [markdown] id="a" role="answer"', "// Why?"), 1, /expected BEGIN SOLUTION/);
});

Deno.test("the header of an exercise's text contains only the exercise's name", () => {
  const [text] = parseLesson("01_a.ts", lesson('// %% [markdown] exercise="a"', "// Text."));
  assert.equal(text?.exercise, "a");
  refuses(lesson('// %% exercise="a"'), 1, /exercise= alone, and on \[markdown\]/);
  refuses(lesson('// %% [markdown] exercise="a" id="b"'), 1, /exercise= alone/);
});

Deno.test("the opening comment is omitted, also in jupytext's form", () => {
  const source = lesson("// -*- coding: utf-8 -*-", "// %%", "// About.", "", "// %%", "f();");
  assert.deepEqual(parseLesson("01_a.ts", source).map(({ lines }) => lines), [["f();"]]);
  const later = lesson("// %%", "f();", "// %%", "// Write here.");
  assert.equal(parseLesson("01_a.ts", later).length, 2);
});

Deno.test("a line of code that jupytext would turn into a comment is refused", () => {
  const expected = /no code that begins with % and a letter/;
  refuses(lesson("// %%", "const text = `", "  %d items`;"), 3, expected);
  refuses(lesson("// %%", "// %timeit f();"), 2, expected);
  assert.equal(parseLesson("01_a.ts", lesson("// %%", "x", "  % 2;")).length, 1);
});
