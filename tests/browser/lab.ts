/** JupyterLab as `npm start` starts it, on a copy of the checkout, for as long as it is needed. */
import { startLab } from "../../tools/setup/jupyter.ts";
import { parseOptions } from "../../tools/setup/options.mjs";
import { Copy, WHOLE } from "../setup/copies.ts";

/** Starts JupyterLab, gives `work` its address and the copy, and ends it whatever happens. */
export async function withLab<T>(work: (address: string, copy: Copy) => Promise<T>): Promise<T> {
  using copy = new Copy(WHOLE);
  const lab = await startLab(copy, parseOptions(["--no-browser"]));
  try {
    return await work(lab.address, copy);
  } finally {
    lab.process.kill("SIGTERM");
    await lab.ended;
  }
}

/** The address of another notebook in the same JupyterLab. */
export function addressOf(address: string, notebook: string): string {
  return address.replace(/notebooks\/\w+\.ipynb/, notebook);
}
