/** What a check prints below its table, and how a lesson's total goes with it. */
import assert from "node:assert/strict";
import { KIT } from "../../tools/lessons/kit.ts";

Deno.test("a check with a lower score than an earlier one says that the best score counts", async () => {
  const progress = await Deno.makeTempFile({ suffix: ".json" });
  await Deno.remove(progress);
  const script = `import { check } from "residual";
await check("pixel_index", (y, x, c) => (y * 32 + x) * 3 + c);
await check("pixel_index", (y, x, c) => (y * 31 + x) * 3 + c).catch(() => {});`;
  try {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--ext=ts", "--no-check", script],
      cwd: KIT.root,
      env: { RESIDUAL_PROGRESS: progress, NO_COLOR: "1" },
    }).output();
    const [first, second] = new TextDecoder().decode(stdout).split(/(?=[✗] find a value)/);
    assert.match(first!, /\nLesson 0 · start here: 3 of 3 points\.\n$/);
    assert.match(second!, /^✗ find a value: 1 of 3 points/);
    assert.match(second!, /your formula moves on by 93 for a row, by 3 for a pixel and by 1 for a/);
    assert.match(
      second!,
      /\nAn earlier check of yours gave 3; the best one counts\. Lesson 0 · start here: 3 of 3/,
    );
  } finally {
    await Deno.remove(progress);
  }
});
