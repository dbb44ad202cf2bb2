/** How busy the machine is with other work while the benchmark runs. */
import assert from "node:assert/strict";
import { othersCores, watchOthers } from "../../tools/bench/others.ts";

Deno.test("CPU time outside the benchmark's processes is attributed to other programs", () => {
  const before = { all: 1_000, busy: 400, own: 100 };
  // Of 200 ticks of 2 cores 150 were busy, 50 of them with us: 1 core for the others.
  assert.equal(othersCores(before, { all: 1_200, busy: 550, own: 150 }, 2), 1);
  // Ticks are counted at different moments: a little below nothing is nothing.
  assert.equal(othersCores(before, { all: 1_200, busy: 490, own: 200 }, 2), 0);
});

Deno.test({
  name: "on Linux, the number of cores that other programs use is measured",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const since = watchOthers([Deno.pid]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const cores = since();
    assert.ok(
      cores !== undefined && cores >= 0 && cores <= navigator.hardwareConcurrency,
      `${cores}`,
    );
  },
});

Deno.test("a process that has ended is ignored", () => {
  assert.equal(watchOthers([2 ** 30])(), undefined);
});
