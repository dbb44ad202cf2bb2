/** What a worker process is asked, and what it answers. */
import type { Verdict } from "../../../lib/checks/judge.ts";
import type { CellCode } from "../cell_code.ts";
import type { NotebookAnswers } from "../notebook_answers.ts";
import type { Program } from "../program.ts";
import type { Written } from "../units.ts";

/** A request by its kind: what is asked, and what comes back. */
export interface Requests {
  /** Finds the lesson of a notebook, which follows as bytes; nothing where there is none of that name. */
  identify: { asks: { readonly file: string }; answers: { readonly lesson?: string } };
  /** Takes the student's code out of a notebook, which follows as bytes. */
  read: { asks: { readonly lesson: string }; answers: NotebookAnswers };
  /** Takes a cell's code apart. */
  analyze: { asks: { readonly code: string }; answers: CellCode };
  /** Builds the script for an exercise, or says why there is none. */
  build: {
    asks: { readonly lesson: string; readonly exercise: string; readonly written: PlainWritten };
    answers: Program | { readonly refused: string } | { readonly trouble: string };
  };
  /** Compares what a sandbox reported with what is right. */
  evaluate: { asks: Evaluation; answers: Evaluated };
}

export type Kind = keyof Requests;

/** What the learner wrote, as JSON. */
export interface PlainWritten {
  readonly answers: readonly (readonly [exercise: string, code: CellCode])[];
  readonly own: Written["own"];
}

/** What a sandbox reported of an answer. */
export interface Evaluation {
  readonly exercise: string;
  readonly seeds: readonly number[];
  /** How often the check cell calls `check`. */
  readonly calls: number;
  /** A JSON text each, as the sandbox wrote it. */
  readonly reports: readonly string[];
  /** Why the rest was not reported. */
  readonly stopped?: string;
  /** Why the answer was not run. */
  readonly refused?: string;
}

/** What an answer is worth. */
export interface Evaluated {
  /** Of the seed and the call with the fewest points. */
  readonly verdict: Verdict;
  /** What the code threw. */
  readonly reasons: readonly string[];
}

/** A request as it is sent: this line of JSON, then so many bytes. */
export interface Header {
  readonly kind: Kind;
  readonly asks: unknown;
  readonly bytes: number;
}

/** An answer as it is sent, in a line. */
export type Reply = { readonly answer: unknown } | { readonly error: string };
