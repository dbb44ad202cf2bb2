/**
 * Step 4: what the kernels need. tslab reads CommonJS and declarations, so `lib` is compiled for it once;
 * the kernel proxy that stands before both kernels runs in Node, so it is compiled as well.
 */
import fs from "node:fs";
import path from "node:path";
import { runCommand } from "./command.mjs";
import { SetupError } from "./errors.mjs";
import type { StepLine } from "./progress.mjs";
import { digestOf, NODE, type Site } from "./paths.ts";
import type { CheckResult, Part } from "./part.ts";
import { publish, readText, withWork } from "./work.mjs";

interface Bundle {
  id: string;
  title: string;
  advice: string;
  /** The TypeScript project. */
  project: string;
  sources: string;
  target: string;
}

function bundlePart({ id, title, advice, project, sources, target }: Bundle): Part {
  const digest = (site: Site) =>
    digestOf(
      site.checkout,
      ["tsconfig.base.json", project, sources, "node_modules/typescript/package.json"],
      /\.(ts|js|json|cts|mts)$/,
    );
  return {
    id,
    title,
    advice,
    check(site): CheckResult {
      const stamp = readText(site.at(target, ".stamp"));
      if (stamp === undefined) return { ready: false, found: "not built" };
      return stamp === digest(site)
        ? { ready: true, found: `up to date (${target})` }
        : { ready: false, found: "older than its sources" };
    },
    async make(site: Site, line: StepLine): Promise<string> {
      line.update(undefined, "compiling");
      await withWork(site.checkout, async (work) => {
        const dist = path.join(work, "dist");
        const wanted = digest(site);
        const args = [site.at("node_modules/typescript/bin/tsc"), "-p", project, "--outDir", dist];
        const { code, output } = await runCommand(NODE, args, { cwd: site.checkout });
        if (code !== 0) {
          const errors = output.split("\n").filter((text) => text.includes("error TS"));
          throw new SetupError({
            what: `${title}: TypeScript reports errors.`,
            tried: `npx tsc -p ${project}`,
            came: `${errors.length} errors, the first: ${
              (errors[0] ?? output.trim()).slice(0, 240)
            }`,
            next: `Correct your changes in ${sources}/, or undo them with git checkout ${sources}.`,
          });
        }
        fs.writeFileSync(path.join(dist, ".stamp"), wanted);
        publish(dist, site.at(target));
      });
      return target;
    },
  };
}

export const libraryPart: Part = bundlePart({
  id: "library",
  title: "residual for the tslab kernel",
  advice:
    "npm start -- --setup-only compiles it; until then only the Deno kernel sees lib/ as it is",
  project: "tsconfig.lib.json",
  sources: "lib",
  target: "lib/dist",
});

export const kernelProxyPart: Part = bundlePart({
  id: "kernel-proxy",
  title: "kernel proxy",
  advice: "npm start -- --setup-only compiles it",
  project: "tsconfig.kernels.json",
  sources: "tools/kernels",
  target: "tools/kernels/dist",
});
