/** The whole of set-up, from a bare checkout, by two shells at once, both killed in every step. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import process from "node:process";
import { examine } from "../../tools/doctor/examine.ts";
import { runCommand } from "../../tools/setup/command.mjs";
import { STEPS } from "../../tools/setup/steps.ts";
import { Copy, start, until } from "./copies.ts";

/**
 * How far into each step the kill comes, in milliseconds: in the middle, as seen on two cores. The
 * kernels' step is over at once.
 */
const INTO: Readonly<Record<string, number>> = {
  npm: 4_000,
  venv: 5_000,
  tensorflow: 3_000,
  addon: 4_000,
  library: 500,
  "kernel-proxy": 200,
  kernels: 0,
  data: 1_000,
};

/** Variables that would send the steps elsewhere, if they reached them. */
const REDIRECTING = {
  NODE_ENV: "production",
  PIP_USER: "1",
  PIP_TARGET: "/nowhere",
  PYTHONHOME: "/nowhere",
  PYTHONPATH: "/nowhere",
  CPLUS_INCLUDE_PATH: "/nowhere",
};

/** A shell in a process group of its own, as a terminal's window is. */
class Shell implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly ended: Promise<number>;
  output = "";
  over = false;

  constructor(copy: Copy) {
    this.child = spawn("npm", ["start", "--", "--setup-only"], {
      cwd: copy.checkout,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NO_COLOR: "1", ...REDIRECTING },
    });
    const keep = (chunk: unknown) => this.output += String(chunk);
    this.child.stdout!.on("data", keep);
    this.child.stderr!.on("data", keep);
    this.ended = new Promise((resolve) =>
      this.child.on("close", (code) => {
        this.over = true;
        resolve(code ?? -9);
      })
    );
  }

  /** kill -9 for every process that the window holds. */
  async [Symbol.asyncDispose](): Promise<void> {
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
    for (const built of ["lib/dist", "tools/kernels/dist"]) {
      fs.rmSync(copy.at(built), { recursive: true });
    }
    const interrupted: string[] = [];
    for (const { part: { id, title } } of STEPS) {
      await using first = new Shell(copy);
      await using second = new Shell(copy);
      const said = () => first.output + second.output;
      // A short step may be done already: the kill before came too late for it.
      await until(() => said().includes(`… ${title}`) || first.over || second.over, 300);
      await new Promise((resolve) => setTimeout(resolve, INTO[id]));
      assert.doesNotMatch(said(), /Failed:/, said());
      if (said().includes(`… ${title}`) && !said().includes(`✓ ${title}`)) interrupted.push(id);
    }
    for (const id of ["npm", "venv", "tensorflow", "addon", "library", "data"]) {
      assert.ok(interrupted.includes(id), `${id} was not interrupted: ${interrupted}`);
    }
    await using first = new Shell(copy);
    await using second = new Shell(copy);
    const codes = [await first.ended, await second.ended];
    const said = first.output + second.output;
    assert.deepEqual(codes, [0, 0], said);
    assert.match(said, /another start \(process \d+\) is setting up: waiting/);
    for (const { part } of STEPS) {
      const state = await part.check(copy);
      assert.ok(state.ready, `${part.title}: ${state.found}`);
    }
    const backend = (await examine(copy)).find(({ id }) => id === "backend");
    assert.match(backend?.found ?? "", /^Backend: native/);
    assert.equal((await start("ls", ["-A", copy.at(".residual/work")]).ended).output, "");
  },
});
