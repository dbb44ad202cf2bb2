/** A check that is interrupted, or killed, leaves no process and no folder behind. */
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { type Notebook, notebookText } from "../../tools/lessons/notebook.ts";
import { Copy, start, until, WHOLE } from "../setup/copies.ts";

/** The processes that have a text in their command line or in their environment. */
function processesWith(text: string): string[] {
  return fs.readdirSync("/proc").filter((pid) => {
    try {
      if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
      return ["cmdline", "environ"].some((file) =>
        fs.readFileSync(`/proc/${pid}/${file}`, "latin1").includes(text)
      );
    } catch {
      return false; // It has ended meanwhile, or belongs to somebody else.
    }
  });
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"] as const) {
  Deno.test(`check leaves nothing behind after ${signal}`, async () => {
    using copy = new Copy(WHOLE);
    // Sockets need a short path.
    const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "residual-"));
    try {
      const file = copy.at("notebooks", "00_start_here.ipynb");
      const notebook = JSON.parse(fs.readFileSync(file, "utf8")) as Notebook;
      const [first] = notebook.cells.filter(({ cell_type }) => cell_type === "code");
      const running = copy.at("running");
      const endless = `Deno.writeTextFileSync(${JSON.stringify(running)}, "");\n` +
        "while (true) await new Promise((resolve) => setTimeout(resolve, 100));";
      const cells = [{ ...first!, source: [endless] }, ...notebook.cells];
      fs.writeFileSync(file, notebookText({ ...notebook, cells }));
      const check = start(
        Deno.execPath(),
        ["run", "-A", "--no-check", "tools/study/check.ts", "0"],
        { TMPDIR: temporary, RESIDUAL_PROGRESS: "off" },
        copy.checkout,
      );
      await until(() => fs.existsSync(running), 120);
      assert.ok(processesWith(temporary).length > 1);
      process.kill(check.child.pid!, signal);
      const { code, output } = await check.ended;
      if (signal !== "SIGKILL") {
        assert.equal(code, { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal], output);
        assert.match(output, /Interrupted/);
        assert.deepEqual(processesWith(temporary), [], "processes that still run");
      }
      // A killed program cannot wait for its kernel to end.
      await until(() => processesWith(temporary).length === 0, 120);
      assert.deepEqual(fs.readdirSync(temporary), []);
    } finally {
      fs.rmSync(temporary, { recursive: true, force: true });
    }
  });
}
