/** JupyterLab as `npm start` starts it, in a real browser, the first cells run by clicks. */
import assert from "node:assert/strict";
import { withLab } from "./lab.ts";
import { NotebookPage } from "./notebook_page.ts";

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
      const code = notebook.codeCells;
      const first = code.nth(0);
      const second = code.nth(1);
      while (await second.locator(".jp-InputPrompt").innerText() === "[ ]:") await notebook.run();
      const backend = await notebook.finished(first, PATIENCE_S);
      assert.equal(backend.error, "");
      assert.match(backend.text, /^Backend: native \(TensorFlow's C library on the [CG]PU\)/);
      const photos = await notebook.finished(second, PATIENCE_S);
      assert.equal(photos.error, "");
      assert.equal(photos.pictures, 16);
    }),
});
