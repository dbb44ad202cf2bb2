/** Deno's kernel: late outputs, silent syntax errors, and a Stop that would kill it. */
import { join } from "node:path";
import { CellPlaces } from "./cell_places.ts";
import { LISTEN_TO_STOP } from "./deno_stop.ts";
import { SHOW_UNHANDLED } from "./deno_unhandled.ts";
import {
  ASK_FOR_END,
  type CellError,
  cellError,
  END_IS_SENT,
  END_OF_OUTPUTS,
  type KernelKind,
} from "./kernel_kind.ts";
import { SEND_LARGE_OUTPUTS_BY_FILE } from "./large_outputs.ts";
import {
  type Causes,
  NAME_CELLS_IN_STACKS,
  NAME_SETUP,
  TAKE_CAUSES,
  withCauses,
} from "./stack_frames.ts";
import { stoppable } from "./stoppable.ts";
import { explainSyntaxError } from "./explainer.ts";

const [END_OWNER, END_NAME] = ASK_FOR_END.split(/\.(?=\w+$)/);

/**
 * All that a cell puts out waits in one queue while the reply and idle overtake it. A getter that sends a
 * message through the same queue tells when it is empty; the kernel evaluates it to complete its name, and
 * unlike a cell that changes neither the count of cells nor the parent of what is still in the queue. The message
 * also carries the causes of the last error, which the kernel does not show.
 */
const SETUP = `
${LISTEN_TO_STOP}
${SEND_LARGE_OUTPUTS_BY_FILE}
${SHOW_UNHANDLED}
${NAME_CELLS_IN_STACKS}
{
  const send = Deno.jupyter.broadcast;
  let count = 0;
  Object.defineProperty(${END_OWNER}, "${END_NAME}", {
    get() {
      void send("${END_OF_OUTPUTS}", { count: ++count, causes: ${TAKE_CAUSES}() });
      return { ${END_IS_SENT}: true };
    },
  });
}
${NAME_SETUP}
`;

export function denoKernel(checkout: string): KernelKind {
  const deno = join(checkout, "node_modules", "deno", "deno");
  const places = new CellPlaces(deno);
  return {
    command: (connectionFile) => [deno, "jupyter", "--kernel", "--conn", connectionFile],
    setup: SETUP,
    hasLateOutputs: true,
    refusalMs: 0,
    knowsTypes: false,
    toRun: (code) => places.name(code, stoppable(code)),
    numbered: (count) => places.number(count),
    readable: (text) => places.readable(text),
    hardStop: "interrupt_request",
    explain: async (code) => await explainSyntaxError(code) ?? NOT_RUN,
    locate: async (code, error, end) => {
      if (isAboutTheCode(error)) return await explainSyntaxError(code, error.evalue) ?? error;
      // What was thrown is not an Error.
      if (error.traceback.join("") === "") return { ...error, traceback: error.evalue.split("\n") };
      return withCauses(error, end["causes"] as Causes | undefined);
    },
  };
}

/** A cell whose promise the garbage collector has removed, for example. */
const NOT_RUN = cellError("Error", "the cell could not be run");

/** Whether the kernel has refused to compile the cell. An error that was thrown has a stack. */
function isAboutTheCode({ ename, traceback }: CellError): boolean {
  return ename === "SyntaxError" && !traceback.some((line) => /^\s+at /.test(line));
}
