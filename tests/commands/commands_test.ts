/** Tests of what all commands have in common: how they are typed, and the paths they take and print. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { forCaller, fromCaller } from "../../tools/caller_path.ts";
import { denoBinary } from "../../tools/setup/npm.mjs";
import { CHECKOUT } from "../../tools/setup/paths.ts";
import { Copy, start, WHOLE } from "../setup/copies.ts";

/** Where commands are printed or explained. */
const PLACES = [
  ...["lib", "tools", "hub", "docs", "solutions", "notebooks", "tests", "data/trained"],
  ...["README.md", "requirements.txt"],
];

function* textsIn(place: string): Generator<string> {
  const full = path.join(CHECKOUT, place);
  if (!fs.statSync(full).isDirectory()) {
    if (/\.(ts|mjs|cjs|js|py|md|txt|json|ipynb|yaml)$|Dockerfile$/.test(place)) yield place;
    return;
  }
  for (const name of fs.readdirSync(full)) {
    if (!["dist", ".tmp", "node_modules"].includes(name)) yield* textsIn(path.join(place, name));
  }
}

Deno.test("every command that the kit prints or documents can be typed as it is", () => {
  const { tasks } = JSON.parse(fs.readFileSync(path.join(CHECKOUT, "deno.json"), "utf8")) as {
    tasks: Record<string, unknown>;
  };
  const wrong: string[] = [];
  let commands = 0;
  for (const place of PLACES.flatMap((place) => [...textsIn(place)])) {
    for (
      const [i, line] of fs.readFileSync(path.join(CHECKOUT, place), "utf8").split("\n").entries()
    ) {
      for (const [, npx, task = ""] of line.matchAll(/(npx )?\bdeno task ([a-z][a-z-]*)/g)) {
        commands++;
        if (npx === undefined || !(task in tasks)) wrong.push(`${place}:${i + 1}: ${line.trim()}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(commands > 50, `${commands} commands`);
});

Deno.test("a path below the user's folder is printed relative to it, any other in full", () => {
  assert.equal(fromCaller("a/b"), path.resolve("a/b"));
  assert.equal(forCaller(path.resolve("a/b")), path.join("a", "b"));
  assert.equal(forCaller(path.resolve("..a")), "..a");
  assert.equal(forCaller(path.resolve(".")), ".");
  assert.equal(forCaller(path.resolve("..", "a")), path.resolve("..", "a"));
});

Deno.test("commands resolve and print paths relative to the user's folder", async (test) => {
  using copy = new Copy(WHOLE);
  fs.cpSync(path.join(CHECKOUT, "solutions"), copy.at("solutions"), { recursive: true });
  const term = copy.at("term1");
  const lesson = "00_start_here.ipynb";
  fs.mkdirSync(path.join(term, "handed_in", "ann"), { recursive: true });
  fs.copyFileSync(copy.at("notebooks", lesson), path.join(term, "handed_in", "ann", lesson));
  // As `npm start` leaves it in the environment of all that it starts.
  const env = { INIT_CWD: undefined, RESIDUAL_GRADES: undefined };
  const task = (...args: string[]) =>
    start(denoBinary(CHECKOUT), ["task", ...args], env, term).ended;
  fs.writeFileSync(copy.at("grades.csv"), "another class");

  await test.step("grade", async () => {
    const { code, output } = await task(
      ...["grade", "handed_in", "--out", "grades.csv", "--json", "out/grades.json"],
      ...["--feedback", "pages"],
    );
    assert.equal(code, 0, output);
    assert.match(output, /1 notebook of 1 student graded in .*: grades\.csv\n/);
    assert.match(fs.readFileSync(path.join(term, "grades.csv"), "utf8"), /ann/);
    assert.ok(fs.existsSync(path.join(term, "out", "grades.json")));
    assert.ok(fs.existsSync(path.join(term, "pages", "summary.html")));
    assert.equal(fs.readFileSync(copy.at("grades.csv"), "utf8"), "another class");
    const missing = await task("grade", "../nothing");
    assert.match(missing.output, new RegExp(`Cannot find ${copy.at("nothing")}: `));
  });

  await test.step("course", async () => {
    const { code, output } = await task("course", "mine");
    assert.equal(code, 0, output);
    assert.match(output, /^What to do with it: mine\/README\.md$/m);
    assert.ok(fs.existsSync(path.join(term, "mine", "README.md")));
  });

  await test.step("train", async () => {
    fs.mkdirSync(path.join(term, "run1"));
    fs.writeFileSync(path.join(term, "run1", "record.json"), "{}");
    const { code, output } = await task("train", "resnet20", "--out", "run1");
    assert.equal(code, 1);
    assert.match(output, /^run1 contains a run/m);
  });

  await test.step("lessons", async () => {
    const { code, output } = await task("lessons", "00", "--check", "--root", "..");
    assert.equal(code, 0, output);
    assert.match(output, new RegExp(`^In ${copy.checkout}:$`, "m"));
  });
});
