/** Tells Jupyter about the two kernels, each behind its go-between. */
import { join } from "node:path";

const DISPLAY_NAMES = { deno: "Deno", tslab: "TypeScript (tslab)" } as const;

/**
 * Write both kernel.json files below `venv`/share/jupyter/kernels, where they differ from what is
 * there. `checkout` and `venv` are absolute paths; node is $RESIDUAL_NODE or the first on the path.
 *
 * @throws where no node is found.
 */
export function writeKernelspecs(checkout: string, venv: string): void {
  const node = findNode();
  const main = join(checkout, "tools", "kernels", "dist", "main.js");
  for (const name of ["deno", "tslab"] as const) {
    const spec = {
      argv: [node, main, name, "{connection_file}"],
      display_name: DISPLAY_NAMES[name],
      language: "typescript",
      interrupt_mode: "message",
      env: { NO_COLOR: "1", TF_ENABLE_ONEDNN_OPTS: "1", TF_CPP_MIN_LOG_LEVEL: "2" },
    };
    const folder = join(venv, "share", "jupyter", "kernels", name);
    Deno.mkdirSync(folder, { recursive: true });
    writeIfChanged(join(folder, "kernel.json"), `${JSON.stringify(spec, null, 2)}\n`);
  }
}

function findNode(): string {
  const given = Deno.env.get("RESIDUAL_NODE");
  if (given) return given;
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    const path = join(folder, "node");
    if (folder.startsWith("/") && isFile(path)) return path;
  }
  throw new Error(
    "No node on the PATH: the kernels need Node 20. Install it, or set RESIDUAL_NODE.",
  );
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** A reader never sees half a file: it is written under another name and then renamed. */
function writeIfChanged(path: string, text: string): void {
  if (isFile(path) && Deno.readTextFileSync(path) === text) return;
  const unfinished = `${path}.${Deno.pid}.tmp`;
  Deno.writeTextFileSync(unfinished, text);
  Deno.renameSync(unfinished, path);
}
