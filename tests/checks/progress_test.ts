/** What a learner has done is kept, whatever happens to its file. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { EXERCISES } from "../../lib/checks/exercises/mod.ts";
import { progressBundle } from "../../lib/checks/progress.ts";
import { readProgress, updateProgress } from "../../lib/checks/progress_file.ts";
import { hint } from "../../lib/mod.ts";

/** Runs `body` with its own progress file, and returns what was printed. */
async function withFile(body: (file: string) => void | Promise<void>): Promise<string> {
  const folder = Deno.makeTempDirSync({ prefix: "residual-progress-" });
  const file = path.join(folder, "progress.json");
  const { log } = console;
  let printed = "";
  const before = Deno.env.get("RESIDUAL_PROGRESS");
  Deno.env.set("RESIDUAL_PROGRESS", file);
  console.log = (text: string) => void (printed += `${text}\n`);
  try {
    await body(file);
  } finally {
    console.log = log;
    if (before === undefined) Deno.env.delete("RESIDUAL_PROGRESS");
    else Deno.env.set("RESIDUAL_PROGRESS", before);
    fs.chmodSync(folder, 0o755);
    fs.rmSync(folder, { recursive: true });
  }
  return printed;
}

const [exercise] = EXERCISES.values();
const id = exercise!.id;

Deno.test("progress is kept for the next kernel", async () => {
  await withFile(() => {
    assert.equal(updateProgress(id, (before) => ({ ...before, points: 3, checks: 1 })), undefined);
    assert.deepEqual(readProgress(), { progress: { [id]: { points: 3, checks: 1, hints: 0 } } });
  });
});

Deno.test("a progress file of the first version is read, and kept with its points", async () => {
  const entry = { points: 3, checks: 1, hints: 0 };
  await withFile((file) => {
    fs.writeFileSync(file, JSON.stringify({ [id]: entry }));
    assert.deepEqual(readProgress(), { progress: { [id]: entry } });
    assert.equal(updateProgress("other", () => entry), undefined);
    const kept = JSON.parse(fs.readFileSync(file, "utf8"));
    assert.deepEqual(kept, { version: 2, exercises: { [id]: entry, other: entry } });
  });
});

Deno.test("a progress file of a later version stays as it is, and the check says so", async () => {
  await withFile((file) => {
    const content = '{"version":3,"exercises":"others"}';
    fs.writeFileSync(file, content);
    const expected = /format version 3, and this kit reads versions up to 2; update the kit$/;
    assert.match(updateProgress(id, (before) => before)!, expected);
    assert.match(readProgress().trouble!, expected);
    assert.equal(fs.readFileSync(file, "utf8"), content);
  });
});

for (
  const content of ["{ half", "[]", '{"a": {"points": -1}}', '{"a": null}', '{"version": 2}', ""]
) {
  Deno.test(`a progress file that holds ${content || "nothing"} is set aside, not lost`, async () => {
    await withFile((file) => {
      fs.writeFileSync(file, content);
      const trouble = updateProgress(id, (before) => ({ ...before, points: 1 }));
      assert.match(trouble!, /progress\.json is not a progress file: expected JSON .* kept as/);
      const aside = fs.readdirSync(path.dirname(file)).find((name) => name.includes("unreadable"));
      assert.equal(fs.readFileSync(path.join(path.dirname(file), aside!), "utf8"), content);
      assert.equal(readProgress().progress[id]?.points, 1);
    });
  });
}

Deno.test("if progress cannot be written, a check says so and continues", async () => {
  await withFile((file) => {
    fs.mkdirSync(file);
    assert.match(updateProgress(id, (before) => before)!, /^Progress was not kept: /);
  });
});

Deno.test("hints open one by one, and stay open", async () => {
  const { hints } = exercise!;
  const printed = await withFile(async () => {
    for (let i = 0; i <= hints.length; i++) await hint(id);
    assert.equal(readProgress().progress[id]?.hints, hints.length);
  });
  const shown = printed.split(exercise!.title).slice(1);
  shown.forEach((text, i) => {
    const open = Math.min(i + 1, hints.length);
    assert.ok(text.includes(`  ${open}. `) && !text.includes(`  ${open + 1}. `), text);
  });
  assert.match(shown.at(-2)!, /This was the last hint/);
  assert.match(shown.at(-1)!, /All hints are open/);
});

Deno.test("progress shows each lesson with a bar, and each exercise with its points and hints", () => {
  const kept = { [id]: { points: 1, checks: 2, hints: 1 } };
  const { "text/plain": text, "text/html": html } = progressBundle(kept);
  assert.match(text, new RegExp(`\\d · [\\w ]+  █*░+  1 of \\d+`));
  assert.match(text, new RegExp(`◐ ${exercise!.title}: 1 of \\d+, 1 hint`));
  assert.match(String(html), /<progress value="1" max="\d+">/);
});

Deno.test("every exercise has two hints or more, three known mistakes or more, and points", () => {
  for (const { id, hints, mistakes, probes } of EXERCISES.values()) {
    assert.ok(hints.length >= 2, id);
    assert.ok(Object.keys(mistakes).length >= 3, id);
    assert.ok(probes.every(({ assertions }) => assertions.every(({ points }) => points > 0)), id);
  }
});
