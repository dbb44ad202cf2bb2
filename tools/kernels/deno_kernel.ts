/** Deno's kernel: late outputs, silent syntax errors, and a Stop that would kill it. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { LISTEN_TO_STOP } from "./deno_stop.ts";
import {
  ASK_FOR_END,
  type CellError,
  END_IS_SENT,
  END_OF_OUTPUTS,
  type KernelKind,
} from "./kernel_kind.ts";
import { SEND_LARGE_OUTPUTS_BY_FILE } from "./large_outputs.ts";
import { stoppable } from "./stoppable.ts";

const ERROR_LOCATION = /\n\s+at (?:file:\/\/)?\S+:(\d+):(\d+)\s*$/;

const [END_OWNER, END_NAME] = ASK_FOR_END.split(/\.(?=\w+$)/);

/**
 * All that a cell puts out waits in one queue while the reply and idle overtake it. A getter that sends a
 * message through the same queue tells when it is empty; the kernel evaluates it to complete its name, and
 * unlike a cell that changes neither the count of cells nor the parent of what is still in the queue.
 */
const SETUP = `
${LISTEN_TO_STOP}
${SEND_LARGE_OUTPUTS_BY_FILE}
{
  const send = Deno.jupyter.broadcast;
  let count = 0;
  Object.defineProperty(${END_OWNER}, "${END_NAME}", {
    get: () => (void send("${END_OF_OUTPUTS}", { count: ++count }), { ${END_IS_SENT}: true }),
  });
}`;

export function denoKernel(checkout: string): KernelKind {
  const deno = join(checkout, "node_modules", "deno", "deno");
  return {
    command: (connectionFile) => [deno, "jupyter", "--kernel", "--conn", connectionFile],
    setup: SETUP,
    hasLateOutputs: true,
    refusalMs: 0,
    toRun: stoppable,
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
