/** Messages between the page and the kernel's worker. */

/** A cell's result, as Jupyter's `execute_reply` has it. */
export interface ExecuteReply {
  readonly status: "ok" | "error";
  readonly [key: string]: unknown;
}

/** The kit's files on the site, and what the learner has written. */
export interface Files {
  /** The address of the folder that holds them. */
  readonly base: string;
  /** The size of each shipped file by its path, such as `/data/trained/resnet20/record.json`. */
  readonly shipped: Readonly<Record<string, number>>;
  /** Texts that the learner's browser keeps, by path. */
  readonly kept: Readonly<Record<string, string>>;
}

/** A request that the worker answers. */
export type Request =
  | {
    readonly type: "start";
    readonly files: Files;
    readonly settings: Readonly<Record<string, string>>;
    /** Shared with the page, where the browser allows: its first number is 1 once Stop is pressed. */
    readonly stop: Int32Array | undefined;
  }
  | { readonly type: "execute"; readonly code: string; readonly number: number }
  | { readonly type: "complete"; readonly code: string; readonly cursor: number };

/** What the page sends. */
export type ToWorker = (Request & { readonly id: number }) | { readonly type: "stop" };

/** What the worker sends. */
export type ToPage =
  | { readonly to: "reply"; readonly id: number; readonly content: unknown }
  /** An output of the running cell. */
  | { readonly to: "output"; readonly type: OutputType; readonly content: unknown }
  /** A text to keep in the browser under a path; without a text it is removed. */
  | { readonly to: "keep"; readonly path: string; readonly text: string | undefined }
  /** The worker has seen Stop: it is alive. */
  | { readonly to: "stopping" };

/** Jupyter's messages that show something. */
export type OutputType =
  | "stream"
  | "display_data"
  | "update_display_data"
  | "execute_result"
  | "error";
