/** The browser edition, built once for all of its tests as a teacher builds it. */
import path from "node:path";
import { Site } from "../../tools/setup/paths.ts";
import { setUp } from "../../tools/setup/steps.ts";
import { buildSite } from "../../tools/site/build.ts";
import { sitePart } from "../../tools/site/packages.ts";

/** A folder for the tests of a file, which is removed at the end. */
export const folder = Deno.makeTempDirSync({ prefix: "residual-site-" });
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

export const site = new Site();
/** The folder of the built site. */
export const built = path.join(folder, "public");

const { failures } = await setUp({
  site,
  only: [sitePart.id],
  also: [{ part: sitePart, needs: [], optional: false }],
});
for (const failure of failures.values()) throw failure;
await buildSite(site, built);
