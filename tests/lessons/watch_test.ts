/** Which lessons a change of a file calls for. */
import assert from "node:assert/strict";
import { affected } from "../../tools/lessons/watch.ts";

const after = (...paths: string[]) => affected("/course", "/kit/lib/checks", paths);

Deno.test("a change to a lesson's source rebuilds that lesson", () => {
  const lessons = after("/course/solutions/01_a.ts", "/course/solutions/02_b.ts");
  assert.deepEqual(lessons, new Set(["01_a", "02_b"]));
});

Deno.test("a change to the kit's exercises rebuilds all lessons", () => {
  assert.equal(after("/course/solutions/01_a.ts", "/kit/lib/checks/exercises/mod.ts"), "all");
});

Deno.test("changes to notebooks and an editor's temporary files rebuild nothing", () => {
  const others = [
    "01_a.ipynb",
    "01_a.ipynb.new",
    ".01_a.ts.swp",
    "01_a.ts~",
    "notes.ts",
    "x/01_a.ts",
  ];
  const paths = others.map((name) => `/course/solutions/${name}`);
  assert.deepEqual(after(...paths, "/kit/lib/checks/notes.md"), new Set());
});
