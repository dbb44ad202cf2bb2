/** Bundles the kernel, with the library in it, and the service worker for browsers. */
import fs from "node:fs";
import path from "node:path";
import { build, type BuildOptions, type Plugin } from "esbuild";
import { CHECKOUT } from "../setup/paths.ts";

const SOURCES = path.join(CHECKOUT, "site");
const WASM = path.join(CHECKOUT, "node_modules/@tensorflow/tfjs-backend-wasm/dist");

/** The replacement of each module of Node.js that the library imports. */
const REPLACED: Readonly<Record<string, string>> = {
  "node:buffer": "buffer.ts",
  "node:crypto": "crypto.ts",
  "node:fs": "fs.ts",
  "node:fs/promises": "fs_promises.ts",
  "node:module": "module.ts",
  "node:path": "path.ts",
  "node:process": "process.ts",
  "node:util": "util.ts",
  "node:vm": "vm.ts",
  "@tensorflow/tfjs-node": "absent.ts",
  "sharp": "absent.ts",
};

const replaceNode: Plugin = {
  name: "replace Node.js",
  setup(bundler) {
    const replacement = (name: string) => ({ path: path.join(SOURCES, "node", name) });
    bundler.onResolve(
      { filter: /^(node:|@tensorflow\/tfjs-node$|sharp$)/ },
      ({ path: name, importer }) => {
        const file = REPLACED[name];
        if (file !== undefined) return replacement(file);
        return {
          errors: [{ text: `${importer} imports ${name}, which site/node does not replace` }],
        };
      },
    );
    // The installed kits print through streams, which a browser does not have.
    bundler.onResolve(
      { filter: /\/output\.ts$/ },
      ({ importer }) =>
        importer.includes(path.join("lib", "checks")) ? replacement("output.ts") : undefined,
    );
  },
};

const COMMON: BuildOptions = {
  bundle: true,
  minify: true,
  target: "es2022",
  logLevel: "warning",
  legalComments: "none",
  plugins: [replaceNode],
  define: { "process.env.NODE_ENV": '"production"' },
};

/** Writes the kernel as an extension of JupyterLab's into a folder. */
export async function bundleKernel(folder: string): Promise<void> {
  await build({
    ...COMMON,
    entryPoints: { worker: path.join(SOURCES, "kernel/worker.ts") },
    format: "esm",
    splitting: true,
    outdir: folder,
  });
  await build({
    ...COMMON,
    entryPoints: { remote: path.join(SOURCES, "kernel/extension.ts") },
    format: "iife",
    outdir: folder,
  });
  copyWasm(folder);
  const description = {
    name: "residual-kernel",
    version: "0.1.0",
    jupyterlab: { extension: true, _build: { load: "remote.js", extension: "./extension" } },
    jupyterlite: { liteExtension: true },
  };
  fs.writeFileSync(path.join(folder, "package.json"), JSON.stringify(description));
}

/** Copies TensorFlow.js's WebAssembly files to the place where `site/node/module.ts` finds them. */
function copyWasm(folder: string): void {
  fs.mkdirSync(path.join(folder, "wasm"));
  for (const name of fs.readdirSync(WASM).filter((name) => name.endsWith(".wasm"))) {
    fs.copyFileSync(path.join(WASM, name), path.join(folder, "wasm", name));
  }
}

/** Writes the scripts of the page that measures a browser into its folder. */
export async function bundleBench(folder: string): Promise<void> {
  await build({
    ...COMMON,
    entryPoints: {
      bench: path.join(SOURCES, "bench/bench.ts"),
      worker: path.join(SOURCES, "bench/worker.ts"),
    },
    format: "esm",
    splitting: true,
    outdir: folder,
  });
  copyWasm(folder);
}

/** Writes the start page's script into the site's folder. */
export async function bundleStart(folder: string): Promise<void> {
  await build({
    ...COMMON,
    entryPoints: { start: path.join(SOURCES, "pages/start.ts") },
    format: "esm",
    outdir: folder,
  });
}

/** Writes the service worker into the site's folder; `version` names its cache. */
export async function bundleServiceWorker(folder: string, version: string): Promise<void> {
  await build({
    ...COMMON,
    define: { VERSION: JSON.stringify(version) },
    entryPoints: { service_worker: path.join(SOURCES, "service_worker.ts") },
    format: "iife",
    outdir: folder,
  });
}
