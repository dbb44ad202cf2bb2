/**
 * Grades a class with ten submissions that try to crash, stall or manipulate the grading: all other points
 * are the same as without these submissions. RESIDUAL_CLASS=200 sets the size of the class, and the test then
 * prints the number of notebooks per minute.
 */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { csvOf } from "../../tools/grade/csv.ts";
import { type ClassResult, Grading } from "../../tools/grade/grade_class.ts";
import { fileNameOf } from "../../tools/grade/pages.ts";
import { studentPage } from "../../tools/grade/student_page.ts";
import { findSubmissions } from "../../tools/grade/submissions.ts";
import { summaryPage } from "../../tools/grade/summary_page.ts";
import { type Notebook, notebookText } from "../../tools/lessons/notebook.ts";
import { EXERCISES } from "./course/exercises.ts";
import { SCALED, TWICE } from "./course/answers.ts";
import { COURSE, filled, handedOut } from "./students.ts";

const SIZE = Number(process.env["RESIDUAL_CLASS"] ?? 16);
const SECRET = "a-canary-sings";
const LIMITS = { seconds: 8, mebibytes: 700 };

const numbers = await handedOut("01_numbers");
const identity = await handedOut("05_identity_block");
const right = { scaled: SCALED, twice: TWICE };

/** A notebook with these answers and an added cell above the first answer. */
function withOwnCell(answers: Readonly<Record<string, string>>, source: string): Notebook {
  const notebook = filled(numbers, answers);
  const at = notebook.cells.findIndex(({ metadata }) => metadata.nbgrader?.grade_id === "scaled");
  notebook.cells.splice(at, 0, {
    ...{ cell_type: "code", id: "own", metadata: {}, outputs: [], source: [source] },
  });
  return notebook;
}

/** The hostile submissions, by path. */
function hostile(secret: string): Record<string, string> {
  const answering = (source: string) => notebookText(filled(numbers, { scaled: source }));
  const slow = `const slow = ${"async (a = ".repeat(40)}1${")".repeat(40)};`;
  const chain = [
    ...Array.from({ length: 480 }, (_, i) => `var v${i} = { x: 0 };`),
    ...Array.from({ length: 480 }, (_, i) => `v${479 - i}.x = v${Math.min(479, 480 - i)}.x;`),
    "function three() { return v0.x || 3; }",
  ].join("\n");
  const path = JSON.stringify(`file://${secret}`).replaceAll('"', "'");
  return {
    "reads a file/01_numbers.ipynb": answering(
      `import { "ok as z1 } from 'node:assert/strict'; import s from ${path} with {type:'text'}; ` +
        'import { ok" as z2 } from "node:assert/strict";\n' +
        "function scaled(): never { throw new Error(s); }",
    ),
    "forges weights/05_identity_block.ipynb": notebookText(filled(identity, {
      res_identity: `class ResIdentity extends Block {
  constructor(readonly ni: number) { super({ ni }); }
  forward(x: tf.Tensor4D): tf.Tensor4D { return x; }
  override get weights(): any[] {
    return Array.from({ length: 30 }, (_, i) => ({
      name: "conv" + i, originalName: "conv" + i, shape: [30_000_000], trainable: true,
      read: () => ({ shape: [30_000_000], dataSync: () => [1] }),
    }));
  }
  override get trainableWeights(): any[] { return this.weights; }
}`,
    })),
    "forges values/01_numbers.ipynb": answering(
      "const scaled = () => ({ shape: [200_000_000], values: [], toJSON: () => ({ shape: [2e8] }) });",
    ),
    "is parsed forever/01_numbers.ipynb": answering(`${slow}\n${SCALED}`),
    "has a cell that is parsed forever/01_numbers.ipynb": notebookText(withOwnCell(right, slow)),
    "has a chain of cells/01_numbers.ipynb": notebookText(
      withOwnCell({ scaled: SCALED.replace("factors[0]!", "three()") }, chain),
    ),
    "throws 15 MB/01_numbers.ipynb": answering(
      `throw new Error("<".repeat(15e6));\nfunction scaled() { throw new Error("'".repeat(15e6)); }`,
    ),
    "names a lesson of 20 MB/01_numbers.ipynb": notebookText({
      ...filled(numbers, right),
      metadata: { ...numbers.metadata, residual: { lesson: "<".repeat(20e6), digest: "" } },
    }),
    "hides the others/submitted/x/01_numbers.ipynb": answering(SCALED),
    [`${"=".repeat(200)}/01_numbers.ipynb`]: answering("while (true) {}"),
  };
}

