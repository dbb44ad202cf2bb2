/** Files are written completely or not at all. */
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { replaceFile, replaceFileSync } from "../../lib/replace_file.ts";

/** Runs `work` in a folder that is removed afterwards. */
async function inFolder(work: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "residual-files-"));
  try {
    await work(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

Deno.test("a file is replaced, and its folders are created", () =>
  inFolder(async (folder) => {
    const file = path.join(folder, "deep", "text");
    await replaceFile(file, "first");
    replaceFileSync(file, "second");
    assert.equal(fs.readFileSync(file, "utf8"), "second");
    await replaceFile(file, [Uint8Array.of(65), Uint8Array.of(), Uint8Array.of(66)]);
    assert.equal(fs.readFileSync(file, "utf8"), "AB");
    assert.deepEqual(fs.readdirSync(path.dirname(file)), ["text"]);
  }));

Deno.test("a failure in the middle keeps the earlier file and leaves nothing else", () =>
  inFolder(async (folder) => {
    const file = path.join(folder, "weights");
    replaceFileSync(file, "old");
    function* parts(): Generator<Uint8Array> {
      yield new Uint8Array(1000);
      throw new Error("the second part is missing");
    }
    await assert.rejects(replaceFile(file, parts()), /second part/);
    assert.equal(fs.readFileSync(file, "utf8"), "old");
    assert.deepEqual(fs.readdirSync(folder), ["weights"]);
  }));

Deno.test("a file cannot replace a folder, and leaves nothing behind", () =>
  inFolder(async (folder) => {
    const taken = path.join(folder, "taken");
    fs.mkdirSync(taken);
    await assert.rejects(replaceFile(taken, "text"), /EISDIR|directory/);
    assert.throws(() => replaceFileSync(taken, "text"), /EISDIR|directory/);
    assert.deepEqual(fs.readdirSync(folder), ["taken"]);
  }));

Deno.test({
  name: "a full disk keeps the earlier file (needs user namespaces)",
  ignore: !new Deno.Command("unshare", { args: ["-rm", "true"] }).outputSync().success,
  fn: () =>
    inFolder((folder) => {
      const script = `
        import { replaceFileSync, replaceFile } from ${
        JSON.stringify(import.meta.resolve("../../lib/replace_file.ts"))
      };
        import fs from "node:fs";
        const file = ${JSON.stringify(path.join(folder, "text"))};
        replaceFileSync(file, "old");
        const said = [];
        try { replaceFileSync(file, "x".repeat(1e6)); } catch (error) { said.push(error.code); }
        await replaceFile(file, "x".repeat(1e6)).catch((error) => said.push(error.code));
        console.log(said.join(), fs.readFileSync(file, "utf8"), fs.readdirSync(${
        JSON.stringify(folder)
      }).join());`;
      const { stdout, stderr } = new Deno.Command("unshare", {
        args: [
          "-rm",
          "sh",
          "-c",
          'mount -t tmpfs -o size=64k none "$0" && exec "$@"',
          folder,
          Deno.execPath(),
          "eval",
          script,
        ],
      }).outputSync();
      const text = new TextDecoder();
      assert.equal(text.decode(stdout), "ENOSPC,ENOSPC old text\n", text.decode(stderr));
    }),
});
