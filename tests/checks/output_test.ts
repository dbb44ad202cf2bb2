/** What a learner's code prints inside a check is limited, and the check's table is always there. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { CHECK_MIME } from "../../lib/checks/result_bundle.ts";
import { KERNELS, runNotebook } from "../../tools/lessons/execute.ts";
import { KIT } from "../../tools/lessons/kit.ts";
import type { Notebook } from "../../tools/lessons/notebook.ts";

/** Each prints something about every value that a check asks for. */
const PRINTERS: Readonly<Record<string, string>> = {
  "console.log": "console.log(y, x, c);",
  "a function taken from console": "log(y, x, c);",
  "console.error": "console.error({ y, x, c });",
  "console.dir": "console.dir({ y, x, c });",
  "console.table": "console.table(Array.from({ length: 100 }, () => ({ y, x, c })));",
  "console.group": 'console.group("pixel"); console.groupEnd();',
  "a long text": 'console.log("y".repeat(1e6));',
  "process.stdout.write": "process.stdout.write(`${y} ${x} ${c}\\n`);",
  "Deno.stdout.writeSync": "Deno.stdout.writeSync(new TextEncoder().encode(`${y} ${x}\\n`));",
  "Deno.stderr.write": "void Deno.stderr.write(new TextEncoder().encode(`${y} ${x}\\n`));",
};

const answer = (print: string) =>
  `function pixelIndex(y: number, x: number, c: number): number {\n  ${print}\n` +
  "  return (y * 32 + x) * 3 + c;\n}\n";

/** A folder in the checkout, where `residual` can be imported. */
function newFolder(): string {
  const scratch = path.join(KIT.root, "tests", ".tmp");
  fs.mkdirSync(scratch, { recursive: true });
  return fs.mkdtempSync(path.join(scratch, "output-"));
}

function isShort(text: string): boolean {
  return text.split("\n").length < 100 && text.length < 10_000;
}

Deno.test("a check in a terminal limits the output of the learner's code, and says so", async (test) => {
  const folder = newFolder();
  try {
    for (const [name, print] of Object.entries(PRINTERS)) {
      await test.step(name, async () => {
        const script = path.join(folder, "script.ts");
        fs.writeFileSync(
          script,
          'import process from "node:process";\nimport { check } from "residual";\n' +
            `const { log } = console;\n${answer(print)}console.log("before", typeof process);\n` +
            'await check("pixel_index", pixelIndex);\nconsole.log("after");\n' +
            "for (let i = 0; i < 50; i++) console.log(`line ${i}`);\n",
        );
        const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
          args: ["run", "-A", "--no-check", script],
          env: { RESIDUAL_PROGRESS: "off", NO_COLOR: "1" },
        }).output();
        const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
        assert.equal(code, 0, err);
        assert.match(out!, /^before object\n/);
        assert.match(out!, /\n… [\d,]+ outputs of your code left out/);
        assert.match(out!, /✓ find a value: 3 of 3 points/);
        assert.match(out!, /\nafter\nline 0\n[^]*\nline 49\n$/);
        assert.ok(isShort(out!.slice(0, out!.indexOf("after"))), out);
        assert.ok(isShort(err!), err);
      });
    }
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

Deno.test("a check prints short output in full", async () => {
  const script = 'import { check } from "residual";\nlet calls = 0;\n' +
    answer('if (calls++ < 3) console.log("call", calls);') +
    'await check("pixel_index", pixelIndex);';
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--ext=ts", script],
    cwd: KIT.root,
    env: { RESIDUAL_PROGRESS: "off", NO_COLOR: "1" },
  }).output();
  const out = new TextDecoder().decode(stdout);
  assert.match(out, /^call 1\ncall 2\ncall 3\n\n?✓ find a value: 3 of 3 points/);
});

for (const kernel of KERNELS) {
  Deno.test(`a check in the ${kernel} kernel limits the output, and shows its table`, async () => {
    const folder = newFolder();
    try {
      const lesson = path.join(KIT.root, "notebooks", "00_start_here.ipynb");
      const notebook = JSON.parse(fs.readFileSync(lesson, "utf8")) as Notebook;
      const [first] = notebook.cells.filter(({ cell_type }) => cell_type === "code");
      const sources = [
        "const log = console.log;\n" + answer("log(y, x, c); console.table([y, x, c]);"),
        'await check("pixel_index", pixelIndex);',
        'console.log("still here");',
      ];
      const cells = [
        first!,
        ...sources.map((source, i) => ({ ...first!, id: `c${i}`, source: [source], metadata: {} })),
      ];
      const file = path.join(folder, "lesson.ipynb");
      fs.writeFileSync(file, JSON.stringify({ ...notebook, cells }));
      const ran = await runNotebook(file, { kernel, env: { RESIDUAL_PROGRESS: "off" } });
      const [, , check, after] = ran.cells.map(({ outputs = [] }) => outputs);
      const printed = check!.map(({ text }) => [text ?? []].flat().join("")).join("");
      assert.ok(printed.length > 0 && isShort(printed), printed);
      assert.match(printed, /… [\d,]+ outputs of your code left out/);
      const table = check!.at(-1)!["data"] as Record<string, unknown>;
      assert.ok(table[CHECK_MIME] !== undefined, JSON.stringify(check));
      assert.equal([after![0]!["text"]].flat().join(""), "still here\n");
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
}
