/** Restart, several front ends, much output, and the death of either side (drive_life.py). */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type Cell, drive, errorsOf, KERNELS, texts } from "./driver.ts";

interface Left {
  processes: number[];
  files: string[];
}

const NOTHING: Left = { processes: [], files: [] };

/** What a scenario of drive_life.py saw; no process and no file may be left after any. */
async function live<Seen>(kernel: string, scenario: string): Promise<Seen> {
  const seen = await drive<Seen & { left: Left }>(kernel, scenario, "drive_life.py");
  deepEqual(seen.left, NOTHING);
  return seen;
}

for (const kernel of KERNELS) {
  Deno.test(`Restart gives a fresh ${kernel} and leaves no process of the old one`, async () => {
    const { after, survivors } = await live<{ after: Cell; survivors: number[] }>(
      kernel,
      "restart",
    );
    // In tslab a cell that names an unknown variable does not compile, but typeof is allowed to ask.
    const said = texts(after) + errorsOf(after).map(({ evalue }) => evalue).join();
    match(said, /^undefined\n$|Cannot find name 'kept'/);
    deepEqual(survivors, []);
  });

  Deno.test(`two front ends of one ${kernel} see all outputs, and each gets its own replies`, async () => {
    interface Seen {
      lines: string[];
      replies: string[];
    }
    const { first, second } = await live<{ first: Seen; second: Seen }>(kernel, "two");
    deepEqual(first.replies, Array(10).fill("first"));
    deepEqual(second.replies, Array(10).fill("second"));
    deepEqual(first.lines, second.lines);
    const expected = Array.from({ length: 10 }, (_, i) => [`first ${i}`, `second ${i}`]).flat();
    deepEqual([...first.lines].sort(), expected.sort());
  });

  Deno.test(`10,000 lines, 5,000 displays and six displays of 10 MB arrive complete on ${kernel}`, async () => {
    interface Seen {
      lines: string | null;
      displays: string | null;
      long: boolean;
      mixed: number[];
      after: Cell;
    }
    const { lines, displays, long, mixed, after } = await live<Seen>(kernel, "much");
    deepEqual({ lines, displays, long }, { lines: null, displays: null, long: true });
    deepEqual(mixed, Array(5).fill([10_000_000, "between\n".length]).flat());
    equal(texts(after), "after\n");
  });

  Deno.test(`a ${kernel} that is killed restarts, and the cell says what happened`, async () => {
    const { running, after, waiting } = await live<
      { running: Cell; after: Cell; waiting: Cell }
    >(kernel, "kernel-killed");
    equal(running.reply.status, "error");
    const [told, ...others] = errorsOf(running);
    deepEqual(others, []);
    equal(told?.ename, "KernelDied");
    match(told?.evalue ?? "", /SIGKILL.*your variables are gone.*started again/);
    equal(texts(after), "alive again\n");
    // With no cell running it is told at the head of the next, which runs all the same.
    equal(waiting.reply.status, "ok");
    match(texts(waiting), /^KernelDied: .*SIGKILL.*\nand again\n$/);
  });

  Deno.test(`${kernel} and its files are gone after its kernel proxy was killed`, async () => {
    const { ran } = await live<{ ran: number }>(kernel, "proxy-killed");
    ok(ran >= 3, `${ran} processes ran`);
  });
}

Deno.test("kernels that start at the same time share no address and no port", async () => {
  const { said, addresses } = await live<{ said: Cell[]; addresses: string[] }>("deno", "crowd");
  deepEqual(said.map(texts), [0, 1, 2, 3].map((i) => `kernel ${i}\n`));
  equal(addresses.length, 4);
  // Elsewhere than on Linux 127.0.0.1 is the only address that answers without being set up.
  if (Deno.build.os === "linux") equal(new Set(addresses).size, 4, addresses.join());
});
