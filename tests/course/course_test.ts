/** A class of submissions, graded by nbgrader and by the kit's own grader: the same answer, the same points. */
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { makeCourse } from "../../tools/course/main.ts";
import { kitUrl } from "../../tools/grade/course.ts";
import { Grading } from "../../tools/grade/grade_class.ts";
import { findSubmissions } from "../../tools/grade/submissions.ts";
import type { Kernel } from "../../tools/lessons/execute.ts";
import { KIT } from "../../tools/lessons/kit.ts";
import type { Notebook } from "../../tools/lessons/notebook.ts";
import { learnersAnswers } from "../checks/answers/learners.ts";
import {
  answerAll,
  type Expected,
  NO_NOTEBOOKS,
  ODD_ON_TSLAB,
  ODD_STUDENTS,
} from "./odd_students.ts";
import { EXERCISES } from "./small_exercises.ts";
import { answer, cellOf, checkOf, LESSON, PLAIN, RIGHT, smallCourse } from "./small_lesson.ts";

type Student = readonly [name: string, points: number, work: (notebook: Notebook) => void];

/** A submitted notebook with its expected result. */
interface HandedIn {
  readonly name: string;
  readonly expected: Expected;
  readonly work: (notebook: Notebook) => void;
}

/** Puts a cell of the student's own above the cell of that name. */
function addOwn(notebook: Notebook, above: string, source: string[], id = "own"): void {
  const place = notebook.cells.indexOf(cellOf(notebook, above));
  notebook.cells.splice(place, 0, { cell_type: "code", id, metadata: {}, source });
}

const PLUS = "const plus = (a: tf.Tensor4D, b: tf.Tensor4D): tf.Tensor4D => tf.add(a, b);";

/** The right answer, which calls a function in a cell of the student's own above the cell of that name. */
function withHelper(above: string): Student[2] {
  return (notebook) => {
    answer(RIGHT.replace("tf.add(", "plus("))(notebook);
    addOwn(notebook, above, [PLUS]);
  };
}

/** Each student's changes to the learner's notebook, and the points for the first exercise. */
const STUDENTS: readonly Student[] = [
  ["right", 6, (notebook) => {
    answer(RIGHT)(notebook);
    cellOf(notebook, "why").source.push("\nBecause zero is easy.");
  }],
  ["nothing_done", 0, () => {}],
  ["plain_block", 2, answer(PLAIN)],
  ["syntax_error", 0, answer("return tf.relu((;")],
  ["throws", 0, answer('throw new Error("no idea");')],
  ["throws_text", 0, answer('throw "no idea";')],
  ["never_ends", 0, answer("while (true);")],
  ["warns", 6, answer(`console.warn("careful"); ${RIGHT}`)],
  ["leaves", 0, answer(`Deno.exit(0); ${RIGHT}`)],
  ["prints_points", 2, (notebook) => {
    answer(PLAIN)(notebook);
    cellOf(notebook, "res_identity").source.push("\nconsole.log('6 of 6 points');\n6");
  }],
  ["helper_above", 6, withHelper("res_identity")],
  ["helper_below", 6, withHelper("check_res_identity")],
  ["helper_mended", 6, (notebook) => {
    withHelper("check_res_identity")(notebook);
    addOwn(notebook, "res_identity", [PLUS.replace("tf.add", "tf.sub")], "wrong");
  }],
  ["answered_elsewhere", 6, (notebook) => {
    answer(RIGHT)(notebook);
    const place = cellOf(notebook, "res_identity");
    addOwn(notebook, "check_res_identity", place.source);
    notebook.cells = notebook.cells.filter((cell) => cell !== place);
  }],
  ["answered_below_a_broken_cell", 6, (notebook) => {
    answer(RIGHT)(notebook);
    const place = cellOf(notebook, "res_identity");
    addOwn(notebook, "check_res_identity", place.source);
    place.source = ["class ResIdentity {"];
  }],
  ["check_deleted", 6, (notebook) => {
    answer(RIGHT)(notebook);
    notebook.cells = notebook.cells.filter((cell) => cell !== checkOf(notebook));
  }],
  ["check_edited", 0, (notebook) => {
    checkOf(notebook).source = ["console.log('all good')"];
  }],
  ["check_doubled", 6, (notebook) => {
    answer(RIGHT)(notebook);
    notebook.cells.push({ ...checkOf(notebook), id: "doubled" });
  }],
];

