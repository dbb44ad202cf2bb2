/** What the go-between must know about one of the two kernels. */

/** An error as Jupyter shows it in a cell. */
export interface CellError {
  ename: string;
  evalue: string;
  traceback: string[];
}

export interface KernelKind {
  /** The command that starts the kernel on this connection file. */
  command(connectionFile: string): string[];

  /** Code to run silently when the kernel has started; empty for none. */
  readonly setup: string;

  /** Whether outputs of a cell may come after its idle: the kernel is asked when they are over. */
  readonly hasLateOutputs: boolean;

  /** How long after a failed cell the kernel refuses others, in milliseconds. */
  readonly refusalMs: number;

  /** Whether errors come as text on stderr, so that the last of it must be held back. */
  readonly errorsOnStderr: boolean;

  /** How a cell that does not look at the stop flag is ended: a signal, or Jupyter's message. */
  readonly hardStop: "SIGINT" | "interrupt_request";

  /** The error of a cell that failed without an error output. */
  explain(code: string, stderr: string): Promise<CellError>;
}

/** The program's own flag, on globalThis in the kernel: Stop sets it, training loops obey it. */
export const STOP_FLAG = 'Symbol.for("residual.stop")';

/**
 * What Stop sends to the kernel's process to set the flag. Unlike SIGINT it is ignored where nobody
 * listens: at the beginning of each cell in tslab, Node's `vm` takes all listeners of SIGINT away for a
 * moment, in which it would be lost or end the kernel.
 */
export const STOP_SIGNAL = "SIGURG";

/** Code that takes the flag back, in TypeScript that both kernels accept. */
export const FORGET_STOP = `(globalThis as any)[${STOP_FLAG}] = false;`;

/** Code that passes the refusals for the next cell to `check`: an object of messages by exercise, as JSON. */
export function setRefusals(json: string): string {
  return `(globalThis as any)[Symbol.for("residual.refusals")] = ${json};`;
}

/** The message with which a kernel that `hasLateOutputs` says that a cell's outputs are over. */
export const END_OF_OUTPUTS = "residual_end_of_outputs";

/** The expression in the kernel that sends it, when it is evaluated, and counts how often. */
export const ASK_FOR_END = "Deno.jupyter.residualEndOfOutputs";
