/** Tests how the grader finds students and notebooks in folders and zips. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { strToU8, type Zippable, zipSync } from "fflate";
import { csvOf } from "../../tools/grade/csv.ts";
import { readFolder } from "../../tools/grade/folder.ts";
import { withZipsOpened } from "../../tools/grade/inner_zips.ts";
import {
  allItems,
  type FileItem,
  type FolderItem,
  type Item,
  LARGEST_NOTEBOOK,
} from "../../tools/grade/item.ts";
import { lessonOf, onePerLesson } from "../../tools/grade/lesson_of.ts";
import { UsageError } from "../../tools/command_line.ts";
import { parseGradeOptions } from "../../tools/grade/options.ts";
import { fileNameOf } from "../../tools/grade/pages.ts";
import { printable } from "../../tools/grade/printable.ts";
import type { NotebookResult } from "../../tools/grade/result.ts";
import { StudentPattern } from "../../tools/grade/student_pattern.ts";
import { findSubmissions, type Submissions } from "../../tools/grade/submissions.ts";

const LESSONS = ["04_plain_cnn", "05_identity_block", "06_skip_block"];
const NOTEBOOK = "05_identity_block.ipynb";

/** Runs `body` with a temporary folder. */
async function inFolder(body: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "residual-submissions-"));
  try {
    await body(folder);
  } finally {
    chmodSync(folder, 0o755);
    rmSync(folder, { recursive: true, force: true });
  }
}

function put(folder: string, ...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), "{}");
  }
}

/** Finds submissions in a folder `class` with these files. */
async function found(paths: readonly string[], pattern?: string): Promise<Submissions> {
  let submissions: Submissions | undefined;
  await inFolder(async (folder) => {
    put(folder, ...paths.map((path) => `class/${path}`));
    submissions = await findSubmissions(join(folder, "class"), pattern);
  });
  return submissions!;
}

/** Finds submissions in a zip with these bytes. */
async function foundInZip(
  bytes: Uint8Array,
  name = "class.zip",
  use: (submissions: Submissions, folder: string) => void | Promise<void> = () => {},
): Promise<Submissions> {
  let submissions: Submissions | undefined;
  await inFolder(async (folder) => {
    writeFileSync(join(folder, name), bytes);
    submissions = await findSubmissions(join(folder, name));
    await use(submissions, folder);
  });
  return submissions!;
}

/** A zip with a notebook at each of these paths. */
function zipOf(...paths: string[]): Uint8Array {
  return zipSync(Object.fromEntries(paths.map((path) => [path, strToU8("{}")])));
}

function pairs({ found }: Submissions): string[] {
  return found.map(({ student, file }) => `${student}: ${file}`);
}

const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END = 0x06054b50;

/** Calls `change` with the offset of each header with this signature. */
function editHeaders(
  bytes: Uint8Array,
  signature: number,
  change: (view: DataView, at: number) => void,
): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 4 <= bytes.length; at++) {
    if (view.getUint32(at, true) === signature) change(view, at);
  }
  return bytes;
}

/** Replaces "##" in names with these bytes, and clears the flag for UTF-8. */
function withNameBytes(path: string, bytes: readonly number[], host = 0): Uint8Array {
  const zip = zipOf(path.replace("?", "#".repeat(bytes.length)));
  for (let at = 0; at < zip.length; at++) {
    if (bytes.every((_, i) => zip[at + i] === 0x23)) zip.set(bytes, at);
  }
  return editHeaders(zip, CENTRAL, (view, at) => {
    view.setUint16(at + 8, view.getUint16(at + 8, true) & ~0x800, true);
    view.setUint8(at + 5, host);
  });
}

function python(script: string, ...args: string[]): void {
  execFileSync("python3", ["-c", script, ...args]);
}

// Folders

Deno.test("each folder is a student, and all notebooks are found in order", async () => {
  const submissions = await found([
    "bo/04_plain_cnn.ipynb",
    `ann/${NOTEBOOK}`,
    "ann/04_plain_cnn.ipynb",
    "ann/notes.txt",
  ]);
  assert.deepEqual(pairs(submissions), [
    "ann: ann/04_plain_cnn.ipynb",
    `ann: ann/${NOTEBOOK}`,
    "bo: bo/04_plain_cnn.ipynb",
  ]);
  assert.deepEqual(submissions.others, ["ann/notes.txt"]);
  assert.deepEqual(submissions.problems, []);
  assert.equal(submissions.layout, 'Each folder in "class" is a student.');
});

Deno.test("a student's folder named submitted hides no other student", async () => {
  for (const inner of ["submitted", "submitted/x", "submitted/x/05_identity_block"]) {
    const { students, found: notebooks } = await found([
      `ann/${inner}/${NOTEBOOK}`,
      `bo/${NOTEBOOK}`,
      `cy/${NOTEBOOK}`,
    ]);
    assert.deepEqual(students, ["ann", "bo", "cy"], inner);
    assert.equal(notebooks.length, 3, inner);
  }
});

Deno.test("a folder named submitted next to other students' notebooks is a student and a problem", async () => {
  const { students, problems } = await found([`submitted/ann/${NOTEBOOK}`, `bo/${NOTEBOOK}`]);
  assert.deepEqual(students, ["bo", "submitted"]);
  assert.match(problems.join("\n"), /^submitted: treated as a student, because "bo"/m);
});

Deno.test("a single student may have a folder named submitted", async () => {
  assert.deepEqual((await found([`ann/submitted/${NOTEBOOK}`])).students, ["ann"]);
  assert.deepEqual((await found([`ann/submitted/x/${NOTEBOOK}`])).students, ["ann"]);
});

Deno.test("the siblings of submitted show nbgrader's layout", async () => {
  const submissions = await found([
    ...["README.md", "deno.json", "nbgrader_config.py", "nbgrader_own.py", "gradebook.db"],
    ...["grades.csv", "logs/x.log", "data/x.bin", "node_modules/a/b.ipynb", `release/${NOTEBOOK}`],
    `source/05_identity_block/${NOTEBOOK}`,
    `autograded/ann/05_identity_block/${NOTEBOOK}`,
    `submitted/ann/05_identity_block/${NOTEBOOK}`,
    `submitted/bo/week1/${NOTEBOOK}`,
  ]);
  assert.deepEqual(pairs(submissions), [
    `ann: submitted/ann/05_identity_block/${NOTEBOOK}`,
    `bo: submitted/bo/week1/${NOTEBOOK}`,
  ]);
  assert.deepEqual(submissions.problems, []);
  assert.equal(
    submissions.layout,
    'Each folder in "class/submitted" is a student (nbgrader layout).',
  );
  assert.ok(submissions.others.includes("source/"));
});

Deno.test("the links that `npx deno task course` makes beside submitted are no problem", async () => {
  await inFolder(async (folder) => {
    put(folder, `course/submitted/ann/05_identity_block/${NOTEBOOK}`, "course/nbgrader_config.py");
    for (const name of ["data", "node_modules"]) symlinkSync("/tmp", join(folder, "course", name));
    const { problems, students } = await findSubmissions(join(folder, "course"));
    assert.deepEqual([problems, students], [[], ["ann"]]);
  });
});

Deno.test("nbgrader's layout is recognized with one student, and inside another folder", async () => {
  assert.deepEqual((await found([`submitted/ann/x/${NOTEBOOK}`])).students, ["ann"]);
  const wrapped = await found([
    `course/submitted/ann/x/${NOTEBOOK}`,
    `course/source/x/${NOTEBOOK}`,
  ]);
  assert.deepEqual(wrapped.students, ["ann"]);
  assert.deepEqual(
    (await foundInZip(zipOf(`course/submitted/ann/x/${NOTEBOOK}`), "course.zip")).students,
    ["ann"],
  );
});

Deno.test("another folder next to nbgrader's folders is a problem", async () => {
  const { problems } = await found([`submitted/ann/x/${NOTEBOOK}`, "bo/report.pdf"]);
  assert.deepEqual(problems, ["bo: not graded; this folder is next to the students' folder"]);
});

Deno.test("a student's subfolders are not students", async () => {
  for (const inner of ["notebooks", "my work", "a/b/c"]) {
    const { students, layout } = await found([`ann/${inner}/${NOTEBOOK}`]);
    assert.deepEqual(students, ["ann"], inner);
    assert.equal(layout, 'Each folder in "class" is a student.');
  }
});

