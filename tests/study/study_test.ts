/** Self-study in a terminal: check, progress and reset, as a learner calls them. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { type Notebook, notebookText } from "../../tools/lessons/notebook.ts";
import { Copy, WHOLE } from "../setup/copies.ts";

const NOTEBOOK = "notebooks/00_start_here.ipynb";
const RIGHT = "function pixelIndex(y: number, x: number, c: number): number {\n" +
  "  return (y * 32 + x) * 3 + c;\n}";

/** Runs one of the commands in the copy. */
async function study(copy: Copy, command: "check" | "progress" | "reset", ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", `tools/study/${command}.ts`, ...args],
    cwd: copy.checkout,
    // INIT_CWD is the folder where the learner stands; npx has set its own.
    env: { RESIDUAL_PROGRESS: copy.at("progress.json"), INIT_CWD: copy.checkout },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, said: text(stdout), complained: text(stderr) };
}

function readNotebook(copy: Copy): Notebook {
  return JSON.parse(fs.readFileSync(copy.at(NOTEBOOK), "utf8")) as Notebook;
}

function answerOf(copy: Copy): string {
  const { cells } = readNotebook(copy);
  return cells.find(({ metadata }) => metadata.nbgrader?.grade_id === "pixel_index")!.source.join(
    "",
  );
}

function write(copy: Copy, answer: string): void {
  const notebook = readNotebook(copy);
  const cell = notebook.cells.find(({ metadata }) =>
    metadata.nbgrader?.grade_id === "pixel_index"
  )!;
  cell.source = [answer];
  fs.writeFileSync(copy.at(NOTEBOOK), notebookText(notebook));
}

Deno.test("a learner can check, answer, see the points and reset an exercise in a terminal", async (test) => {
  using copy = new Copy(WHOLE);
  const stub = answerOf(copy);

  await test.step("check names the exercises without an answer, and fails", async () => {
    const { code, said } = await study(copy, "check", "00");
    assert.match(said, /━━ 0 · start here/);
    assert.match(said, /✗ find a value: 0 of 3 points/);
    assert.match(said, /not written yet/);
    assert.equal(code, 1);
  });

  await test.step("check passes for the correct answer, and progress shows the points", async () => {
    write(copy, RIGHT);
    const { code, said } = await study(copy, "check", "notebooks/00_start_here.ipynb");
    assert.match(said, /✓ find a value: 3 of 3 points/);
    // The lesson also shows what a failed check looks like; this is not the learner's.
    assert.doesNotMatch(said, /✗/);
    assert.equal(code, 0);
    assert.match((await study(copy, "progress")).said, /✓ find a value: 3 of 3/);
  });

  await test.step("an answer with a syntax error is named with its line", async () => {
    write(copy, "function pixelIndex( {");
    const { code, said } = await study(copy, "check", "0");
    assert.match(said, /✗ find a value: 0 of 3 points\nSyntaxError: .*line 1/s);
    assert.equal(code, 1);
  });

  await test.step("reset restores the stub, keeps the answer, and removes the points", async () => {
    write(copy, RIGHT);
    const { code, said } = await study(copy, "reset", "pixel_index");
    assert.equal(code, 0);
    assert.equal(answerOf(copy), stub);
    const [, kept] = /kept in (\.residual\/answers\/pixel_index-\d+\.ts)/.exec(said)!;
    assert.equal(fs.readFileSync(copy.at(kept!), "utf8"), `${RIGHT}\n`);
    assert.match((await study(copy, "progress")).said, /○ find a value: 0 of 3/);
    assert.match((await study(copy, "reset", "pixel_index")).said, /is as it was at first/);
  });

  await test.step("unknown lessons and exercises are named", async () => {
    const lesson = await study(copy, "check", "42");
    assert.deepEqual([lesson.code, lesson.complained.includes("There is no lesson 42")], [1, true]);
    const elsewhere = await study(copy, "check", "/somewhere/00_start_here.ipynb");
    assert.match(elsewhere.complained, /runs the kit's own notebooks.*npx deno task grade/s);
    const exercise = await study(copy, "reset", "nothing");
    assert.match(exercise.complained, /There is no exercise "nothing"/);
    fs.writeFileSync(copy.at(NOTEBOOK), "{ half");
    assert.match((await study(copy, "reset", "pixel_index")).complained, /is not a notebook: /);
  });
});
