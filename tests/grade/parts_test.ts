/** The grader's parts by themselves: what is found, what is taken, what is written. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { fromCaller } from "../../tools/caller_path.ts";
import { analyze, NO_LOADING } from "../../tools/grade/cell_code.ts";
import { Lessons } from "../../tools/grade/course.ts";
import { csvOf } from "../../tools/grade/csv.ts";
import { Grading } from "../../tools/grade/grade_class.ts";
import { UsageError } from "../../tools/command_line.ts";
import { parseGradeOptions } from "../../tools/grade/options.ts";
import { programFor } from "../../tools/grade/program.ts";
import type { NotebookResult } from "../../tools/grade/result.ts";
import { readMessage } from "../../tools/grade/sandbox/message.ts";
import { studentPage } from "../../tools/grade/student_page.ts";
import { findSubmissions } from "../../tools/grade/submissions.ts";
import type { Written } from "../../tools/grade/units.ts";
import { commonMistakes, summaryPage } from "../../tools/grade/summary_page.ts";
import { notebookText } from "../../tools/lessons/notebook.ts";
import { EXERCISES } from "./course/exercises.ts";
import { SCALED, TWICE } from "./course/answers.ts";
import { COURSE, filled, handedOut } from "./students.ts";

/** Runs `body` in a folder of its own. */
async function inFolder(body: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "residual-grade-parts-"));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The records that a run has saved. */
function recordsIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith(".json"));
}

function put(folder: string, path: string, text = "{}"): void {
  mkdirSync(join(folder, path, ".."), { recursive: true });
  writeFileSync(join(folder, path), text);
}

Deno.test("a program contains the code that its check needs, and nothing else", async () => {
  const lesson = await new Lessons(COURSE).read("01_numbers");
  const answers = new Map([["scaled", analyze(SCALED)], ["twice", analyze(TWICE)]]);
  const written = { answers, own: [] };
  const program = (exercise: string, by: Written) => {
    const built = programFor(lesson, exercise, by);
    assert.ok("script" in built, JSON.stringify(built));
    return { code: built.script.code, calls: built.calls };
  };
  const { code, calls } = program("scaled", written);
  assert.equal(calls, 2);
  assert.match(code, /const factors = \[\];[^]*const \{ factors \} = [^]*factors\.push\(3\);/);
  assert.doesNotMatch(code, /twice|startBackend|showText|not needed|assert/);
  const second = program("twice", written);
  assert.equal(second.calls, 1);
  assert.match(second.code, /scaled\(scaled\(x\)\)/);
  const alone = program("twice", {
    answers: new Map([["twice", analyze("const twice = 1;")]]),
    own: [{ after: 0, code: analyze("const unused = 1;") }],
  });
  assert.doesNotMatch(alone.code, /factors|unused/);
});

Deno.test("a cell is split into statements with the names that they declare, use and change", () => {
  const { pieces, imports } = analyze(
    'import { tf, type Block as P } from "residual";\nimport * as fs from "node:fs";\n' +
      "export class A extends Base { x: Type = tf.add(this.y, z); }\n" +
      "const { a, b: [c] } = f({ short, key: value });\nlist[0].push(a);\n" +
      'const late = () => import("x");',
  );
  assert.deepEqual(imports.map(({ local, imported }) => [local, imported]), [
    ["tf", "tf"],
    ["fs", "*"],
  ]);
  assert.deepEqual(pieces.map(({ declares }) => declares), [["A"], ["a", "c"], [], ["late"]]);
  assert.deepEqual(pieces.map(({ uses }) => [...uses].sort()), [
    ["Base", "tf", "z"],
    ["f", "short", "value"],
    ["a", "list"],
    [NO_LOADING],
  ]);
  assert.deepEqual(pieces.map(({ usesAtOnce }) => [...usesAtOnce].sort()), [
    ["Base", "tf", "z"],
    ["f", "short", "value"],
    ["a", "list"],
    [],
  ]);
  assert.deepEqual(pieces[2]!.changes, ["list"]);
  assert.deepEqual(pieces[3]!.uses, [NO_LOADING]);
  assert.doesNotMatch(pieces[3]!.text, /import/);
  assert.match(pieces[0]!.text, /^\s*class A/);
  assert.match(analyze("const = 3").broken!, /^Syntax error in line 1: /);
});

