/**
 * Tries one thing that the doctor vouches for, in a process of its own: `probe.ts backend`, `probe.ts lab`,
 * or `probe.ts kernel deno|tslab`. Prints a line of JSON where it works and fails with the reason otherwise.
 */
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import process from "node:process";
import { startBackend, tf } from "residual";
import { type Kernel, runNotebook } from "../lessons/execute.ts";
import { failureIn, notebookText, toNotebook } from "../lessons/notebook.ts";
import { messageOf, SetupError } from "../setup/errors.mjs";
import { launchLab } from "../setup/jupyter.ts";
import { Site } from "../setup/paths.ts";
import { withWork } from "../setup/work.mjs";

const site = new Site();

/** JupyterLab runs by then, so it answers in no time. */
const PATIENCE_MS = 30_000;

/** A cell that needs the kernel, the kit and its backend. */
const CELL = `import { startBackend, tf } from "residual";
await startBackend();
console.log(Array.from(tf.matMul(tf.ones([2, 3]), tf.ones([3, 2])).dataSync()).join(","));`;

const PROBES: Record<string, (argument: string) => Promise<unknown>> = {
  async backend() {
    const backend = await startBackend();
    const product = tf.matMul(tf.ones([2, 3]), tf.ones([3, 2])).dataSync();
    if (product.some((value) => value !== 3)) {
      throw new Error(`Wrong product on ${backend.name}: expected 3,3,3,3, got ${product}.`);
    }
    return { name: backend.name, text: backend.describe() };
  },

  async lab() {
    const lab = await launchLab(site, { port: 8888, teacher: false, backend: undefined });
    try {
      const { status, body } = await get(lab.address);
      if (status !== 200) {
        throw new Error(`Its page answered with HTTP ${status}: ${titleOf(body)}`);
      }
      const script = /<script[^>]* src="([^"]+)"/.exec(body)?.[1];
      if (script === undefined) throw new Error("Its page has no script.");
      const { status: found } = await get(new URL(script, lab.address).href);
      if (found !== 200) {
        throw new Error(`Its page's script ${script} answered with HTTP ${found}.`);
      }
      return { found: "starts, and its page opens" };
    } finally {
      lab.process.kill("SIGTERM");
      await lab.ended;
    }
  },

  async kernel(kernel) {
    return await withWork(site.checkout, async (work) => {
      const notebook = path.join(work, "probe.ipynb");
      const lines = CELL.split("\n");
      const cells = [{ kind: "code" as const, line: 1, lines }];
      fs.writeFileSync(notebook, notebookText(toNotebook("probe", cells)));
      const ran = await runNotebook(notebook, { kernel: kernel as Kernel, goOn: true });
      const [cell] = ran.cells;
      const failure = cell && failureIn(cell);
      if (failure !== undefined) throw new Error(failure.trim().split("\n")[0]);
      const output = JSON.stringify(cell?.outputs);
      if (!output.includes("3,3,3,3")) {
        throw new Error(`Its cell shows ${output}, expected 3,3,3,3.`);
      }
      return { found: "starts, and a cell computes" };
    });
  },
};

/** Without any proxy, which `fetch` would ask. */
function get(address: string): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const request = http.get(address, { timeout: PATIENCE_MS }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => body += text)
        .on("end", () => resolve({ status: response.statusCode, body })).on("error", reject);
    }).on("error", reject);
    request.on(
      "timeout",
      () => request.destroy(new Error(`No answer within ${PATIENCE_MS / 1000} s.`)),
    );
  });
}

function titleOf(page: string): string {
  return /<title>([^<]*)<\/title>/.exec(page)?.[1]?.trim() ?? page.slice(0, 200);
}

const [name = "", argument = ""] = process.argv.slice(2);
try {
  console.log(JSON.stringify(await PROBES[name]!(argument)));
  // The native library keeps threads that would hold the process.
  process.exit(0);
} catch (error) {
  console.error(error instanceof SetupError ? `${error.message} ${error.came}` : messageOf(error));
  process.exit(1);
}
