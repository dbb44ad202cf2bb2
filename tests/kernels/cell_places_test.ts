/** Stacks name the cell, line and column as the learner sees them, whatever the kernel's compiler prints. */
import { deepEqual, equal, match } from "node:assert/strict";
import { type Cell, drive, errorsOf, texts } from "./driver.ts";

interface Seen {
  heads: { head: string; expected: number[][]; cell: Cell }[];
  later: Cell;
  printed: Cell;
  unhandled: Cell;
  checked: Cell;
}

Deno.test("errors on deno name the lines of the cells", async () => {
  const { places } = await drive<{ places: Seen }>("deno", "places");
  const first = places.heads[0]!;
  const thrown = (cell: Cell) => errorsOf(cell)[0]?.traceback?.join("\n") ?? "";
  for (const [i, { head, expected, cell }] of places.heads.entries()) {
    const found = [...thrown(cell).matchAll(/cell (\d+), line (\d+), column (\d+)/g)];
    deepEqual(
      found.map((place) => place.slice(1).map(Number)),
      expected.map((at) => [i + 1, ...at]),
      head,
    );
  }
  const [line, column] = first.expected[0]!;
  equal(
    thrown(places.later),
    `RangeError: far\n    at thrower0 (cell 1, line ${line}, column ${column})\n` +
      `    at Array.map (<anonymous>)\n    at cell ${places.heads.length + 1}, line 3, column 19`,
  );
  match(texts(places.printed), /^TypeError: printed\n +at cell \d+, line 2, column 15\n$/);
  match(texts(places.unhandled), /forgotten\n +at cell \d+, line 2, column 21\n/);
  const table = places.checked.outputs.map(({ data }) => data?.["text/plain"] ?? "").join();
  match(table, /it throws Error: inside \(cell \d+, line 3, column 9\)/);
});
