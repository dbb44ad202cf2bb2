/** JupyterHub's Python packages, beside the kit's own. */
import process from "node:process";
import { packagesFolder, packagesPart } from "../setup/packages.ts";
import type { Part } from "../setup/part.ts";
import type { Site } from "../setup/paths.ts";

const ID = "hub-packages";

/** The folder that `PYTHONPATH` names; its `bin` has `jupyterhub` and `jupyterhub-singleuser`. */
export function hubPackages(site: Site): string {
  return packagesFolder(site, ID);
}

const packages = packagesPart({
  id: ID,
  title: "JupyterHub",
  advice: "npx deno task hub --setup-only installs it",
  section: "hub",
  room: 0.2e9,
});

/** Installs JupyterHub so that every account can read it, regardless of the umask. */
export const hubPart: Part = {
  ...packages,
  async make(site, line) {
    const umask = process.umask(0o022);
    try {
      return await packages.make(site, line);
    } finally {
      process.umask(umask);
    }
  },
};
