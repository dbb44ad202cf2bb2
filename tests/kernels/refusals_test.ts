/** Tests that a check in a notebook refuses the same answers as the grader, with the same messages. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { EXERCISES } from "../../lib/checks/exercises/mod.ts";
import type { CheckResult } from "../../lib/checks/compare.ts";
import { globalRefusal, mayBeRefused, moduleRefusal } from "../../lib/checks/refused.ts";
import { CHECK_MIME } from "../../lib/checks/result_bundle.ts";
import { analyze } from "../../tools/grade/cell_code.ts";
import { kitUrl, Lessons } from "../../tools/grade/course.ts";
import { programFor } from "../../tools/grade/program.ts";
import { RefusalFinder } from "../../tools/kernels/refusal_finder.ts";
import { RanCells } from "../../tools/kernels/refusals.ts";
import { KIT } from "../../tools/lessons/kit.ts";
import { type Cell, drive, errorsOf, KERNELS, site, texts } from "./driver.ts";

const lessons = new Lessons({
  root: KIT.root,
  exercises: EXERCISES,
  exercisesModule: kitUrl("lib/checks/exercises/mod.ts"),
});
const lesson = await lessons.read("00_start_here");

const INDEX = "function pixelIndex(y: number, x: number, c: number): number ";
const RIGHT = `${INDEX}{ return (y * 32 + x) * 3 + c; }`;
const HELPED = `${INDEX}{ return index(y, x, c); }`;
const HELPER = "function index(y: number, x: number, c: number) { return (y * 32 + x) * 3 + c; }";
const FILES = 'import { existsSync } from "node:fs";\n';
const FILE_HELPER = `${FILES}${HELPER.replace("return", 'existsSync("/");\n  return')}`;
const SCRATCH = `${FILES}const isThere = existsSync("/");`;
const IMPORT = 'import { check } from "residual";';
const CHECK = 'await check("pixel_index", pixelIndex);';
/** TypeScript's parser needs minutes for this code. */
const EXPONENTIAL = "async (a = ".repeat(40);

/** The grader's refusal of an answer below these cells of the student's own. */
function graderRefusal(own: readonly string[], answer: string): string | undefined {
  const program = programFor(lesson, "pixel_index", {
    answers: new Map([["pixel_index", analyze(answer)]]),
    own: own.map((code) => ({ after: 0, code: analyze(code) })),
  });
  return "refused" in program ? program.refused : undefined;
}

/** The refusal in a notebook with these cells. */
function notebookRefusal(cells: readonly string[]): string | undefined {
  const ran = new RanCells();
  for (const cell of cells) ran.add(cell);
  return ran.refusalsIn(CHECK)["pixel_index"];
}

const CASES: readonly { name: string; own: string[]; answer: string; refused?: string }[] = [
  { name: "a right answer", own: [], answer: RIGHT },
  { name: "another cell that imports node:fs", own: [SCRATCH], answer: RIGHT },
  {
    name: "a helper that uses node:fs",
    own: [FILE_HELPER],
    answer: HELPED,
    refused: moduleRefusal("node:fs"),
  },
  {
    name: "a helper that is declared before its own helper",
    own: [
      "function index(y: number, x: number, c: number) { return place(y, x, c); }",
      FILE_HELPER.replace("index", "place"),
    ],
    answer: HELPED,
    refused: moduleRefusal("node:fs"),
  },
  { name: "a helper that is declared again", own: [FILE_HELPER, HELPER], answer: HELPED },
  {
    name: "a table filled from a file",
    own: ["const table: boolean[] = [];", `${FILES}table.push(existsSync("/"));`],
    answer: `${INDEX}{ return Number(table[0]); }`,
    refused: moduleRefusal("node:fs"),
  },
  {
    name: "an unused constant in the answer's cell",
    own: [],
    answer: `${SCRATCH}\n${RIGHT}`,
    refused: moduleRefusal("node:fs"),
  },
  {
    name: "a statement in the answer's cell that declares nothing",
    own: [],
    answer: `${RIGHT}\nfor (const argument of Deno.args) argument.trim();`,
  },
  {
    name: "a module that an answer can import",
    own: [],
    answer: `import { layers } from "@tensorflow/tfjs";\n${RIGHT}\nconst dense = layers.dense;`,
  },
  {
    name: "a global name",
    own: [],
    answer: `${INDEX}{ return Deno.readTextFileSync("/").length; }`,
    refused: globalRefusal("Deno")!,
  },
  {
    name: "a global name that is declared",
    own: ["const fetch = () => 0;"],
    answer: `${INDEX}{ return fetch(); }`,
  },
  {
    name: "import()",
    own: [],
    answer: `async ${
      INDEX.replace(": number ", "")
    }{ return (await import("node:fs")).existsSync("/"); }`,
    refused: "the code loads other code at run time; use an import statement at the top",
  },
];

