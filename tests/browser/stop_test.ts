/** The Stop button in the middle of a training, in a real browser, in both kernels. */
import assert from "node:assert/strict";
import { addressOf, withLab, writeNotebook } from "./lab.ts";
import { NotebookPage } from "./notebook_page.ts";

const CELLS = [
  `import { budget, evaluate, loadCifar10, resnet20, showText, startBackend, train } from "residual";
await startBackend();
const cifar = loadCifar10();
const model = resnet20();`,
  `const history = await train(model, cifar, { budget: budget("lesson") });`,
  `const { accuracy } = await evaluate(model, cifar.test, { limit: 250 });
await showText(\`stopped \${history.stopped} after \${history.loss.length} steps, accuracy \${accuracy}\`);`,
];

for (const kernel of ["deno", "tslab"] as const) {
  Deno.test({
    name:
      `Stop ends a training in JupyterLab on ${kernel}; its picture stays, and the next cell runs`,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: () =>
      withLab(async (address, copy) => {
        const place = writeNotebook(copy, "99_stop", CELLS);
        await using notebook = await NotebookPage.open(addressOf(address, place));
        if (kernel !== "deno") await notebook.chooseKernel(kernel);
        const [first, training, after] = [0, 1, 2].map((i) => notebook.codeCells.nth(i));
        await first!.locator(".jp-InputPrompt").click();
        await notebook.run();
        assert.equal((await notebook.finished(first!)).error, "");
        await notebook.run();
        await training!.locator("text=/step ([5-9]|\\d\\d+) of 391/").waitFor();
        await notebook.stop();
        const stopped = await notebook.finished(training!);
        assert.equal(stopped.error, "");
        assert.match(stopped.text, /stopped after/);
        await notebook.run();
        const next = await notebook.finished(after!);
        assert.equal(next.error, "");
        assert.match(next.text, /stopped true after \d+ steps, accuracy 0\.\d+/);
      }),
  });
}