Deno.test("all forms of changes by a statement are recognized", () => {
  const changed = (code: string) => analyze(code).pieces.flatMap(({ changes }) => changes);
  assert.deepEqual(changed("n++; --m; +n; !n;"), ["n", "m"]);
  assert.deepEqual(changed("list!.push(1); (list as number[]).pop(); await list.go();"), [
    ...["list", "list", "list"],
  ]);
  assert.deepEqual(changed("[a, b.c, ...d] = e; ({ f, g: h } = i); j ||= 1;"), [
    ...["a", "b", "d", "f", "h", "j"],
  ]);
  assert.deepEqual(changed("call(list); const n = list.push(1);"), []);
});

Deno.test("names that a statement uses at once are distinguished from names that its functions use later", () => {
  const { pieces } = analyze(
    "const now = a(() => b); function f(x = c) { return d; } class G { static h = i; j() { k; } }",
  );
  assert.deepEqual(pieces.map(({ usesAtOnce }) => usesAtOnce), [["a"], [], ["i"]]);
  assert.deepEqual(pieces.map(({ uses }) => uses), [["a", "b"], ["c", "d"], ["i", "k"]]);
});

Deno.test("an answer that depends on refused code is refused, but scratch code is ignored", async () => {
  const lesson = await new Lessons(COURSE).read("01_numbers");
  const refusal = (answer: string, own = "") => {
    const built = programFor(lesson, "scaled", {
      answers: new Map([["scaled", analyze(answer)]]),
      own: [{ after: 0, code: analyze(own) }],
    });
    return "refused" in built ? built.refused : undefined;
  };
  const fs = 'import { readFileSync } from "node:fs";\n';
  const helper = `${fs}const three = () => readFileSync("x").length;`;
  assert.match(
    refusal(`${fs}const scaled = () => readFileSync("x");`)!,
    /the code imports "node:fs"/,
  );
  assert.match(refusal("const scaled = () => three();", helper)!, /the code imports "node:fs"/);
  assert.match(refusal('import { scaled } from "./x.ts";')!, /the code imports ".\/x.ts"/);
  assert.match(refusal('const scaled = () => Deno.readTextFileSync("x");')!, /the code uses Deno;/);
  assert.match(refusal('const scaled = () => import("x");')!, /the code loads other code/);
  for (
    const [answer, own] of [
      [SCALED, helper],
      [`${fs}readFileSync("x");\n${SCALED}`, ""],
      [`console.log(Deno.args);\n${SCALED}`, ""],
      [`const Deno = { three: 3 };\nconst scaled = (x: number) => Deno.three * x;`, ""],
      [`import { layers } from "@tensorflow/tfjs";\nconst scaled = () => layers.reLU();`, ""],
    ] as const
  ) assert.equal(refusal(answer, own), undefined, answer);
});

Deno.test("a default export without a name is ignored", () => {
  assert.deepEqual(analyze("export default function () {}\nexport default class {}").pieces, []);
});

/** A nested array. */
function deep(levels: number): unknown {
  return levels === 0 ? 0 : [deep(levels - 1)];
}

