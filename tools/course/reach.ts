/**
 * Lets notebooks outside the checkout find the kit: a kernel looks in the folders above a notebook for
 * deno.json (Deno), node_modules (both) and the photos.
 */
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { replaceFile } from "../../lib/replace_file.ts";

/** What a notebook finds in the kit by a link. */
const SHARED = ["node_modules", "data"] as const;

/**
 * Lets every notebook below `folder` find the kit at `root`. A second call changes nothing. Other accounts
 * can read the new files and folders, regardless of the umask. An existing folder keeps its mode.
 */
export async function makeReachable(folder: string, root: string): Promise<void> {
  if (!fs.existsSync(folder)) {
    fs.mkdirSync(folder, { recursive: true });
    fs.chmodSync(folder, 0o755);
  }
  for (const name of SHARED) linkTo(path.join(root, name), path.join(folder, name));
  // Must be a URL: a plain path with "#", "%" or "?" would refer to a different file.
  const imports = { residual: pathToFileURL(path.join(root, "lib", "mod.ts")).href };
  const config = path.join(folder, "deno.json");
  await replaceFile(config, `${JSON.stringify({ nodeModulesDir: "manual", imports }, null, 2)}\n`);
  fs.chmodSync(config, 0o644);
}

function linkTo(target: string, link: string): void {
  const there = fs.lstatSync(link, { throwIfNoEntry: false });
  if (there?.isSymbolicLink()) fs.unlinkSync(link);
  else if (there) {
    throw new Error(
      `Expected ${link} to be a link to ${target}. Move the file or folder there away.`,
    );
  }
  fs.symlinkSync(target, link);
}
