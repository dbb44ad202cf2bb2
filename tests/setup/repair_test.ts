/** What set-up does with what another version has made, or somebody has broken. */
import assert from "node:assert/strict";
import fs from "node:fs";
import process from "node:process";
import { kernelsPart, kernelspec } from "../../tools/setup/kernels.ts";
import { kernelProxyPart, libraryPart } from "../../tools/setup/library.ts";
import type { Part } from "../../tools/setup/part.ts";
import { setUp } from "../../tools/setup/steps.ts";
import { Copy } from "./copies.ts";

const KERNEL_JSON = ".venv/share/jupyter/kernels/deno/kernel.json";

Deno.test("an outdated or empty kernel.json is replaced, and a correct one is kept", async () => {
  using copy = new Copy([]);
  const made = async () => (await setUp({ site: copy, only: ["kernels"] })).made;
  assert.deepEqual(await made(), ["kernels"]);
  const right = fs.readFileSync(copy.at(KERNEL_JSON), "utf8");
  assert.deepEqual(await made(), []);
  for (const wrong of ["", "{}", right.replace('"message"', '"signal"')]) {
    fs.writeFileSync(copy.at(KERNEL_JSON), wrong);
    assert.deepEqual(await made(), ["kernels"], wrong);
    assert.equal(fs.readFileSync(copy.at(KERNEL_JSON), "utf8"), right);
  }
});

Deno.test("a kernel.json may name another Node.js if it exists", async () => {
  using copy = new Copy([]);
  await setUp({ site: copy, only: ["kernels"] });
  const node = copy.at("node");
  fs.symlinkSync(process.execPath, node);
  fs.writeFileSync(copy.at(KERNEL_JSON), kernelspec(copy, "deno", node));
  assert.equal((await kernelsPart.check(copy)).ready, true);
  fs.rmSync(node);
  const { ready, found } = await kernelsPart.check(copy);
  assert.equal(ready, false);
  assert.match(found, /^deno: .*node was removed$/);
});

Deno.test("compiled code is outdated when the shared compiler options change", async () => {
  using copy = new Copy(["node_modules"]);
  await setUp({ site: copy, only: ["library", "kernel-proxy"] });
  const states = () => Promise.all([libraryPart, kernelProxyPart].map((part) => part.check(copy)));
  assert.deepEqual((await states()).map(({ ready }) => ready), [true, true]);
  fs.appendFileSync(copy.at("tsconfig.base.json"), "\n");
  assert.deepEqual((await states()).map(({ ready }) => ready), [false, false]);
});

Deno.test("a part whose check throws is set up again", async () => {
  using copy = new Copy([]);
  const part: Part = {
    id: "stumbling",
    title: "a part that stumbles",
    advice: "",
    check: () => JSON.parse("") as never,
    make: () => Promise.resolve("made"),
  };
  const also = [{ part, needs: [], optional: false }];
  const { made, failures } = await setUp({ site: copy, only: ["stumbling"], also });
  assert.deepEqual([made, failures.size], [["stumbling"], 0]);
});
