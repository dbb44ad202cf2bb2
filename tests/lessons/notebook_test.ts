/** From a lesson's source to its notebooks, ids and outputs included. */
import assert from "node:assert/strict";
import { inStep, keepOutputs, notebookText, toNotebook } from "../../tools/lessons/notebook.ts";
import { parseLesson } from "../../tools/lessons/parse.ts";

const SOURCE = [
  "// %% [markdown]",
  "// # Title",
  '// %% id="a" role="solution"',
  "// BEGIN SOLUTION",
  "f();",
  "// END SOLUTION",
  '// %% id="check_a" points=2 role="check"',
  "g();",
].join("\n");

const WHY = [
  '// %% [markdown] id="why" points=4 role="answer"',
  "// Why?",
  "// BEGIN SOLUTION",
  "// Because.",
  "// END SOLUTION",
].join("\n");

const notebook = (source = SOURCE) => toNotebook("01_a", parseLesson("01_a.ts", source));

/** The notebook as it would come back from a run. */
function run(source = SOURCE) {
  const ran = notebook(source);
  const cell = ran.cells[1]!;
  cell.execution_count = 1;
  cell.outputs = [{
    output_type: "display_data",
    data: { "text/plain": "hello" },
    metadata: {},
    transient: { display_id: "x" },
  }];
  Object.assign(cell.metadata, { execution: { "iopub.execute_input": "2026-01-01" } });
  return ran;
}

Deno.test("the same lesson gives the same bytes", () => {
  assert.equal(notebookText(notebook()), notebookText(notebook()));
});

Deno.test("the ids of cells are unique across lessons", () => {
  const ids = notebook().cells.map((cell) => cell.id);
  assert.equal(new Set(ids).size, ids.length);
  for (const id of ids) assert.match(id, /^[a-zA-Z0-9_-]{1,64}$/);
  assert.notEqual(toNotebook("02_b", parseLesson("02_b.ts", SOURCE)).cells[0]?.id, ids[0]);
});

/** The ids of the cells, by what they hold. */
function idsByText(source: string): Map<string, string> {
  return new Map(notebook(source).cells.map(({ id, source }) => [source.join(""), id]));
}

Deno.test("adding or removing a cell does not change the ids of other cells", () => {
  const before = idsByText(SOURCE);
  for (const added of ["// %% [markdown]\n// More.", "// %%\nmore();"]) {
    const places = [...SOURCE.matchAll(/^\/\/ %%/gm)].map(({ index }) => index);
    for (const place of [...places, SOURCE.length]) {
      const after = idsByText(`${SOURCE.slice(0, place)}\n${added}\n${SOURCE.slice(place)}`);
      assert.equal(after.size, before.size + 1);
      for (const [text, id] of before) assert.equal(after.get(text), id, text);
    }
  }
});

Deno.test("an exercise's cells keep their ids when their text changes", () => {
  const changed = SOURCE.replace("f();", "better();").replace("g();", "betterToo();");
  const ids = (source: string) => notebook(source).cells.map(({ id }) => id);
  assert.deepEqual(ids(changed), ids(SOURCE));
});

Deno.test("two cells with the same text have different ids", () => {
  const [first, second] = notebook("// %%\nf();\n// %%\nf();").cells;
  assert.notEqual(first?.id, second?.id);
});

Deno.test("a cell with a role has nbgrader's metadata, schema 3", () => {
  const [text, answer, check] = notebook().cells;
  assert.deepEqual(text?.metadata, {});
  assert.deepEqual(answer?.metadata.nbgrader, {
    grade: false,
    grade_id: "a",
    locked: false,
    schema_version: 3,
    solution: true,
    task: false,
  });
  assert.deepEqual(check?.metadata.nbgrader, {
    grade: true,
    grade_id: "check_a",
    locked: true,
    points: 2,
    schema_version: 3,
    solution: false,
    task: false,
  });
});

Deno.test("a text answer is editable, and its markers are hidden", () => {
  const [why] = notebook(WHY).cells;
  assert.deepEqual(why?.metadata.nbgrader, {
    grade: true,
    grade_id: "why",
    locked: false,
    points: 4,
    schema_version: 3,
    solution: true,
    task: false,
  });
  const text = why?.source.join("");
  assert.equal(text, "Why?\n<!-- BEGIN SOLUTION -->\nBecause.\n<!-- END SOLUTION -->");
});

Deno.test("the notebook says that it is TypeScript for the Deno kernel, in format 4.5", () => {
  const { metadata, nbformat, nbformat_minor } = notebook();
  assert.deepEqual([nbformat, nbformat_minor], [4, 5]);
  assert.deepEqual(metadata["kernelspec"], {
    display_name: "Deno",
    language: "typescript",
    name: "deno",
  });
});

Deno.test("outputs are kept while the code is the same, without times and display ids", () => {
  const kept = keepOutputs(notebook(SOURCE.replace("# Title", "# A better title")), run());
  const cell = kept.cells[1]!;
  assert.equal(cell.execution_count, 1);
  assert.deepEqual(cell.outputs, [
    { output_type: "display_data", data: { "text/plain": "hello" }, metadata: {} },
  ]);
  assert.ok(!("execution" in cell.metadata));
  assert.deepEqual(kept.cells[0]?.source, ["# A better title"]);
});

Deno.test("outputs are dropped when any code has changed", () => {
  const kept = keepOutputs(notebook(SOURCE.replace("g();", "g(1);")), run());
  assert.deepEqual(kept.cells[1]?.outputs, []);
});

Deno.test("outputs leave a notebook up to date, but a changed word does not", () => {
  assert.ok(inStep(notebook(), run()));
  assert.ok(!inStep(notebook(), notebook(SOURCE.replace("Title", "Other"))));
  assert.ok(!inStep(notebook(), notebook(SOURCE.replace("points=2", "points=3"))));
});
