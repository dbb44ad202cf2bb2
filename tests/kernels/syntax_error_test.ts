/** Every syntax error has a line, a column and a caret; an unclosed bracket names the one that opened it. */
import { equal, match } from "node:assert/strict";
import { syntaxErrorIn } from "../../tools/kernels/syntax_error.ts";
import { type Cell, drive, errorsOf, KERNELS, texts } from "./driver.ts";

/** Code, the kernel's own message if there is one, and what is shown. */
const ERRORS: [code: string, reported: string | undefined, shown: string][] = [
  [
    "function f() {\n  const a = 1;\n",
    undefined,
    "'}' expected: the { at line 1, column 14 is never closed (line 2, column 15)",
  ],
  [
    "console.log((1 + 2;",
    undefined,
    "')' expected: the ( at line 1, column 13 is never closed (line 1, column 19)",
  ],
  [
    "const q = [1, 2;\n",
    undefined,
    "']' expected: the [ at line 1, column 11 is never closed (line 1, column 16)",
  ],
  [
    "const t = `${f(1}`;",
    undefined,
    "')' expected: the ( at line 1, column 15 is never closed (line 1, column 17)",
  ],
  [
    "class A {\n  m() {\n    if (true) {\n  }\n}\n",
    undefined,
    "'}' expected: the { at line 1, column 9 is never closed (line 5, column 2)",
  ],
  [
    "if (true) {\n}}\n",
    undefined,
    "Unexpected '}': no bracket is open that it could close (line 2, column 2)",
  ],
  ["f(1 2)", undefined, "',' expected (line 1, column 5)"],
  [
    "if (a {\n  b();\n}",
    undefined,
    "')' expected: the ( at line 1, column 4 is never closed (line 1, column 7)",
  ],
  [
    "function h(x { return x; }",
    undefined,
    "')' expected: the ( at line 1, column 11 is never closed (line 1, column 14)",
  ],
  ["log('a' 'b');", undefined, "',' expected (line 1, column 9)"],
  [
    "let a;\na?.b = 1;",
    "Invalid left-hand side in assignment",
    "Invalid left-hand side in assignment (line 2, column 1)",
  ],
  [
    "f();\nimport.meta.url;",
    "Cannot use 'import.meta' outside a module",
    "Cannot use 'import.meta' outside a module (line 2, column 1)",
  ],
  [
    "#!/usr/bin/env",
    "Invalid or unexpected token",
    "Invalid or unexpected token (line 1, column 1)",
  ],
  [
    "f();\nfor await (const x of xs) g(x);",
    "Unexpected reserved word",
    "Unexpected reserved word (line 2, column 1)",
  ],
  [
    "let NaN = 1;",
    "Identifier 'NaN' has already been declared",
    "Identifier 'NaN' has already been declared by JavaScript itself (line 1, column 5)",
  ],
  ["const s = 'abc\n';", undefined, "Unterminated string constant (line 1, column 11)"],
  ["const t = `abc", undefined, "Unterminated template (line 1, column 12)"],
  ["let x: number = ;", undefined, "Expression expected (line 1, column 17)"],
  ["const é = '\u{1F600}'; x = ;", undefined, "Expression expected (line 1, column 21)"],
  [
    "const z = 1;\nconst z = 2;",
    "Identifier 'z' has already been declared",
    "Identifier 'z' has already been declared (line 2, column 7)",
  ],
  [
    "function g() {\n  await 1;\n}",
    "await is only valid in async functions and the top level bodies of modules",
    "'await' is only allowed within async functions and at the top levels of modules (line 2, column 3)",
  ],
  [
    "const a = 1;\n\nclass A { constructor() {} constructor() {} }",
    "A class may only have one constructor",
    "A class may only have one constructor (line 3, column 1)",
  ],
  [
    "const a = 1; const r = /(/;",
    "Invalid regular expression: /(/: Unterminated group",
    "Invalid regular expression: /(/: Unterminated group (line 1, column 14)",
  ],
  [
    "const { a, b: [kept] } = o;",
    "Identifier 'kept' has already been declared",
    "Identifier 'kept' has already been declared by an earlier cell with another keyword: use that keyword, or restart the kernel (line 1, column 16)",
  ],
];

for (const [code, reported, shown] of ERRORS) {
  Deno.test(`the message for ${JSON.stringify(code)} names the place of the mistake`, async () => {
    equal((await syntaxErrorIn(code, reported))?.evalue, shown);
  });
}

Deno.test("a caret is below the mistake, also after tabs and wide letters", async () => {
  const error = await syntaxErrorIn("const a = 1;\n\tconst é = = 2;");
  const [, margin, line, caret] = error!.traceback;
  equal(margin, "  |");
  equal(line, "2 | \tconst é = = 2;");
  equal(caret, "  | \t          ^");
});

Deno.test("no syntax error is reported for correct code", async () => {
  for (
    const code of ["", "await f();", "using x = y;", "for (const a of b) await c;", "enum E { A }"]
  ) {
    equal(await syntaxErrorIn(code), undefined, code);
  }
});

for (const kernel of KERNELS) {
  Deno.test(`a cell with a syntax error shows its place on ${kernel}`, async () => {
    const { syntax } = await drive<{ syntax: Record<string, Cell> }>(kernel, "syntax");
    const { unclosed, twice, plain, keyword, pattern, after } = syntax;
    const only = (cell: Cell | undefined) => {
      const [error, ...others] = errorsOf(cell!);
      equal(others.length, 0);
      const { evalue = "", traceback = [] } = error ?? {};
      equal(cell!.reply.evalue, evalue);
      match(traceback.join("\n"), /\d \| .*\n +\| +\^/);
      return evalue;
    };
    match(only(unclosed), /the \{ at line 1, column 14 is never closed \(line 2, column 15\)/);
    match(only(twice), /'?twice'?.* \(line 2, column 7\)/);
    match(only(plain), /await.* \(line 2, column 3\)/);
    match(only(pattern), /^Invalid regular expression: .* \(line 2, column 1\)/);
    if (kernel === "deno") {
      match(
        only(keyword),
        /by an earlier cell with another keyword: use that keyword, or restart the kernel \(line 2, column 5\)/,
      );
    }
    equal(texts(after!), "42\n");
  });
}
