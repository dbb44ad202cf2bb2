/** `reset` in notebooks whose cells a learner has split, copied, merged, converted or deleted. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { type Notebook, type NotebookCell, notebookText } from "../../tools/lessons/notebook.ts";
import { Copy } from "../setup/copies.ts";

const NOTEBOOK = "notebooks/00_start_here.ipynb";
const ANSWER = [
  "function pixelIndex(y: number, x: number, c: number): number {",
  "  return 1;",
  "}",
];

function cellsOf(copy: Copy): NotebookCell[] {
  return (JSON.parse(fs.readFileSync(copy.at(NOTEBOOK), "utf8")) as Notebook).cells;
}

function named(cells: readonly NotebookCell[], id: string): NotebookCell[] {
  return cells.filter(({ metadata }) => metadata.nbgrader?.grade_id === id);
}

/** What becomes of the answer's cell, and of the check's, in a learner's hands. */
const CHANGES: Readonly<
  Record<string, (answer: NotebookCell, check: NotebookCell) => NotebookCell[]>
> = {
  "split in two": (answer, check) => [
    { ...answer, source: [ANSWER[0]!] },
    { ...answer, id: "half", source: ANSWER.slice(1).map((line) => `${line}\n`) },
    check,
  ],
  "copied below its check": (answer, check) => [answer, check, {
    ...answer,
    id: "copy",
    source: ANSWER.map((line) => `${line}\n`),
  }],
  "merged with its check": (answer, check) => [{
    ...answer,
    source: [...ANSWER.map((line) => `${line}\n`), ...check.source],
  }],
  "converted to text": (answer, check) => [
    { ...answer, cell_type: "markdown", source: ANSWER.map((line) => `${line}\n`) },
    check,
  ],
};

Deno.test("reset leaves one stub and one check, and keeps everything the learner wrote", async (test) => {
  using copy = new Copy(["node_modules"]);
  const original = cellsOf(copy);
  const [answer] = named(original, "pixel_index");
  const [check] = named(original, "check_pixel_index");
  const reset = async (cells: readonly NotebookCell[]) => {
    const notebook = JSON.parse(fs.readFileSync(copy.at(NOTEBOOK), "utf8")) as Notebook;
    fs.writeFileSync(copy.at(NOTEBOOK), notebookText({ ...notebook, cells: [...cells] }));
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "tools/study/reset.ts", "pixel_index"],
      cwd: copy.checkout,
      env: { RESIDUAL_PROGRESS: copy.at("progress.json"), INIT_CWD: copy.checkout },
    }).output();
    const said = new TextDecoder().decode(code === 0 ? stdout : stderr);
    const [, kept] = /kept in (\S+\.ts)/.exec(said) ?? [];
    return { code, said, kept: kept && fs.readFileSync(copy.at(kept), "utf8") };
  };

  for (const [what, change] of Object.entries(CHANGES)) {
    await test.step(`the answer's cell was ${what}`, async () => {
      const changed = original.flatMap((cell) =>
        cell === answer ? change(answer!, check!) : cell === check ? [] : [cell]
      );
      const { code, said, kept } = await reset(changed);
      assert.equal(code, 0, said);
      const cells = cellsOf(copy);
      assert.deepEqual(named(cells, "pixel_index").map(({ source }) => source), [answer!.source]);
      const [stub] = named(cells, "pixel_index");
      assert.deepEqual([stub!.cell_type, stub!.metadata], ["code", answer!.metadata]);
      const checks = named(cells, "check_pixel_index");
      assert.deepEqual(
        checks.map(({ source, metadata }) => ({ source, metadata })),
        [{ source: check!.source, metadata: check!.metadata }],
      );
      assert.ok(cells.indexOf(stub!) < cells.indexOf(checks[0]!));
      for (const line of ANSWER) assert.ok(kept!.includes(line), `${line} is not in ${kept}`);
    });
  }

  await test.step("a notebook in its original state is unchanged", async () => {
    const { said } = await reset(original);
    assert.match(said, /pixel_index is as it was at first/);
    assert.deepEqual(cellsOf(copy), original);
  });

  await test.step("for an exercise whose cell was deleted, reset says where the original is", async () => {
    const { code, said } = await reset(original.filter((cell) => cell !== answer));
    assert.equal(code, 1);
    assert.match(
      said,
      /no longer has the cell of the exercise pixel_index.*git show HEAD:notebooks/,
    );
  });
});
