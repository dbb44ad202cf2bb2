/** Tests how the grader measures a process: a busy machine must not look like a waiting process. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { usageOf } from "../../tools/grade/sandbox/limits.ts";

/** The main thread sleeps while another thread computes. */
const BUSY_THREAD = `
const url = "data:application/javascript," + encodeURIComponent("postMessage(1); for (;;);");
new Worker(url, { type: "module" }).onmessage = () => console.log("ready");
`;

const ASLEEP = 'setInterval(() => {}, 1e6); console.log("ready");';

const hasProc = { ignore: !existsSync("/proc/self/stat") };

/** Runs a program, calls `body` when the program has printed a line, and ends the program. */
async function whileRunning(code: string, body: (pid: number) => Promise<void>): Promise<void> {
  const child: ChildProcess = spawn(Deno.execPath(), ["eval", code], { stdio: "pipe" });
  const ended = new Promise((resolve) => child.on("close", resolve));
  try {
    await new Promise((resolve) => child.stdout!.once("data", resolve));
    await body(child.pid!);
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
}

/** Resolves when `isTrue` returns true. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 10));
}

Deno.test({
  ...hasProc,
  name:
    "a process whose main thread waits for a busy thread does not count as waiting (needs /proc)",
  async fn() {
    await whileRunning(BUSY_THREAD, async (pid) => {
      const isMainAsleep = () => readFileSync(`/proc/${pid}/stat`, "utf8").includes(") S ");
      await until(isMainAsleep);
      for (let i = 0; i < 20; i++) assert.equal(usageOf(pid)?.waits, false);
      assert.ok(isMainAsleep());
    });
  },
});

Deno.test({
  ...hasProc,
  name: "a process that only sleeps counts as waiting (needs /proc)",
  async fn() {
    await whileRunning(ASLEEP, async (pid) => {
      await until(() => usageOf(pid)?.waits === true);
    });
  },
});

Deno.test({
  ...hasProc,
  name: "a process that has ended has no usage (needs /proc)",
  async fn() {
    let ended = 0;
    await whileRunning(ASLEEP, (pid) => Promise.resolve(void (ended = pid)));
    assert.equal(usageOf(ended), undefined);
  },
});
