// Python's own readers of the kit's files, for the tests alone.
import fs from "node:fs";
import path from "node:path";
import type { Part } from "../setup/part.ts";
import type { Site } from "../setup/paths.ts";
import { pipInstall } from "../setup/pip.ts";
import { section, sectionDigest } from "../setup/requirements.ts";
import { publish, readText, withWork } from "../setup/work.mjs";

/** The folder that `PYTHONPATH` names in those tests. */
export function peersFolder(site: Site): string {
  return path.join(site.residual, "test-packages");
}

export const peersPart: Part = {
  id: "test-packages",
  title: "Python packages of the tests",
  advice: "npm test installs them",
  check(site) {
    return readText(path.join(peersFolder(site), "residual.txt")) === sectionDigest(site, "tests")
      ? { good: true, found: section(site, "tests").at(-1) ?? "" }
      : { good: false, found: "not installed" };
  },
  async make(site, line) {
    await withWork(site.checkout, async (work) => {
      const target = path.join(work, "packages");
      await pipInstall({
        python: site.python,
        lines: section(site, "tests"),
        args: ["--no-compile", "--target", target],
        what: "The Python packages of the tests",
        work,
        line,
      });
      fs.writeFileSync(path.join(target, "residual.txt"), sectionDigest(site, "tests"));
      publish(target, peersFolder(site), work);
    });
    return "installed";
  },
};
