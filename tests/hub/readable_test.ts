/** Tests which files a hub's users can read if the administrator has a strict umask. */
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { checkReadable } from "../../tools/hub/readable.ts";
import { Site } from "../../tools/setup/paths.ts";
import { HERE, start } from "../setup/copies.ts";
import { hubIsInstalled } from "./running_hub.ts";

const isRoot = process.getuid?.() === 0;

/** Runs `work` with a temporary folder that every account can enter. */
async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "residual-"));
  try {
    fs.chmodSync(folder, 0o755);
    await work(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** Runs a shell command; returns its output. */
async function shell(line: string): Promise<string> {
  const { code, output } = await start("sh", ["-c", line]).ended;
  assert.equal(code, 0, `${line}\n${output}`);
  return output;
}

/** Runs a shell command as the account `nobody`. */
function asNobody(line: string): Promise<string> {
  return shell(`setpriv --reuid=65534 --regid=65534 --clear-groups sh -c '${line}'`);
}

/** Makes a minimal checkout for a hub under `umask 077`. */
async function privateCheckout(folder: string): Promise<Site> {
  const site = new Site(path.join(folder, "kit"));
  await shell(`umask 077
    mkdir -p ${site.checkout} && cd ${site.checkout}
    mkdir -p lib/dist node_modules/deno data tests .residual/venv-1/bin .residual/hub-packages
    touch deno.json lib/mod.ts lib/dist/mod.js node_modules/deno/deno tests/a_test.ts
    touch .residual/hub-packages/jupyterhub.py
    chmod u+x node_modules/deno/deno
    ln -s .residual/venv-1 .venv
    ln -s /bin/sh .venv/bin/python`);
  return site;
}

/** The lines of the check's error that mention files in `folder`. */
function problems(site: Site, folder: string): string[] {
  try {
    checkReadable({ site, folder, users: "accounts", homes: folder });
    return [];
  } catch (error) {
    return (error as Error).message.split("\n").filter((line) => line.includes(folder));
  }
}

Deno.test("the check lists files that other accounts cannot read, and the commands that fix them", () =>
  withFolder(async (folder) => {
    const site = await privateCheckout(folder);
    const remedy = `  chmod -R a+rX '${site.checkout}'`;
    assert.deepEqual(problems(site, folder), [
      ...["", "/.residual", "/data", "/deno.json", "/lib"].map((name) => {
        return `  ${site.checkout}${name}`;
      }),
      `  and 3 more in ${site.checkout}`,
      remedy,
    ]);
    await shell(`chmod -R a+rX ${site.checkout}`);
    for (const part of [".residual", "node_modules/deno/deno", "lib/dist/mod.js"]) {
      const { mode } = fs.statSync(site.at(part));
      fs.chmodSync(site.at(part), mode & ~0o005);
      assert.deepEqual(problems(site, folder), [`  ${site.at(part)}`, remedy]);
      fs.chmodSync(site.at(part), mode);
    }
    fs.chmodSync(folder, 0o700);
    assert.deepEqual(problems(site, folder), [`  ${folder}`, `  chmod a+x '${folder}'`]);
  }));

Deno.test({
  name:
    "after the suggested commands, the account nobody can read all files that a hub's users need",
  ignore: !isRoot,
  fn: () =>
    withFolder(async (folder) => {
      const site = await privateCheckout(folder);
      const commands = problems(site, folder).filter((line) => line.startsWith("  chmod"));
      await shell(commands.join("\n"));
      assert.deepEqual(problems(site, folder), []);
      assert.equal(await asNobody(`find -L ${site.checkout} ! -readable`), "");
      await asNobody(`test -x ${site.at("node_modules/deno/deno")}`);
    }),
});

Deno.test({
  name: "the `nobody` account can read the files that hub and course create under umask 077",
  ignore: !isRoot || !hubIsInstalled,
  fn: () =>
    withFolder(async (folder) => {
      const deno = `cd ${HERE.checkout} && umask 077 && ${Deno.execPath()} run -A --no-check`;
      const homes = path.join(folder, "homes");
      const course = path.join(folder, "course");
      await shell(`${deno} tools/hub/main.ts ${folder}/hub --homes ${homes} --setup-only`);
      await shell(`${deno} tools/course/main.ts ${course}`);
      for (const made of [homes, course]) {
        assert.match(await asNobody(`cat ${made}/deno.json`), /"residual": "file:/);
        assert.match(await asNobody(`ls ${made}`), /^deno.json$/m);
      }
      await asNobody(`touch ${folder}/hub/exchange/handed_in`);
      const secrets = `${folder}/hub/hub_own.py ${folder}/hub/state`;
      assert.match(await asNobody(`cat ${secrets} 2>&1 || true`), /(Permission denied[^]*){2}/);
    }),
});
