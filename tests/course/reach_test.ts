/** Tests that a notebook outside the checkout finds the kit, regardless of special characters in the path. */
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { makeReachable } from "../../tools/course/reach.ts";

for (const name of ["C# kit", "100%25 kit", "what? kit", "naïve kit"]) {
  Deno.test(`a program in a course imports residual from a checkout in a folder named "${name}"`, async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "residual-"));
    try {
      const kit = path.join(folder, name);
      for (const part of ["lib", "node_modules", "data"]) {
        fs.mkdirSync(path.join(kit, part), { recursive: true });
      }
      fs.writeFileSync(path.join(kit, "lib", "mod.ts"), 'export const found = "the kit";');
      const course = path.join(folder, "course");
      await makeReachable(course, kit);
      await makeReachable(course, kit);
      const program = path.join(course, "program.ts");
      fs.writeFileSync(program, 'import { found } from "residual"; console.log(found);');
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "program.ts"],
        cwd: course,
      }).output();
      const decoder = new TextDecoder();
      assert.equal(decoder.decode(stdout), "the kit\n", decoder.decode(stderr));
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
}
