/** JupyterLab as `npm start` starts it, on a copy of the checkout, for as long as it is needed. */
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { startLab } from "../../tools/setup/jupyter.ts";
import { KERNELS, kernelspec } from "../../tools/setup/kernels.ts";
import { parseOptions } from "../../tools/setup/options.mjs";
import { setUp } from "../../tools/setup/steps.ts";
import { notebookText, toNotebook } from "../../tools/lessons/notebook.ts";
import { Copy, WHOLE } from "../setup/copies.ts";

/**
 * Starts JupyterLab (with more options of `npm start`, if any), gives `work` its address and the copy,
 * and ends it whatever happens.
 */
export async function withLab<T>(
  work: (address: string, copy: Copy) => Promise<T>,
  options: readonly string[] = [],
): Promise<T> {
  using copy = new Copy(WHOLE);
  useOwnKernels(copy);
  const { failures } = await setUp({ site: copy, only: ["kernel-proxy"] });
  for (const failure of failures.values()) throw failure;
  const settings = parseOptions(["--no-browser", ...options]);
  const lab = await withOwnProgress(copy, () => startLab(copy, settings));
  try {
    return await work(lab.address, copy);
  } finally {
    lab.process.kill("SIGTERM");
    await lab.ended;
  }
}

/** What kernels keep of a learner's progress is the copy's, whatever the tests' own setting is. */
async function withOwnProgress<T>(copy: Copy, start: () => Promise<T>): Promise<T> {
  const before = process.env.RESIDUAL_PROGRESS;
  process.env.RESIDUAL_PROGRESS = copy.at("progress.json");
  try {
    return await start();
  } finally {
    if (before === undefined) delete process.env.RESIDUAL_PROGRESS;
    else process.env.RESIDUAL_PROGRESS = before;
  }
}

/** The address of another notebook in the same JupyterLab. */
export function addressOf(address: string, notebook: string): string {
  return address.replace(/notebooks\/\w+\.ipynb/, notebook);
}

/** Writes a notebook of these cells into the copy's `notebooks`, and says where it is. */
export function writeNotebook(
  copy: Copy,
  name: string,
  codes: readonly string[],
  kernel: typeof KERNELS[number] = "deno",
): string {
  const cells = codes.map((code, line) => ({
    kind: "code" as const,
    line,
    lines: code.split("\n"),
  }));
  const notebook = toNotebook(name, cells);
  notebook.metadata["kernelspec"] = { name: kernel, display_name: kernel, language: "typescript" };
  const place = `notebooks/${name}.ipynb`;
  fs.writeFileSync(copy.at(place), notebookText(notebook));
  return place;
}

/** The copy's `.venv` is the checkout's, but for the kernels: those start the copy's kernel proxy. */
export function useOwnKernels(copy: Copy): void {
  const whole = fs.realpathSync(copy.venv);
  fs.rmSync(copy.venv);
  for (const folder of ["", "share", "share/jupyter"]) {
    fs.mkdirSync(path.join(copy.venv, folder));
    for (const name of fs.readdirSync(path.join(whole, folder))) {
      const own = folder === "" ? name === "share" : name === "jupyter" || name === "kernels";
      const place = path.join(folder, name);
      if (!own) fs.symlinkSync(path.join(whole, place), path.join(copy.venv, place));
    }
  }
  for (const kernel of KERNELS) {
    const folder = path.join(copy.venv, "share/jupyter/kernels", kernel);
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, "kernel.json"), kernelspec(copy, kernel));
  }
}