/** Those who gave an answer that the check is tested with: the right ones, and each named mistake. */
async function named(): Promise<Student[]> {
  return (await learnersAnswers()).map(({ name, source, points }) => [
    name.replaceAll(/\W+/g, "_"),
    points,
    (notebook) => void (cellOf(notebook, "res_identity").source = [source]),
  ]);
}

/** The whole class. A few students are enough on the second kernel: the points are the same. */
async function classOn(kernel: Kernel): Promise<HandedIn[]> {
  const students = [...STUDENTS, ...kernel === "deno" ? await named() : []].map((
    [name, points, work],
  ) => ({
    ...{ name, work },
    expected: { res_identity: points, identity_count: 0, waits: name === "right" },
  }));
  const odd = ODD_STUDENTS.map(([name, expected, work]) => ({
    ...{ name, expected },
    work: (notebook: Notebook) => {
      answerAll(notebook);
      work(notebook);
    },
  }));
  const all = [...students, ...odd];
  const few = [...ON_TSLAB, ...ODD_ON_TSLAB];
  return kernel === "deno" ? all : all.filter(({ name }) => few.includes(name));
}

/** Runs nbgrader in the course's folder; returns its output, or throws an error with it. */
type Nbgrader = (...args: string[]) => Promise<string>;

/** A course in a folder of its own, removed afterwards. */
async function withCourse(
  kernel: Kernel,
  body: (folder: string, nbgrader: Nbgrader) => Promise<void>,
): Promise<void> {
  const tmp = path.join(fs.realpathSync(Deno.cwd()), "tests", ".tmp");
  fs.mkdirSync(tmp, { recursive: true });
  const root = fs.mkdtempSync(path.join(tmp, "course-"));
  const sockets = fs.mkdtempSync(path.join(os.tmpdir(), "residual-"));
  try {
    const folder = path.join(root, "course");
    await makeCourse(folder, { course: smallCourse(root), kernel });
    const own = [
      "c.Execute.timeout = 30",
      // Files in place of ports: two kernels that start at once may be given the same port.
      'c.KernelManager.transport = "ipc"',
      `c.KernelManager.connection_file = "${path.join(sockets, "kernel.json")}"`,
    ];
    fs.writeFileSync(path.join(folder, "nbgrader_own.py"), own.join("\n"));
    await body(folder, async (...args) => {
      const { success, stdout, stderr } = await new Deno.Command(
        path.join(KIT.root, ".venv", "bin", "nbgrader"),
        { args, cwd: folder },
      ).output();
      const said = new TextDecoder().decode(stderr) + new TextDecoder().decode(stdout);
      assert.ok(success, said);
      return said;
    });
  } finally {
    for (const made of [root, sockets]) fs.rmSync(made, { recursive: true });
  }
}

const ON_TSLAB = ["right", "nothing_done", "plain_block", "syntax_error", "throws", "helper_above"];
/** nbgrader as it comes grades differently from time to time: more rounds prove that this does not. */
const ROUNDS = Number(Deno.env.get("RESIDUAL_ROUNDS") ?? 1);

async function gradeClass(kernel: Kernel): Promise<void> {
  const students = await classOn(kernel);
  const byName = <T>(of: (expected: Expected) => T): Record<string, T> =>
    Object.fromEntries(students.map(({ name, expected }) => [name, of(expected)] as const).sort());

  await withCourse(kernel, async (folder, nbgrader) => {
    await nbgrader("generate_assignment", LESSON, "--create");
    const released = path.join(folder, "release", LESSON, `${LESSON}.ipynb`);
    const text = fs.readFileSync(released, "utf8");
    assert.doesNotMatch(text, /SOLUTION|HIDDEN TESTS|seed: 20|easy to learn/);
    for (const { name, work } of students) {
      const notebook = JSON.parse(text) as Notebook;
      work(notebook);
      handIn(folder, name, JSON.stringify(notebook));
    }
    for (let round = 1; round <= ROUNDS; round++) {
      await nbgrader("autograde", LESSON, "--create", ...(round > 1 ? ["--force"] : []));
      const expected = byName((expected) => expected);
      assert.deepEqual(await scores(folder), expected, `${kernel}, round ${round}`);
    }
    // It runs on no kernel, so that once is enough.
    if (kernel === "deno") {
      const expected = byName(({ res_identity, identity_count }) => {
        return { res_identity, identity_count };
      });
      assert.deepEqual(await ownGrades(folder), expected);
    }
    await nbgrader("generate_feedback", LESSON);
    const pageOf = (name: string) => {
      return fs.readFileSync(path.join(folder, "feedback", name, LESSON, `${LESSON}.html`), "utf8");
    };
    for (const { name } of students) assert.match(pageOf(name), /Score:/);
    assert.match(pageOf("plain_block"), /the input is not added: this is a plain block/);
    assert.match(pageOf("no_cells"), /The cell check_res_identity was missing in the submission/);
    await nbgrader("export", "--to", "grades.csv");
    const csv = fs.readFileSync(path.join(folder, "grades.csv"), "utf8");
    assert.match(csv, new RegExp(`${LESSON},.*plain_block`));
    if (kernel === "deno") await gradeFilesThatAreNoNotebooks(folder, nbgrader);
  });
}

