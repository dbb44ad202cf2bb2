/** tslab: errors that are only text on stderr, and 200 ms of refusal after each. */
import { join } from "node:path";
import process from "node:process";
import {
  type CellError,
  type KernelKind,
  STOPPED_COMPUTING,
  STOPPED_WAITING,
} from "./kernel_kind.ts";
import { explainSyntaxError } from "./explainer.ts";

// deno-lint-ignore no-control-regex
const ANSI = /\x1b\[[0-9;]*m/g;
const INNER_FRAME =
  /^\s+at .*(?:node_modules\/tslab\/|\(?node:(?:vm|internal)|sigintHandlersWrap|tslab_preload)/;
const DIAGNOSTIC = /^(?:\S+ )?(\d+):(\d+) - (.*)$/;
const PLACE = /^\S+:\d+$/;
const FRAME = /^\s+at /;
const HEADLINE = /^(?:Uncaught )?([A-Za-z_$][\w$]*)(?: \[[^\]]*\])?(?:: (.*))?$/;

export function tslabKernel(checkout: string): KernelKind {
  const tslab = join(checkout, "node_modules", "tslab", "bin", "tslab");
  const preload = join(__dirname, "tslab_preload.js");
  return {
    command: (
      connectionFile,
    ) => [process.execPath, "--require", preload, tslab, "kernel", "--config-path", connectionFile],
    setup: "",
    // tslab publishes from one loop, in order: nothing comes after idle.
    hasLateOutputs: false,
    refusalMs: 250,
    knowsTypes: true,
    toRun: (code) => code,
    numbered: () => {},
    readable: (text) => text,
    hardStop: "SIGINT",
    explain: explainStderr,
    locate: (_code, error) => Promise.resolve(error),
  };
}

/** Whether the text is one of the compiler's messages; a cell may have several of them. */
export function isDiagnostic(text: string): boolean {
  return DIAGNOSTIC.test(text.split("\n")[0] ?? "");
}

/** The error that tslab wrote to stderr, without the kernel's inner frames. */
async function explainStderr(code: string, stderr: string): Promise<CellError> {
  const text = stderr.replace(ANSI, "").trimEnd();
  if (text === "") {
    const evalue = "the cell failed and the kernel did not say why";
    return { ename: "Error", evalue, traceback: [`Error: ${evalue}`] };
  }
  if (text.includes("Interrupted asynchronously")) return STOPPED_WAITING;
  if (text.includes("Script execution was interrupted by `SIGINT`")) return STOPPED_COMPUTING;
  if (!isDiagnostic(text)) {
    const thrown = explainThrown(text);
    const isAboutTheCode = thrown.ename === "SyntaxError" && !thrown.traceback.some(isFrame);
    // Node.js has refused to compile the cell.
    return isAboutTheCode ? await explainSyntaxError(code, thrown.evalue) ?? thrown : thrown;
  }
  // A syntax error is described as in the Deno kernel.
  return await explainSyntaxError(code) ?? explainDiagnostics(code, text);
}

function isFrame(line: string): boolean {
  return FRAME.test(line);
}

function explainDiagnostics(code: string, text: string): CellError {
  const source = code.split("\n");
  const traceback: string[] = [];
  let evalue: string | undefined;
  for (const line of text.split("\n")) {
    const [, row, column, message] = DIAGNOSTIC.exec(line) ?? [];
    if (row === undefined || column === undefined || message === undefined) {
      traceback.push(line);
      continue;
    }
    const said = `${message} (line ${row}, column ${column})`;
    evalue ??= said;
    traceback.push(traceback.length === 0 ? `TypeScriptError: ${said}` : said);
    const shown = source[Number(row) - 1];
    if (shown !== undefined) {
      const margin = " ".repeat(row.length);
      const caret = " ".repeat(Number(column) - 1) + "^";
      traceback.push(`${margin} |`, `${row} | ${shown}`, `${margin} | ${caret}`);
    }
  }
  return { ename: "TypeScriptError", evalue: evalue ?? text, traceback };
}

function explainThrown(text: string): CellError {
  const shown = text.split("\n").filter((line) => !INNER_FRAME.test(line));
  // An error thrown outside of an async function comes with its place in the compiled code, the
  // line and a caret, and an empty line: the numbers are not those of the cell.
  const lines = PLACE.test(shown[0] ?? "") ? shown.slice(shown.indexOf("") + 1) : shown;
  const framesAt = lines.findIndex(isFrame);
  const [, ename, first = ""] = HEADLINE.exec(lines[0] ?? "") ?? [];
  if (ename === undefined || (framesAt < 0 && !ename.endsWith("Error"))) {
    // What was thrown is not an Error.
    return { ename: "Error", evalue: lines.join("\n"), traceback: lines };
  }
  // A message may have several lines: it ends where the frames begin.
  const evalue = [first, ...lines.slice(1, Math.max(framesAt, 1))].join("\n");
  return { ename, evalue, traceback: lines };
}