for (const { name, own, answer, refused } of CASES) {
  Deno.test(`a notebook and the grader treat ${name} alike`, () => {
    equal(graderRefusal(own, answer), refused);
    equal(notebookRefusal([...own, answer]), refused);
    ok(refused === undefined || [...own, answer].some(mayBeRefused));
  });
}

Deno.test("the kernel proxy does not analyze the cells of any lesson", async () => {
  for (const name of await lessons.names()) {
    const { cells } = await lessons.read(name);
    const codes = cells.filter(({ cell }) => cell.kind === "code")
      .map(({ cell }) => cell.lines.join("\n"));
    ok(codes.length > 0);
    deepEqual(codes.filter(mayBeRefused), []);
  }
});

Deno.test("the quick search finds only code that may be refused", () => {
  for (
    const code of [
      'import { check } from "residual";\nimport assert from "node:assert/strict";',
      "const imported = 1, processed = imported;",
    ]
  ) equal(mayBeRefused(code), false, code);
  for (
    const code of ['import "node:fs";', "await import(name)", "import.meta.url", "[...Deno.args]"]
  ) ok(mayBeRefused(code), code);
});

Deno.test("only cells that cannot be analyzed in time are ignored", async () => {
  const finder = new RefusalFinder(site.checkout, 1500);
  try {
    equal(finder.hasToLookAt(CHECK), false);
    for (const code of [FILE_HELPER, EXPONENTIAL, HELPED]) finder.ran(code);
    ok(finder.hasToLookAt(CHECK));
    deepEqual(await finder.refusalsIn(CHECK), { pixel_index: moduleRefusal("node:fs") });
    deepEqual(await finder.refusalsIn(`${EXPONENTIAL}${CHECK}`), {});
    finder.ran(HELPER);
    deepEqual(await finder.refusalsIn(CHECK), {});
  } finally {
    finder.end();
  }
});

for (const kernel of KERNELS) {
  Deno.test(`on ${kernel}, check refuses the answers that the grader refuses`, async () => {
    const layers = `import { layers } from "@tensorflow/tfjs";\n${
      HELPED.replace("return", "void layers.dense;\n  return")
    }`;
    const fileAnswer = `${INDEX}{ return Deno.readTextFileSync("/dev/null").length; }`;
    const codes: (string | null | string[])[] = [
      ...[IMPORT, FILE_HELPER, HELPED, CHECK],
      'console.log((globalThis as any)[Symbol.for("residual.refusals")]);',
      ...["const broken = = 2;", CHECK, HELPER, HELPED, CHECK, layers, SCRATCH, CHECK],
      ...(kernel === "deno" ? [EXPONENTIAL, fileAnswer, CHECK] : []),
      ...[null, IMPORT, RIGHT, CHECK],
      [FILE_HELPER, HELPED, CHECK, "console.log('not run');"],
    ];
    const seen = await drive<(Cell & { ran: number; left: number[]; cells: Cell[] })[]>(
      kernel,
      JSON.stringify(codes),
      "drive_refusals.py",
    );

    const refused = graderRefusal([FILE_HELPER], HELPED);
    equal(refused, moduleRefusal("node:fs"));
    const checks = seen.filter((_, i) => codes[i] === CHECK);
    const [first, again, mended, beside, ...others] = checks;
    const fresh = others.pop();
    for (const cell of [first, again]) {
      equal(checkResultOf(cell).rows[0]?.actual, refused);
      match(errorsOf(cell!)[0]?.evalue ?? "", /pixel_index: 0 of \d+ points/);
    }
    for (const cell of [mended, beside, fresh]) {
      deepEqual(checkResultOf(cell).rows.filter(({ passed }) => !passed), []);
      deepEqual(errorsOf(cell!), []);
    }
    if (kernel === "deno") {
      equal(checkResultOf(others[0]).rows[0]?.actual, graderRefusal([], fileAnswer));
      equal(errorsOf(seen[codes.indexOf(EXPONENTIAL)]!)[0]?.ename, "SyntaxError");
    }
    equal(texts(seen[4]!), "{}\n");
    equal(errorsOf(seen[5]!).length, 1);

    const [, , atOnce, aborted] = seen.at(-1)!.cells;
    equal(checkResultOf(atOnce).rows[0]?.actual, refused);
    equal(aborted?.reply.status, "aborted");

    const restart = seen[codes.indexOf(null)]!;
    // The kernel proxy, the kernel, the shell that watches the kernel, and the process that finds refusals.
    ok(restart.ran >= 4);
    deepEqual(restart.left, []);
  });
}

function checkResultOf(cell: Cell | undefined): CheckResult {
  const shown = cell?.outputs.flatMap(({ data }) => data?.[CHECK_MIME] ?? []);
  equal(shown?.length, 1, JSON.stringify(cell));
  return shown?.[0] as CheckResult;
}
