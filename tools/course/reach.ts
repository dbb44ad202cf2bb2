// Lets notebooks outside the checkout find the kit: a kernel looks in the folders above a notebook for
// deno.json (Deno), node_modules (both) and the photos.
import fs from "node:fs";
import path from "node:path";
import { replaceFile } from "../lessons/build.ts";

/** What a notebook finds in the kit by a link. */
const SHARED = ["node_modules", "data"] as const;

/** Every notebook below `folder` finds the kit at `root`; written again, it is as the first time. */
export async function makeReachable(folder: string, root: string): Promise<void> {
  fs.mkdirSync(folder, { recursive: true });
  for (const name of SHARED) linkTo(path.join(root, name), path.join(folder, name));
  const imports = { residual: path.join(root, "lib", "mod.ts") };
  await replaceFile(
    path.join(folder, "deno.json"),
    `${JSON.stringify({ nodeModulesDir: "manual", imports }, null, 2)}\n`,
  );
}

function linkTo(target: string, link: string): void {
  const there = fs.lstatSync(link, { throwIfNoEntry: false });
  if (there?.isSymbolicLink()) fs.unlinkSync(link);
  else if (there) throw new Error(`${link} is in the way: expected a link to ${target}.`);
  fs.symlinkSync(target, link);
}
