/**
 * A program that explains a syntax error. Reads the code from stdin as JSON, and writes two lines of JSON to stdout:
 * the error by a fast parser, and the error by all parsers.
 */
import { text } from "node:stream/consumers";
import process from "node:process";
import type { CellError } from "./kernel_kind.ts";
import { quickSyntaxErrorIn, syntaxErrorIn } from "./syntax_error.ts";

/** What the program reads. */
export interface Question {
  code: string;
  /** The kernel's own message, if there is one. */
  reported?: string | undefined;
}

void (async () => {
  const { code, reported } = JSON.parse(await text(process.stdin)) as Question;
  const print = (error: CellError | undefined) =>
    process.stdout.write(`${JSON.stringify(error ?? null)}\n`);
  // Babel is fast whatever the code; TypeScript may not come to its end.
  print(quickSyntaxErrorIn(code));
  print(await syntaxErrorIn(code, reported));
})();
