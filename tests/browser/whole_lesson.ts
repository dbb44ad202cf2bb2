/**
 * Runs a lesson to its end in JupyterLab in a real browser, in both kernels, as a learner does who
 * knows the answers; takes a picture of each part on the way.
 *
 *   npx deno task browse [NN] [--kernel deno|tslab] [--out FOLDER]
 *
 * `RESIDUAL_BUDGET` says how long it trains.
 */
import process from "node:process";
import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { forCaller, fromCaller } from "../../tools/caller_path.ts";
import { findLessons, generate, readLesson } from "../../tools/lessons/build.ts";
import { KIT } from "../../tools/lessons/kit.ts";
import { CHECKOUT } from "../../tools/setup/paths.ts";
import { addressOf, withLab } from "./lab.ts";
import { NotebookPage } from "./notebook_page.ts";

/** A whole training may lie between two cells. */
const PATIENCE_MS = 12 * 3600 * 1000;

const { values, positionals: numbers } = parseArgs({
  args: process.argv.slice(2),
  allowPositionals: true,
  options: {
    kernel: { type: "string" },
    out: { type: "string", default: path.join(CHECKOUT, "tests", ".tmp", "pictures") },
  },
});
const KERNELS = ["deno", "tslab"] as const;
const kernels = KERNELS.filter((name) => values.kernel === undefined || values.kernel === name);
if (kernels.length === 0) throw new Error(`--kernel is deno or tslab, not ${values.kernel}.`);
const out = fromCaller(values.out);
fs.mkdirSync(out, { recursive: true });

const failed = await withLab(async (address) => {
  let failures = 0;
  for (const lesson of await findLessons(CHECKOUT, numbers)) {
    const notebook = addressOf(address, `notebooks/${lesson}.ipynb`);
    for (const kernel of kernels) failures += await runLesson(lesson, kernel, notebook);
  }
  return failures;
});
console.log(`The pictures are in ${forCaller(out)}.`);
process.exit(failed === 0 ? 0 : 1);

/** Returns how many cells failed. */
async function runLesson(
  lesson: string,
  kernel: "deno" | "tslab",
  address: string,
): Promise<number> {
  await using notebook = await NotebookPage.open(address);
  if (kernel !== "deno") await notebook.chooseKernel(kernel);
  const [{ notebook: solution }] = generate(await readLesson(KIT, lesson));
  const started = Date.now();
  let failures = 0;
  let code = 0;
  await notebook.selectFirst();
  for (const [i, { cell_type, metadata, source }] of solution.cells.entries()) {
    const cell = notebook.cells.nth(i);
    if (cell_type === "code") {
      if (metadata.nbgrader?.solution) await notebook.write(cell, source.join(""));
      else await cell.locator(".jp-InputPrompt").click();
    }
    await notebook.run();
    if (cell_type !== "code") continue;
    const { error } = await notebook.finished(cell, PATIENCE_MS);
    code++;
    if (error !== "") {
      failures++;
      console.error(`${lesson} in ${kernel}, cell ${i}:\n${error}`);
    }
    const file = `${lesson}_${kernel}_${String(i).padStart(2, "0")}.png`;
    await notebook.page.screenshot({ path: path.join(out, file) });
  }
  const seconds = ((Date.now() - started) / 1000).toFixed(0);
  console.log(`${lesson} in ${kernel}: ${code} cells run, ${failures} failed, ${seconds} s`);
  return failures;
}
