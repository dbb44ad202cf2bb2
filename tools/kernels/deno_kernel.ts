/** Deno's kernel: late outputs, silent syntax errors, and a Stop that would kill it. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { type CellError, type KernelKind, STOP_FLAG, STOP_SIGNAL } from "./kernel_kind.ts";

const ERROR_LOCATION = /\n\s+at (?:file:\/\/)?\S+:(\d+):(\d+)\s*$/;

export function denoKernel(checkout: string): KernelKind {
  const deno = join(checkout, "node_modules", "deno", "deno");
  return {
    command: (connectionFile) => [deno, "jupyter", "--kernel", "--conn", connectionFile],
    setup: `Deno.addSignalListener("${STOP_SIGNAL}", () => { globalThis[${STOP_FLAG}] = true; });`,
    // Measured on 2 cores with two busy loops and other work beside them, nbclient, 300 cells for
    // each value: without linger 4 outputs were lost, with 10, 20, 40 and 60 ms none; late ones came
    // at most 0.6 ms after idle (25 of 1200 cells). 20 ms is thirty times that.
    lingerMs: 20,
    refusalMs: 0,
    errorsOnStderr: false,
    hardStop: "interrupt_request",
    explain: (code) => explainSyntaxError(deno, code),
  };
}

/** Ask `deno lint`, whose parser is the kernel's own, what is wrong with the code. */
async function explainSyntaxError(deno: string, code: string): Promise<CellError> {
  const message = firstLintError(await lint(deno, code));
  if (message === undefined) {
    const evalue = "the cell could not be run";
    return { ename: "Error", evalue, traceback: [`Error: ${evalue}`] };
  }
  const location = ERROR_LOCATION.exec(message);
  const lines = message.replace(ERROR_LOCATION, "").split("\n");
  const [, ename = "SyntaxError", text = ""] = /^(\w+): (.*)$/.exec(lines[0] ?? "") ?? [];
  const where = location ? ` (line ${location[1]}, column ${location[2]})` : "";
  const evalue = `${text || lines[0] || "cannot be parsed"}${where}`;
  return { ename, evalue, traceback: [`${ename}: ${evalue}`, ...lines.slice(1)] };
}

function lint(deno: string, code: string): Promise<string> {
  return new Promise((resolve) => {
    const args = ["lint", "--no-config", "--ext", "ts", "--json", "-"];
    const child = spawn(deno, args, {
      env: { ...process.env, NO_COLOR: "1" },
      stdio: ["pipe", "pipe", "ignore"],
      timeout: 10_000,
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => output += text);
    child.on("error", () => resolve("")).on("close", () => resolve(output));
    child.stdin.on("error", () => {}).end(code);
  });
}

function firstLintError(json: string): string | undefined {
  try {
    const report = JSON.parse(json) as { errors?: { message?: string }[] };
    return report.errors?.[0]?.message;
  } catch {
    return undefined;
  }
}