Deno.test("a folder around all students is a wrapper if two subfolders contain the same notebook", async () => {
  const submissions = await found([
    `week1/ann/${NOTEBOOK}`,
    "week1/bo/05_identity_block_bo.ipynb",
    "week1/cy/report.pdf",
    "grades.csv",
  ]);
  assert.deepEqual(submissions.students, ["ann", "bo", "cy"]);
  assert.equal(submissions.layout, 'Each folder in "class/week1" is a student.');
  const deep = await found([`x/week1/ann/${NOTEBOOK}`, `x/week1/bo/${NOTEBOOK}`]);
  assert.deepEqual(deep.students, ["ann", "bo"]);
});

Deno.test("a folder that directly contains a notebook is not a wrapper", async () => {
  const { students } = await found([
    `ann/${NOTEBOOK}`,
    `ann/old/${NOTEBOOK}`,
    `ann/older/${NOTEBOOK}`,
  ]);
  assert.deepEqual(students, ["ann"]);
});

Deno.test("folders from several weeks trigger a hint about --student", async () => {
  const weeks = ["week1", "week2"].flatMap((week) => [
    `${week}/ann/${NOTEBOOK}`,
    `${week}/bo/${NOTEBOOK}`,
  ]);
  const { problems } = await found(weeks);
  assert.match(
    problems.join("\n"),
    /^week1: .*and those of 1 more.*use --student "\*\/STUDENT\/\*\*"/,
  );
  assert.deepEqual((await found(weeks, "*/STUDENT/**")).students, ["ann", "bo"]);
});

Deno.test("an empty folder is a student without a notebook", async () => {
  await inFolder(async (folder) => {
    put(folder, `ann/${NOTEBOOK}`);
    mkdirSync(join(folder, "bo/empty"), { recursive: true });
    const { students, problems } = await findSubmissions(folder);
    assert.deepEqual(students, ["ann", "bo"]);
    assert.deepEqual(problems, ["bo: no notebook; expected NN_name.ipynb"]);
  });
});

Deno.test("a student without a notebook is a problem that lists three other files", async () => {
  const { students, problems, others } = await found([
    `ann/${NOTEBOOK}`,
    ...["a.pdf", "b.html", "c.py", "d.txt", "e.ts"].map((name) => `bo/${name}`),
  ]);
  assert.deepEqual(students, ["ann", "bo"]);
  assert.deepEqual(problems, [
    "bo: no notebook; expected NN_name.ipynb, found a.pdf, b.html, c.py and 2 more",
  ]);
  assert.equal(others.length, 5);
});

Deno.test("a class without notebooks still has students", async () => {
  const { found: notebooks, students } = await found(["ann/x.pdf", "bo/y.pdf"]);
  assert.deepEqual([notebooks.length, students], [0, ["ann", "bo"]]);
});

Deno.test("a folder without students is an error that names the expected layout", async () => {
  await assert.rejects(
    findSubmissions("/no/such/place"),
    /Cannot find \/no\/such\/place: expected/,
  );
  await assert.rejects(found([NOTEBOOK]), (error: Error) => {
    assert.match(error.message, /No students found in .*: expected STUDENT\/NN_name.ipynb/);
    assert.match(
      error.message,
      /05_identity_block.ipynb: not graded; expected in a student's folder/,
    );
    return true;
  });
  await inFolder(async (folder) => {
    put(folder, "x.zip");
    await assert.rejects(findSubmissions(join(folder, "x.zip")), /Cannot read .*x.zip as a zip: /);
    writeFileSync(join(folder, "x.zip"), "");
    await assert.rejects(findSubmissions(join(folder, "x.zip")), /Cannot read .*x.zip as a zip: /);
  });
});

Deno.test("a notebook outside the students' folders is a problem", async () => {
  const { problems, others } = await found([NOTEBOOK, "list.csv", `ann/${NOTEBOOK}`]);
  assert.match(
    problems.join("\n"),
    /^05_identity_block.ipynb: not graded; expected in a student's/,
  );
  assert.deepEqual(others, ["list.csv"]);
});

// Unreadable files

Deno.test("a link is reported, not followed, and its student is kept", async () => {
  await inFolder(async (folder) => {
    put(folder, `class/ann/${NOTEBOOK}`, `secret/${NOTEBOOK}`);
    mkdirSync(join(folder, "class/bo"));
    symlinkSync("/etc/passwd", join(folder, "class/bo", NOTEBOOK));
    symlinkSync(join(folder, "secret"), join(folder, "class/cy"));
    symlinkSync("/no/such/target", join(folder, "class/dee"));
    const { students, found, problems } = await findSubmissions(join(folder, "class"));
    assert.deepEqual(students, ["ann", "bo", "cy", "dee"]);
    assert.deepEqual(found.map(({ file }) => file), [`ann/${NOTEBOOK}`]);
    assert.deepEqual(problems, [
      `bo/${NOTEBOOK}: a symbolic link, not followed`,
      "cy: a symbolic link, not followed",
      "dee: a symbolic link, not followed",
      `bo: no notebook; expected NN_name.ipynb, found ${NOTEBOOK}`,
    ]);
  });
});

Deno.test("a pipe, a socket and a folder with a notebook's name are reported", async () => {
  await inFolder(async (folder) => {
    for (const student of ["ann", "bo", "cy"]) mkdirSync(join(folder, student));
    python(
      "import os, socket, sys; os.mkfifo(sys.argv[1]); " +
        "socket.socket(socket.AF_UNIX).bind(sys.argv[2])",
      ...[join(folder, "ann", NOTEBOOK), join(folder, "bo", NOTEBOOK)],
    );
    mkdirSync(join(folder, "cy", NOTEBOOK));
    const { students, problems } = await findSubmissions(folder);
    assert.deepEqual(students, ["ann", "bo", "cy"]);
    assert.deepEqual(problems.slice(0, 3), [
      `ann/${NOTEBOOK}: not a regular file, not read`,
      `bo/${NOTEBOOK}: not a regular file, not read`,
      `cy/${NOTEBOOK}: a folder, expected a file`,
    ]);
  });
});

Deno.test("a notebook inside a folder with the notebook's name is found", async () => {
  const submissions = await found([`ann/${NOTEBOOK}/${NOTEBOOK}`]);
  assert.deepEqual(pairs(submissions), [`ann: ann/${NOTEBOOK}/${NOTEBOOK}`]);
});

Deno.test("an unreadable folder or file is reported, and its student is still in the results", async () => {
  await inFolder((folder) => {
    put(folder, `class/ann/${NOTEBOOK}`, `class/bo/${NOTEBOOK}`, `class/cy/x/${NOTEBOOK}`);
    const closed = ["ann", `bo/${NOTEBOOK}`, "cy/x"].map((path) => join(folder, "class", path));
    for (const path of closed) chmodSync(path, 0);
    chmodSync(folder, 0o777);
    // Permissions do not restrict root, so another user runs the search.
    const isRoot = process.getuid?.() === 0;
    const module = new URL("../../tools/grade/submissions.ts", import.meta.url);
    const script = `const { findSubmissions } = await import(${JSON.stringify(module.href)});
      const { students, problems } = await findSubmissions(${
      JSON.stringify(join(folder, "class"))
    });
      console.log(JSON.stringify({ students, problems }));`;
    const output = execFileSync(Deno.execPath(), ["eval", "--no-check", script], {
      encoding: "utf8",
      env: { ...process.env, DENO_DIR: join(folder, "deno"), HOME: folder, NO_COLOR: "1" },
      ...(isRoot ? { uid: 65534, gid: 65534 } : {}),
    });
    for (const path of closed) chmodSync(path, 0o755);
    assert.deepEqual(JSON.parse(output), {
      students: ["ann", "bo", "cy"],
      problems: [
        "ann: cannot be read: permission denied",
        `bo/${NOTEBOOK}: cannot be read: permission denied`,
        "cy/x: cannot be read: permission denied",
        `bo: no notebook; expected NN_name.ipynb, found ${NOTEBOOK}`,
        "cy: no notebook; expected NN_name.ipynb, found x",
      ],
    });
  });
});

Deno.test("a file name that is not UTF-8 is reported", async () => {
  await inFolder(async (folder) => {
    python(
      "import os, sys; d = os.fsencode(sys.argv[1]); os.makedirs(d + b'/Student \\xd6'); " +
        "os.makedirs(d + b'/ann'); open(d + b'/ann/\\xff.ipynb', 'w')",
      folder,
    );
    const { students, problems } = await findSubmissions(folder);
    assert.deepEqual(students, ["Student \ufffd", "ann"]);
    assert.match(
      problems[0]!,
      /^Student .: cannot be read: its name is not valid UTF-8; rename it$/,
    );
    assert.match(problems[1]!, /^ann\/..ipynb: cannot be read: its name is not valid UTF-8/);
  });
});

