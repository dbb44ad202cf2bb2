/** Run All, a cell that fails and Restart in JupyterLab, in a real browser, in both kernels. */
import assert from "node:assert/strict";
import { KERNELS } from "../../tools/setup/kernels.ts";
import { readJson } from "../../tools/setup/work.mjs";
import { until } from "../setup/copies.ts";
import { addressOf, withLab, writeNotebook } from "./lab.ts";
import { NotebookPage } from "./notebook_page.ts";

/** Results and lines in turn, as many as no lesson has. */
const MANY = Array.from(
  { length: 100 },
  (_, i) => i % 2 ? `console.log("line ${i}")` : `const v${i} = ${i}; v${i} + 0.5`,
);
const SAID = MANY.map((_, i) => i % 2 ? `line ${i}` : `${i + 0.5}`);

const BROKEN = [
  `var kept = 41; console.log("first")`,
  `const fine = 1;\nconst broken = = 2;`,
  `console.log("third")`,
  `console.log("fourth")`,
];

interface Stored {
  cells: {
    execution_count: number | null;
    outputs: { text?: string[]; data?: Record<string, string[]> }[];
  }[];
}

for (const kernel of KERNELS) {
  Deno.test({
    name: `Run All and Restart in JupyterLab on ${kernel}`,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: (test) =>
      withLab(async (address, copy) => {
        const many = writeNotebook(copy, "98_many", MANY, kernel);
        const place = writeNotebook(copy, "99_broken", BROKEN, kernel);
        // Without what was open before: a notebook behind it has the same buttons.
        const broken = `${addressOf(address, place)}&reset`;
        await using notebook = await NotebookPage.open(addressOf(address, many));

        await test.step("Run All over 100 cells shows the output of each", async () => {
          await notebook.selectFirst();
          await notebook.runAll();
          const last = await notebook.finished(notebook.codeCells.last());
          assert.deepEqual([last.prompt, last.text.trim()], ["[100]:", "line 99"]);
          // What JupyterLab has of the others is what it writes; only those in sight are drawn.
          const read = () => (readJson(copy.at(many)) as Stored | undefined)?.cells ?? [];
          await notebook.save();
          await until(() => read().at(-1)?.execution_count === 100);
          const cells = read();
          assert.deepEqual(cells.map((cell) => cell.execution_count), MANY.map((_, i) => i + 1));
          const texts = cells.map(({ outputs }) =>
            outputs.map(({ text, data }) => (text ?? data?.["text/plain"] ?? []).join("")).join()
          );
          assert.deepEqual(texts.map((text) => text.trim()), SAID);
        });

        const [first, second, third, fourth] = [0, 1, 2, 3].map((i) => notebook.codeCells.nth(i));
        await test.step("a syntax error shows its line and a caret, and ends Run All", async () => {
          await notebook.visit(broken);
          await notebook.selectFirst();
          await notebook.runAll();
          assert.equal((await notebook.finished(first!)).text.trim(), "first");
          const { error } = await notebook.finished(second!);
          assert.match(
            error,
            /^(Syntax|TypeScript)Error: Expression expected.*\(line 2, column 16\)/,
          );
          const lines = error.split("\n");
          const at = lines.findIndex((line) => line.includes("const broken = = 2;"));
          assert.equal(lines[at + 1]?.indexOf("^"), lines[at]?.indexOf("= 2"), error);
          for (const cell of [third!, fourth!]) {
            assert.deepEqual(await notebook.seen(cell), {
              prompt: "[ ]:",
              text: "",
              error: "",
              pictures: 0,
            });
          }
        });

        await test.step("cells can be run after the error", async () => {
          await third!.locator(".jp-InputPrompt").click();
          await notebook.run();
          assert.equal((await notebook.finished(third!)).text.trim(), "third");
        });

        await test.step("Restart gives a fresh kernel", async () => {
          await notebook.restart();
          await notebook.write(fourth!, "console.log(typeof (globalThis as any).kept, 'now')");
          await notebook.run();
          const { prompt, text, error } = await notebook.finished(fourth!);
          assert.deepEqual([prompt, text.trim(), error], ["[1]:", "undefined now", ""]);
        });
      }),
  });
}
