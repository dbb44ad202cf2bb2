/** The command as an author uses it, in a folder of its own. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { readLesson, writeLesson } from "../../tools/lessons/build.ts";
import { executeLesson, failedCell } from "../../tools/lessons/execute.ts";
import { KIT } from "../../tools/lessons/kit.ts";
import { toNotebook } from "../../tools/lessons/notebook.ts";

const COMMAND = fileURLToPath(new URL("../../tools/lessons/main.ts", import.meta.url));
const GOOD = "// %% [markdown]\n// # First\n\n// %%\nconsole.log(1);\n";

/** A folder with these lessons, removed afterwards. */
async function withLessons(
  sources: Record<string, string>,
  body: (root: string) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "residual-lessons-" });
  try {
    await Deno.mkdir(`${root}/solutions`);
    for (const [name, text] of Object.entries(sources)) {
      await Deno.writeTextFile(`${root}/solutions/${name}.ts`, text);
    }
    await body(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

function command(root: string, ...args: string[]): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--quiet", COMMAND, "--root", root, ...args],
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  });
}

Deno.test("a lesson with an error is named and not written, and the other lessons are written", async () => {
  const lessons = {
    "01_a": GOOD,
    "02_b": "// %%\nexport const x = 1;\n",
    "03_c": "// %%\n[1].toSorted();\n",
  };
  await withLessons(lessons, async (root) => {
    const { code, stdout, stderr } = await command(root).output();
    assert.equal(code, 1);
    const [said, wrong] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assert.equal(said, `In ${root}:\nwrote solutions/01_a.ipynb, notebooks/01_a.ipynb\n`);
    assert.match(wrong!, /^solutions\/02_b\.ts:2: .*\nsolutions\/03_c\.ts:2: .*\n$/);
    const notebooks = Array.from(Deno.readDirSync(`${root}/notebooks`), ({ name }) => name);
    assert.deepEqual(notebooks, ["01_a.ipynb"]);
  });
});

Deno.test("the watch writes a saved lesson, names an error, and ends by Ctrl+C", async () => {
  await withLessons({ "01_a": GOOD }, async (root) => {
    const child = command(root, "--watch").spawn();
    let said = "";
    const reading = [child.stdout, child.stderr].map(async (stream) => {
      for await (const text of stream.pipeThrough(new TextDecoderStream())) said += text;
    });
    /** Waits for what the command says next. */
    const hears = async (expected: RegExp) => {
      const patience = AbortSignal.timeout(300_000);
      while (!expected.test(said)) {
        assert.ok(!patience.aborted, `expected ${expected}, heard:\n${said}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      said = "";
    };
    const source = `${root}/solutions/01_a.ts`;
    const notebook = `${root}/notebooks/01_a.ipynb`;
    try {
      await hears(/wrote solutions\/01_a\.ipynb, notebooks\/01_a\.ipynb\n[^]*watching; Ctrl\+C/);
      await Deno.writeTextFile(source, GOOD.replace("First", "Second"));
      await hears(/wrote solutions\/01_a\.ipynb, notebooks\/01_a\.ipynb\n/);
      assert.match(await Deno.readTextFile(notebook), /# Second/);
      await Deno.writeTextFile(source, `${GOOD}\nexport const x = 1;\n`);
      await hears(/01_a\.ts:7: `export` fails in tslab/);
      assert.match(await Deno.readTextFile(notebook), /# Second/);
      // Many editors write a new file and put it in the old one's place.
      await Deno.writeTextFile(`${source}.saving`, GOOD.replace("First", "Third"));
      await Deno.rename(`${source}.saving`, source);
      await hears(/wrote/);
      assert.match(await Deno.readTextFile(notebook), /# Third/);
    } finally {
      child.kill("SIGINT");
    }
    const { code } = await child.status;
    await Promise.all(reading);
    assert.equal(code, 0, said);
  });
});

const FAILING = '// %%\nconsole.log("before");\n\n// %% [markdown]\n// Text.\n\n// %%\nf();\n' +
  'function f() {\n  throw new RangeError("too much");\n}\n\n// %%\nconsole.log("after");\n';

Deno.test("a run that fails names the cell, its line and its error, and keeps the notebook", async () => {
  await withLessons({ "01_a": FAILING }, async (root) => {
    const lesson = await readLesson({ root, exercises: new Map() }, "01_a");
    await writeLesson(root, lesson);
    const before = await Deno.readTextFile(`${root}/solutions/01_a.ipynb`);
    await assert.rejects(
      executeLesson(root, lesson, "deno"),
      /^LessonError: solutions\/01_a\.ts:7: cell 3 of 4 failed\nRangeError: too much/,
    );
    assert.equal(await Deno.readTextFile(`${root}/solutions/01_a.ipynb`), before);
  });
});

Deno.test("a cell that shows the value of a loop by accident is refused", async () => {
  const source = "// %%\nconst kept = new Map();\nfor (const x of [1, 2]) kept.set(x, 2 * x);\n";
  await withLessons({ "01_a": source }, async (root) => {
    const lesson = await readLesson({ root, exercises: new Map() }, "01_a");
    await writeLesson(root, lesson);
    await assert.rejects(
      executeLesson(root, lesson, "deno"),
      /^LessonError: solutions\/01_a\.ts:1: cell 1 of 1 shows the value of its last statement, Map\(2\)/,
    );
  });
});

Deno.test("an error's own name is shown if the traceback has none", async () => {
  await withLessons({ "01_a": GOOD }, async (root) => {
    const lesson = await readLesson({ ...KIT, root }, "01_a");
    const ran = toNotebook("01_a", lesson.cells);
    assert.equal(failedCell(lesson, ran), undefined);
    ran.cells[1]!.outputs = [
      { output_type: "stream", name: "stdout", text: "1" },
      { output_type: "error", ename: "Error", evalue: "no", traceback: ["\x1b[31m  at f\x1b[0m"] },
    ];
    const { message = "" } = failedCell(lesson, ran) ?? {};
    assert.match(message, /cell 2 of 2 failed\nError: no\nat f$/);
  });
});
