/**
 * Finds the syntax error of a cell, with its line and column. Deno's kernel names no position at all.
 *
 * TypeScript's parser comes first: it recovers best and knows the brackets. Babel's finds what is wrong only in its
 * place, such as `await` in a function that is not async. V8 knows the rest, and is asked statement by statement.
 */
import { parse, type ParserOptions } from "@babel/parser";
import { Script } from "node:vm";
import type TypeScript from "typescript";
import type { CellError } from "./kernel_kind.ts";

/** What is wrong, and where: offsets in the code. */
interface Mistake {
  message: string;
  start: number;
  end: number;
}

const BABEL: ParserOptions = {
  sourceType: "module",
  allowAwaitOutsideFunction: true,
  errorRecovery: true,
  plugins: ["typescript", "decorators", "decoratorAutoAccessors", "explicitResourceManagement"],
};

const CLOSING: Record<string, string> = { "{": "}", "(": ")", "[": "]", "${": "}" };

/**
 * Explains why the kernel refused a cell.
 *
 * @param reported The kernel's own message, if there is one.
 * @returns The error with its position, or undefined if the code has no syntax error.
 */
export async function syntaxErrorIn(
  code: string,
  reported?: string,
): Promise<CellError | undefined> {
  // A fifth of a second to load, and most cells have no syntax error.
  const { default: ts } = await import("typescript");
  const mistake = typeScriptMistake(ts, code) ?? babelMistake(code, reported) ??
    (reported === undefined ? undefined : v8Mistake(ts, code, reported));
  return mistake && show(code, mistake);
}

/** The same by Babel alone, which is fast whatever the code. */
export function quickSyntaxErrorIn(code: string): CellError | undefined {
  const mistake = babelMistake(code);
  return mistake && show(code, mistake);
}

function typeScriptMistake(ts: typeof TypeScript, code: string): Mistake | undefined {
  const first = firstDiagnostic(ts, code);
  if (first?.start === undefined) return undefined;
  const text = ts.flattenDiagnosticMessageText(first.messageText, " ").replace(/\.$/, "");
  // An unterminated string or comment is best shown where it begins; TypeScript points to its end.
  const begun = /^Unterminated|^'\*\/' expected/.test(text) ? babelMistake(code) : undefined;
  if (begun !== undefined) return begun;
  const start = first.start;
  const end = start + (first.length ?? 0);
  return { message: bracketMessage(ts, code, start) ?? text, start, end };
}

/** The message if an error at this offset is one of brackets. */
function bracketMessage(
  ts: typeof TypeScript,
  code: string,
  offset: number,
): string | undefined {
  const open: { text: string; start: number }[] = [];
  const source = ts.createSourceFile("cell.ts", code, ts.ScriptTarget.ESNext, true);
  let found = "";
  const visit = (node: TypeScript.Node): void => {
    const children = node.getChildren(source);
    for (const child of children) visit(child);
    const start = node.getStart(source);
    const text = node.getText(source);
    if (children.length > 0 || text === "") return;
    if (start >= offset) found ||= text.startsWith("}") ? "}" : text;
    else if (node.kind === ts.SyntaxKind.TemplateHead) {
      open.push({ text: "${", start: node.end - 2 });
    } else if (node.kind === ts.SyntaxKind.TemplateTail) open.pop();
    else if (text in CLOSING) open.push({ text, start });
    else if (CLOSING[open.at(-1)?.text ?? ""] === text) open.pop();
  };
  visit(source);
  const last = open.at(-1);
  const closes = Object.values(CLOSING).includes(found);
  if (last === undefined) {
    return closes ? `Unexpected '${found}': no bracket is open that it could close` : undefined;
  }
  const closing = CLOSING[last.text]!;
  if (found === closing) return undefined;
  // Anything else behind an open bracket may be wrong in itself, unless a closing one puts it right.
  const mayBeWrong = found !== "" && found !== ";" && !closes;
  if (mayBeWrong && !isValidWith(ts, code, closing, offset)) return undefined;
  const opened = `the ${last.text} at ${place(code, last.start)}`;
  return `'${closing}' expected: ${opened} is never closed`;
}

/** Whether the code has no error up to this offset, nor right behind it, if a text is inserted there. */
function isValidWith(
  ts: typeof TypeScript,
  code: string,
  inserted: string,
  offset: number,
): boolean {
  const changed = code.slice(0, offset) + inserted + code.slice(offset);
  const start = firstDiagnostic(ts, changed)?.start;
  return start === undefined || start > offset + inserted.length;
}

/** The first syntax error that TypeScript finds. */
function firstDiagnostic(ts: typeof TypeScript, code: string): TypeScript.Diagnostic | undefined {
  return ts.transpileModule(code, {
    fileName: "cell.ts",
    reportDiagnostics: true,
    compilerOptions: { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext },
  }).diagnostics?.[0];
}

