// Step 4, second half: this checkout's JupyterLab learns its two kernels, and nobody else's does.
import fs from "node:fs";
import path from "node:path";
import { writeKernelspecs } from "../kernels/kernelspecs.ts";
import type { Site } from "./paths.ts";
import type { Part, Verdict } from "./part.ts";
import { publish, readText, withWork } from "./work.mjs";

export const KERNELS = ["deno", "tslab"] as const;

/** JupyterLab asks for news and updates over the network on its first run; the kit needs neither. */
const SETTINGS = JSON.stringify({
  "@jupyterlab/apputils-extension:notification": { fetchNews: "false", checkForUpdates: false },
});

export const kernelsPart: Part = {
  id: "kernels",
  title: "kernels of this JupyterLab",
  advice: "npm start -- --setup-only writes them again",
  check(site): Verdict {
    for (const kernel of KERNELS) {
      const text = readText(path.join(site.venv, "share/jupyter/kernels", kernel, "kernel.json"));
      if (text === undefined) return { good: false, found: `${kernel} is not known yet` };
      const [node = "", main = ""] = (JSON.parse(text) as { argv: string[] }).argv;
      if (!fs.existsSync(node)) return { good: false, found: `${kernel}: ${node} was removed` };
      if (main !== site.at("tools/kernels/dist/main.js")) {
        return { good: false, found: `${kernel} belongs to another folder` };
      }
    }
    return readText(settingsFile(site)) === SETTINGS
      ? { good: true, found: KERNELS.join(", ") }
      : { good: false, found: "JupyterLab's settings are not written yet" };
  },
  async make(site) {
    writeKernelspecs(site.checkout, site.venv);
    await withWork(site.checkout, (work) => {
      const made = path.join(work, "overrides.json");
      fs.writeFileSync(made, SETTINGS);
      publish(made, settingsFile(site), work);
    });
    return KERNELS.join(", ");
  },
};

function settingsFile(site: Site): string {
  return path.join(site.venv, "share/jupyter/lab/settings/overrides.json");
}
