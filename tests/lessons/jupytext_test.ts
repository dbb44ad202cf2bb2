/**
 * The lessons' sources open in JupyterLab through jupytext: it reads the cells that the builder reads,
 * and writes the file that it read.
 */
import assert from "node:assert/strict";
import { findLessons } from "../../tools/lessons/build.ts";
import { KIT } from "../../tools/lessons/kit.ts";
import { type Cell, parseLesson } from "../../tools/lessons/parse.ts";
import { Site } from "../../tools/setup/paths.ts";
import { peersFolder } from "../../tools/test/peers.ts";

/** One of everything that a lesson may hold; escaped, so that this file has no cell of its own. */
const EVERYTHING = [
  "// About this lesson: ü, ✓.",
  "",
  "// %% [markdown]",
  "// # Title",
  "//",
  "// ```ts",
  "// const x = 1; // %%",
  "// ```",
  "//",
  "// 1. $x^2$ and `%` and <details>",
  "//    indented",
  "",
  "// %%",
  'import { check } from "residual";',
  "",
  "// A comment in code.",
  "const text = `",
  "  !x ? y",
  "  % 2",
  "`;",
  "",
  '// %% [markdown] exercise="double"',
  "// Own text.",
  "",
  '// %% id="double" role="solution"',
  "function double(x: number): number {",
  "  // BEGIN SOLUTION",
  "  return 2 * x;",
  "  // END SOLUTION",
  "}",
  "",
  '// %% id="check_double" points=2 role="check"',
  'await check("double", double);',
  "// BEGIN HIDDEN TESTS",
  "double(3);",
  "// END HIDDEN TESTS",
  "",
  '// %% [markdown] id="why" points=4 role="answer"',
  "// Why?",
  "//",
  "// BEGIN SOLUTION",
  "// Because.",
  "// END SOLUTION",
  "",
].join("\n");

/** A cell as a notebook of jupytext's has it. */
interface JupytextCell {
  cell_type: string;
  metadata: Record<string, unknown>;
  source: string | string[];
}

async function jupytext(folder: string, ...args: string[]): Promise<void> {
  const site = new Site();
  const { success, stderr } = await new Deno.Command(site.python, {
    args: ["-m", "jupytext", "--quiet", ...args],
    cwd: folder,
    env: { PYTHONPATH: peersFolder(site) },
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

/** Lines that are not markers: jupytext frees those in text of their comment signs. */
function unmarked(lines: readonly string[]): string {
  return lines.filter((line) => !/\b(BEGIN|END) (SOLUTION|HIDDEN TESTS)$/.test(line)).join("\n");
}

/** What both readers should agree on. */
function ours({ kind, lines, exercise, id, points, role }: Cell): unknown {
  const settings = Object.entries({ exercise, id, points, role });
  const metadata = Object.fromEntries(settings.filter(([, value]) => value !== undefined));
  return { kind, metadata, text: unmarked(lines) };
}

function theirs({ cell_type, metadata, source }: JupytextCell): unknown {
  const lines = [source].flat().join("").split("\n");
  return { kind: cell_type, metadata, text: unmarked(lines) };
}

Deno.test("jupytext reads each lesson as the builder does, and writes it back unchanged", async () => {
  const folder = await Deno.makeTempDir({ prefix: "residual-jupytext-" });
  try {
    const sources = new Map([["00_everything", EVERYTHING]]);
    for (const name of await findLessons(KIT.root)) {
      sources.set(name, await Deno.readTextFile(`${KIT.root}/solutions/${name}.ts`));
    }
    for (const [name, text] of sources) await Deno.writeTextFile(`${folder}/${name}.ts`, text);
    const names = [...sources.keys()];
    await jupytext(folder, "--to", "ipynb", ...names.map((name) => `${name}.ts`));
    for (const name of names) await Deno.remove(`${folder}/${name}.ts`);
    await jupytext(folder, "--to", "ts:percent", ...names.map((name) => `${name}.ipynb`));
    for (const [name, source] of sources) {
      const back = await Deno.readTextFile(`${folder}/${name}.ts`);
      // Jupytext names the encoding and gives the opening comment a cell.
      assert.equal(back.replace(/^(\/\/ -\*- coding: .*\n)?\/\/ %%\n/, ""), source);
      const cells = parseLesson(name, source);
      assert.deepEqual(parseLesson(name, back).map(ours), cells.map(ours));
      const notebook = JSON.parse(await Deno.readTextFile(`${folder}/${name}.ipynb`));
      const [remark, ...read] = notebook.cells as JupytextCell[];
      assert.match([remark?.source].flat().join(""), /^\/\/ /);
      assert.deepEqual(read.map(theirs), cells.map(ours));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