function babelMistake(code: string, reported?: string): Mistake | undefined {
  try {
    const [first] = parse(code, BABEL).errors ?? [];
    return first === undefined ? undefined : mistakeOf(first, reported);
  } catch (error) {
    return mistakeOf(error, reported);
  }
}

/** @param reported The kernel's own message, for what Babel takes for a feature of later versions. */
function mistakeOf(error: unknown, reported = "This is not valid TypeScript"): Mistake {
  const { message, pos } = error as { message: string; pos: number };
  const text = message.replace(/\s*\(\d+:\d+\)$/, "").replace(/\.$/, "");
  const isProposal = /requires enabling/.test(text);
  return { message: isProposal ? reported : text, start: pos, end: pos + 1 };
}

/** A mistake that only the kernel knows, in the statement that has it. */
function v8Mistake(ts: typeof TypeScript, code: string, reported: string): Mistake | undefined {
  const source = ts.createSourceFile("cell.ts", code, ts.ScriptTarget.ESNext, true);
  for (const statement of source.statements) {
    const start = statement.getStart(source);
    const whole = { message: reported, start, end: statement.end };
    if (compileErrors(ts, statement.getText(source)).includes(reported)) return whole;
  }
  // A first line for other programs, which is no JavaScript in a cell.
  if (code.startsWith("#!")) return { message: reported, start: 0, end: code.search(/\n|$/) };
  const [, name] = /^Identifier '(.+)' has already been declared$/.exec(reported) ?? [];
  const declared = name === undefined ? undefined : declarationOf(ts, source, name);
  if (declared === undefined) return undefined;
  const isBuiltIn = /^(?:undefined|NaN|Infinity)$/.test(name ?? "");
  const by = isBuiltIn
    ? "by JavaScript itself"
    : "by an earlier cell with another keyword: use that keyword, or restart the kernel";
  const message = `${reported} ${by}`;
  return { message, start: declared.getStart(source), end: declared.end };
}

/** V8's messages about a statement in an async function (most kernels run a cell so) and in another. */
function compileErrors(ts: typeof TypeScript, statement: string): string[] {
  const { outputText } = ts.transpileModule(statement, {
    compilerOptions: { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext },
  });
  if (/^\s*(?:import\b(?!\s*[.(])|export\b)/.test(outputText)) return [];
  return ["async () =>", "() =>"].flatMap((head) => {
    try {
      new Script(`"use strict"; (${head} {${outputText}\n})`);
      return [];
    } catch (error) {
      return [(error as Error).message];
    }
  });
}

/** Where a cell declares a name for the cells below. */
function declarationOf(
  ts: typeof TypeScript,
  source: TypeScript.SourceFile,
  name: string,
): TypeScript.Node | undefined {
  const inBinding = (binding: TypeScript.BindingName): TypeScript.Node | undefined => {
    if (ts.isIdentifier(binding)) return binding.text === name ? binding : undefined;
    for (const element of binding.elements) {
      const found = ts.isBindingElement(element) ? inBinding(element.name) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  };
  for (const statement of source.statements) {
    if (ts.isVariableStatement(statement)) {
      for (const declaration of statement.declarationList.declarations) {
        const found = inBinding(declaration.name);
        if (found !== undefined) return found;
      }
    } else if (
      (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) &&
      statement.name?.text === name
    ) return statement.name;
  }
  return undefined;
}

/** The error with the line that has the mistake, and a caret below it. */
function show(code: string, { message, start, end }: Mistake): CellError {
  const { line, column } = positionIn(code, start);
  const text = code.split("\n")[line - 1] ?? "";
  const length = Math.max(1, Math.min(end - start, text.length - column + 1));
  // Tabs are as wide in the line of the caret as in the line above.
  const indent = text.slice(0, column - 1).replace(/[^\t]/g, " ");
  const margin = " ".repeat(String(line).length);
  const evalue = `${message} (${place(code, start)})`;
  return {
    ename: "SyntaxError",
    evalue,
    traceback: [
      `SyntaxError: ${evalue}`,
      `${margin} |`,
      `${line} | ${text}`,
      `${margin} | ${indent}${"^".repeat(length)}`,
    ],
  };
}

/** Line and column from 1; an end of the code after its last line counts as the end of that line. */
function positionIn(code: string, offset: number): { line: number; column: number } {
  const before = code.slice(0, Math.min(offset, code.trimEnd().length));
  const lines = before.split("\n");
  return { line: lines.length, column: lines.at(-1)!.length + 1 };
}

function place(code: string, offset: number): string {
  const { line, column } = positionIn(code, offset);
  return `line ${line}, column ${column}`;
}
