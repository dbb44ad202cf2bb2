/** Python's own readers of the kit's files, for the tests alone. */
import { packagesFolder, packagesPart } from "../setup/packages.ts";
import type { Site } from "../setup/paths.ts";

const ID = "test-packages";

/** The folder that `PYTHONPATH` names in those tests. */
export function peersFolder(site: Site): string {
  return packagesFolder(site, ID);
}

export const peersPart = packagesPart({
  id: ID,
  title: "Python packages of the tests",
  advice: "npm test installs them",
  section: "tests",
  room: 0.2e9,
});
