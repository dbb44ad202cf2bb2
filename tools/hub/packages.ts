// JupyterHub's Python packages, beside the kit's own.
import { packagesFolder, packagesPart } from "../setup/packages.ts";
import type { Site } from "../setup/paths.ts";

const ID = "hub-packages";

/** The folder that `PYTHONPATH` names; its `bin` has `jupyterhub` and `jupyterhub-singleuser`. */
export function hubPackages(site: Site): string {
  return packagesFolder(site, ID);
}

export const hubPart = packagesPart({
  id: ID,
  title: "JupyterHub",
  advice: "npx deno task hub --setup-only installs it",
  section: "hub",
  room: 0.2e9,
});
