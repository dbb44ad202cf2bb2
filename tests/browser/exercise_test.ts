/** An exercise as a learner meets it, in JupyterLab in a real browser: wrong, a hint, right, progress. */
import assert from "node:assert/strict";
import fs from "node:fs";
import type { Locator } from "playwright-core";
import type { Notebook, NotebookCell } from "../../tools/lessons/notebook.ts";
import { KERNELS } from "../../tools/setup/kernels.ts";
import { withLab } from "./lab.ts";
import { NotebookPage, type SeenCell } from "./notebook_page.ts";

const answer = (place: string) =>
  `function pixelIndex(y: number, x: number, c: number): number {\n  return ${place};\n}`;
const WRONG = answer("(x * 32 + y) * 3 + c");
const RIGHT = answer("(y * 32 + x) * 3 + c");

for (const kernel of KERNELS) {
  Deno.test({
    name:
      `A learner answers wrongly, opens a hint, answers rightly and sees the progress on ${kernel}`,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: () =>
      withLab(async (address, copy) => {
        const file = copy.at("notebooks/00_start_here.ipynb");
        const { cells } = JSON.parse(fs.readFileSync(file, "utf8")) as Notebook;
        const code = cells.filter(({ cell_type }) => cell_type === "code");
        await using notebook = await NotebookPage.open(address);
        if (kernel !== "deno") await notebook.chooseKernel(kernel);

        /** Runs the code cell of which this is true, as it stands. */
        async function run(found: (cell: NotebookCell) => boolean): Promise<SeenCell> {
          const cell = cellOf(found);
          const before = await cell.locator(".jp-InputPrompt").innerText();
          await cell.locator(".jp-InputPrompt").click();
          await notebook.run();
          await cell.locator(".jp-InputPrompt", { hasText: /\[\d+\]/, hasNotText: before })
            .waitFor();
          return await notebook.finished(cell);
        }
        function cellOf(found: (cell: NotebookCell) => boolean): Locator {
          return notebook.codeCells.nth(code.findIndex(found));
        }
        const of = (id: string) => ({ metadata }: NotebookCell) =>
          metadata.nbgrader?.grade_id === id;
        const saying = (text: string) => ({ source }: NotebookCell) => source.join("") === text;
        const exercise = cellOf(of("pixel_index"));

        assert.equal((await run(({ source }) => source.join("").startsWith("import"))).error, "");

        const unwritten = await run(of("check_pixel_index"));
        assert.match(unwritten.error, /pixelIndex is not defined|Cannot find name 'pixelIndex'/);

        await notebook.write(exercise, WRONG);
        await run(of("pixel_index"));
        const wrong = await run(of("check_pixel_index"));
        assert.match(wrong.text, /✗ find a value: \d of 3 points/);
        assert.match(wrong.text, /Stuck\? await hint\("pixel_index"\)/);
        assert.match(
          wrong.error,
          /^CheckFailed: pixel_index: \d of 3 points; look at ".+" first$/m,
        );

        const hinted = await run(saying('await hint("pixel_index");'));
        assert.match(hinted.text, /How many values lie in front of row/);

        await notebook.write(exercise, RIGHT);
        await run(of("pixel_index"));
        const right = await run(of("check_pixel_index"));
        assert.match(right.text, /✓ find a value: 3 of 3 points/);
        assert.match(right.text, /Lesson 0 · start here: 3 of 3 points/);
        assert.equal(right.error, "");

        const progress = await run(saying("await progress();"));
        assert.match(progress.text, /✓ find a value: 3 of 3, 1 hint/);
        const kept = JSON.parse(fs.readFileSync(copy.at("progress.json"), "utf8"));
        assert.equal(kept.exercises.pixel_index.points, 3);
      }),
  });
}
