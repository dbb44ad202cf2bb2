/** tslab runs cells after a file has changed where it looks for modules. */
import { deepEqual, equal, match } from "node:assert/strict";
import { type Cell, drive, errorsOf, site, texts } from "./driver.ts";

Deno.test("tslab finds a module that was written after its first import", async () => {
  const parent = site.at("tests", ".tmp");
  Deno.mkdirSync(parent, { recursive: true });
  const folder = Deno.makeTempDirSync({ dir: parent, prefix: "tslab-" });
  try {
    const { written } = await drive<{ written: { first: Cell; found: Cell; failed: Cell[] } }>(
      "tslab",
      `written=${folder.slice(site.checkout.length + 1)}`,
    );
    match(errorsOf(written.first)[0]?.evalue ?? "", /Cannot find module/);
    deepEqual(written.failed, []);
    equal(texts(written.found), "5\n");
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
