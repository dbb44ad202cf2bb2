/** Shift+Tab shows doc comments on the Deno kernel, and Tab the names that fit, as TypeScript knows them. */
import { deepEqual, equal, match } from "node:assert/strict";
import { CellScope } from "../../tools/kernels/cell_scope.ts";
import { drive } from "./driver.ts";

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

Deno.test("Shift+Tab and Tab on deno know the kit and the cells so far", async () => {
  const { help } = await drive<
    { help: { inspected: Record<string, Inspected>; completed: Record<string, Completed> } }
  >("deno", "help");
  const { inspected, completed } = help;
  const plain = (name: string) => inspected[name]?.data["text/plain"] ?? "";
  match(
    plain("function"),
    /function train\(model: tf\.LayersModel, [^]*Stop [^]*\n\n\*@throws\* [^]*@example\*\n\n```ts\n/,
  );
  match(inspected["function"]!.data["text/markdown"] ?? "", /^```typescript\n[^]*\n```\n\nTrain/);
  equal(plain("call"), plain("function").replace("function train", "train"));
  match(plain("constructor"), /new Conv2d\(ni: number, no: number[^]*A convolution/);
  match(plain("method"), /\(method\) (?:tf\.)?LayersModel\.predict/);
  equal(plain("again"), "function twice(n: number): number\n\nDoubles a number.");
  for (const name of ["unknown", "nowhere"]) {
    deepEqual(inspected[name], { status: "ok", found: false, data: {}, metadata: {} });
  }
  match(plain("broken"), /train\(model/);

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

Deno.test("a name means what the last cell that declares it says", () => {
  const scope = new CellScope();
  scope.add("import { a, b as c } from 'm';\nconst { d, e: [f] } = o;\nf();");
  scope.add("/** A class. */\nclass d {}\nenum E {}\ntype T = 1;");
  equal(
    scope.text(""),
    "import { a, b as c } from 'm';\n/** A class. */\nclass d {}\n\nenum E {}\n\ntype T = 1;",
  );
  equal(scope.text("const c = 1; interface T {}"), "/** A class. */\nclass d {}\n\nenum E {}");
});