Deno.test("data without the form of a message is ignored", () => {
  const observation = { exercise: "scaled", seed: 1, outcomes: [{ seen: 0 }], leaked: 0 };
  const report = { kind: "probe", call: 0, seed: 1, probe: 0, observation };
  assert.deepEqual(readMessage(JSON.stringify(report)), report);
  for (
    const wrong of [
      null,
      5,
      [],
      {},
      { kind: "points", points: 3 },
      { ...report, seed: "1" },
      { ...report, observation: { ...observation, outcomes: 3 } },
      { ...report, observation: { ...observation, outcomes: [null] } },
      { ...report, observation: { ...observation, leaked: -1 } },
      { ...report, observation: { ...observation, outcomes: [{ seen: 1 }, { seen: 1 }] } },
      { ...report, observation: { ...observation, outcomes: [{ seen: deep(20) }] } },
      {
        ...report,
        observation: { ...observation, outcomes: [{ seen: new Array(600_000).fill(0) }] },
      },
      { kind: "same", call: 1 },
    ]
  ) assert.equal(readMessage(JSON.stringify(wrong)), undefined, JSON.stringify(wrong));
  assert.equal(readMessage("{ half"), undefined);
  const long = readMessage(JSON.stringify({ kind: "note", text: "x".repeat(1e6) }));
  assert.equal(long?.kind === "note" ? long.text.length : 0, 500);
});

const NASTY = '<script>alert("x")</script>';

/** A graded notebook of a student of that name, with this text. */
function graded(student: string, answer: string): NotebookResult {
  const result = {
    ...{
      exercise: "scaled",
      lesson: "01_numbers",
      seed: 1,
      points: 1,
      maxPoints: 3,
      passed: false,
    },
    rows: [{
      ...{
        what: "numbers",
        expected: "right",
        actual: answer,
        passed: false,
        points: 0,
        maxPoints: 2,
      },
      next: answer,
    }],
    mistakes: [{ name: "added", explanation: "that is added" }],
  };
  return {
    ...{ student, lesson: "01_numbers", file: "f", digest: "d", seeds: [1], notices: [answer] },
    ...{ seconds: 1, peakMebibytes: 1 },
    exercises: [
      { exercise: "scaled", title: "three", maxPoints: 3, points: 1, reasons: [answer], result },
      { exercise: "why", title: "why", maxPoints: 4, reasons: ["waits for an instructor"], answer },
    ],
  };
}

Deno.test("pages show a student's text as text", () => {
  const notebooks = [graded(NASTY, NASTY), graded("bo", "fine")];
  for (
    const html of [
      studentPage(NASTY, notebooks, EXERCISES),
      summaryPage({ notebooks, students: [NASTY, "bo"], problems: [NASTY], others: [NASTY] }),
    ]
  ) {
    assert.ok(!html.includes("<script>alert"));
    assert.ok(html.includes("&lt;script&gt;alert"));
  }
  const page = studentPage("bo", notebooks, EXERCISES);
  assert.match(page, /three: 1 of 3 points/);
  assert.match(page, /<summary>Hints<\/summary><ol><li>A nudge\./);
  assert.match(page, /waits for your teacher \(4 points\)/);
});

