/**
 * A class of honest, careless and hostile students: each gets the points that its answers earn, and what
 * the hostile ones reached for stays untouched. One grading serves all tests.
 */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { csvOf } from "../../tools/grade/csv.ts";
import { type ClassResult, Grading } from "../../tools/grade/grade_class.ts";
import { findSubmissions } from "../../tools/grade/submissions.ts";
import { COURSE, type Student, students } from "./students.ts";

const SECRET = "a-canary-sings";

interface Graded {
  readonly class: readonly Student[];
  readonly result: ClassResult;
  readonly again: ClassResult;
  readonly contacts: number;
  readonly written: boolean;
  readonly left: readonly string[];
}

async function grade(): Promise<Graded> {
  const folder = mkdtempSync(join(tmpdir(), "residual-grade-test-"));
  let contacts = 0;
  const server = createServer((socket) => {
    contacts++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const canary = {
    ...{ file: join(folder, "canary.txt"), target: join(folder, "written.txt"), port },
    ...{ variable: "RESIDUAL_TEST_CANARY", solution: join(COURSE.root, "solutions/01_numbers.ts") },
  };
  writeFileSync(canary.file, SECRET);
  process.env[canary.variable] = SECRET;
  try {
    const all = await students(canary);
    for (const { name, lesson, text } of all) {
      const place = join(folder, "class", name);
      mkdirSync(place, { recursive: true });
      writeFileSync(join(place, `${lesson}.ipynb`), text);
    }
    const run = async () =>
      await new Grading({
        ...{ course: COURSE, records: join(folder, "records"), jobs: 2, force: false },
        limits: { seconds: 6, mebibytes: 700 },
      }).run(await findSubmissions(join(folder, "class")));
    const result = await run();
    const again = await run();
    return {
      ...{ class: all, result, again, contacts, written: existsSync(canary.target) },
      left: readdirSync(folder).sort(),
    };
  } finally {
    delete process.env[canary.variable];
    server.close();
    rmSync(folder, { recursive: true });
  }
}

const graded = await grade();

Deno.test("the class has at least forty students", () => {
  assert.ok(graded.class.length >= 40, String(graded.class.length));
  assert.equal(graded.result.notebooks.length, graded.class.length);
});

for (const { name, points, says, mistakes } of graded.class) {
  Deno.test(`${name}: ${Object.values(points).join(" and ")} points`, () => {
    const notebook = graded.result.notebooks.find(({ student }) => student === name)!;
    const got = notebook.exercises.filter((e) => e.points !== undefined);
    const seen = JSON.stringify(notebook, null, 1);
    assert.deepEqual(Object.fromEntries(got.map((e) => [e.exercise, e.points])), points, seen);
    const results = got.flatMap(({ result }) => result ?? []);
    const texts = [
      ...notebook.notices,
      ...got.flatMap(({ reasons }) => reasons),
      ...results.flatMap(({ rows }) => rows.map((row) => row.actual)),
    ];
    if (says !== undefined) assert.match(texts.join("\n"), says);
    const recognized = results.flatMap((result) => result.mistakes.map((m) => m.name));
    if (mistakes !== undefined) assert.deepEqual(recognized, mistakes, seen);
  });
}

Deno.test("no submission wrote a file, read a secret or contacted a server", () => {
  assert.equal(graded.written, false);
  assert.equal(graded.contacts, 0);
  assert.ok(!JSON.stringify(graded.result).includes(SECRET));
  assert.deepEqual(graded.left, ["canary.txt", "class", "records"]);
});

Deno.test("a second run grades no unchanged notebook again, and gives the same results", () => {
  assert.equal(graded.again.kept, graded.class.length);
  assert.deepEqual(graded.again.notebooks, graded.result.notebooks);
});

Deno.test("a text answer is marked for manual grading", () => {
  const { exercises } = graded.result.notebooks.find(({ student }) => student === "full")!;
  const why = exercises.find(({ exercise }) => exercise === "why")!;
  assert.deepEqual([why.points, why.maxPoints], [undefined, 4]);
  assert.match(csvOf(graded.result.notebooks, ["full"]), /^full,01_numbers,why,,4,2\r$/m);
});