Deno.test("folders that are too deep are reported", async () => {
  const deep = Array.from({ length: 30 }, (_, i) => `d${i}`).join("/");
  const { students, problems } = await found([`ann/${deep}/${NOTEBOOK}`, `bo/${NOTEBOOK}`]);
  assert.deepEqual(students, ["ann", "bo"]);
  assert.match(problems[0]!, /^ann\/d0\/.*: more than 20 folders deep, not searched$/);
  const inZip = await foundInZip(zipOf(`ann/${deep}/${NOTEBOOK}`, `bo/${NOTEBOOK}`));
  assert.deepEqual(inZip.students, ["ann", "bo"]);
  assert.match(inZip.problems[0]!, /: more than 20 folders deep, not searched$/);
});

Deno.test("tools' folders are not searched, and each is listed as one path", async () => {
  const tools = ["node_modules", ".git", ".venv", ".ipynb_checkpoints", "__MACOSX"];
  const { found: notebooks, others, problems } = await found([
    `ann/${NOTEBOOK}`,
    ...tools.flatMap((tool) => [`ann/${tool}/a/${NOTEBOOK}`, `ann/${tool}/b.txt`]),
  ]);
  assert.equal(notebooks.length, 1);
  assert.deepEqual(others, tools.map((tool) => `ann/${tool}`).sort());
  assert.deepEqual(problems, []);
});

Deno.test("a student's hidden folder is reported, but system files are not", async () => {
  const { students, problems, others } = await found([
    `ann/.hidden/${NOTEBOOK}`,
    `ann/${NOTEBOOK}`,
    `.bo/${NOTEBOOK}`,
    ...[".DS_Store", "Thumbs.db", "desktop.ini", `.ipynb_checkpoints/${NOTEBOOK}`],
    `ann/._${NOTEBOOK}`,
  ]);
  assert.deepEqual(students, ["ann"]);
  assert.deepEqual(problems, [
    ".bo: a hidden folder, not searched",
    "ann/.hidden: a hidden folder, not searched",
  ]);
  assert.deepEqual(others, [
    ".DS_Store",
    ".ipynb_checkpoints",
    "Thumbs.db",
    `ann/._${NOTEBOOK}`,
    "desktop.ini",
  ]);
});

Deno.test("a file that is too large for a notebook is refused when it is read", async () => {
  await inFolder(async (folder) => {
    put(folder, `ann/${NOTEBOOK}`);
    Deno.truncateSync(join(folder, "ann", NOTEBOOK), LARGEST_NOTEBOOK + 1);
    const [notebook] = (await findSubmissions(folder)).found;
    await assert.rejects(notebook!.read(), /has 65 MiB, expected at most 64 MiB/);
    rmSync(join(folder, "ann", NOTEBOOK));
    symlinkSync("/etc/passwd", join(folder, "ann", NOTEBOOK));
    await assert.rejects(notebook!.read(), /no longer a regular file/);
  });
});

Deno.test("a notebook that grows after the search is read only up to the limit", async () => {
  await inFolder(async (folder) => {
    put(folder, `ann/${NOTEBOOK}`);
    const file = readFolder(folder).items.flatMap((item) =>
      item.kind === "folder" ? item.items : []
    )[0];
    assert.ok(file?.kind === "file");
    assert.equal(new TextDecoder().decode(await file.read(2)), "{}");
    writeFileSync(join(folder, "ann", NOTEBOOK), "x".repeat(3 * 2 ** 20));
    assert.equal((await file.read(3 * 2 ** 20)).length, 3 * 2 ** 20);
    await assert.rejects(file.read(3 * 2 ** 20 - 1), /the file has 3 MiB, expected at most/);
  });
});

Deno.test("a file without a true size is read only up to the limit", async () => {
  // The files in /proc declare 0 bytes.
  if (!existsSync("/proc/self/status")) return;
  const file = readFolder(`/proc/${process.pid}/task/${process.pid}`).items
    .find(({ name }) => name === "status");
  assert.ok(file?.kind === "file");
  await assert.rejects(file.read(100), /expected at most/);
  assert.ok((await file.read(2 ** 20)).length > 100);
});

Deno.test("a notebook that becomes a pipe after the search is refused without waiting", async () => {
  await inFolder(async (folder) => {
    put(folder, `ann/${NOTEBOOK}`);
    writeFileSync(join(folder, "ann/hw.zip"), zipOf("04_plain_cnn.ipynb"));
    const { found } = await findSubmissions(folder);
    assert.equal(found.length, 2);
    for (const name of [NOTEBOOK, "hw.zip"]) {
      rmSync(join(folder, "ann", name));
      python("import os, sys; os.mkfifo(sys.argv[1])", join(folder, "ann", name));
    }
    for (const { read } of found) await assert.rejects(read(), /no longer a regular file/);
  });
});

Deno.test("a notebook is refused if a link replaces its folder after the search", async () => {
  await inFolder(async (folder) => {
    put(folder, `class/ann/a/${NOTEBOOK}`, `secret/a/${NOTEBOOK}`);
    for (const place of ["class/ann/a", "secret/a"]) {
      writeFileSync(join(folder, place, "hw.zip"), zipOf("04_plain_cnn.ipynb"));
    }
    const { found } = await findSubmissions(join(folder, "class"));
    assert.equal(found.length, 2);
    for (const { read } of found) assert.ok((await read()).length > 0);
    rmSync(join(folder, "class/ann"), { recursive: true });
    symlinkSync(join(folder, "secret"), join(folder, "class/ann"));
    for (const { read } of found) await assert.rejects(read(), /was moved or replaced/);
  });
});

Deno.test("a link to the class's folder or zip is followed", async () => {
  await inFolder(async (folder) => {
    put(folder, `class/ann/${NOTEBOOK}`);
    symlinkSync(join(folder, "class"), join(folder, "link"));
    writeFileSync(join(folder, "class.zip"), zipOf(`ann/${NOTEBOOK}`));
    symlinkSync(join(folder, "class.zip"), join(folder, "link.zip"));
    for (const name of ["link", "link.zip"]) {
      const { found, layout } = await findSubmissions(join(folder, name));
      assert.equal(new TextDecoder().decode(await found[0]!.read()), "{}");
      assert.equal(layout, `Each folder in "${name}" is a student.`);
    }
  });
});

// Limits for each student

Deno.test("a student has at most 20 problems and 20 other files, and the rest is counted", async () => {
  const many = (count: number, path: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => path(i));
  const { problems, others } = await foundInZip(zipOf(
    `ann/${NOTEBOOK}`,
    `bo/${NOTEBOOK}`,
    ...many(3000, (i) => `ann/${"x".repeat(400)}${i}.txt`),
    ...many(3000, (i) => `ann/${"x".repeat(400)}${i}.rar`),
    ...["bo/1.txt", "bo/1.rar"],
    ...many(150, (i) => `${i}.txt`),
    ...many(150, (i) => `${i}.rar`),
  ));
  assert.equal(others.length, 20 + 1 + 1 + 100 + 1);
  assert.equal(problems.length, 20 + 1 + 1 + 100 + 1);
  for (
    const line of [
      "bo/1.txt",
      "ann: and 2980 more other files",
      "top level: and 50 more other files",
    ]
  ) {
    assert.ok(others.includes(line), line);
  }
  for (const line of ["ann: and 2980 more problems", "top level: and 50 more problems"]) {
    assert.ok(problems.includes(line), line);
  }
  assert.ok([...problems, ...others].every((line) => line.length < 400));
});

Deno.test("the paths of other files are printable", async () => {
  const { others } = await found([`ann/${NOTEBOOK}`, "ann/\x1b[2J.txt", "\x1b.txt"]);
  assert.deepEqual(others, ["\\u{1b}.txt", "ann/\\u{1b}[2J.txt"]);
});

Deno.test("at most 60 notebooks of a student are found, and those in the fewest folders have priority", async () => {
  const { found: notebooks, problems } = await found([
    ...Array.from({ length: 70 }, (_, i) => `ann/a/${i}.ipynb`),
    `ann/z.ipynb`,
    `bo/${NOTEBOOK}`,
  ]);
  const ann = notebooks.filter(({ student }) => student === "ann").map(({ file }) => file);
  assert.equal(ann.length, 60);
  assert.equal(ann.at(-1), "ann/z.ipynb");
  assert.deepEqual(problems, [
    "ann: too many notebooks; expected at most 60 with 256 MiB in total; " +
    "not graded: ann/a/62.ipynb, ann/a/63.ipynb, ann/a/64.ipynb and 8 more",
  ]);
});