Deno.test("the teacher's page lists the most frequent wrong answers first, and loads nothing", () => {
  const notebooks = [graded("ann", "a"), graded("bo", "b")];
  assert.deepEqual(commonMistakes(notebooks), [{
    ...{ lesson: "01_numbers", exercise: "scaled", mistake: "added", students: 2 },
    explanation: "that is added",
  }]);
  const html = summaryPage({ notebooks, students: ["ann", "bo"], problems: [], others: [] });
  assert.match(html, /newPlot\("points-0", \[\{"type":"bar","x":\[0,1,2,3\],"y":\[0,2,0,0\]/);
  assert.deepEqual(html.match(/(?:src|href)="[^"]*"/g), [
    'src="plotly-basic.min.js"',
    'href="students/ann.html"',
    'href="students/bo.html"',
  ]);
});

Deno.test("an invalid command line gets an error with the expected form", () => {
  const { jobs, timeout, out } = parseGradeOptions(["class", "--jobs", "2"]);
  assert.deepEqual([jobs, timeout, out], [2, 60, fromCaller("grades.csv")]);
  for (
    const args of [
      [],
      ["a", "b"],
      ["a", "--jobs", "0"],
      ["a", "--jobs", "x"],
      ["a", "--timeout", "-1"],
      ["a", "--nothing"],
    ]
  ) assert.throws(() => parseGradeOptions(args), UsageError, args.join(" "));
});

Deno.test("a stopped run keeps its results, and the next run continues", async () => {
  const notebook = await handedOut("01_numbers");
  const text = notebookText(filled(notebook, { scaled: SCALED }));
  await inFolder(async (folder) => {
    for (const name of ["ann", "bo", "cy"]) put(folder, `class/${name}/01_numbers.ipynb`, text);
    put(folder, "class/dee/09_unknown.ipynb", "{}");
    const records = join(folder, "records");
    const settings = (force: boolean, onProgress?: () => void) => ({
      ...{ course: COURSE, records, jobs: 1, force },
      ...(onProgress === undefined ? {} : { onProgress }),
      limits: { seconds: 30, mebibytes: 700 },
    });
    const submissions = await findSubmissions(join(folder, "class"));
    const first: Grading = new Grading(settings(false, () => first.stop()));
    const { stopped, notebooks } = await first.run(submissions);
    assert.deepEqual([stopped, notebooks.length], [true, 1]);
    assert.equal(recordsIn(records).length, 1);
    writeFileSync(join(records, "half.json"), "{ half");
    const [kept] = recordsIn(records).filter((name) => name !== "half.json");
    const record = readFileSync(join(records, kept!), "utf8");
    const second = await new Grading(settings(false)).run(submissions);
    assert.deepEqual([second.kept, second.notebooks.length], [1, 3]);
    assert.match(second.problems.join("\n"), /dee.09_unknown.ipynb: .*expected 01_numbers/);
    const csv = csvOf(second.notebooks, second.students);
    assert.equal(csv.match(/,scaled,3,3,2\r\n/g)?.length, 3);
    // A damaged record does not count.
    writeFileSync(join(records, kept!), JSON.stringify({ digest: kept!.replace(".json", "") }));
    const repaired = await new Grading(settings(false)).run(submissions);
    assert.deepEqual([repaired.kept, repaired.notebooks.length], [2, 3]);
    assert.deepEqual(
      JSON.parse(readFileSync(join(records, kept!), "utf8")).digest,
      JSON.parse(record).digest,
    );
    // A changed notebook is another one.
    put(folder, "class/ann/01_numbers.ipynb", text.replace("x * factors", "x + factors"));
    const third = await new Grading(settings(false)).run(
      await findSubmissions(join(folder, "class")),
    );
    assert.equal(third.kept, 2);
    assert.match(csvOf(third.notebooks, third.students), /^ann,01_numbers,scaled,0,3,2\r$/m);
  });
});

Deno.test("a run that is killed keeps the results of each graded notebook", async () => {
  const text = notebookText(filled(await handedOut("01_numbers"), { scaled: SCALED }));
  await inFolder(async (folder) => {
    for (let i = 0; i < 4; i++) put(folder, `class/student${i}/01_numbers.ipynb`, text);
    const [place, records] = [join(folder, "class"), join(folder, "records")];
    const script = fileURLToPath(new URL("run_to_kill.ts", import.meta.url));
    const child = spawn(process.execPath, ["run", "-A", script, place, records], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise<void>((resolve) => {
      child.stdout.on("data", (chunk: Uint8Array) => {
        if (new TextDecoder().decode(chunk).includes("done 2")) child.kill("SIGKILL");
      });
      child.on("close", () => resolve());
    });
    const limits = { seconds: 30, mebibytes: 700 };
    const settings = { course: COURSE, records, limits, jobs: 2, force: false };
    const { kept, notebooks } = await new Grading(settings).run(await findSubmissions(place));
    assert.ok(kept >= 2 && kept < 4, String(kept));
    assert.equal(csvOf(notebooks).match(/,scaled,3,3,2\r\n/g)?.length, 4);
  });
});
