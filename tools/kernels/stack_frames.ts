/**
 * Stack frames of errors that a learner can read: those of cells and of the library, without the kernel's and
 * without those of packages. A cell's frames carry its name, until its places are replaced by those that the
 * learner sees.
 */
import type { CellError } from "./kernel_kind.ts";

/** The name of a cell in stack frames, without its number. */
export const NAME = "residual-cell-";
export const PLACE = new RegExp(`${NAME}(\\d+):(\\d+):(\\d+)`, "g");

/** The name of the kernel's set-up code in stack frames, which are left out like those of Deno's own modules. */
const SETUP_NAME = "ext:residual/setup.ts";

/** The name of a property by which the code below passes an error with its causes on. */
export const TAKE_CAUSES = "residualTakeCauses";

/** What the kernel says of the last error that had a cause: its stack, and those of its causes. */
export interface Causes {
  stack: string;
  causes: string[];
}

interface Site {
  getScriptNameOrSourceURL(): string | null | undefined;
}

/**
 * Names the cells in stacks, and notes the last error that has a cause. Runs in Deno's kernel as text: it may use
 * nothing of this module but its arguments.
 */
export function nameCellsInStacks(cellName: string, takeCauses: string): void {
  const MOST_FRAMES = 10;
  const MOST_CAUSES = 10;
  const LONGEST_STACK = 200;
  const errors = Error as unknown as {
    stackTraceLimit: number;
    prepareStackTrace: (error: unknown, sites: readonly Site[]) => string;
  };
  let last: { cause?: unknown; stack?: unknown } | undefined;

  // Between an operation of TensorFlow and the cell that calls it there may be many frames.
  errors.stackTraceLimit = LONGEST_STACK;
  errors.prepareStackTrace = (error, sites) => {
    const nameOf = (site: Site) => String(site.getScriptNameOrSourceURL());
    const inner = /^(?:ext|node):|\/node_modules\/|\/tools\/kernels\/dist\//;
    const own = sites.filter((site) => !inner.test(nameOf(site)));
    const firstCell = own.findIndex((site) => nameOf(site).startsWith(cellName));
    const frames = own.slice(0, MOST_FRAMES);
    if (firstCell >= MOST_FRAMES) frames.push(own[firstCell]!);
    let head = "Error";
    try {
      head = String(error);
      if ((error as { cause?: unknown }).cause !== undefined) last = error as typeof last;
    } catch {
      // An error whose name, message or cause cannot be read.
    }
    return [head, ...frames].join("\n    at ");
  };

  const textOf = (cause: unknown) => {
    const { stack } = cause as { stack?: unknown };
    return typeof stack === "string" ? stack : String(cause);
  };
  const take = (): Causes | undefined => {
    const error = last;
    last = undefined;
    try {
      if (error === undefined) return undefined;
      const causes: string[] = [];
      let { cause } = error;
      while (cause !== undefined && cause !== null && causes.length < MOST_CAUSES) {
        causes.push(textOf(cause));
        ({ cause } = cause as { cause?: unknown });
      }
      return { stack: String(error.stack), causes };
    } catch {
      return undefined;
    }
  };
  Object.defineProperty(globalThis, takeCauses, { value: take });
}

/** Code for the kernel: stack frames with the cells' names, and none of Deno's own and of packages. */
export const NAME_CELLS_IN_STACKS = `(${nameCellsInStacks})("${NAME}", "${TAKE_CAUSES}");`;

/** Names set-up code, so that its frames are left out of stacks. */
export const NAME_SETUP = `//# sourceURL=${SETUP_NAME}`;

/** An error that the kernel has shown, with its causes if these are its own. */
export function withCauses(error: CellError, said: Causes | undefined): CellError {
  if (said === undefined || said.stack !== error.traceback.join("\n")) return error;
  const causes = said.causes.flatMap((cause) => `Caused by: ${cause}`.split("\n"));
  return { ...error, traceback: [...error.traceback, ...causes] };
}