Deno.test("the notebooks of a student have at most 256 MiB in total", async () => {
  await inFolder(async (folder) => {
    const names = ["1", "2", "3", "4", "5"].map((name) => `ann/${name}.ipynb`);
    put(folder, "ann/0.ipynb", ...names, `bo/${NOTEBOOK}`);
    for (const name of names) Deno.truncateSync(join(folder, name), 60 * 2 ** 20);
    // This notebook is refused when it is read.
    Deno.truncateSync(join(folder, "ann/0.ipynb"), 300 * 2 ** 20);
    const { found, problems } = await findSubmissions(folder);
    assert.deepEqual(found.map(({ file }) => file), [
      ...["ann/0.ipynb", ...names.slice(0, 4), `bo/${NOTEBOOK}`],
    ]);
    assert.match(problems.join("\n"), /^ann: too many notebooks; .*; not graded: ann\/5.ipynb$/);
  });
});

// Names of files and students

Deno.test("a notebook may end in .ipynb.json, .ipynb.txt or capital letters", async () => {
  const names = ["1.ipynb.json", "2.ipynb.txt", "3.IPYNB", "4.ipynb (1).json", "5.Ipynb.JSON"];
  const { found: notebooks } = await found(names.map((name) => `ann/${name}`));
  assert.deepEqual(notebooks.map(({ file }) => file.slice(4)), names);
  const { found: none } = await found(["ann/x.ipynb.html", "ann/ipynb", "ann/x.ipynbz"]);
  assert.deepEqual(none, []);
});

Deno.test("an archive that is not a zip is a problem", async () => {
  const archives = ["a.tar.gz", "b.rar", "c.7z", "d.tgz", "e.TAR"];
  const { problems, students } = await found([
    ...archives.map((name) => `ann/${name}`),
    `bo/${NOTEBOOK}`,
    "all.tar.gz",
  ]);
  assert.deepEqual(students, ["ann", "bo"]);
  for (const name of [...archives.map((archive) => `ann/${archive}`), "all.tar.gz"]) {
    assert.ok(
      problems.includes(
        `${name}: this archive format is not supported; unpack the archive, or ask for a zip`,
      ),
    );
  }
});

Deno.test("names changed by browsers and platforms match their lesson", () => {
  for (
    const name of [
      ...["05_identity_block.ipynb", "05_identity_block (1).ipynb", "05_identity_block-2.ipynb"],
      ...["05_identity_block-Copy1.ipynb", "Copy of 05_identity_block.ipynb"],
      ...["05_identity_block_ann.ipynb", "ann_05_identity_block.ipynb", "05_Identity_Block.IPYNB"],
      ...[
        "05 identity block.ipynb",
        "05-identity-block - Kopie.ipynb",
        "05_identity_block(1).ipynb",
      ],
      ...["05_identity_block.ipynb.json", "05_identity_block.ipynb (2).txt"],
      ...[
        "leeann_LATE_12345_678901_05_identity_block-1.ipynb",
        "x/y/05_identity_block copy 2.ipynb",
      ],
      "05_identity_block (Ann's conflicted copy 2024-01-02).ipynb",
    ]
  ) assert.equal(lessonOf(name, undefined, LESSONS), "05_identity_block", name);
});

Deno.test("a name with no lesson or two lessons matches no lesson", () => {
  for (
    const name of [
      ...["homework.ipynb", "105_identity_block.ipynb", "05_identity_blocks.ipynb", "05.ipynb"],
      ...["04_plain_cnn 05_identity_block.ipynb", "05_identity_block/x.ipynb", ""],
    ]
  ) assert.equal(lessonOf(name, undefined, LESSONS), undefined, name);
  assert.equal(lessonOf("01_a_b.ipynb", undefined, ["01_a", "01_a_b"]), "01_a_b");
});

Deno.test("the lesson in the metadata has priority if the course contains it", () => {
  assert.equal(lessonOf("04_plain_cnn.ipynb", "05_identity_block", LESSONS), "05_identity_block");
  assert.equal(lessonOf("04_plain_cnn.ipynb", "99_other", LESSONS), "04_plain_cnn");
  assert.equal(lessonOf("x.ipynb", "__proto__", LESSONS), undefined);
});

Deno.test("one of several notebooks for a lesson is graded, and one problem names the others", () => {
  const of = (file: string) => ({ student: "ann", lesson: "05_identity_block", file });
  const files = [
    ...["ann/a/05_identity_block.ipynb", "ann/05_identity_block (1).ipynb"],
    ...["ann/05_identity_block.ipynb", "ann/05_identity_block-2.ipynb"],
  ].map(of);
  const other = { student: "bo", lesson: "05_identity_block", file: "bo/x.ipynb" };
  for (const order of [files, [...files].reverse()]) {
    const { graded, problems } = onePerLesson([other, ...order]);
    assert.deepEqual(graded, [other, files[2]]);
    assert.equal(problems.length, 1);
    assert.match(
      problems[0]!,
      /^ann submitted lesson 05_identity_block in 4 files; graded: ann\/05_identity_block.ipynb; not graded: ann/,
    );
  }
  assert.equal(onePerLesson([files[1]!, files[3]!]).graded[0], files[3]);
});

Deno.test("the problem with many notebooks for a lesson names three of them", () => {
  const notebooks = Array.from({ length: 20_000 }, (_, i) => ({
    ...{ student: "ann", lesson: LESSONS[i % 2]!, file: `ann/${i}/${LESSONS[i % 2]}.ipynb` },
  }));
  const { graded, problems } = onePerLesson(notebooks);
  assert.equal(graded.length, 2);
  assert.deepEqual(problems, [
    "ann submitted lesson 04_plain_cnn in 10000 files; graded: ann/0/04_plain_cnn.ipynb; " +
    "not graded: ann/2/04_plain_cnn.ipynb, ann/4/04_plain_cnn.ipynb, ann/6/04_plain_cnn.ipynb and 9996 more",
    "ann submitted lesson 05_identity_block in 10000 files; graded: ann/1/05_identity_block.ipynb; " +
    "not graded: ann/3/05_identity_block.ipynb, ann/5/05_identity_block.ipynb, " +
    "ann/7/05_identity_block.ipynb and 9996 more",
  ]);
});

Deno.test("the names of students are read from Canvas's file names", async () => {
  const submissions = await found([
    "leeann_12345_678901_05_identity_block.ipynb",
    "leeann_12345_678902_04_plain_cnn.ipynb",
    "bobo_LATE_12346_678903_05_identity_block-1.ipynb",
    "cy_de_la_12347_678904_report.pdf",
    "dee_12348_text.html",
    "anon_x7Yz2_678905_05_identity_block.ipynb",
  ]);
  assert.deepEqual(submissions.students, ["anon_x7Yz2", "bobo", "cy_de_la", "dee", "leeann"]);
  assert.equal(submissions.found.filter(({ student }) => student === "leeann").length, 2);
  assert.match(submissions.problems.join("\n"), /^cy_de_la: no notebook/m);
  assert.match(submissions.problems.join("\n"), /^dee: no notebook/m);
  assert.equal(submissions.layout, 'Student names come from the Canvas names in "class".');
});

Deno.test("students are found in Moodle's folder names and file names", async () => {
  const folders = await found([
    `Ann Lee_1234567_assignsubmission_file_/${NOTEBOOK}`,
    "Ann Lee_1234567_assignsubmission_onlinetext_/onlinetext.html",
    `Bo_1234568_assignsubmission_file/${NOTEBOOK}`,
    "Cy_1234569_assignsubmission_onlinetext/onlinetext.html",
    `Default group_assignsubmission_file/${NOTEBOOK}`,
  ]);
  assert.deepEqual(folders.students, ["Ann Lee", "Bo", "Cy", "Default group"]);
  assert.equal(folders.layout, 'Student names come from the Moodle names in "class".');
  const flat = await found([`Ann Lee_1234567_assignsubmission_file_${NOTEBOOK}`]);
  assert.deepEqual(flat.students, ["Ann Lee"]);
  const wrapped = await found([`week 1/Ann Lee_1_assignsubmission_file_/${NOTEBOOK}`]);
  assert.deepEqual(wrapped.students, ["Ann Lee"]);
});

