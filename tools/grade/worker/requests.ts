/** The requests to a worker process, and its replies. */
import type { CheckResult } from "../../../lib/checks/compare.ts";
import type { CellCode } from "../cell_code.ts";
import type { NotebookAnswers } from "../notebook_answers.ts";
import type { Program } from "../program.ts";
import type { Written } from "../units.ts";

/** All kinds of requests, each with its parameters and its reply. */
export interface Requests {
  /** Finds the lesson of the notebook that follows as bytes; undefined if no lesson matches. */
  identify: { asks: { readonly file: string }; answers: { readonly lesson?: string } };
  /** Extracts the student's code from the notebook that follows as bytes. */
  read: { asks: { readonly lesson: string }; answers: NotebookAnswers };
  /** Analyzes a cell's code. */
  analyze: { asks: { readonly code: string }; answers: CellCode };
  /** Builds the script for an exercise, or returns the reason why it cannot be built. */
  build: {
    asks: { readonly lesson: string; readonly exercise: string; readonly written: PlainWritten };
    answers: Program | { readonly refused: string } | { readonly trouble: string };
  };
  /** Compares a sandbox's reports with the expected values. */
  evaluate: { asks: Evaluation; answers: Evaluated };
}

export type Kind = keyof Requests;

/** The learner's code in a form that fits JSON. */
export interface PlainWritten {
  readonly answers: readonly (readonly [exercise: string, code: CellCode])[];
  readonly own: Written["own"];
}

/** A sandbox's reports about an answer. */
export interface Evaluation {
  readonly exercise: string;
  readonly seeds: readonly number[];
  /** How many times the check cell calls `check`. */
  readonly calls: number;
  /** JSON texts, as the sandbox wrote them. */
  readonly reports: readonly string[];
  /** Why reports are missing. */
  readonly stopped?: string;
  /** Why the answer did not run. */
  readonly refused?: string;
}

/** The result of an answer. */
export interface Evaluated {
  /** For the seed and the call with the fewest points. */
  readonly result: CheckResult;
  /** Errors that the code threw, and why the run stopped. */
  readonly reasons: readonly string[];
}

/** A request is sent as this header in one line of JSON, followed by `bytes` bytes. */
export interface Header {
  readonly kind: Kind;
  readonly asks: unknown;
  readonly bytes: number;
}

/** A reply, sent as one line of JSON. */
export type Reply = { readonly answer: unknown } | { readonly error: string };