function handIn(folder: string, student: string, content: string): void {
  const to = path.join(folder, "submitted", student, LESSON);
  fs.mkdirSync(to, { recursive: true });
  fs.writeFileSync(path.join(to, `${LESSON}.ipynb`), content);
}

/** nbgrader names each student whose file is not a notebook, and grades the other students. */
async function gradeFilesThatAreNoNotebooks(folder: string, nbgrader: Nbgrader): Promise<void> {
  const released = path.join(folder, "release", LESSON, `${LESSON}.ipynb`);
  // Students before and after the others, in nbgrader's order.
  for (const name of ["a_late_one", "z_late_one"]) {
    handIn(folder, name, fs.readFileSync(released, "utf8"));
  }
  for (const [name, { content }] of Object.entries(NO_NOTEBOOKS)) handIn(folder, name, content);
  await assert.rejects(nbgrader("autograde", LESSON), ({ message }: Error) => {
    for (const [name, { error }] of Object.entries(NO_NOTEBOOKS)) {
      assert.match(message, error);
      assert.match(
        message,
        new RegExp(`error processing assignment '${LESSON}' for student '${name}'`),
      );
    }
    return true;
  });
  const graded = fs.readdirSync(path.join(folder, "autograded"));
  assert.ok(graded.includes("a_late_one") && graded.includes("z_late_one"));
  assert.deepEqual(graded.filter((name) => name in NO_NOTEBOOKS), []);
}

Deno.test("nbgrader gives each submission the points of its answers, on both kernels", async () => {
  // Side by side: much of the time goes into starting kernels, on one core.
  const kernels = ["deno", "tslab"] as const;
  const ends = await Promise.allSettled(kernels.map((kernel) => gradeClass(kernel)));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
});

/** Each student's points by exercise, from the kit's own grader. */
async function ownGrades(folder: string): Promise<Record<string, Record<string, number>>> {
  const grading = new Grading({
    course: {
      root: path.join(folder, "..", "kit"),
      exercises: EXERCISES,
      exercisesModule: kitUrl("tests/course/small_exercises.ts"),
    },
    records: path.join(folder, "..", "records"),
    limits: { seconds: 60, mebibytes: 1024 },
    jobs: 2,
    force: false,
  });
  const { notebooks, problems } = await grading.run(
    await findSubmissions(path.join(folder, "submitted")),
  );
  assert.deepEqual(problems, []);
  return Object.fromEntries(
    notebooks.map(({ student, exercises }) => {
      const graded = exercises.filter(({ points }) => points !== undefined);
      return [
        student,
        Object.fromEntries(graded.map(({ exercise, points }) => [exercise, points!])),
      ] as const;
    }).sort(),
  );
}

/** Each student's results in nbgrader's gradebook. */
async function scores(folder: string): Promise<Record<string, Expected>> {
  const program = `
import json
from nbgrader.api import Gradebook
with Gradebook("sqlite:///gradebook.db") as book:
    found = {}
    for submission in book.assignment_submissions("${LESSON}"):
        grades = {g.name: g for n in submission.notebooks for g in n.grades}
        found[submission.student_id] = {
            "res_identity": grades["check_res_identity"].auto_score,
            "identity_count": grades["check_identity_count"].auto_score,
            "waits": grades["why"].needs_manual_grade,
        }
    print(json.dumps(found))
`;
  const { stdout, stderr, success } = await new Deno.Command(
    path.join(KIT.root, ".venv", "bin", "python"),
    { args: ["-c", program], cwd: folder, env: { PATH: pathOfVenv() } },
  ).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return Object.fromEntries(
    Object.entries(JSON.parse(new TextDecoder().decode(stdout)) as object).sort(),
  );
}

function pathOfVenv(): string {
  return `${path.join(KIT.root, ".venv", "bin")}:${Deno.env.get("PATH")}`;
}
