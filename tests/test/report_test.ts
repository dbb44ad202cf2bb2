/** The last line of `npm test`. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { readReport, type Tally, tallyText } from "../../tools/test/report.ts";

/** Runs a test file with Deno, and reads the report. */
async function tallyOf(tests: string): Promise<Tally> {
  const folder = await Deno.makeTempDir({ prefix: "residual-report-" });
  try {
    const [file, report] = [join(folder, "some_test.ts"), join(folder, "report.xml")];
    await Deno.writeTextFile(file, tests);
    const args = ["test", "--no-config", `--junit-path=${report}`, file];
    await new Deno.Command(Deno.execPath(), { args, cwd: folder }).output();
    return readReport(await Deno.readTextFile(report));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a test that is ignored counts neither as passed nor as failed", async () => {
  const tally = await tallyOf(`
    Deno.test("good", () => {});
    Deno.test("<better> & best", () => {});
    Deno.test("bad", () => { throw new Error("<testcase name='none'><skipped/>"); });
    Deno.test({ name: "not here (needs a \\"GPU\\" & luck)", ignore: true, fn() {} });
  `);
  assert.deepEqual(tally, {
    passed: 2,
    failed: ["bad"],
    skipped: ['not here (needs a "GPU" & luck)'],
  });
});

Deno.test("the last line contains only the counts, and the lines above it name skipped and failed tests", () => {
  assert.equal(tallyText({ passed: 3, failed: [], skipped: [] }), "3 passed, 0 failed");
  assert.equal(
    tallyText({ passed: 3, failed: ["e"], skipped: ["a (needs b)", "c (needs d)"] }),
    "2 skipped: a (needs b); c (needs d)\n1 failed: e\n3 passed, 1 failed",
  );
});
