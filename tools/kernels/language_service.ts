/**
 * A program that answers what an editor asks of a notebook's code: the documentation of a name (Shift+Tab) and
 * names that fit (Tab). TypeScript's language service answers, from the kit's declarations and the cells so far.
 *
 * Reads one request a line from stdin and writes one answer a line to stdout, both as JSON.
 */
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import ts from "typescript";
import { CellScope } from "./cell_scope.ts";

export interface LanguageRequest {
  question: "documentation" | "completions";
  /** The cells that have run since the last request. */
  ran: readonly string[];
  code: string;
  /** An offset in the code, in UTF-16 units. */
  cursor: number;
}

export interface Documentation {
  /** The declaration, as TypeScript. */
  signature: string;
  /** What the doc comment says, as Markdown. */
  text: string;
}

export interface Completions {
  names: string[];
  /** Where the name begins that is completed, in UTF-16 units. */
  start: number;
}

export type LanguageAnswer = Documentation | Completions | null;

/** More names than this are no help. */
const MOST_NAMES = 1000;

const [checkout = process.cwd()] = process.argv.slice(2);

// The name of a file that does not exist; from here the packages of the kit are found.
const FILE = join(checkout, "cells.ts");
const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ["lib.esnext.d.ts", "lib.dom.d.ts"],
  types: ["node"],
  strict: true,
  skipLibCheck: true,
  noEmit: true,
};

const scope = new CellScope();
let text = "";
let version = 0;

const service = ts.createLanguageService({
  getCompilationSettings: () => OPTIONS,
  getScriptFileNames: () => [FILE],
  getScriptVersion: (file) => file === FILE ? String(version) : "0",
  getScriptSnapshot(file) {
    if (file === FILE) return ts.ScriptSnapshot.fromString(text);
    const content = ts.sys.readFile(file);
    return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content);
  },
  getCurrentDirectory: () => checkout,
  getDefaultLibFileName: (options) => ts.getDefaultLibFilePath(options),
  fileExists: (file) => file === FILE || ts.sys.fileExists(file),
  readFile: (file) => ts.sys.readFile(file),
  readDirectory: (path, ...rest) => ts.sys.readDirectory(path, ...rest),
  directoryExists: (path) => ts.sys.directoryExists(path),
  getDirectories: (path) => ts.sys.getDirectories(path),
});

function answer({ question, ran, code, cursor }: LanguageRequest): LanguageAnswer {
  for (const cell of ran) scope.add(cell);
  const before = `${scope.text(code)}\n`;
  text = before + code;
  version++;
  const at = before.length + cursor;
  return question === "documentation" ? documentationAt(at) : completionsAt(at, before.length);
}

function documentationAt(offset: number): Documentation | null {
  const place = nameAt(offset);
  const info = place === undefined ? undefined : service.getQuickInfoAtPosition(FILE, place);
  const signature = ts.displayPartsToString(info?.displayParts)
    // That the name was imported is no news.
    .replace(/^\(alias\) /, "").replace(/\n(?:im|ex)port \S+$/, "");
  // The type of a name that is not declared.
  if (info === undefined || signature === "any") return null;
  const paragraphs = [ts.displayPartsToString(info.documentation)];
  for (const { name, text } of info.tags ?? []) {
    // TensorFlow.js's place in its own website.
    if (name === "doc") continue;
    const said = ts.displayPartsToString(text).trim();
    // A block of code begins on a line of its own.
    paragraphs.push(`*@${name}*${said.startsWith("```") ? "\n\n" : " "}${said}`);
  }
  return {
    signature,
    text: paragraphs.filter((paragraph) => paragraph !== "").join("\n\n"),
  };
}

/** The name at or before the cursor; between the parentheses of a call, the name that is called. */
function nameAt(offset: number): number | undefined {
  const source = service.getProgram()?.getSourceFile(FILE);
  if (source === undefined) return undefined;
  let found: ts.Node | undefined;
  let call: ts.Expression | undefined;
  const visit = (node: ts.Node): void => {
    if (offset < node.getStart(source) || offset > node.end) return;
    if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) found = node;
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      if (offset > node.expression.end) call = node.expression;
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  const name = found ?? (call && ts.isPropertyAccessExpression(call) ? call.name : call);
  return name?.getStart(source);
}

function completionsAt(offset: number, from: number): Completions | null {
  const found = service.getCompletionsAtPosition(FILE, offset, {});
  if (found === undefined) return null;
  const begun = /[\w$]*$/.exec(text.slice(from, offset))![0];
  const names = found.entries
    // What is deprecated, or a word that fits everywhere, is not what was meant.
    .filter(({ name, kind, kindModifiers }) =>
      name.startsWith(begun) && kind !== ts.ScriptElementKind.keyword &&
      kind !== ts.ScriptElementKind.warning && !kindModifiers?.includes("deprecated")
    )
    .map(({ name }) => name);
  return { names: names.slice(0, MOST_NAMES), start: offset - begun.length - from };
}

createInterface({ input: process.stdin }).on("line", (line) => {
  let answered: LanguageAnswer = null;
  try {
    answered = answer(JSON.parse(line) as LanguageRequest);
  } catch (error) {
    // TypeScript fails on some code that is being written.
    console.error(error);
  }
  process.stdout.write(`${JSON.stringify(answered)}\n`);
});
