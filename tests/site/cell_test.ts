/** The browser kernel compiles cells: names are shared, lines stay, and loops can be ended. */
import assert from "node:assert/strict";
import { CellSyntaxError, compileCell } from "../../site/kernel/cell.ts";
import { lessonEntries } from "../../tools/site/lessons.ts";

type Globals = Record<string, unknown>;
const globals = globalThis as unknown as Globals;

/** Runs a cell as the kernel does, and removes its names afterwards. */
async function run(
  code: string,
  { guard = () => {}, modules = {} }: {
    guard?: () => void;
    modules?: Record<string, unknown>;
  } = {},
): Promise<{ value: unknown; names: Globals }> {
  const { script, names } = compileCell(code, 1);
  for (const name of names) globals[name] = undefined;
  try {
    const cell = (0, eval)(script) as (
      load: (name: string) => Promise<unknown>,
      guard: () => void,
    ) => Promise<[unknown]>;
    const [value] = await cell((name) => Promise.resolve(modules[name]), guard);
    return { value, names: Object.fromEntries(names.map((name) => [name, globals[name]])) };
  } finally {
    for (const name of names) delete globals[name];
  }
}

Deno.test("every form of declaration is visible in later cells", async () => {
  const { names } = await run(`
    const a: number = 1, { b, c: [d = 4, ...e] } = { b: 2, c: [undefined, 5, 6] as number[] };
    let f;
    var g = 7;
    function h(): number { return a + 7; }
    class I { constructor(readonly ni: number) {} }
    export const j = 10;
    async function* k() { yield 1; }
    enum L { one = 1 }
    interface M { n: number }
    type N = M;
    const called = [h(), new I(9).ni, L.one, typeof k];
  `);
  const { h, I, k, L, ...values } = names;
  assert.deepEqual([h, I, k].map((value) => typeof value), ["function", "function", "function"]);
  assert.equal(typeof L, "object");
  assert.deepEqual(values, {
    ...{ a: 1, b: 2, d: 4, e: [5, 6], f: undefined, g: 7, j: 10 },
    called: [8, 9, 1, "function"],
  });
});

Deno.test("every form of import is loaded and visible in later cells", async () => {
  const modules = { residual: { default: 1, two: 2, "a-b": 3 } };
  const { names } = await run(
    `import one, { two, two as deux, "a-b" as three, type Four } from "residual";
     import * as all from "residual";
     import "residual";
     const sum = one + two + deux + three;`,
    { modules },
  );
  assert.equal(names["sum"], 8);
  assert.equal(names["all"], modules.residual);
});

Deno.test("a cell's value is its last expression, which may use await", async () => {
  assert.equal((await run("const x = await Promise.resolve(20);\nx + 1")).value, 21);
  assert.equal((await run("const y = 1;")).value, undefined);
  assert.deepEqual((await run("({ a: 1 })")).value, { a: 1 });
});

Deno.test("an error keeps the line of the cell", async () => {
  const code = `// one
import {
  two,
} from "residual";
interface Three {
  four: number;
}
const value = {
  get five(): number {
    throw new Error("here");
  },
};
value.five;`;
  const error = await run(code, { modules: { residual: {} } }).then(
    () => undefined,
    (error: Error) => error,
  );
  assert.match(error!.stack!, /residual-cell-1.*:10:/);
  assert.match(error!.stack!, /residual-cell-1.*:13:/);
});

Deno.test("a syntax error names its line and column", () => {
  const cases: [string, number, number][] = [
    ["const a = 1;\nconst b = ;", 2, 11],
    ["for (;;) {\n  f(;\n}", 2, 5],
    ["const c = 1;\n\nconst c = 2;", 3, 7],
    ["function f() {\n  await g();\n}", 2, 3],
  ];
  for (const [code, line, column] of cases) {
    assert.throws(() => compileCell(code, 1), (error: unknown) => {
      assert.ok(error instanceof CellSyntaxError, String(error));
      assert.deepEqual([error.line, error.column], [line, column], `${code}: ${error.message}`);
      return true;
    });
  }
});

Deno.test("every kind of loop and every recursive function calls the guard", async () => {
  const endless = [
    "while (true) {}",
    "while (true);",
    "do {} while (true);",
    "for (;;) 1;",
    "for (let i = 0; ; i++) { if (i < 0) break; }",
    "for (const x of (function* () { for (;;) yield 1; })()) x;",
    "const o = { get x() { while (true) {} } }; o.x;",
    "class A { m() { for (;;) {} } } new A().m();",
    "const f = () => { for (;;) {} }; f();",
    "outer: while (true) { while (true) { continue outer; } }",
    "async function g() { while (true) await Promise.resolve(); } await g();",
  ];
  for (const code of endless) {
    let rounds = 0;
    const guard = () => {
      if (++rounds > 1000) throw new Error("ended");
    };
    await assert.rejects(run(code, { guard }), /ended/, code);
  }
});

Deno.test("a loop whose body is a single statement computes the same with the guard", async () => {
  const { value } = await run(`
    let sum = 0;
    for (let i = 0; i < 3; i++) sum += i;
    for (const i of [1, 2]) if (i > 1) sum += 10; else sum += 100;
    let n = 3;
    do n--; while (n > 0);
    for (const key in { a: 1 }) sum += key.length;
    (() => sum + n)()`);
  assert.equal(value, 114);
});

Deno.test("all cells of the lessons compile", () => {
  for (const { file } of lessonEntries()) {
    const text = Deno.readTextFileSync(`solutions/${file}`);
    const { cells } = JSON.parse(text) as {
      cells: { cell_type: string; source: string[] }[];
    };
    for (const [i, { cell_type, source }] of cells.entries()) {
      if (cell_type === "code") assert.ok(compileCell(source.join(""), i).script !== "");
    }
  }
});

Deno.test("the start page lists every lesson with its title and first paragraph", () => {
  const entries = lessonEntries();
  assert.ok(entries.length >= 11);
  for (const { file, title, summary } of entries) {
    assert.match(file, /^\d\d_\w+\.ipynb$/);
    assert.match(title, /^\d+ · /);
    assert.ok(summary.length > 60, file);
  }
});
