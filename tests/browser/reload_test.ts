/** A page that is loaded again while a cell runs, in a real browser, in both kernels. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { KERNELS } from "../../tools/setup/kernels.ts";
import { addressOf, withLab, writeNotebook } from "./lab.ts";
import { NotebookPage } from "./notebook_page.ts";

const cells = (end: string) => [
  `import { existsSync } from "node:fs";
import { Display } from "residual";
const steps: number[] = [];
const place = new Display();
while (!existsSync(${JSON.stringify(end)})) {
  steps.push(steps.length);
  await place.show({ "text/plain": \`step \${steps.length}\` });
  await new Promise((resolve) => setTimeout(resolve, 50));
}`,
  `console.log("steps are kept:", steps.length > 2);`,
];

for (const kernel of KERNELS) {
  Deno.test({
    name:
      `A page that is loaded again says Busy while a cell runs on ${kernel}, and the next cell sees its variables`,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: () =>
      withLab(async (address, copy) => {
        const end = copy.at("end");
        const place = writeNotebook(copy, "97_reload", cells(end), kernel);
        await using notebook = await NotebookPage.open(addressOf(address, place));
        const [running, next] = [notebook.codeCells.nth(0), notebook.codeCells.nth(1)];
        await notebook.selectFirst();
        await notebook.run();
        await running.getByText(/step \d/).waitFor();
        await notebook.save();

        await notebook.reload();
        await notebook.kernelIs("Busy");
        await next.locator(".jp-InputPrompt").click();
        await notebook.run();
        await next.locator(".jp-InputPrompt", { hasText: "[*]" }).waitFor();
        await notebook.kernelIs("Busy");

        fs.writeFileSync(end, "");
        const seen = await notebook.finished(next);
        assert.deepEqual([seen.text.trim(), seen.error], ["steps are kept: true", ""]);
        await notebook.kernelIs("Idle");
      }),
  });
}
