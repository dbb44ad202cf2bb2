/** What the kernel proxy must know about one of the two kernels. */
import type { Content } from "./wire.ts";

/** An error as Jupyter shows it in a cell. */
export interface CellError {
  ename: string;
  evalue: string;
  traceback: string[];
}

export function cellError(ename: string, evalue: string): CellError {
  return { ename, evalue, traceback: [`${ename}: ${evalue}`] };
}

/** What a cell says that Stop has ended. */
export const STOPPED_WAITING: CellError = cellError(
  "Interrupted",
  "Stop ended this cell while it waited. Your variables are kept; what the cell waited for may " +
    "still be running.",
);
export const STOPPED_COMPUTING: CellError = cellError(
  "Interrupted",
  "Stop ended this cell in the middle of a computation. Your variables are kept.",
);

export const RESTARTED_COMPUTING = cellError(
  "KernelRestarted",
  "Stop could not interrupt the computation of this cell, so the kernel was restarted. Your variables " +
    "are gone: run the cells above again.",
);
export const RESTARTED_WAITING = cellError(
  "KernelRestarted",
  "Stop could not cancel the operation that this cell waits for, so the kernel was restarted. Your " +
    "variables are gone: run the cells above again.",
);

export interface KernelKind {
  /** The command that starts the kernel on this connection file. */
  command(connectionFile: string): string[];

  /** Code to run silently when the kernel has started; empty for none. */
  readonly setup: string;

  /** Whether outputs of a cell may come after its idle: the kernel is asked when they are over. */
  readonly hasLateOutputs: boolean;

  /** How long after a failed cell the kernel refuses others, in milliseconds. */
  readonly refusalMs: number;

  /** Whether the kernel itself knows types and doc comments, and answers what editors ask of them. */
  readonly knowsTypes: boolean;

  /** What to send to the kernel in place of a cell's code: the same lines, and perhaps more below. */
  toRun(code: string): string;

  /** Called with the number that the kernel has given to the cell that was sent last. */
  numbered(count: number): void;

  /** A text that the kernel has written, with places in cells that a learner can read. */
  readable(text: string): string;

  /**
   * How a cell that does not look at the stop flag is ended. SIGINT also ends a cell that waits. Jupyter's
   * message only ends a computation: it must not reach Deno while a cell waits, or the cell never ends.
   */
  readonly hardStop: "SIGINT" | "interrupt_request";

  /** The error of a cell that failed without an error output. */
  explain(code: string, stderr: string): Promise<CellError>;

  /**
   * The error that the kernel has published for a cell, with its place in the cell if the kernel names none, and
   * with its causes.
   *
   * @param end What the kernel said at the end of the outputs, if it did.
   */
  locate(code: string, error: CellError, end: Content): Promise<CellError>;
}

/** The key (of `Symbol.for`) of a flag on the kernel's globalThis. Stop sets it; training loops obey it. */
export const STOP_FLAG = "residual.stop";

/**
 * What Stop sends to the kernel's process to set the flag. Unlike SIGINT it is ignored where nobody
 * listens: at the beginning of each cell in tslab, Node's `vm` takes all listeners of SIGINT away for a
 * moment, in which it would be lost or end the kernel.
 */
export const STOP_SIGNAL = "SIGURG";

/**
 * Code for the cell after Stop, in TypeScript that both kernels accept: takes the flag back, and restores what
 * a terminated computation has left in TensorFlow.js (lib/backend/termination.ts).
 */
export const FORGET_STOP = `(globalThis as any)[Symbol.for("${STOP_FLAG}")] = false;` +
  `(globalThis as any)[Symbol.for("residual.restore")]?.();`;

/** Code that passes the refusals for the next cell to `check`: an object of messages by exercise, as JSON. */
export function setRefusals(json: string): string {
  return `(globalThis as any)[Symbol.for("residual.refusals")] = ${json};`;
}

/** The message with which a kernel that `hasLateOutputs` says that a cell's outputs are over. */
export const END_OF_OUTPUTS = "residual_end_of_outputs";

/** The expression in the kernel that sends it, when it is evaluated, and counts how often. */
export const ASK_FOR_END = "Deno.jupyter.residualEndOfOutputs";

/** The name of a property of that expression's value, which says that the message has been sent. */
export const END_IS_SENT = "residualEndIsSent";

/** What a kernel without error outputs writes to stderr just before the text of a cell's error. */
export const ERROR_FOLLOWS = "\0residual: error\0";
