/** JupyterLab as `npm start` starts it, in a real browser, the first cells run by clicks. */
import assert from "node:assert/strict";
import { withLab } from "./lab.ts";
import { NotebookPage } from "./notebook_page.ts";

/** The code cell of the first lesson that shows a picture. */
const PICTURED = 6;

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
      // nbgrader would bring a menu of its own.
      const menus = await notebook.page.locator(".lm-MenuBar-itemLabel").allInnerTexts();
      assert.deepEqual(menus.filter((name) => name !== ""), [
        ...["File", "Edit", "View", "Run", "Kernel", "Tabs", "Settings", "Help"],
      ]);
      assert.match(await switchedOff(address), /@jupyter\/nbgrader/);
      await notebook.selectFirst();
      const first = notebook.codeCells.nth(0);
      const pictured = notebook.codeCells.nth(PICTURED);
      const prompt = pictured.locator(".jp-InputPrompt");
      while (!/\d|\*/.test(await prompt.textContent() ?? "")) await notebook.run();
      const backend = await notebook.finished(first);
      assert.equal(backend.error, "");
      assert.match(backend.text, /^Backend: native \(TensorFlow's C library on the [CG]PU\)/);
      const gradient = await notebook.finished(pictured);
      assert.equal(gradient.error, "");
      assert.equal(gradient.pictures, 1);
    }),
});

Deno.test({
  name: "nbgrader's parts of JupyterLab are there for a teacher",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: () =>
    withLab(async (address) => {
      assert.doesNotMatch(await switchedOff(address), /nbgrader/);
    }, ["--teacher"]),
});

/** The extensions that the page is told to leave out. */
async function switchedOff(address: string): Promise<string> {
  const page = await (await fetch(address)).text();
  const config = /<script id="jupyter-config-data"[^>]*>(.*?)<\/script>/s.exec(page)?.[1];
  assert.ok(config, page.slice(0, 500));
  return String((JSON.parse(config) as { disabledExtensions: string[] }).disabledExtensions);
}