Deno.test("two students with the same name stay separate", async () => {
  const moodle = await found([
    `Ann Lee_1_assignsubmission_file_/${NOTEBOOK}`,
    `Ann Lee_2_assignsubmission_file_/${NOTEBOOK}`,
    `Bo_3_assignsubmission_file_/${NOTEBOOK}`,
  ]);
  assert.deepEqual(moodle.students, ["Ann Lee (1)", "Ann Lee (2)", "Bo"]);
  const canvas = await found(["leeann_1_9_a.ipynb", "leeann_2_9_a.ipynb"]);
  assert.deepEqual(canvas.students, ["leeann (1)", "leeann (2)"]);
  const mixed = await found([
    `Ann Lee (1)/${NOTEBOOK}`,
    `Ann Lee/${NOTEBOOK}`,
    `Ann Lee_1_assignsubmission_file_/${NOTEBOOK}`,
  ]);
  assert.equal(mixed.students.length, 3);
});

Deno.test("a pattern finds the students, and other notebooks are problems", async () => {
  const submissions = await found([
    "week1/ann-03.ipynb",
    "week1/ann-lee-04.ipynb",
    "week1/bo-03.ipynb",
    "week1/03.ipynb",
    "week1/list.csv",
    "week2/cy-03.ipynb",
  ], "week1/STUDENT-*.ipynb");
  assert.deepEqual(submissions.students, ["ann", "bo"]);
  assert.equal(submissions.layout, 'Student names come from the pattern "week1/STUDENT-*.ipynb".');
  assert.deepEqual(submissions.problems, [
    'week1/03.ipynb: not graded; the path does not match --student "week1/STUDENT-*.ipynb"',
    'week2/cy-03.ipynb: not graded; the path does not match --student "week1/STUDENT-*.ipynb"',
  ]);
  assert.deepEqual(submissions.others, ["week1/list.csv"]);
});

Deno.test("a pattern finds students' folders without a notebook", async () => {
  await inFolder(async (folder) => {
    put(folder, `week1/ann/${NOTEBOOK}`, `week2/ann/${NOTEBOOK}`, "week1/cy/x.pdf");
    mkdirSync(join(folder, "week1/bo"));
    const { students, found, problems } = await findSubmissions(folder, "*/STUDENT/*.ipynb");
    assert.deepEqual(students, ["ann", "bo", "cy"]);
    assert.equal(found.length, 2);
    assert.match(problems.join("\n"), /^bo: no notebook; expected NN_name.ipynb$/m);
    await assert.rejects(
      findSubmissions(folder, "x/STUDENT.ipynb"),
      /No students found in .*: expected paths that match --student "x\/STUDENT.ipynb"/,
    );
  });
});

Deno.test("each wildcard of a pattern matches as little as possible, from left to right", () => {
  const student = (pattern: string, path: string) => new StudentPattern(pattern).studentOf(path);
  assert.equal(student("STUDENT-*.ipynb", "ann-lee-03.ipynb"), "ann");
  assert.equal(student("*_STUDENT_attempt_*", "Week 1_s12_attempt_2024_x.ipynb"), "s12");
  assert.equal(student("**/STUDENT/x.ipynb", "a/b/ann/x.ipynb"), "ann");
  assert.equal(student("**/STUDENT/x.ipynb", "ann/x.ipynb"), undefined);
  assert.equal(student("*/STUDENT.ipynb", "a/b/ann.ipynb"), undefined);
  assert.equal(student("STUDENT.ipynb", ".ipynb"), undefined);
  assert.equal(student("STUDENT.(x)[1]+?.ipynb", "ann.(x)[1]+?.ipynb"), "ann");
  assert.equal(student("STUDENT/**", "ann/a/b/c.ipynb"), "ann");
});

Deno.test("an invalid pattern is a usage error that names the expected form", () => {
  for (
    const pattern of [
      ...["", "*.ipynb", "student/*", "STUDENT/STUDENT", "*STUDENT", "STUDENT*", "a/**STUDENT"],
      ...["STUDENT/***", "/STUDENT/*", "./STUDENT/*", "../STUDENT/*", "*a".repeat(300) + "STUDENT"],
    ]
  ) {
    assert.throws(() => new StudentPattern(pattern), (error: Error) => {
      assert.ok(error instanceof UsageError, pattern);
      return /^--student expects .*, such as "week1\/STUDENT-\*.ipynb"/.test(error.message);
    });
  }
  assert.equal(parseGradeOptions(["class", "--student", "STUDENT/**"]).student, "STUDENT/**");
});

Deno.test("matching a long path is fast", () => {
  const started = performance.now();
  const pattern = new StudentPattern("*a".repeat(40) + "*/STUDENT-*b*c*d.ipynb");
  assert.equal(pattern.studentOf("a".repeat(3000)), undefined);
  assert.equal(pattern.studentOf(`${"a".repeat(3000)}/x-bcd.ipynb`), "x");
  const long = "_1".repeat(20_000);
  assert.equal(lessonOf(long, undefined, LESSONS), undefined);
  assert.ok(performance.now() - started < 5000);
});

Deno.test("a zip with very long platform names is read fast", async () => {
  const started = performance.now();
  const submissions = await foundInZip(zipOf(
    `ann/${NOTEBOOK}`,
    ...["_1", "_LATE", "_assignsubmission_", "_1_assignsubmission"].map((part) =>
      part.repeat(60_000 / part.length)
    ),
  ));
  assert.ok(submissions.students.includes("ann"));
  assert.ok(performance.now() - started < 5000);
});

Deno.test("students may have unusual names", async () => {
  const names = ["__proto__", "constructor", "toString", "-rf", "a;b", "=1+1", "ann.lee", "CON"];
  const { students } = await found(names.map((name) => `${name}/${NOTEBOOK}`));
  assert.deepEqual(students, [...names].sort());
  const inZip = await foundInZip(zipOf(...names.map((name) => `x/${name}/${NOTEBOOK}`)), "x.zip");
  assert.deepEqual(inZip.students, [...names].sort());
});

Deno.test("two Unicode normal forms of a name are two students with separate pages", async () => {
  const names = ["J\u00fcrgen", "Ju\u0308rgen"];
  const { students } = await found(names.map((name) => `${name}/${NOTEBOOK}`));
  assert.deepEqual(students, [...names].sort());
  assert.notEqual(fileNameOf(names[0]!), fileNameOf(names[1]!));
});

// Zips

Deno.test("a zip is read without unpacking it", async () => {
  const bytes = zipSync({
    [`class/ann/${NOTEBOOK}`]: strToU8("[1]"),
    [`class/bo/${NOTEBOOK}`]: [strToU8("[2]"), { level: 0 }],
    [`__MACOSX/class/ann/._${NOTEBOOK}`]: strToU8("x"),
  });
  await foundInZip(bytes, "class.zip", async (submissions, folder) => {
    assert.deepEqual(submissions.students, ["ann", "bo"]);
    assert.equal(submissions.layout, 'Each folder in "class.zip/class" is a student.');
    const texts = await Promise.all(submissions.found.map(({ read }) => read()));
    assert.deepEqual(texts.map((text) => new TextDecoder().decode(text)), ["[1]", "[2]"]);
    assert.deepEqual(submissions.others, ["__MACOSX"]);
    assert.deepEqual(readdirSync(folder), ["class.zip"]);
  });
});

Deno.test("the only folder in a zip is a wrapper only if it has the zip's name", async () => {
  const bytes = () => zipOf(`class/ann/${NOTEBOOK}`);
  for (const name of ["class.zip", "class (1).zip", "Class-2.ZIP"]) {
    assert.deepEqual((await foundInZip(bytes(), name)).students, ["ann"], name);
  }
  assert.deepEqual((await foundInZip(bytes(), "other.zip")).students, ["class"]);
  assert.deepEqual((await foundInZip(zipOf(`ann/${NOTEBOOK}`), "ann.zip")).students, ["ann"]);
});

Deno.test("paths that lead outside a zip are reported and never written", async () => {
  const paths = [`../../evil/${NOTEBOOK}`, `/abs/${NOTEBOOK}`, `C:/x/${NOTEBOOK}`];
  const more = [`..\\..\\evil\\${NOTEBOOK}`, `ann/../../x/${NOTEBOOK}`];
  await foundInZip(
    zipOf(`ann/${NOTEBOOK}`, ...paths, ...more),
    "class.zip",
    ({ problems }, folder) => {
      assert.equal(problems.filter((text) => /leads outside the zip$/.test(text)).length, 5);
      assert.deepEqual(readdirSync(folder), ["class.zip"]);
    },
  );
});

Deno.test("backslashes in a zip's paths are read as slashes", async () => {
  const submissions = await foundInZip(zipOf(`ann\\${NOTEBOOK}`, `bo\\x\\${NOTEBOOK}`));
  assert.deepEqual(pairs(submissions), [`ann: ann/${NOTEBOOK}`, `bo: bo/x/${NOTEBOOK}`]);
});

