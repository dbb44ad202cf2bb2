/** The generated notebooks: in step with their sources, and without answers for learners. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  checkLessons,
  findLessons,
  generate,
  type Lesson,
  readLesson,
  writeLesson,
} from "../../tools/lessons/build.ts";
import { KIT } from "../../tools/lessons/kit.ts";
import { type Notebook, notebookText, untouched } from "../../tools/lessons/notebook.ts";
import { typeErrors } from "../../tools/lessons/tslab_types.ts";

const SOURCE = [
  '// %% id="a" role="solution"',
  "function a() {",
  "  // BEGIN SOLUTION",
  '  return "secret";',
  "  // END SOLUTION",
  "}",
  "",
  '// %% id="check_a" points=1 role="check"',
  "a();",
  "",
].join("\n");

/** The one lesson below `root`, as it is there now. */
function lessonA(root: string): Promise<Lesson> {
  return readLesson({ root, exercises: new Map() }, "01_a");
}

/** All lessons of the kit. */
async function kitLessons(): Promise<Lesson[]> {
  return await Promise.all((await findLessons(KIT.root)).map((name) => readLesson(KIT, name)));
}

/** A folder with one lesson, removed afterwards. */
async function withKit(body: (root: string) => Promise<void>): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), "residual-lessons-"));
  try {
    await mkdir(join(root, "solutions"));
    await writeFile(join(root, "solutions", "01_a.ts"), SOURCE);
    await body(root);
  } finally {
    await rm(root, { recursive: true });
  }
}

Deno.test("every notebook of the kit is up to date with its source", async () => {
  assert.deepEqual(await checkLessons(KIT.root, await kitLessons()), []);
});

/** A file as it was committed last; undefined where there is none, or no git. */
async function committed(path: string): Promise<string | undefined> {
  try {
    const args = ["-C", KIT.root, "show", `HEAD:${path}`];
    const { success, stdout } = await new Deno.Command("git", { args }).output();
    return success ? new TextDecoder().decode(stdout) : undefined;
  } catch {
    return undefined;
  }
}

const git = await committed("package.json") !== undefined;

/** The committed notebooks of a folder; a lesson may be new here. */
async function committedNotebooks(
  folder: "solutions" | "notebooks",
): Promise<[string, Notebook][]> {
  const found: [string, Notebook][] = [];
  for (const lesson of await findLessons(KIT.root)) {
    const path = `${folder}/${lesson}.ipynb`;
    const text = await committed(path);
    if (text !== undefined) found.push([path, JSON.parse(text) as Notebook]);
  }
  return found;
}

function assertForLearners(notebook: Notebook, path: string): void {
  assert.doesNotMatch(notebookText(notebook), /BEGIN SOLUTION|END SOLUTION|HIDDEN TESTS/, path);
  for (const { outputs = [], execution_count } of notebook.cells) {
    assert.deepEqual([outputs, execution_count ?? null], [[], null], path);
  }
}

Deno.test("no learner's notebook contains an answer, a marker or an output", async () => {
  for (const lesson of await kitLessons()) {
    const [, { notebook, path }] = generate(lesson);
    assertForLearners(notebook, path);
  }
});

Deno.test({
  name: "no committed notebook for learners holds an answer, a marker or an output (needs git)",
  ignore: !git,
  fn: async () => {
    for (const [path, notebook] of await committedNotebooks("notebooks")) {
      assertForLearners(notebook, path);
    }
  },
});

Deno.test({
  name: "no committed notebook was edited by hand (needs git)",
  ignore: !git,
  fn: async () => {
    for (const folder of ["solutions", "notebooks"] as const) {
      for (const [path, notebook] of await committedNotebooks(folder)) {
        assert.ok(untouched(notebook), path);
      }
    }
  },
});

Deno.test("tslab finds no type error in any lesson, with or without the answers", async () => {
  assert.deepEqual(typeErrors(KIT.root, await kitLessons()), []);
});

