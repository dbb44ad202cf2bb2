/** What the doctor finds in a checkout that is set up. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { examine, type Finding } from "../../tools/doctor/examine.ts";
import { denoBinary } from "../../tools/setup/npm.mjs";
import { CHECKOUT } from "../../tools/setup/paths.ts";
import { Copy, start } from "./copies.ts";

Deno.test("the doctor reports a working checkout, as text and as JSON", async () => {
  const doctor = ["run", "-A", "tools/doctor/main.ts"];
  const [text, json] = await Promise.all([
    start(denoBinary(CHECKOUT), doctor).ended,
    start(denoBinary(CHECKOUT), [...doctor, "--json"]).ended,
  ]);
  assert.equal(text.code, 0, text.output);
  assert.match(text.output, /Lessons can be run\./);
  const report = JSON.parse(json.output) as { ready: boolean; findings: Finding[] };
  assert.equal(report.ready, true);
  const backend = report.findings.find(({ id }) => id === "backend");
  assert.match(backend?.found ?? "", /^Backend: \w+ \(/);
});

Deno.test("each problem gets one suggestion, and the exit status is not 0", async () => {
  using copy = new Copy(["node_modules"]);
  fs.rmSync(copy.addon);
  const findings = await examine(copy);
  const of = (id: string) => findings.find((finding) => finding.id === id);
  assert.equal(of("npm")?.state, "good", of("npm")?.found);
  assert.equal(of("venv")?.state, "bad");
  assert.equal(of("data")?.state, "bad");
  assert.match(of("data")?.found ?? "", /6 files are missing/);
  assert.equal(of("addon")?.state, "weak");
  // A graphics card would come before it.
  const backend = of("backend");
  assert.match(backend?.found ?? "", /^Backend: (webgpu|wasm) [\s\S]*not native: /);
  assert.equal(backend?.state, backend?.found.startsWith("Backend: webgpu") ? "good" : "weak");
  for (const { id, state, advice } of findings) {
    assert.equal(advice === undefined, state === "good", `${id} is ${state}: ${advice}`);
  }
  const doctor = ["run", "-A", "tools/doctor/main.ts"];
  const { code, output } = await start(denoBinary(CHECKOUT), doctor, {}, copy.checkout).ended;
  assert.equal(code, 1);
  assert.match(output, /→[\s\S]*Lessons cannot be run yet\./);
});