Deno.test("a zip bomb is refused, even if it declares a small size", async () => {
  const bomb = zipSync({ [`ann/${NOTEBOOK}`]: new Uint8Array(80 * 2 ** 20) }, { level: 1 });
  await foundInZip(bomb, "bomb.zip", async ({ found }) => {
    await assert.rejects(found[0]!.read(), /has 80 MiB, expected at most 64 MiB/);
  });
  editHeaders(bomb, CENTRAL, (view, at) => view.setUint32(at + 24, 10, true));
  await foundInZip(bomb, "liar.zip", async ({ found }) => {
    await assert.rejects(found[0]!.read(), /does not have the 10 bytes that the zip declares/);
  });
});

Deno.test("a damaged notebook in a zip is refused because of its checksum", async () => {
  const damaged = editHeaders(
    zipOf(`ann/${NOTEBOOK}`),
    CENTRAL,
    (view, at) => view.setUint32(at + 16, 1, true),
  );
  await foundInZip(damaged, "class.zip", async ({ found }) => {
    await assert.rejects(found[0]!.read(), /the file is damaged: wrong checksum/);
  });
  const stream = editHeaders(
    zipSync({ [`ann/${NOTEBOOK}`]: new Uint8Array(1000) }),
    LOCAL,
    (view, at) => view.setUint32(at + 30 + `ann/${NOTEBOOK}`.length, 0xffffffff, true),
  );
  await foundInZip(stream, "class.zip", async ({ found }) => {
    await assert.rejects(found[0]!.read());
  });
});

Deno.test("a zip with too many files is refused", async () => {
  const files: Zippable = {};
  for (let i = 0; i <= 20_000; i++) files[`s${i}/x.ipynb`] = [new Uint8Array(), { level: 0 }];
  await assert.rejects(foundInZip(zipSync(files)), /more than 20000 entries/);
});

Deno.test("encrypted entries and links in a zip are reported", async () => {
  const encrypted = editHeaders(
    zipOf(`ann/${NOTEBOOK}`),
    CENTRAL,
    (view, at) => view.setUint16(at + 8, 1, true),
  );
  const { students, problems } = await foundInZip(encrypted);
  assert.deepEqual(students, ["ann"]);
  assert.equal(problems[0], `ann/${NOTEBOOK}: encrypted, not read`);
  const link = zipSync({
    [`bo/${NOTEBOOK}`]: [strToU8("/etc/passwd"), { os: 3, attrs: 0o120777 * 2 ** 16 }],
  });
  const linked = await foundInZip(link);
  assert.deepEqual(linked.students, ["bo"]);
  assert.equal(linked.problems[0], `bo/${NOTEBOOK}: a symbolic link, not followed`);
});

Deno.test("a name that occurs twice in a zip is reported", async () => {
  await inFolder(async (folder) => {
    const zip = join(folder, "class.zip");
    python(
      "import sys, warnings, zipfile; warnings.simplefilter('ignore')\n" +
        "with zipfile.ZipFile(sys.argv[1], 'w') as z:\n" +
        " for name in ['ann/a.ipynb', 'ann/a.ipynb', 'bo', 'bo/b.ipynb']: z.writestr(name, name)",
      zip,
    );
    const { students, found, problems } = await findSubmissions(zip);
    assert.deepEqual(students, ["ann", "bo"]);
    assert.equal(found.length, 1);
    assert.deepEqual(problems, [
      "ann/a.ipynb: not read: the zip contains this name twice",
      "bo: a folder and a file have this name; the folder was not searched",
    ]);
  });
});

Deno.test("a zip with a truncated file list keeps the files before the damage", async () => {
  const bytes = zipOf(`ann/${NOTEBOOK}`, `bo/${NOTEBOOK}`);
  let entries = 0;
  editHeaders(bytes, CENTRAL, (view, at) => ++entries === 2 && view.setUint8(at, 0));
  const { students, problems } = await foundInZip(bytes);
  assert.deepEqual(students, ["ann"]);
  assert.match(problems[0]!, /^the zip: only 1 of 2 files could be listed: /);
});

Deno.test("a zip with more files than it declares is a problem", async () => {
  const bytes = zipOf(`ann/${NOTEBOOK}`, `bo/${NOTEBOOK}`);
  editHeaders(bytes, END, (view, at) => view.setUint16(at + 10, 1, true));
  const { students, problems } = await foundInZip(bytes);
  assert.deepEqual(students, ["ann"]);
  assert.match(problems[0]!, /^the zip: contains more files than the 1 that it declares/);
});

Deno.test("a zip in the zip64 format is read", async () => {
  await inFolder(async (folder) => {
    const zip = join(folder, "class.zip");
    python(
      "import sys, zipfile; zipfile.ZIP64_LIMIT = 1; zipfile.ZIP_FILECOUNT_LIMIT = 1\n" +
        "with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as z:\n" +
        " for name in ['ann', 'bo']: z.writestr(name + '/a.ipynb', name)",
      zip,
    );
    const { found } = await findSubmissions(zip);
    const texts = await Promise.all(found.map(({ read }) => read()));
    assert.deepEqual(texts.map((text) => new TextDecoder().decode(text)), ["ann", "bo"]);
  });
});

Deno.test("names in a zip are decoded from UTF-8 and from code pages", async () => {
  const path = `Student ?/${NOTEBOOK}`;
  for (
    const [bytes, expected, host] of [
      [[0xc3, 0x96], "Student Ö"],
      [[0x99], "Student Ö"],
      [[0xd6], "Student Ö"],
      [[0xd6], "Student Ö", 3],
      [[0x47, 0x72, 0x6f, 0xe1], "Student Groß", 0],
      [[0x81, 0xe1], "Student üß", 3],
      [[0x4d, 0xe1, 0x72], "Student Már", 3],
      [[0xb5, 0x6c], "Student Ál"],
      [[0xe5, 0xad, 0x90], "Student 子"],
    ] as const
  ) {
    const { students } = await foundInZip(withNameBytes(path, bytes, host));
    assert.deepEqual(students, [expected]);
  }
  await inFolder(async (folder) => {
    const zip = join(folder, "class.zip");
    python(
      "import sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], 'w') as z: z.writestr('Ö/a.ipynb', 'x')",
      zip,
    );
    assert.deepEqual((await findSubmissions(zip)).students, ["Ö"]);
  });
});

Deno.test("a Unicode path in an extra field has priority over the name's bytes", async () => {
  await inFolder(async (folder) => {
    const zip = join(folder, "class.zip");
    python(
      "import struct, sys, zipfile, zlib\nname = '_/a.ipynb'\ninfo = zipfile.ZipInfo(name)\n" +
        "data = struct.pack('<BI', 1, zlib.crc32(name.encode())) + 'Ö/a.ipynb'.encode()\n" +
        "info.extra = struct.pack('<HH', 0x7075, len(data)) + data\n" +
        "with zipfile.ZipFile(sys.argv[1], 'w') as z: z.writestr(info, 'x')",
      zip,
    );
    assert.deepEqual((await findSubmissions(zip)).students, ["Ö"]);
  });
});

Deno.test("a zip in a student's folder is opened", async () => {
  await inFolder(async (folder) => {
    put(folder, `bo/${NOTEBOOK}`);
    mkdirSync(join(folder, "ann"));
    writeFileSync(join(folder, "ann/hw.zip"), zipOf(NOTEBOOK, "hw/04_plain_cnn.ipynb", "x.txt"));
    const submissions = await findSubmissions(folder);
    assert.deepEqual(pairs(submissions), [
      `ann: ann/hw.zip/${NOTEBOOK}`,
      "ann: ann/hw.zip/hw/04_plain_cnn.ipynb",
      `bo: bo/${NOTEBOOK}`,
    ]);
    assert.deepEqual(submissions.others, ["ann/hw.zip/x.txt"]);
    assert.equal(new TextDecoder().decode(await submissions.found[0]!.read()), "{}");
  });
});

Deno.test("Canvas's zips are opened, and any other zip next to them is reported as a problem", async () => {
  await inFolder(async (folder) => {
    writeFileSync(join(folder, "leeann_1_2_hw.zip"), zipOf(`hw/${NOTEBOOK}`));
    writeFileSync(join(folder, "bo.zip"), zipOf(NOTEBOOK));
    const submissions = await findSubmissions(folder);
    assert.deepEqual(pairs(submissions), [`leeann: leeann_1_2_hw.zip/hw/${NOTEBOOK}`]);
    assert.match(submissions.problems.join("\n"), /^bo.zip: .*use --student "STUDENT.zip\/\*\*"$/m);
    const named = await findSubmissions(folder, "STUDENT.zip/**");
    assert.deepEqual(named.students, ["bo", "leeann_1_2_hw"]);
  });
});

