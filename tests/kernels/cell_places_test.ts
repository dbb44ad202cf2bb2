/** Stacks name the cell, line and column as the learner sees them, whatever the kernel's compiler prints. */
import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { type Cell, drive, errorsOf, KERNELS, texts } from "./driver.ts";

interface Seen {
  heads: { head: string; expected: number[][]; cell: Cell }[];
  later: Cell;
  printed: Cell;
  unhandled: Cell;
  deep: Cell;
  caused: Cell;
  value: Cell;
  operation: Cell;
  checked: Cell;
}

const thrown = (cell: Cell) => errorsOf(cell)[0]?.traceback?.join("\n") ?? "";

for (const kernel of KERNELS) {
  Deno.test(`errors on ${kernel} name the lines of the cells`, async () => {
    const { places } = await drive<{ places: Seen }>(kernel, "places");
    for (const [i, { head, expected, cell }] of places.heads.entries()) {
      const found = [...thrown(cell).matchAll(/cell (\d+), line (\d+), column (\d+)/g)];
      deepEqual(
        found.map((place) => place.slice(1).map(Number)),
        expected.map((at) => [i + 1, ...at]),
        `${head}\n${thrown(cell)}`,
      );
    }
    const count = places.heads.length;
    const made = `at far (cell ${count + 1}, line 3, column 9)`;
    equal(
      thrown(places.later),
      `RangeError: far\n    ${made}\n    at Array.map (<anonymous>)\n` +
        `    at cell ${count + 2}, line 3, column 19`,
    );
    match(texts(places.printed), /^TypeError: printed\n +at cell \d+, line 2, column 15\n$/);
    match(texts(places.unhandled), /forgotten\n +at cell \d+, line 2, column 21\n/);

    const deep = `cell ${count + 5}`;
    equal(
      thrown(places.deep),
      `TypeError: deep\n    at inner (${deep}, line 3, column 9)\n` +
        `    at async outer (${deep}, line 6, column 3)\n    at async ${deep}, line 8, column 1`,
    );
    const caused = `cell ${count + 6}, line 2, column`;
    equal(
      thrown(places.caused),
      `Error: wrapped\n    at ${caused} 39\nCaused by: RangeError: far\n    ${made}\n    at ${caused} 7`,
    );
    equal(thrown(places.value), "a text");

    match(
      thrown(places.operation),
      /^Error: Reshape failed: .*\n(?: +at .*\n)* +at cell \d+, line 3, /,
    );
    doesNotMatch(thrown(places.operation), /node_modules/);
    const table = places.checked.outputs.map(({ data }) => data?.["text/plain"] ?? "").join();
    match(table, /it throws Error: inside \(cell \d+, line 3, column 9\)/);
  });
}
