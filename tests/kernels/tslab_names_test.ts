/** Names of variables and properties of earlier cells, in both kernels. */
import assert from "node:assert/strict";
import { KERNELS, runNotebook } from "../../tools/lessons/execute.ts";
import { failureIn, type Notebook } from "../../tools/lessons/notebook.ts";

const DECLARATIONS = `
interface Point { x: number; y: number }
const point: Point = { x: 1, y: 2 };
const size = 3;
let count = 4;
const double = (value: number) => 2 * value;`;

/** Cells that come after the declarations. Each one's last line logs an array. */
const CELLS: [code: string, logged: unknown[]][] = [
  ["function left({ x: first }: Point): number { return first; }\nlog([left(point)]);", [1]],
  ["function sum(p: Point) { const { x: a, y: b } = p; return a + b; }\nlog([sum(point)]);", [3]],
  ["const { x: across, y: down } = point;\nlog([across, down]);", [1, 2]],
  ["for (const { y: below } of [point]) log([below]);", [2]],
  ["const { x: { constructor: type }, ...rest } = point;\nlog([type.name, rest]);", ["Number", {
    y: 2,
  }]],
  ["let target = 0;\n({ x: target } = point);\nlog([target]);", [1]],
  ["log([{ size, count, double: double(size) }]);", [{ size: 3, count: 4, double: 6 }]],
  ["log([{ outer: { size } }, [{ point }]]);", [{ outer: { size: 3 } }, [{
    point: { x: 1, y: 2 },
  }]]],
  ["function shadow(size: number) { return { size, count }; }\nlog([shadow(8)]);", [
    { size: 8, count: 4 },
  ]],
  ["({ count } = { count: 5 });\nlog([count]);", [5]],
  ["({ count = 6 } = {} as { count?: number });\nlog([count]);", [6]],
  [
    "class Box { size = 7; all() { return { size: this.size, count }; } }\nlog([new Box().all()]);",
    [
      { size: 7, count: 6 },
    ],
  ],
];

/** A notebook's file with code cells. */
function notebookOf(sources: string[]): Notebook {
  const cells = sources.map((source, index) => ({
    cell_type: "code" as const,
    id: `cell-${index}`,
    metadata: {},
    source: [source],
    outputs: [],
    execution_count: null,
  }));
  return { cells, metadata: {}, nbformat: 4, nbformat_minor: 5 };
}

for (const kernel of KERNELS) {
  Deno.test(`${kernel} distinguishes a property from a variable of an earlier cell`, async () => {
    const folder = Deno.makeTempDirSync({ prefix: "residual-names-" });
    try {
      const path = `${folder}/names.ipynb`;
      const log = "const log = (values: unknown[]) => console.log(JSON.stringify(values));";
      const sources = [DECLARATIONS + log, ...CELLS.map(([code]) => code)];
      await Deno.writeTextFile(path, JSON.stringify(notebookOf(sources)));
      const { cells } = await runNotebook(path, { kernel, goOn: true });
      assert.deepEqual(cells.map(failureIn).filter((failure) => failure !== undefined), []);
      const logged = cells.slice(1).map(({ outputs = [] }) => [outputs[0]?.text].flat().join(""));
      assert.deepEqual(
        logged.map((text) => JSON.parse(text || "null")),
        CELLS.map(([, values]) => values),
      );
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  });
}