Deno.test("a class's zip alone in a folder is read as the class", async () => {
  await inFolder(async (folder) => {
    writeFileSync(join(folder, "week1.zip"), zipOf(`ann/${NOTEBOOK}`, `bo/${NOTEBOOK}`));
    const { students, layout } = await findSubmissions(folder);
    assert.deepEqual(students, ["ann", "bo"]);
    assert.match(layout, /^Each folder in ".*\/week1.zip" is a student.$/);
    rmSync(join(folder, "week1.zip"));
    writeFileSync(join(folder, "leeann_1_2_hw.zip"), zipOf(`a/${NOTEBOOK}`, `b/${NOTEBOOK}`));
    assert.deepEqual((await findSubmissions(folder)).students, ["leeann"]);
  });
});

Deno.test("a zip with damage anywhere gives an error or a problem, not a crash", async () => {
  const whole = zipOf(`ann/${NOTEBOOK}`, `bo/${NOTEBOOK}`);
  await inFolder(async (folder) => {
    const zip = join(folder, "class.zip");
    for (let at = 0; at < whole.length; at++) {
      const bytes = whole.slice();
      bytes[at]! ^= 0xff;
      writeFileSync(zip, bytes);
      try {
        const { found } = await findSubmissions(zip);
        await Promise.allSettled(found.map(({ read }) => read()));
      } catch (error) {
        assert.match((error as Error).message, /^(Cannot read|No students found in) /);
      }
    }
  });
});

Deno.test("a student's zip inside the class's zip is opened, and a zip inside it is reported", async () => {
  const inner = zipSync({
    [NOTEBOOK]: strToU8("[7]"),
    "more/deep.zip": zipOf("06_skip_block.ipynb"),
  });
  const bytes = zipSync({ "class/ann/hw.zip": inner, [`class/bo/${NOTEBOOK}`]: strToU8("{}") });
  await foundInZip(bytes, "class.zip", async (submissions) => {
    assert.deepEqual(pairs(submissions), [
      `ann: class/ann/hw.zip/${NOTEBOOK}`,
      `bo: class/bo/${NOTEBOOK}`,
    ]);
    assert.equal(new TextDecoder().decode(await submissions.found[0]!.read()), "[7]");
    assert.deepEqual(submissions.problems, [
      "class/ann/hw.zip/more/deep.zip: a zip inside another zip, not opened; unpack it",
    ]);
  });
});

Deno.test("a student's unreadable zip is reported, and the other students are found", async () => {
  const { students, problems } = await found(["ann/hw.zip", `bo/${NOTEBOOK}`]);
  assert.deepEqual(students, ["ann", "bo"]);
  assert.match(problems[0]!, /^ann\/hw.zip: cannot be read as a zip: /);
  assert.equal(problems[1], "ann: no notebook; expected NN_name.ipynb, found hw.zip");
});

Deno.test("very long names in a zip give problems and page names of limited length", async () => {
  const long = "=".repeat(900);
  const { students, problems } = await foundInZip(zipOf(`${long}/x.pdf`, `${long}a/${NOTEBOOK}`));
  assert.deepEqual(students, [long, `${long}a`]);
  assert.ok(problems.every((text) => text.length < 400));
  assert.notEqual(fileNameOf(students[0]!), fileNameOf(students[1]!));
});

/** Bytes of a zip with entries of these names, all with the same content. */
function zipBomb(names: readonly string[], mebibytes: number): Uint8Array {
  const whole = zipSync({ [names[0]!]: new Uint8Array(mebibytes * 2 ** 20) }, { level: 9 });
  let start = 0;
  let end = 0;
  editHeaders(whole, CENTRAL, (_, at) => start = at);
  editHeaders(whole, END, (_, at) => end = at);
  const headers = names.map((name) => {
    const header = Buffer.concat([whole.subarray(start, start + 46), strToU8(name)]);
    header.writeUInt16LE(name.length, 28);
    return header;
  });
  const bytes = Buffer.concat([whole.subarray(0, start), ...headers, whole.subarray(end)]);
  const at = bytes.length - 22;
  bytes.writeUInt16LE(names.length, at + 8);
  bytes.writeUInt16LE(names.length, at + 10);
  bytes.writeUInt32LE(Buffer.concat(headers).length, at + 12);
  return bytes;
}

Deno.test("a zip whose entries share bytes is refused", async () => {
  const bomb = zipBomb(["1.ipynb", "2.ipynb"], 1);
  assert.equal((await foundInZip(zipBomb([`ann/${NOTEBOOK}`], 1))).found.length, 1);
  const { found, problems } = await foundInZip(
    zipSync({ "ann/hw.zip": bomb, [`bo/${NOTEBOOK}`]: strToU8("{}") }),
  );
  assert.deepEqual(found.map(({ student }) => student), ["bo"]);
  assert.equal(
    problems[0],
    "ann/hw.zip: cannot be read as a zip: its files overlap, as in a zip bomb; create the zip again",
  );
  await assert.rejects(
    foundInZip(bomb),
    /^Error: Cannot read .*class.zip as a zip: its files overlap/,
  );
});

Deno.test("a path with more than 1000 characters in a zip is a problem with a short text", async () => {
  const long = "y".repeat(60_000);
  const { students, found, problems, others } = await foundInZip(zipOf(
    `ann/${NOTEBOOK}`,
    `ann/a/${long}.ipynb`,
    `ann/${"b/".repeat(600)}${NOTEBOOK}`,
    `${long}/${NOTEBOOK}`,
    `../${long}`,
    `ann/c/${"z".repeat(994)}`,
  ));
  assert.deepEqual(students, ["ann", `${"y".repeat(100)}…`]);
  assert.equal(found.length, 1);
  assert.deepEqual(others.map((path) => path.length), [201]);
  const text = problems.join("\n");
  assert.match(
    text,
    /^ann\/a\/y{100}…: not read: the path has 60012 characters, expected at most 1000$/m,
  );
  assert.match(text, /^y{100}…: not read: the path has 60024 characters, expected at most 1000$/m);
  assert.match(text, /^ann\/b\/.*: more than 20 folders deep, not searched$/m);
  assert.match(text, /^\.\.\/y+….*: not read: the path leads outside the zip$/m);
  assert.equal(problems.length, 4);
});

Deno.test("at most 1000 files of a student's zip are read, without those in tools' folders", async () => {
  const files = (count: number, folder: string) =>
    Array.from({ length: count }, (_, i) => `${folder}/${i}`);
  const zip = (folder: string) => zipOf(...files(5000, folder), NOTEBOOK);
  const { found, problems } = await foundInZip(
    zipSync({ "ann/hw.zip": zip("x"), "bo/hw.zip": zip("node_modules") }),
  );
  assert.deepEqual(found.map(({ file }) => file), [`bo/hw.zip/${NOTEBOOK}`]);
  assert.equal(
    problems[0],
    "ann/hw.zip: only the first 999 of 5001 files were read; " +
      "a student's zip may contain at most 1000 files and folders",
  );
});

Deno.test("the paths of a student's zip have a limited length in total", async () => {
  const zip = zipOf(...Array.from({ length: 900 }, (_, i) => `${i}`.padEnd(990, "x")), NOTEBOOK);
  const { problems } = await foundInZip(
    zipSync({ [`ann/${"a".repeat(300)}.zip`]: zip, [`bo/${NOTEBOOK}`]: strToU8("{}") }),
  );
  assert.match(
    problems[0]!,
    /^ann\/a+…: only the first \d+ of 901 files were read; the paths in a student's zip may have at most 1048576 characters in total$/,
  );
});

Deno.test("a student with many zips uses up the budget of no other student", async () => {
  const zip = zipOf(...Array.from({ length: 1001 }, (_, i) => `${i}`.padStart(990, "x")));
  const files: Zippable = { "zoe/hw.zip": zipOf(NOTEBOOK) };
  for (let i = 0; i < 40; i++) files[`ann/${i}.zip`] = [zip, { level: 1 }];
  const { found, problems } = await foundInZip(zipSync(files));
  assert.deepEqual(found.map(({ file }) => file), [`zoe/hw.zip/${NOTEBOOK}`]);
  assert.equal(problems.filter((line) => line.startsWith("ann/")).length, 20);
  const opener = problems.find((line) => line.startsWith("ann: and "));
  assert.match(opener!, /^ann: and \d+ more problems$/);
});

