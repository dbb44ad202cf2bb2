/** What a cell may hold so that both kernels run it. */
import assert from "node:assert/strict";
import { LessonError, parseLesson } from "../../tools/lessons/parse.ts";
import { checkSubset } from "../../tools/lessons/subset.ts";

const FILE = "solutions/01_a.ts";

function check(...lines: string[]): void {
  checkSubset(FILE, parseLesson(FILE, lines.join("\n")));
}

/** Code in a cell whose header is in line 1, and the line that the refusal names. */
function refuses(code: string, expected: RegExp, line = 2): void {
  assert.throws(() => check("// %%", code), (error: unknown) => {
    assert.ok(error instanceof LessonError);
    assert.ok(error.message.startsWith(`${FILE}:${line}: `), error.message);
    assert.ok(error.message.endsWith("(in the cell of line 1)"), error.message);
    assert.match(error.message, expected);
    return true;
  });
}

function accepts(...code: string[]): void {
  check("// %%", ...code);
}

Deno.test("code that both kernels run is accepted", () => {
  accepts(
    'import assert from "node:assert/strict";',
    'import { tf } from "residual";',
    'import type { Tensor } from "@tensorflow/tfjs";',
    "const answer = await tf.ready();",
    "await tf.nextFrame();",
    "const inside = async () => await (async () => 1)();",
    "async function each(all: AsyncIterable<number>) { for await (const x of all) assert(x); }",
    'async function late() { return await import("node:fs"); }',
    "class Pair<const T> { #x = 1; static { f(); } }",
    "const checked = { a: 1 } satisfies object;",
    'const kernels = ["Deno", "import.meta", "require(x)"];',
    "// export const x = Deno.cwd();",
  );
});

Deno.test("export is refused, in each of its forms", () => {
  for (const code of ["export const x = 1;", "export { x };", "export default f;"]) {
    refuses(code, /`export` fails in tslab/);
  }
  refuses("const x = 1;\n\nexport function f() {}", /`export`/, 4);
  refuses('export * from "residual";', /`export`/);
});

Deno.test("for await is refused outside a function", () => {
  refuses("for await (const x of xs) f(x);", /`for await` outside a function/);
  refuses("if (x) {\n  for await (const x of xs) f(x);\n}", /`for await`/, 3);
});

Deno.test("await before punctuation that tslab misreads, such as a parenthesis, is refused", () => {
  for (const code of ["await (f)();", "await [f()][0];", "f(await (g()));", "await -x;"]) {
    refuses(code, /`await .` outside a function fails in tslab/);
  }
  refuses("const x =\n  await (async () => 1)();", /`await \(`/, 3);
});

Deno.test("imports that only one kernel finds are refused", () => {
  const sources = ["npm:zod", "jsr:@std/path", "./a.ts", "../lib/mod.ts", "/a.js", "https://a.b/c"];
  for (const from of sources) {
    refuses(`import { x } from "${from}";`, /an import from ".*" fails in one of the kernels/);
    refuses(`import "${from}";`, /an import from/);
  }
  refuses('async function f() {\n  await import("npm:zod");\n}', /an import from "npm:zod"/, 3);
  refuses("const f = (name: string) => import(name);", /module in quotes/);
  refuses('import data from "node:x" with { type: "json" };', /attributes/);
});

Deno.test("an import in the middle of the top level is refused", () => {
  refuses('const m = await import("residual");', /`import\(\)` outside a function fails in tslab/);
});

Deno.test("Deno's own functions are refused", () => {
  for (const code of ["Deno.cwd();", "globalThis.Deno;", "f(Deno);", "let x: Deno.Kv;"]) {
    refuses(code, /`Deno` is not there in tslab/);
  }
});

Deno.test("require and import.meta are refused", () => {
  refuses('require("node:fs");', /`require` is not there in the Deno kernel/);
  refuses("f(import.meta.url);", /`import\.meta` is in neither kernel/);
});

Deno.test("using is refused", () => {
  refuses("using x = f();", /`using` fails in tslab/);
  refuses("{\n  await using x = f();\n}", /`using`/, 3);
});

Deno.test("code that does not parse is refused with TypeScript's own words", () => {
  refuses("f();\nconst = 1;", /Variable declaration expected/, 3);
});

Deno.test("the reported line counts the blank lines above the code", () => {
  refuses("\n\nDeno.cwd();", /`Deno`/, 4);
});

Deno.test("a name declared in two cells is refused with both lines", () => {
  const declarations = [
    "const x = 1;",
    "let x = 1;",
    "function x() {}",
    "class x {}",
    "enum x { A }",
    "type x = 1;",
    "interface x {}",
    'import x from "residual";',
    'import { y as x } from "residual";',
    'import * as x from "residual";',
    "const { a: { x } } = f();",
    "const [, ...x] = f();",
  ];
  for (const first of declarations) {
    for (const second of declarations) {
      assert.throws(() => check("// %%", first, '// %% id="b"', second), (error: unknown) => {
        const { message } = error as LessonError;
        const expected = `"x" is declared already, in line 2 (in the cell "b" of line 3)`;
        assert.equal(message, `${FILE}:4: ${expected}`);
        return true;
      });
    }
  }
});

Deno.test("names inside functions and blocks may be declared again, and so may overloads", () => {
  accepts("function f(): number { const x = 1; return x; }", "{ const x = 2; }", "const x = 3;");
  accepts(
    "function f(x: string): string;",
    "function f(x: number): number;",
    "function f(x: unknown) { return x; }",
  );
});

Deno.test("a cell that does not parse without its answer is refused", () => {
  const cell = [
    '// %% id="a" role="solution"',
    "const a =",
    "  // BEGIN SOLUTION",
    "  1;",
    "// END SOLUTION",
  ];
  const expected = /01_a\.ts:1: without its answer this cell does not parse: .* cell "a" of line 1/;
  assert.throws(() => check(...cell), expected);
});

Deno.test("a cell that does not parse without its hidden tests is rejected", () => {
  const cell = [
    '// %% id="check_a" points=1 role="check"',
    "f(",
    "// BEGIN HIDDEN TESTS",
    "1);",
    "// END HIDDEN TESTS",
  ];
  assert.throws(() => check(...cell), /01_a\.ts:1: without its answer this cell does not parse/);
});

Deno.test("a shorthand property may use a name of its own cell, but not of another cell", () => {
  const first = ["// %%", "const limit = 3;", "// %%"];
  for (const use of ["f({ limit });", "function g() { return { limit }; }"]) {
    assert.throws(
      () => check(...first, use),
      /01_a\.ts:4: `\{ limit \}` .*write `\{ limit: limit \}`/,
    );
  }
  check(...first, "const g = (limit: number) => ({ limit });");
  check("// %%", "const limit = 3;", "f({ limit });");
});
