/** JupyterLab as `npm start` starts it, in a real browser, the first cells run by clicks. */
import assert from "node:assert/strict";
import { withLab } from "./lab.ts";
import { NotebookPage } from "./notebook_page.ts";

/** The code cell of the first lesson that shows a picture. */
const PICTURED = 6;

/** More than the first start of a kernel with TensorFlow takes on a busy machine. */
const PATIENCE_S = 120;

Deno.test({
  name: "JupyterLab opens on the first lesson and runs its first cells by clicks",
  // The browser and the server are processes that outlive a test's own bookkeeping.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: () =>
    withLab(async (address) => {
      assert.match(
        address,
        /^http:\/\/127\.0\.0\.1:\d+\/lab\/tree\/notebooks\/\d\d_\w+\.ipynb\?token=\w{48}$/,
      );
      await using notebook = await NotebookPage.open(address);
      assert.equal(await notebook.page.locator(".jp-Dialog").count(), 0, "a dialog is in the way");
      await notebook.selectFirst();
      const first = notebook.codeCells.nth(0);
      const pictured = notebook.codeCells.nth(PICTURED);
      const prompt = pictured.locator(".jp-InputPrompt");
      while (!/\d|\*/.test(await prompt.textContent() ?? "")) await notebook.run();
      const backend = await notebook.finished(first, PATIENCE_S);
      assert.equal(backend.error, "");
      assert.match(backend.text, /^Backend: native \(TensorFlow's C library on the [CG]PU\)/);
      const gradient = await notebook.finished(pictured, PATIENCE_S);
      assert.equal(gradient.error, "");
      assert.equal(gradient.pictures, 1);
    }),
});
