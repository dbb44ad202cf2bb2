/** Lessons that tslab's older TypeScript would not take. */
import assert from "node:assert/strict";
import { parseLesson } from "../../tools/lessons/parse.ts";
import { typeErrors } from "../../tools/lessons/tslab_types.ts";

/** A lesson of these lines, as the builder has it. */
function lesson(name: string, ...lines: string[]) {
  const file = `solutions/${name}.ts`;
  return { name, file, cells: parseLesson(file, lines.join("\n")) };
}

const NEWER = [
  "[1].toSorted();",
  "[1].findLastIndex((x) => x > 0);",
  "Object.groupBy([1], (x) => x);",
  "Array.fromAsync([1]);",
  "Promise.withResolvers();",
  "new Set([1]).union(new Set([2]));",
];

const LESSONS = [
  ...NEWER.map((code, i) => lesson(`0${i}_newer`, "// %%", "", "let x = 1;", code)),
  lesson(
    "10_good",
    "// %%",
    'import { countParams, tf } from "residual";',
    "const model = tf.sequential();",
    "// %%",
    'console.log(structuredClone([1]).at(-1), countParams(model), "a".replaceAll("a", "b"));',
  ),
  lesson("11_type", "// %% [markdown]", "// Text.", "// %%", 'const x: number = "text";'),
  lesson("12_name", "// %%", 'import { noSuchName } from "residual";', "noSuchName();"),
  lesson(
    "13_taken_out",
    '// %% id="a" role="solution"',
    "// BEGIN SOLUTION",
    "const a = 1;",
    "// END SOLUTION",
    '// %% id="check_a" points=1 role="check"',
    "console.log(a);",
  ),
];

const found = new Map(
  typeErrors("/no/such/folder", LESSONS).map(({ file, message }) => {
    return [file, message];
  }),
);

Deno.test("functions newer than ES2022 are refused, each with its line and its cell", () => {
  NEWER.forEach((code, i) => {
    const message = found.get(`solutions/0${i}_newer.ts`) ?? `${code} was accepted`;
    assert.match(
      message,
      /^solutions\/0._newer\.ts:4: tslab \(TypeScript 5\.0, ES2022\) rejects this code: .* not exist/,
    );
    assert.match(message, /\(in the cell of line 1\)$/);
  });
});

Deno.test("a lesson on the kit's module and Node's functions is accepted", () => {
  assert.equal(found.get("solutions/10_good.ts"), undefined);
});

Deno.test("a type error and an unknown name are refused", () => {
  assert.match(found.get("solutions/11_type.ts") ?? "", /:4: .*'string' is not assignable/);
  assert.match(found.get("solutions/12_name.ts") ?? "", /:2: .*no exported member 'noSuchName'/);
});

Deno.test("a name that only the answer declares is refused in later cells", () => {
  assert.equal(
    found.get("solutions/13_taken_out.ts"),
    "solutions/13_taken_out.ts:5: tslab (TypeScript 5.0, ES2022) rejects this code once the answers are taken out: " +
      `Cannot find name 'a'. (in the cell "check_a" of line 5)`,
  );
});
