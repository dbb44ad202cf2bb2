/** Real kernels behind this checkout's kernel proxy, driven by programs that are Jupyter front ends. */
import { deepEqual, ok } from "node:assert/strict";
import { join } from "node:path";
import { KERNELS, kernelspec } from "../../tools/setup/kernels.ts";
import { Site } from "../../tools/setup/paths.ts";
import { setUp } from "../../tools/setup/steps.ts";

export { KERNELS };
export const site = new Site();

/** Kernelspecs of this checkout alone, whatever .venv has. */
const jupyter = Deno.makeTempDirSync({ prefix: "residual-kernelspecs-" });
globalThis.addEventListener("unload", () => Deno.removeSync(jupyter, { recursive: true }));
for (const kernel of KERNELS) {
  const folder = join(jupyter, "kernels", kernel);
  Deno.mkdirSync(folder, { recursive: true });
  Deno.writeTextFileSync(join(folder, "kernel.json"), kernelspec(site, kernel));
}
const { failures } = await setUp({ only: ["kernel-proxy"] });
deepEqual([...failures.values()], []);

export interface Output {
  type: string;
  name?: string;
  text?: string;
  data?: Record<string, unknown>;
  ename?: string;
  evalue?: string;
  traceback?: string[];
}

export interface Cell {
  outputs: Output[];
  reply: { status: string; ename?: string; evalue?: string; traceback?: string[] };
  idle: boolean;
  seconds: number;
}

/** What a program beside this file saw: it prints one line of JSON. */
export async function drive<Seen>(
  kernel: string,
  scenario: string,
  program = "drive.py",
): Promise<Seen> {
  const { success, stdout, stderr } = await new Deno.Command(site.python, {
    args: [join(import.meta.dirname ?? "", program), kernel, scenario],
    env: { JUPYTER_PATH: jupyter, NO_COLOR: "1" },
    cwd: site.checkout,
  }).output();
  const text = new TextDecoder();
  ok(success, `${scenario} on ${kernel} failed:\n${text.decode(stdout)}${text.decode(stderr)}`);
  return JSON.parse(text.decode(stdout)) as Seen;
}

export const texts = (cell: Cell) => cell.outputs.map((output) => output.text ?? "").join("");
export const errorsOf = (cell: Cell) => cell.outputs.filter((output) => output.type === "error");
