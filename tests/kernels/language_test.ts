/** Shift+Tab shows doc comments on the Deno kernel, and Tab the names that fit, as TypeScript knows them. */
import { deepEqual, doesNotMatch, equal, match, ok } from "node:assert/strict";
import { CellScope } from "../../tools/kernels/cell_scope.ts";
import { type Cell, drive, KERNELS, site, texts } from "./driver.ts";

interface Inspected {
  status: string;
  found: boolean;
  data: Record<string, string>;
}

interface Completed {
  status: string;
  matches: string[];
  cursor_start: number;
  cursor_end: number;
}

Deno.test("on deno, Shift+Tab and Tab cover the kit and the cells that have run", async () => {
  const { help } = await drive<
    { help: { inspected: Record<string, Inspected>; completed: Record<string, Completed> } }
  >("deno", "help");
  const { inspected, completed } = help;
  const text = (name: string) => plain(inspected[name]);
  match(
    text("function"),
    /function train\(model: tf\.LayersModel, [^]*Stop [^]*\n\n\*@throws\* [^]*@example\*\n\n```ts\n/,
  );
  match(inspected["function"]!.data["text/markdown"] ?? "", /^```typescript\n[^]*\n```\n\nTrain/);
  equal(text("call"), text("function").replace("function train", "train"));
  match(text("constructor"), /new Conv2d\(ni: number, no: number[^]*A convolution/);
  match(text("method"), /\(method\) (?:tf\.)?LayersModel\.predict/);
  equal(text("again"), "function twice(n: number): number\n\nDoubles a number.");
  for (const name of ["unknown", "nowhere"]) {
    deepEqual(inspected[name], { status: "ok", found: false, data: {}, metadata: {} });
  }
  match(text("broken"), /train\(model/);

  deepEqual(
    [completed["name"]!.matches[0], completed["name"]!.cursor_start, completed["name"]!.cursor_end],
    ["twice", 0, 2],
  );
  // cspell:ignore resha
  const member = completed["member"]!;
  // Jupyter counts characters, and the emoji is one.
  const at = [..."const é = '😀'; tf.ones([2, 3])."].length;
  deepEqual(
    [member.matches, member.cursor_start, member.cursor_end],
    [["reshape", "reshapeAs"], at, at + "resha".length],
  );
  deepEqual(completed["own"]!.matches, ["myConv"]);
  deepEqual(completed["runtime"]!.matches, ["readTextFile", "readTextFileSync"]);
  deepEqual(completed["hidden"]!.matches, []);
});

/** What a scenario of drive_help.py saw; no process and no file may be left after any. */
async function ask<Seen>(kernel: string, scenario: string): Promise<Seen> {
  const seen = await drive<Seen & { left: unknown }>(kernel, scenario, "drive_help.py");
  deepEqual(seen.left, { processes: [], files: [] });
  return seen;
}

const plain = (reply: Inspected | undefined) => reply?.data["text/plain"] ?? "";

Deno.test("on deno, names resolve from Deno, Node.js, other files and each cell's latest imports", async () => {
  const parent = site.at("tests", ".tmp");
  Deno.mkdirSync(parent, { recursive: true });
  const folder = Deno.makeTempDirSync({ dir: parent, prefix: "language-" });
  try {
    const { inspected, completed, started } = await ask<
      {
        inspected: Record<string, Inspected>;
        completed: Record<string, Completed>;
        started: number;
      }
    >("deno", `names=${folder.slice(site.checkout.length + 1)}`);
    equal(started, 1);
    match(plain(inspected["replaced"]), /^function check/);
    match(plain(inspected["beside"]), /^function train\(/);
    match(plain(inspected["spaced"]), /^check\(/);
    equal(plain(inspected["own"]), "function twice(x: number): number\n\nDoubles a number.");
    equal(plain(inspected["value"]), "const size: 5");
    match(plain(inspected["deno"]), /^function Deno\.readTextFile\(.*\n\n.*reads/s);
    doesNotMatch(plain(inspected["deno"]), /\{@link/);
    match(plain(inspected["node"]), /^readFileSync\(|^function readFileSync\(/);
    equal(plain(inspected["file"]), "class Session\n\nOne hour.");
    equal(inspected["behind"]?.found, false);

    deepEqual(completed["members"]?.matches, ["column", "row"]);
    const { matches, cursor_start, cursor_end } = completed["begun"]!;
    deepEqual([matches, cursor_start, cursor_end], [["column"], 6, 9]);
    deepEqual(completed["next"]?.matches, ["onlyHere"]);
    deepEqual(completed["values"]?.matches, ["secretKey"]);
    ok(completed["globals"]?.matches.includes("hidden"));
    deepEqual(completed["imports"]?.matches, ["trainedRun"]);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("documentation and completions arrive while a cell computes on deno", async () => {
  const { documentation, completion, stopped, after } = await ask<
    { documentation: Inspected; completion: Completed; stopped: Cell; after: Cell }
  >("deno", "busy");
  match(plain(documentation), /Doubles a number/);
  deepEqual(completion.matches, ["column"]);
  equal(stopped.reply.status, "error");
  equal(texts(after), "42\n");
});

Deno.test("a request that takes too long on deno times out, and the next one is answered", async () => {
  const { slow, after } = await ask<{ slow: Inspected; after: Inspected }>("deno", "slow");
  equal(slow.found, false);
  match(plain(after), /Doubles a number/);
});

Deno.test("a restarted deno has no names from earlier cells", async () => {
  const { forgotten } = await ask<{ forgotten: Inspected }>("deno", "restarted");
  equal(forgotten.found, false);
});

for (const kernel of KERNELS) {
  Deno.test(`no language service is left after the kernel proxy of ${kernel} was killed`, async () => {
    await ask(kernel, "killed");
  });
}

Deno.test("a name refers to its last declaration", () => {
  const scope = new CellScope();
  scope.add("import { a, b as c } from 'm';\nconst { d, e: [f] } = o;\nf();");
  scope.add("/** A class. */\nclass d {}\nenum E {}\ntype T = 1;");
  equal(
    scope.text(""),
    "import { a } from 'm';\nimport { b as c } from 'm';\n" +
      "/** A class. */\nclass d {}\n\nenum E {}\n\ntype T = 1;",
  );
  equal(
    scope.text("const c = 1; interface T {}"),
    "import { a } from 'm';\n/** A class. */\nclass d {}\n\nenum E {}",
  );
  scope.add("import p, * as q from 'n';\nimport type { b } from 'm';");
  scope.add("class a {");
  equal(
    scope.text("class d {} enum E {} type T = 1;"),
    "import { a } from 'm';\nimport { b as c } from 'm';\nimport p from 'n';\n" +
      "import * as q from 'n';\nimport type { b } from 'm';",
  );
});
