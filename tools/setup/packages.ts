/**
 * Python packages beside the kit's own: one section of requirements.txt in a folder of its own, which
 * `PYTHONPATH` names.
 */
import fs from "node:fs";
import path from "node:path";
import type { Part } from "./part.ts";
import type { Site } from "./paths.ts";
import { pipInstall } from "./pip.ts";
import { section, sectionDigest } from "./requirements.ts";
import { needRoom, publish, readText, withWork } from "./work.mjs";

/** What is installed, and how it is spoken of. */
export interface Packages {
  /** The part's name for programs; the folder under `.residual/` bears it too. */
  id: string;
  /** For people: "Python packages of the tests". */
  title: string;
  advice: string;
  /** The section of requirements.txt. */
  section: string;
  /** Bytes that must be free: what is unpacked, and the downloads on their way. */
  room: number;
}

/** The folder of those packages. */
export function packagesFolder(site: Site, id: string): string {
  return path.join(site.residual, id);
}

/** A part of set-up that installs them; a stamp in their folder says from which pins. */
export function packagesPart({ id, title, advice, section: name, room }: Packages): Part {
  const stamp = (folder: string) => path.join(folder, "residual.txt");
  return {
    id,
    title,
    advice,
    check(site) {
      return readText(stamp(packagesFolder(site, id))) === sectionDigest(site, name)
        ? { ready: true, found: "installed" }
        : { ready: false, found: "not installed" };
    },
    async make(site, line) {
      needRoom(site.checkout, room, title);
      await withWork(site.checkout, async (work) => {
        const target = path.join(work, "packages");
        await pipInstall({
          python: site.python,
          lines: section(site, name),
          args: ["--no-compile", "--target", target],
          what: title,
          work,
          line,
        });
        fs.writeFileSync(stamp(target), sectionDigest(site, name));
        publish(target, packagesFolder(site, id));
      });
      return "installed";
    },
  };
}
