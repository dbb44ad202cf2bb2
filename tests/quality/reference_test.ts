/** Tests of `npx deno task docs`. */
import assert from "node:assert/strict";
import path from "node:path";
import { CHECKOUT } from "../../tools/setup/paths.ts";

Deno.test("the reference has an overview, and a page for each name imports it from residual", async () => {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "docs"],
    cwd: CHECKOUT,
  }).output();
  assert.equal(code, 0);
  assert.match(new TextDecoder().decode(stdout), /open docs.reference.index\.html/);
  const page = (name: string) =>
    Deno.readTextFileSync(path.join(CHECKOUT, "docs", "reference", name));
  assert.match(page("index.html"), /The library of the course/);
  assert.match(page("index.html"), /<a href="[^"]*Block\.html"/);
  assert.match(
    page(path.join("~", "Conv2d.html")),
    /import \{ Conv2d \} from &quot;residual&quot;/,
  );
});
