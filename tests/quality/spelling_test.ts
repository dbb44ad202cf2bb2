/** Tests of the spelling check, with the real dictionaries. */
// cspell:ignore convolutoin colours recieve
import assert from "node:assert/strict";
import path from "node:path";
import { CHECKOUT } from "../../tools/setup/paths.ts";
import { sources } from "../../tools/quality/sources.ts";
import { spellingFaults, WORDS } from "../../tools/quality/spelling.ts";

/** The faults of files with these texts. */
async function faultsOf(texts: Readonly<Record<string, string>>): Promise<string[]> {
  const temporary = path.join(CHECKOUT, "tests", ".tmp");
  await Deno.mkdir(temporary, { recursive: true });
  const folder = await Deno.makeTempDir({ dir: temporary, prefix: "spelling-" });
  try {
    for (const [name, text] of Object.entries(texts)) {
      await Deno.writeTextFile(path.join(folder, name), text);
    }
    const files = Object.keys(texts).map((name) => path.join(folder, name));
    return await spellingFaults(CHECKOUT, files.map((file) => path.relative(CHECKOUT, file)));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("misspellings and British spellings are reported with their place and suggestions", async () => {
  const [misspelled, british, markdown, python, ...others] = (await faultsOf({
    "a.ts": '// A convolutoin of CIFAR images.\nconst text = "gray colours of logits";\n',
    "b.md": "Recieve an image\n",
    "c.py": "# Recieve an image\n",
  })).sort();
  assert.match(misspelled!, /a\.ts:1:6 - Unknown word \(convolutoin\).*convolution/);
  assert.match(british!, /a\.ts:2:20 - Unknown word \(colours\).*colors/);
  assert.match(markdown!, /b\.md:1:1 .*Receive/);
  assert.match(python!, /c\.py:1:3 .*Receive/);
  assert.deepEqual(others, []);
});

Deno.test("the list of the project's words is sorted and has no duplicates", () => {
  const words = Deno.readTextFileSync(path.join(CHECKOUT, WORDS)).trimEnd().split("\n");
  assert.deepEqual(words, [...new Set(words)].sort());
});

Deno.test("the checks read hand-written files and no generated ones", () => {
  const files = sources(CHECKOUT);
  for (const file of ["README.md", "lib/mod.ts", "solutions/00_start_here.ts", "hub/Dockerfile"]) {
    assert.ok(files.includes(file), file);
  }
  assert.deepEqual(
    files.filter((file) => /\.ipynb$|\/dist\/|node_modules|__pycache__/.test(file)),
    [],
  );
});
