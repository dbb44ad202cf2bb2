/** JupyterLite's builder, beside the kit's own Python packages. */
import { packagesFolder, packagesPart } from "../setup/packages.ts";
import type { Site } from "../setup/paths.ts";

const ID = "site-packages";

/** The folder that `PYTHONPATH` names while the site is built. */
export function sitePackages(site: Site): string {
  return packagesFolder(site, ID);
}

export const sitePart = packagesPart({
  id: ID,
  title: "JupyterLite for the browser edition (20 MB)",
  advice: "npx deno task site installs it",
  section: "site",
  room: 0.1e9,
});
