// The grader's parts by themselves: what is found, what is taken, what is written.
import assert from "node:assert/strict";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { strToU8, zipSync } from "fflate";
import { analyse } from "../../tools/grade/cell_code.ts";
import { Lessons } from "../../tools/grade/course.ts";
import { csvOf } from "../../tools/grade/csv.ts";
import { Grading } from "../../tools/grade/grade_class.ts";
import { parseGradeOptions, UsageError } from "../../tools/grade/options.ts";
import { fileNameOf } from "../../tools/grade/pages.ts";
import { programFor } from "../../tools/grade/program.ts";
import type { NotebookResult } from "../../tools/grade/result.ts";
import { readMessage } from "../../tools/grade/sandbox/message.ts";
import { studentPage } from "../../tools/grade/student_page.ts";
import { findSubmissions, type Submission } from "../../tools/grade/submissions.ts";
import { commonMistakes, summaryPage } from "../../tools/grade/summary_page.ts";
import { notebookText } from "../../tools/lessons/notebook.ts";
import { EXERCISES } from "./course/exercises.ts";
import { COURSE, filled, handedOut, SCALED, TWICE } from "./students.ts";

/** Runs `body` in a folder of its own. */
async function inFolder(body: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "residual-grade-parts-"));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function put(folder: string, path: string, text = "{}"): void {
  mkdirSync(join(folder, path, ".."), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const short = ({ student, lesson, file }: Submission) => `${student} ${lesson} ${file}`;

Deno.test("submissions are found by student", async () => {
  await inFolder((folder) => {
    put(folder, "bo/01_numbers.ipynb");
    put(folder, "ann/03_identity_block.ipynb");
    put(folder, "ann/01_numbers.ipynb");
    put(folder, "ann/.ipynb_checkpoints/01_numbers-checkpoint.ipynb");
    put(folder, "ann/notes.txt");
    assert.deepEqual(findSubmissions(folder).found.map(short), [
      "ann 01_numbers ann/01_numbers.ipynb",
      "ann 03_identity_block ann/03_identity_block.ipynb",
      "bo 01_numbers bo/01_numbers.ipynb",
    ]);
  });
});

Deno.test("nbgrader's layout is known, with one student and with its outer folder", async () => {
  await inFolder((folder) => {
    const path = "submitted/ann/01_numbers/01_numbers.ipynb";
    put(folder, path);
    assert.deepEqual(findSubmissions(folder).found.map(short), [`ann 01_numbers ${path}`]);
    put(folder, "submitted/bo/week1/01_numbers.ipynb");
    assert.deepEqual(findSubmissions(folder).found.map(({ student }) => student), ["ann", "bo"]);
    put(folder, "source/01_numbers/01_numbers.ipynb");
    put(folder, "autograded/ann/01_numbers/01_numbers.ipynb");
    const { found, problems } = findSubmissions(folder);
    assert.deepEqual([found.map(({ student }) => student), problems], [["ann", "bo"], []]);
  });
});

Deno.test("a zip is read without unpacking it, and what leads out of it is passed over", async () => {
  await inFolder((folder) => {
    const zip = join(folder, "class.zip");
    const content = strToU8("{}");
    writeFileSync(
      zip,
      zipSync({
        "class/ann/01_numbers.ipynb": content,
        "class/bo/01_numbers.ipynb": strToU8("[1]"),
        "class/../../evil/01_numbers.ipynb": content,
        "__MACOSX/class/ann/._01_numbers.ipynb": content,
      }),
    );
    const { found, problems } = findSubmissions(zip);
    assert.deepEqual(found.map(({ student }) => student), ["ann", "bo"]);
    assert.equal(new TextDecoder().decode(found[1]!.read()), "[1]");
    assert.match(problems.join("\n"), /evil.*leads out of the zip/);
    assert.deepEqual(readdirSync(folder), ["class.zip"]);
  });
});

Deno.test("a zip bomb is refused, whether or not it tells its size", async () => {
  await inFolder((folder) => {
    const zip = join(folder, "bomb.zip");
    const bytes = zipSync({ "ann/01_numbers.ipynb": new Uint8Array(80 << 20) }, { level: 9 });
    writeFileSync(zip, bytes);
    assert.throws(() => findSubmissions(zip).found[0]!.read(), /it has 80 MiB; a notebook has 64/);
    // The size stands in the central directory, 24 bytes after its signature.
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    for (let i = bytes.length - 4; i > 0; i--) {
      if (view.getUint32(i, true) !== 0x02014b50) continue;
      view.setUint32(i + 24, 10, true);
      break;
    }
    writeFileSync(zip, bytes);
    const [liar] = findSubmissions(zip).found;
    let length = 0;
    try {
      length = liar!.read().length;
    } catch {
      // That is as good.
    }
    assert.ok(length <= 10);
  });
});

Deno.test("a link is not followed, and what is handed in twice is said", async () => {
  await inFolder((folder) => {
    put(folder, "ann/01_numbers.ipynb");
    put(folder, "ann/old/01_numbers.ipynb");
    put(folder, "bo/notes.txt");
    symlinkSync("/etc/passwd", join(folder, "bo/01_numbers.ipynb"));
    const { found, problems } = findSubmissions(folder);
    assert.deepEqual(found.map(({ file }) => file), ["ann/01_numbers.ipynb"]);
    assert.match(problems.join("\n"), /bo\/01_numbers.ipynb: it is a link/);
    assert.match(problems.join("\n"), /ann\/old\/01_numbers.ipynb: ann has handed in/);
  });
});

Deno.test("a place without notebooks is an error that says what was expected", async () => {
  assert.throws(() => findSubmissions("/no/such/place"), /There is no \/no\/such\/place: expected/);
  await inFolder((folder) => {
    assert.throws(() => findSubmissions(folder), /expected STUDENT\/NN_name.ipynb/);
    put(folder, "x.zip", "this is no zip");
    assert.throws(() => findSubmissions(join(folder, "x.zip")), /x.zip is no zip that can be read/);
  });
});

Deno.test("a program holds what its check needs, and nothing else", async () => {
  const lesson = await new Lessons(COURSE).read("01_numbers");
  const answers = new Map([["scaled", analyse(SCALED)], ["twice", analyse(TWICE)]]);
  const written = { answers, own: [] };
  const { code, calls } = programFor(lesson, "scaled", written);
  assert.equal(calls, 2);
  assert.match(code, /const factors = \[\];\s+factors\.push\(3\);/);
  assert.doesNotMatch(code, /twice|startBackend|showText|not needed|assert/);
  const second = programFor(lesson, "twice", written);
  assert.equal(second.calls, 1);
  assert.match(second.code, /scaled\(scaled\(x\)\)/);
  const alone = programFor(lesson, "twice", {
    answers: new Map([["twice", analyse("const twice = 1;")]]),
    own: [{ after: 0, code: analyse("const unused = 1;") }],
  });
  assert.doesNotMatch(alone.code, /factors|unused/);
});

Deno.test("a cell's code is taken apart by what it declares, uses and changes", () => {
  const { pieces, imports, loads } = analyse(
    'import { tf, type Part as P } from "residual";\nimport * as fs from "node:fs";\n' +
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
    [],
  ]);
  assert.deepEqual(pieces.map(({ usesAtOnce }) => [...usesAtOnce].sort()), [
    ["Base", "tf", "z"],
    ["f", "short", "value"],
    ["a", "list"],
    [],
  ]);
  assert.deepEqual(pieces[2]!.changes, ["list"]);
  assert.deepEqual(loads, ['import("x")']);
  assert.match(pieces[0]!.text, /^\s*class A/);
  assert.match(analyse("const = 3").broken!, /^line 1: /);
});

Deno.test("what a statement changes is seen in each of its forms", () => {
  const changed = (code: string) => analyse(code).pieces.flatMap(({ changes }) => changes);
  assert.deepEqual(changed("n++; --m; +n; !n;"), ["n", "m"]);
  assert.deepEqual(changed("list!.push(1); (list as number[]).pop(); await list.go();"), [
    ...["list", "list", "list"],
  ]);
  assert.deepEqual(changed("[a, b.c, ...d] = e; ({ f, g: h } = i); j ||= 1;"), [
    ...["a", "b", "d", "f", "h", "j"],
  ]);
  assert.deepEqual(changed("call(list); const n = list.push(1);"), []);
});

Deno.test("what a statement uses at once is told from what its functions use when they are called", () => {
  const { pieces } = analyse(
    "const now = a(() => b); function f(x = c) { return d; } class G { static h = i; j() { k; } }",
  );
  assert.deepEqual(pieces.map(({ usesAtOnce }) => usesAtOnce), [["a"], [], ["i"]]);
  assert.deepEqual(pieces.map(({ uses }) => uses), [["a", "b"], ["c", "d"], ["i", "k"]]);
});

Deno.test("a default export without a name is nothing that a program could use", () => {
  assert.deepEqual(analyse("export default function () {}\nexport default class {}").pieces, []);
});

Deno.test("what has not the form of a message is none", () => {
  const observation = { exercise: "scaled", seed: 1, outcomes: [{ seen: 0 }], leaked: 0 };
  const look = { kind: "look", call: 0, seed: 1, look: 0, observation };
  assert.deepEqual(readMessage(JSON.stringify(look)), look);
  for (
    const wrong of [
      null,
      5,
      [],
      {},
      { kind: "points", points: 3 },
      { ...look, seed: "1" },
      { ...look, observation: { ...observation, outcomes: 3 } },
      { ...look, observation: { ...observation, outcomes: [null] } },
      { ...look, observation: { ...observation, leaked: -1 } },
      { kind: "same", call: 1 },
    ]
  ) assert.equal(readMessage(JSON.stringify(wrong)), undefined, JSON.stringify(wrong));
  assert.equal(readMessage("{ half"), undefined);
});

const NASTY = '<script>alert("x")</script>';

/** A graded notebook of a student of that name, with this text. */
function graded(student: string, answer: string): NotebookResult {
  const verdict = {
    ...{ exercise: "scaled", lesson: "01_numbers", seed: 1, points: 1, of: 3, passed: false },
    rows: [{
      ...{ what: "numbers", expected: "right", got: answer, good: false, points: 0, of: 2 },
      next: answer,
    }],
    mistakes: [{ name: "added", explanation: "that is added" }],
  };
  return {
    ...{ student, lesson: "01_numbers", file: "f", digest: "d", seeds: [1], notices: [answer] },
    ...{ seconds: 1, peakMebibytes: 1 },
    exercises: [
      { exercise: "scaled", title: "three", of: 3, points: 1, reasons: [answer], verdict },
      { exercise: "why", title: "why", of: 4, reasons: ["waits for a teacher"], answer },
    ],
  };
}

Deno.test("pages show a student's text as text", () => {
  const notebooks = [graded(NASTY, NASTY), graded("bo", "fine")];
  for (
    const html of [studentPage(NASTY, notebooks, EXERCISES), summaryPage(notebooks, [NASTY])]
  ) {
    assert.ok(!html.includes("<script>alert"));
    assert.ok(html.includes("&lt;script&gt;alert"));
  }
  const page = studentPage("bo", notebooks, EXERCISES);
  assert.match(page, /three: 1 of 3 points/);
  assert.match(page, /<summary>Hints<\/summary><ol><li>A nudge\./);
  assert.match(page, /waits for your teacher \(4 points\)/);
});

Deno.test("the teacher's page has the most frequent wrong answers first, and no network", () => {
  const notebooks = [graded("ann", "a"), graded("bo", "b")];
  assert.deepEqual(commonMistakes(notebooks), [{
    ...{ lesson: "01_numbers", exercise: "scaled", mistake: "added", students: 2 },
    explanation: "that is added",
  }]);
  const html = summaryPage(notebooks, []);
  assert.match(html, /newPlot\("points-0", \[\{"type":"bar","x":\[0,1,2,3\],"y":\[0,2,0,0\]/);
  assert.deepEqual(html.match(/(?:src|href)="[^"]*"/g), [
    'src="plotly-basic.min.js"',
    'href="students/ann.html"',
    'href="students/bo.html"',
  ]);
});

Deno.test("a student's name is no formula in a spreadsheet and no path in a file's name", () => {
  const csv = csvOf([graded("=1+1", "x"), graded('a, "b"', "x")]);
  assert.ok(csv.startsWith("student,lesson,exercise,points,of\r\n'=1+1,01_numbers,scaled,1,3\r\n"));
  assert.ok(csv.includes('"a, ""b""",01_numbers,why,,4\r\n'));
  assert.equal(fileNameOf("../../x"), "~2e~~2e~~2f~~2e~~2e~~2f~x");
  assert.notEqual(fileNameOf("a b"), fileNameOf("a_b"));
  assert.notEqual(fileNameOf("Li 13"), fileNameOf("Li\u2013"));
});

Deno.test("a command line that is not understood says what was expected", () => {
  const { jobs, timeout, out } = parseGradeOptions(["class", "--jobs", "2"]);
  assert.deepEqual([jobs, timeout, out], [2, 60, "grades.csv"]);
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

Deno.test("a run that is stopped keeps what it has graded, and the next one goes on", async () => {
  const notebook = await handedOut("01_numbers");
  const text = notebookText(filled(notebook, { scaled: SCALED }));
  await inFolder(async (folder) => {
    for (const name of ["ann", "bo", "cy"]) put(folder, `class/${name}/01_numbers.ipynb`, text);
    put(folder, "class/dee/09_unknown.ipynb", text);
    const records = join(folder, "records");
    const settings = (force: boolean, onProgress?: () => void) => ({
      ...{ course: COURSE, records, jobs: 1, force },
      ...(onProgress === undefined ? {} : { onProgress }),
      limits: { seconds: 30, mebibytes: 700 },
    });
    const submissions = findSubmissions(join(folder, "class"));
    const first: Grading = new Grading(settings(false, () => first.stop()));
    await first.run(submissions);
    assert.equal(readdirSync(records).length, 1);
    writeFileSync(join(records, "half.json"), "{ half");
    const second = await new Grading(settings(false)).run(submissions);
    assert.deepEqual([second.kept, second.notebooks.length], [1, 3]);
    assert.match(second.problems.join("\n"), /there is no lesson 09_unknown; expected 01_numbers/);
    const csv = csvOf(second.notebooks);
    assert.equal(csv.match(/,scaled,3,3\r\n/g)?.length, 3);
    // A changed notebook is another one.
    put(folder, "class/ann/01_numbers.ipynb", text.replace("x * factors", "x + factors"));
    const third = await new Grading(settings(false)).run(findSubmissions(join(folder, "class")));
    assert.equal(third.kept, 2);
    assert.match(csvOf(third.notebooks), /^ann,01_numbers,scaled,0,3\r$/m);
    assert.ok(readFileSync(join(records, readdirSync(records)[0]!), "utf8").length > 0);
  });
});

Deno.test("a grading that is killed in the middle has kept each notebook that was done", async () => {
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
    const { kept, notebooks } = await new Grading(settings).run(findSubmissions(place));
    assert.ok(kept >= 2 && kept < 4, String(kept));
    assert.equal(csvOf(notebooks).match(/,scaled,3,3\r\n/g)?.length, 4);
  });
});
