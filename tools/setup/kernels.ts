/**
 * Step 4, second half: this checkout's JupyterLab learns its two kernels, each behind its kernel proxy, and
 * nobody else's does.
 */
import fs from "node:fs";
import path from "node:path";
import { NODE, type Site } from "./paths.ts";
import type { CheckResult, Part } from "./part.ts";
import { publish, readJson, readText, withWork } from "./work.mjs";

export const KERNELS = ["deno", "tslab"] as const;

/** As JupyterLab shows them. */
export const DISPLAY_NAMES = { deno: "Deno", tslab: "TypeScript (tslab)" } as const;

/** JupyterLab asks for news and updates over the network on its first run; the kit needs neither. */
const SETTINGS = JSON.stringify({
  "@jupyterlab/apputils-extension:notification": { fetchNews: "false", checkForUpdates: false },
});

/** The text of a kernel's kernel.json: how Jupyter starts it. */
export function kernelspec(site: Site, kernel: typeof KERNELS[number], node = NODE): string {
  const spec = {
    argv: [node, site.at("tools/kernels/dist/main.js"), kernel, "{connection_file}"],
    display_name: DISPLAY_NAMES[kernel],
    language: "typescript",
    interrupt_mode: "message",
    env: { NO_COLOR: "1", TF_ENABLE_ONEDNN_OPTS: "1", TF_CPP_MIN_LOG_LEVEL: "2" },
  };
  return `${JSON.stringify(spec, null, 2)}\n`;
}

export const kernelsPart: Part = {
  id: "kernels",
  title: "kernels of this JupyterLab",
  advice: "npm start -- --setup-only writes them again",
  check(site): CheckResult {
    for (const kernel of KERNELS) {
      const file = specFile(site, kernel);
      const text = readText(file);
      if (text === undefined) return { ready: false, found: `${kernel} is not known yet` };
      // Any Node.js will do that is still there: who looks may have another than who wrote it.
      const node = (readJson(file) as { argv?: string[] } | undefined)?.argv?.[0] ?? NODE;
      if (text !== kernelspec(site, kernel, node)) {
        return { ready: false, found: `${kernel} is known in another way than this kit's` };
      }
      if (!fs.existsSync(node)) return { ready: false, found: `${kernel}: ${node} was removed` };
    }
    return readText(settingsFile(site)) === SETTINGS
      ? { ready: true, found: KERNELS.join(", ") }
      : { ready: false, found: "JupyterLab's settings are not written yet" };
  },
  async make(site) {
    await withWork(site.checkout, (work) => {
      const write = (file: string, text: string) => {
        const made = path.join(work, path.basename(file));
        fs.writeFileSync(made, text);
        publish(made, file);
      };
      for (const kernel of KERNELS) write(specFile(site, kernel), kernelspec(site, kernel));
      write(settingsFile(site), SETTINGS);
    });
    return KERNELS.join(", ");
  },
};

function specFile(site: Site, kernel: string): string {
  return path.join(site.venv, "share/jupyter/kernels", kernel, "kernel.json");
}

function settingsFile(site: Site): string {
  return path.join(site.venv, "share/jupyter/lab/settings/overrides.json");
}