const HONEST: readonly Readonly<Record<string, string>>[] = [
  right,
  { scaled: SCALED },
  { ...right, twice: "const twice = (x: number) => 6 * x;" },
  {},
];

interface Graded {
  readonly result: ClassResult;
  readonly pages: readonly string[];
  /** The text of all pages. */
  readonly texts: string;
}

/** Grades the files of a class and writes the pages of `npx deno task grade`. */
async function grade(files: Readonly<Record<string, string>>): Promise<Graded> {
  const folder = mkdtempSync(join(tmpdir(), "residual-hostile-"));
  try {
    for (const [path, text] of Object.entries(files)) {
      const file = join(folder, "class", path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    const result = await new Grading({
      ...{ course: COURSE, records: join(folder, "records"), limits: LIMITS, jobs: 2 },
      force: false,
    }).run(await findSubmissions(join(folder, "class")));
    const pages = join(folder, "pages");
    mkdirSync(pages);
    for (const student of result.students) {
      const own = result.notebooks.filter((notebook) => notebook.student === student);
      writeFileSync(
        join(pages, `${fileNameOf(student)}.html`),
        studentPage(student, own, EXERCISES),
      );
    }
    writeFileSync(join(pages, "summary.html"), summaryPage({ ...result, others: [] }));
    const texts = readdirSync(pages).map((name) => readFileSync(join(pages, name), "utf8")).join(
      "",
    );
    return { result, pages: readdirSync(pages), texts };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

Deno.test("ten hostile submissions do not affect the rest of the class", async () => {
  const folder = mkdtempSync(join(tmpdir(), "residual-secret-"));
  const secret = join(folder, "secret.txt");
  writeFileSync(secret, SECRET);
  try {
    const honest = Object.fromEntries(
      Array.from({ length: SIZE - 10 }, (_, i) => [
        `student ${String(i).padStart(3, "0")}/01_numbers.ipynb`,
        notebookText(filled(numbers, HONEST[i % HONEST.length]!)),
      ]),
    );
    const attackers = hostile(secret);
    const alone = await grade(honest);
    const together = await grade({ ...honest, ...attackers });
    const rate = ({ result: { notebooks, seconds } }: Graded) =>
      `${notebooks.length} notebooks in ${seconds.toFixed(0)} s, ` +
      `${(60 * notebooks.length / seconds).toFixed(0)} a minute`;
    if (SIZE > 16) console.log(`${rate(alone)}; with ten hostile ones ${rate(together)}`);
    const pointsOf = ({ result: { notebooks, students } }: Graded) =>
      csvOf(notebooks, students).split("\r\n").filter((line) => line.startsWith("student 0"));
    assert.deepEqual(pointsOf(together), pointsOf(alone));
    assert.deepEqual(pointsOf(alone).slice(0, 3), [
      ...["scaled,3,3,2", "twice,3,3,2", "why,,4,2"].map((row) => `student 000,01_numbers,${row}`),
    ]);
    assert.deepEqual(alone.result.problems, []);
    const { notebooks, students } = together.result;
    assert.equal(students.length, SIZE);
    assert.equal(together.pages.length, SIZE + 1);
    assert.equal(notebooks.length, SIZE, JSON.stringify(together.result.problems));
    assert.ok(!together.texts.includes(SECRET));
    assert.ok(together.texts.length < 300_000 + 20_000 * SIZE, String(together.texts.length));
    const points = Object.keys(attackers).map((path) => {
      const student = path.slice(0, path.indexOf("/"));
      const own = notebooks.filter((notebook) => notebook.student === student);
      const sum = own.flatMap(({ exercises }) => exercises).reduce(
        (s, e) => s + (e.points ?? 0),
        0,
      );
      return [student, sum];
    });
    const reasons = notebooks.map(({ student, notices, exercises }) => [
      ...[student.slice(0, 40), ...notices, ...exercises.map(({ reasons }) => reasons.join("; "))],
    ]);
    assert.deepEqual(Object.fromEntries(points), {
      "reads a file": 0,
      "forges weights": 0,
      "forges values": 0,
      "is parsed forever": 0,
      "has a cell that is parsed forever": 6,
      "has a chain of cells": 3,
      "throws 15 MB": 0,
      "names a lesson of 20 MB": 6,
      "hides the others": 3,
      ["=".repeat(200)]: 0,
    }, JSON.stringify(reasons, null, 1));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
