/** Tests of the check for import cycles, on small sources. */
import assert from "node:assert/strict";
import {
  cycleFaults,
  filesOnTheWay,
  findCycles,
  folderGraph,
  importGraph,
} from "../../tools/quality/cycles.ts";

const graphOf = (files: Record<string, string>) =>
  importGraph(new Map(Object.entries(files)), { residual: "lib/mod.ts" });

/** `a` imports `b`, which imports `c`, which imports `a`. */
const RING = {
  "lib/a.ts": 'import { b } from "./b.ts";',
  "lib/b.ts": 'export * from "./x/c.ts";',
  "lib/x/c.ts": 'import { a } from "../a.ts";',
};

Deno.test("every kind of import of a file counts, types included", () => {
  const graph = graphOf({
    "lib/mod.ts": "",
    "lib/a.ts": [
      'import { b } from "./b.ts";',
      'import type { C } from "./c.ts";',
      'import { type D } from "./d.ts";',
      'export { e } from "./e.ts";',
      'const f = await import("./f.ts");',
      'import { g } from "residual";',
      'let h: import("./h.ts").H;',
      'import fs from "node:fs";',
      '// import { i } from "./i.ts";',
      "const text = `import { i } from './i.ts'`;",
    ].join("\n"),
    ...Object.fromEntries(
      ["b", "c", "d", "e", "f", "h", "i"].map((name) => [`lib/${name}.ts`, ""]),
    ),
  });
  assert.deepEqual([...graph.get("lib/a.ts")!].sort(), [
    ...["b", "c", "d", "e", "f", "h"].map((name) => `lib/${name}.ts`),
    "lib/mod.ts",
  ]);
});

Deno.test("a cycle is reported once, with the files on the way around", () => {
  assert.deepEqual(findCycles(graphOf(RING)), [{
    members: ["lib/a.ts", "lib/b.ts", "lib/x/c.ts"],
    way: ["lib/a.ts", "lib/b.ts", "lib/x/c.ts", "lib/a.ts"],
  }]);
  const [message, ...others] = cycleFaults(graphOf(RING));
  assert.match(message!, /^Import cycle: lib\/a.ts → lib\/b.ts → lib\/x\/c.ts → lib\/a.ts\. /);
  assert.deepEqual(others, []);
});

Deno.test("imports without a cycle pass, even when two ways lead to the same file", () => {
  const graph = graphOf({
    "lib/a.ts": 'import "./b.ts"; import "./c.ts";',
    "lib/b.ts": 'import "./d.ts";',
    "lib/c.ts": 'import "./d.ts";',
    "lib/d.ts": "",
  });
  assert.deepEqual(cycleFaults(graph), []);
});

Deno.test("a file that imports itself is a cycle", () => {
  const graph = graphOf({ "lib/a.ts": 'import { a } from "./a.ts";' });
  assert.deepEqual(findCycles(graph).map(({ way }) => way), [["lib/a.ts", "lib/a.ts"]]);
});

Deno.test("two cycles that share a file are one group, and the rest of the group is named", () => {
  const graph = graphOf({
    "lib/a.ts": 'import "./b.ts"; import "./c.ts";',
    "lib/b.ts": 'import "./a.ts";',
    "lib/c.ts": 'import "./a.ts";',
  });
  assert.match(
    cycleFaults(graph)[0]!,
    /a\.ts → lib\/b\.ts → lib\/a\.ts \(3 in the group: .*c\.ts\)/,
  );
});

Deno.test("folders form a cycle without a cycle of files, and the message names files", () => {
  const files = graphOf({
    "lib/models/trained.ts": 'import "../training/run.ts";',
    "lib/training/run.ts": "",
    "lib/training/train.ts": 'import "../models/count.ts";',
    "lib/models/count.ts": "",
    "lib/mod.ts": 'import "./models/count.ts";',
  });
  assert.deepEqual(findCycles(files), []);
  const folders = folderGraph(files, "lib");
  assert.deepEqual([...folders.keys()].sort(), ["lib/models", "lib/training"]);
  const [message] = cycleFaults(folders, (way) => filesOnTheWay(files, way));
  assert.match(message!, /lib\/models\/trained\.ts → lib\/training\/run\.ts/);
  assert.match(message!, /lib\/training\/train\.ts → lib\/models\/count\.ts/);
});
