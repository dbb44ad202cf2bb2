/** Tests of the check for replaced phrases. */
import assert from "node:assert/strict";
import { phraseFaults, PHRASES } from "../../tools/quality/phrases.ts";

Deno.test("a phrase is reported with its line and its replacement", () => {
  assert.deepEqual(phraseFaults("lib/a.ts", "const a = 1;\n// Share of the images told right."), [
    'lib/a.ts:2: Write "images classified correctly" instead of "images told right".',
  ]);
});

Deno.test("a phrase is found across the lines of a comment, and in any case", () => {
  const faults = [
    "/**\n * Who\n * teaches.\n */",
    "// Images told\n// right.",
    "# Images\n# told right.",
    "> Images told\n> right.",
    "Images told\nright.",
  ].map((text) => phraseFaults("x", text).length);
  assert.deepEqual(faults, [1, 1, 1, 1, 1]);
});

Deno.test("a phrase inside longer words is not reported", () => {
  assert.deepEqual(phraseFaults("x", "images told righteously; go_between.ts; ago-betweens"), []);
});

Deno.test("no replacement is itself a phrase of the list", () => {
  for (const instead of Object.values(PHRASES)) assert.deepEqual(phraseFaults("x", instead), []);
});