Deno.test("the zips of a student in the class's zip have at most 128 MiB in total", async () => {
  const zip = zipSync({ [NOTEBOOK]: [new Uint8Array(50 * 2 ** 20), { level: 0 }] });
  const files: Zippable = { "bo/hw.zip": [zipOf(NOTEBOOK), { level: 0 }] };
  for (const name of ["1", "2", "3"]) files[`ann/${name}/hw.zip`] = [zip, { level: 1 }];
  const { found, problems } = await foundInZip(zipSync(files));
  assert.deepEqual(found.map(({ file }) => file), [
    ...["1", "2"].map((name) => `ann/${name}/hw.zip/${NOTEBOOK}`),
    `bo/hw.zip/${NOTEBOOK}`,
  ]);
  assert.equal(
    problems[0],
    "ann/3/hw.zip: not opened; the zips in ann may have at most 128 MiB in total; " +
      "to read them all, unpack the class's zip",
  );
});

Deno.test("the limit for a student's zips does not apply to a folder around all students", async () => {
  const zip = zipSync({ [NOTEBOOK]: [new Uint8Array(50 * 2 ** 20), { level: 0 }] });
  const closed = (path: string): FileItem => ({
    ...{ kind: "file", name: "hw.zip", path, size: zip.length, read: () => Promise.resolve(zip) },
  });
  const folder = (path: string, ...items: Item[]): FolderItem => ({
    ...{ kind: "folder", name: path.split("/").at(-1)!, path, isZip: path === "", items },
  });
  const students = (week: string) =>
    folder(
      week,
      ...["ann", "bo", "cy"].map((name) =>
        folder(`${week}/${name}`, closed(`${week}/${name}/hw.zip`))
      ),
    );
  const notebooks = (root: FolderItem) =>
    [...allItems(root.items)].filter(({ name }) => name === NOTEBOOK).length;
  assert.equal(notebooks(await withZipsOpened(folder("", students("week1")))), 3);
  const weeks = folder("", students("week1"), students("week2"));
  assert.equal(notebooks(await withZipsOpened(weeks)), 4);
  const pattern = new StudentPattern("*/STUDENT/**");
  assert.equal(notebooks(await withZipsOpened(weeks, (path) => pattern.studentOf(path))), 6);
});

Deno.test("a zip inside the class's zip is unpacked once for all its notebooks", async () => {
  let reads = 0;
  const zip = zipOf(...Array.from({ length: 10 }, (_, i) => `${i}.ipynb`));
  const read = () => {
    reads++;
    return Promise.resolve(zip);
  };
  const file = {
    kind: "file",
    name: "hw.zip",
    path: "ann/hw.zip",
    size: zip.length,
    read,
  } as const;
  const root = { kind: "folder", name: "class.zip", path: "", isZip: true, items: [file] } as const;
  for (const item of allItems((await withZipsOpened(root)).items)) {
    if (item.kind === "file") assert.equal((await item.read(10)).length, 2);
  }
  assert.equal(reads, 1);
});

// Output

Deno.test("a simple name stays unchanged as a page's name, and any other name gets a digest", () => {
  for (const name of ["ann", "s1234567", "ann-lee", "ann_lee", "__proto__", "constructor"]) {
    assert.equal(fileNameOf(name), name);
  }
  for (
    const name of [
      ...[
        "Ann",
        "ann lee",
        "../../x",
        "",
        ".",
        "..",
        "-rf",
        "con",
        "lpt1",
        "a".repeat(61),
        "ann~1",
      ],
      ...[
        "J\u00fcrgen",
        "子",
        "\u202etxt",
        "a/b",
        "a\\b",
        "\ud800",
        "=".repeat(200),
        "é".repeat(3000),
      ],
    ]
  ) assert.match(fileNameOf(name), /^[a-z0-9-]{0,40}~[0-9a-f]{20}$/, name);
  assert.match(fileNameOf("Ann Lee"), /^ann-lee~/);
  assert.match(fileNameOf("Jürgen Öz"), /^jurgen-oz~/);
});

Deno.test("different students never share a page, even if the file system ignores case", () => {
  const names = [
    ...["ann", "Ann", "ANN", "ann lee", "ann-lee", "Ann Lee", "ann\u00a0lee", "", " ", "Li 13"],
    ...["Li\u2013", "\ud800", "\udc00", "\ufffd", "J\u00fcrgen", "Ju\u0308rgen", "x".repeat(300)],
    ...["x".repeat(301), fileNameOf("Ann")],
  ];
  const files = names.map((name) => fileNameOf(name).toLowerCase().normalize("NFC"));
  assert.equal(new Set(files).size, names.length);
});

Deno.test("printable text moves no cursor, sets no title and reorders no line", () => {
  assert.equal(printable("Ann Lee-Öz 子 🎓"), "Ann Lee-Öz 子 🎓");
  const nasty = "\x1b[2J\x1b]0;PWNED\x07\r\n\t\x7f\x9b1m\u202e\u2066\u200b\u2028\u2029\ufeff\ud800";
  const shown = printable(nasty);
  assert.doesNotMatch(shown, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
  assert.ok(
    shown.startsWith("\\u{1b}[2J\\u{1b}]0;PWNED\\u{7}\\u{d}\\u{a}\\u{9}\\u{7f}\\u{9b}1m\\u{202e}"),
  );
  assert.notEqual(printable("\x1b"), printable("\\u{1b}"));
});

Deno.test("printable text has a limited length", () => {
  assert.equal(printable("a".repeat(200)).length, 200);
  assert.equal(printable("a".repeat(60_000_000)), `${"a".repeat(200)}…`);
  assert.equal(printable("🎓🎓🎓", 2), "🎓🎓…");
  assert.equal(printable("🎓🎓", 2), "🎓🎓");
});

Deno.test("problems and errors contain no control characters", async () => {
  const name = "evil\x1b[2J\x1b]0;PWNED\x07";
  const { problems } = await found([`${name}/x.pdf`, `${name}.ipynb`]);
  assert.equal(problems.length, 2);
  assert.doesNotMatch(problems.join(""), /\p{Cc}/u);
  await assert.rejects(findSubmissions(`/no/${name}`), (error: Error) => {
    return !/\p{Cc}/u.test(error.message);
  });
});

/** A graded notebook of a student with this name. */
function graded(student: string): NotebookResult {
  return {
    ...{ student, lesson: "05_identity_block", file: "f", digest: "d", seeds: [1], notices: [] },
    ...{ seconds: 1, peakMebibytes: 1 },
    exercises: [
      { exercise: "block", title: "block", maxPoints: 3, points: 1, reasons: [] },
      { exercise: "why", title: "why", maxPoints: 4, reasons: [], answer: "x" },
    ],
  };
}

/** The student's field in the CSV. */
function studentField(student: string): string {
  const line = csvOf([graded(student)], [student]).split("\r\n")[1]!;
  assert.ok(line.endsWith(",05_identity_block,block,1,3,2"), line);
  return line.slice(0, -",05_identity_block,block,1,3,2".length);
}

Deno.test("the CSV quotes everything except plain words", () => {
  assert.equal(studentField("Ann Lee-Öz_3.b"), "Ann Lee-Öz_3.b");
  assert.equal(studentField('a, "b"'), '"a, ""b"""');
  assert.equal(studentField("a;b"), '"a;b"');
  assert.equal(studentField("a|b"), '"a|b"');
  assert.equal(studentField("a\tb\x1b"), '"a\\u{9}b\\u{1b}"');
  assert.equal(studentField("a\r\nb"), '"a\\u{d}\\u{a}b"');
});

Deno.test("the CSV contains no formula, regardless of the spreadsheet's separator", () => {
  for (
    const name of [
      ...["=1+1", "+1", "-1", "@x", "  =1+1", "\u00a0=1", "＝1+1", "＋1", "－1", "＠x", "﹦1"],
      ...["\t=1", "x;=1+1;y", "x; =1+1", "x,=1", "x\t=1", '"=1', "\u200b=1", "−1"],
    ]
  ) {
    const field = studentField(name);
    assert.match(field, /^".*"$/, name);
    for (const cell of field.slice(1, -1).split(/[;,\t|]/)) {
      assert.doesNotMatch(cell, /^\s*[=+\-@＝＋－＠﹦−]/u, name);
    }
  }
  assert.equal(studentField("=1+1"), `"'=1+1"`);
});

Deno.test("the CSV has a row of 0 points for a student without a graded notebook", () => {
  const csv = csvOf([graded("bo")], ["ann", "bo", "cy"]);
  assert.equal(
    csv,
    [
      "student,lesson,exercise,points,max_points,version",
      ...["ann,,,0,,2", "bo,05_identity_block,block,1,3,2", "bo,05_identity_block,why,,4,2"],
      ...["cy,,,0,,2", ""],
    ].join("\r\n"),
  );
});
