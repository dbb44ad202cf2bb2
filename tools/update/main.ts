/**
 * `npx deno task update`: takes the kit's new version from its git server and carries the learner's answers
 * and own cells into the new notebooks. The notebooks as they were are kept in .residual/updates.
 */
import process from "node:process";
import { forCaller } from "../caller_path.ts";
import { withLock } from "../setup/lock.mjs";
import { Site } from "../setup/paths.ts";
import { tell, textOf, update } from "./update.ts";

try {
  if (process.argv.length > 2) throw new Error("Usage: npx deno task update");
  const site = new Site();
  const result = await withLock(site.checkout, () => update(site));
  for (const line of tell(result, forCaller)) console.log(line);
} catch (error) {
  console.error(textOf(error));
  process.exitCode = 1;
}