Deno.test("a lesson that one of the kernels cannot run has no notebook", async () => {
  await withKit(async (root) => {
    await writeFile(join(root, "solutions", "01_a.ts"), "// %%\nexport const x = 1;\n");
    await assert.rejects(lessonA(root), /01_a\.ts:2: `export` fails in tslab/);
  });
});

Deno.test("a lesson becomes one notebook with the answer and one without", async () => {
  await withKit(async (root) => {
    const written = await writeLesson(root, await lessonA(root));
    assert.deepEqual(written, ["solutions/01_a.ipynb", "notebooks/01_a.ipynb"]);
    const [solution, exercise] = await Promise.all(
      written.map((path) => readFile(join(root, path), "utf8")),
    );
    assert.match(solution!, /secret/);
    assert.doesNotMatch(exercise!, /secret/);
    assert.match(exercise!, /YOUR CODE HERE/);
    assert.deepEqual(
      await writeLesson(root, await lessonA(root)),
      [],
      "a second time changes nothing",
    );
    assert.deepEqual(await checkLessons(root, [await lessonA(root)]), []);
  });
});

Deno.test("the check names each file that is missing, outdated or without a source", async () => {
  await withKit(async (root) => {
    assert.deepEqual(await checkLessons(root, [await lessonA(root)]), [
      "solutions/01_a.ipynb is missing",
      "notebooks/01_a.ipynb is missing",
    ]);
    await writeLesson(root, await lessonA(root));
    await writeFile(join(root, "solutions", "01_a.ts"), SOURCE.replace("secret", "other"));
    assert.deepEqual(await checkLessons(root, [await lessonA(root)]), [
      "solutions/01_a.ipynb is out of step with solutions/01_a.ts",
    ]);
    await writeFile(join(root, "notebooks", "02_b.ipynb"), "{}");
    const problems = await checkLessons(root, [await lessonA(root)]);
    assert.equal(problems[1], "notebooks/02_b.ipynb has no source solutions/02_b.ts");
  });
});

Deno.test("a notebook with a learner's work counts as up to date and is not overwritten", async () => {
  await withKit(async (root) => {
    await writeLesson(root, await lessonA(root));
    const path = join(root, "notebooks", "01_a.ipynb");
    const worked = (await readFile(path, "utf8")).replaceAll("// YOUR CODE HERE", "return 1;");
    await writeFile(path, worked);
    assert.deepEqual(await checkLessons(root, [await lessonA(root)]), []);
    await writeFile(join(root, "solutions", "01_a.ts"), SOURCE.replaceAll("a()", "b()"));
    assert.deepEqual(await checkLessons(root, [await lessonA(root)]), [
      "solutions/01_a.ipynb is out of step with solutions/01_a.ts",
      "notebooks/01_a.ipynb is out of step with solutions/01_a.ts",
    ]);
    const solution = await readFile(join(root, "solutions", "01_a.ipynb"), "utf8");
    await assert.rejects(
      writeLesson(root, await lessonA(root)),
      /notebooks\/01_a\.ipynb contains a learner's work/,
    );
    assert.equal(await readFile(path, "utf8"), worked);
    assert.equal(await readFile(join(root, "solutions", "01_a.ipynb"), "utf8"), solution);
    await writeLesson(root, await lessonA(root), { force: true });
    assert.match(await readFile(path, "utf8"), /function b/);
  });
});

Deno.test("a solution notebook that was edited by hand is named", async () => {
  await withKit(async (root) => {
    await writeLesson(root, await lessonA(root));
    const path = join(root, "solutions", "01_a.ipynb");
    await writeFile(path, (await readFile(path, "utf8")).replace("secret", "other"));
    assert.deepEqual(await checkLessons(root, [await lessonA(root)]), [
      "solutions/01_a.ipynb was edited by hand",
    ]);
  });
});

Deno.test("an unknown lesson is refused with the list of lessons", async () => {
  await withKit(async (root) => {
    await assert.rejects(
      findLessons(root, ["77"]),
      /solutions\/77_name\.ts\. The lessons are: 01_a/,
    );
  });
});
