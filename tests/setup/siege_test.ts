// The whole of set-up, from a bare checkout, by two shells at once, both killed in every step.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { examine } from "../../tools/doctor/examine.ts";
import { runCommand } from "../../tools/setup/command.mjs";
import { STEPS } from "../../tools/setup/steps.ts";
import { Copy, start, until } from "./copies.ts";

/** How far into each step the kill comes, in milliseconds: in the middle, as seen on two cores. */
const INTO: Readonly<Record<string, number>> = {
  npm: 4_000,
  venv: 5_000,
  tensorflow: 3_000,
  addon: 4_000,
  library: 1_000,
  "go-between": 500,
  kernels: 0,
  data: 1_000,
};

/** A shell in a process group of its own, as a terminal's window is. */
class Shell {
  readonly child: ChildProcess;
  readonly ended: Promise<number>;
  output = "";

  constructor(copy: Copy) {
    this.child = spawn("npm", ["start", "--", "--setup-only"], {
      cwd: copy.checkout,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NO_COLOR: "1" },
    });
    const keep = (chunk: unknown) => this.output += String(chunk);
    this.child.stdout!.on("data", keep);
    this.child.stderr!.on("data", keep);
    this.ended = new Promise((resolve) => this.child.on("close", (code) => resolve(code ?? -9)));
  }

  /** kill -9 for every process that the window holds. */
  async kill(): Promise<void> {
    try {
      process.kill(-this.child.pid!, "SIGKILL");
    } catch { /* it has ended already */ }
    await this.ended;
  }
}

const online = (await runCommand("npm", ["ping"], { timeout: 20_000 })).code === 0;

Deno.test({
  name: "set-up survives two shells at once, both killed in every step (needs the network)",
  ignore: !online,
  sanitizeResources: false,
  sanitizeOps: false,
  fn: async () => {
    using copy = new Copy([]);
    for (const { part: { id, title } } of STEPS) {
      const shells = [new Shell(copy), new Shell(copy)];
      const said = () => shells.map(({ output }) => output).join("\n");
      await until(() => said().includes(`… ${title}`), 300);
      await new Promise((resolve) => setTimeout(resolve, INTO[id]));
      await Promise.all(shells.map((shell) => shell.kill()));
      assert.doesNotMatch(said(), /Failed:/, said());
    }
    const shells = [new Shell(copy), new Shell(copy)];
    const codes = await Promise.all(shells.map(({ ended }) => ended));
    const said = shells.map(({ output }) => output).join("\n");
    assert.deepEqual(codes, [0, 0], said);
    assert.match(said, /another start \(process \d+\) is setting up: waiting/);
    for (const { part } of STEPS) {
      const verdict = await part.check(copy);
      assert.ok(verdict.good, `${part.title}: ${verdict.found}`);
    }
    const backend = (await examine(copy)).find(({ id }) => id === "backend");
    assert.match(backend?.found ?? "", /^Backend: native/);
    assert.equal((await start("ls", ["-A", copy.at(".residual/work")]).ended).output, "");
  },
});
