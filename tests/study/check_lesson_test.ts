/** `check` runs real notebooks in a real kernel, whatever a learner has put into them. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { KIT } from "../../tools/lessons/kit.ts";
import { type Notebook, type NotebookCell, notebookText } from "../../tools/lessons/notebook.ts";
import { checkLesson, type CheckLessonOptions } from "../../tools/study/check_lesson.ts";

const RIGHT = "function pixelIndex(y: number, x: number, c: number): number {\n" +
  "  return (y * 32 + x) * 3 + c;\n}";
const PASSED = /✓ find a value: 3 of 3 points/;

/** Writes lesson 0 with other cells into a folder of its own, and checks it. */
async function check(
  change: (cells: NotebookCell[], index: { answer: number; check: number }) => NotebookCell[],
  options: Partial<CheckLessonOptions> = {},
) {
  fs.mkdirSync(path.join(KIT.root, "tests", ".tmp"), { recursive: true });
  const folder = fs.mkdtempSync(path.join(KIT.root, "tests", ".tmp", "check-"));
  try {
    const source = path.join(KIT.root, "notebooks", "00_start_here.ipynb");
    const notebook = JSON.parse(fs.readFileSync(source, "utf8")) as Notebook;
    const place = (id: string) =>
      notebook.cells.findIndex(({ metadata }) => metadata.nbgrader?.grade_id === id);
    const index = { answer: place("pixel_index"), check: place("check_pixel_index") };
    // The first cell imports the kit; the others take time.
    const kept = notebook.cells.map((cell, i) =>
      i === firstCode(notebook) || Object.values(index).includes(i) ? cell : text()
    );
    kept[index.answer]!.source = [RIGHT];
    const file = path.join(folder, "00_start_here.ipynb");
    fs.writeFileSync(file, notebookText({ ...notebook, cells: change(kept, index) }));
    const said: string[] = [];
    const passed = await checkLesson("00_start_here", file, {
      ...options,
      say(text) {
        said.push(text);
        options.say?.(text);
      },
    });
    return { passed, said: said.join("\n") };
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

function firstCode({ cells }: Notebook): number {
  return cells.findIndex(({ cell_type }) => cell_type === "code");
}

let cells = 0;

function text(): NotebookCell {
  return { cell_type: "markdown", id: `own${++cells}`, metadata: {}, source: ["text"] };
}

function code(source: string, metadata: NotebookCell["metadata"] = {}): NotebookCell {
  return {
    ...{ cell_type: "code", id: `own${++cells}`, execution_count: null, outputs: [] },
    ...{ metadata, source: source.split(/(?<=\n)/) },
  };
}

Deno.test("cells below the last check do not run", async () => {
  const { passed, said } = await check((cells) => [
    ...cells,
    code("while (true) await new Promise((resolve) => setTimeout(resolve, 1000));"),
  ]);
  assert.match(said, PASSED);
  assert.ok(passed, said);
});

Deno.test("a cell that never ends is named while it runs, then ends the run", async () => {
  const endless =
    "// Waits.\nwhile (true) await new Promise((resolve) => setTimeout(resolve, 100));";
  const { passed, said } = await check(
    (cells, { answer }) => [...cells.slice(0, answer), code(endless), ...cells.slice(answer)],
    { remindSeconds: 0.5, limitSeconds: 2 },
  );
  const name = "Cell 29 of \\d+, `while \\(true\\) await new Promise\\(.*…`,";
  assert.match(said, new RegExp(`${name} is still running after 0.5 s`));
  assert.match(said, new RegExp(`${name} had not ended after 2 s`));
  assert.match(said, /✗ find a value: 0 of 3 points\nits check did not run/);
  assert.equal(passed, false);
});

Deno.test("a table is printed while cells below it still run", async () => {
  const stop = new AbortController();
  const endless = "while (true) await new Promise((resolve) => setTimeout(resolve, 100));";
  const run = check((cells) => [...cells, code(endless), code('await check("pixel_index", 1);')], {
    signal: stop.signal,
    say: (text) => PASSED.test(text) && stop.abort(new Error("seen")),
  });
  await assert.rejects(run, /^Error: seen$/);
});

Deno.test("a cell that awaits a promise that never resolves is named with the reason", async () => {
  const { passed, said } = await check((cells, { answer }) => [
    ...cells.slice(0, answer),
    code("await new Promise(() => {});"),
    ...cells.slice(answer),
  ], { limitSeconds: 60 });
  assert.match(said, /Cell 29 of 37, `await new Promise\(\(\) => \{\}\);`, /);
  assert.match(said, /awaits a promise that nothing can resolve|had not ended after 60 s/);
  // The kernel gives the cell up once the garbage collector has come by.
  assert.equal(passed, !said.includes("had not ended"));
});

Deno.test("a check counts in any cell", async (test) => {
  const half = (cell: NotebookCell, source: string, id: string) => ({
    ...cell,
    id,
    source: source.split(/(?<=\n)/),
  });
  type Change = Parameters<typeof check>[0];
  const changes: Record<string, Change> = {
    "split in two": (cells, { check }) => [
      ...cells.slice(0, check),
      half(cells[check]!, "// One row down is 96 further on.", "note"),
      ...cells.slice(check),
    ],
    "copied": (
      cells,
      { check },
    ) => [...cells, half(cells[check]!, cells[check]!.source[0]!, "copy")],
    "merged with the answer": (cells, { answer, check }) =>
      cells.filter((_, i) => i !== check).map((cell, i) =>
        i === answer ? half(cell, `${RIGHT}\n${cells[check]!.source[0]!}`, "merged") : cell
      ),
    "split in the middle of the answer": (cells, { answer }) =>
      cells.flatMap((cell, i) =>
        i === answer
          ? [half(cell, "const side = 32;", "upper"), half(cell, RIGHT, "lower")]
          : [cell]
      ),
  };
  for (const [what, change] of Object.entries(changes)) {
    await test.step(what, async () => {
      const { passed, said } = await check(change);
      assert.match(said, PASSED);
      assert.doesNotMatch(said, /✗|not in the notebook|did not run/);
      assert.ok(passed, said);
    });
  }

  await test.step("deleted", async () => {
    const { passed, said } = await check((cells, { check }) => cells.filter((_, i) => i !== check));
    assert.match(said, /0 of 3 points\nits check cell is not in the notebook any more/);
    assert.equal(passed, false);
  });
});
