/**
 * A program that answers what an editor asks of a notebook's code: the documentation of a name (Shift+Tab) and
 * names that fit (Tab). TypeScript's language service answers, from the kit's declarations and the cells so far.
 *
 * Reads one request a line from stdin and writes one answer a line to stdout, both as JSON.
 */
import { execFileSync } from "node:child_process";
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
  /** Whether they are the members of a value. */
  areMembers: boolean;
}

export type LanguageAnswer = Documentation | Completions | null;

/** More names than this are no help. */
const MOST_NAMES = 1000;

const [checkout = process.cwd()] = process.argv.slice(2);

// The names of files that do not exist. Cells import from the folder of the notebook.
const FILE = join(process.cwd(), "residual_cells.ts");
const DENO = join(checkout, "residual_deno.d.ts");
const PACKAGES = join(checkout, "node_modules", "*");
const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  allowImportingTsExtensions: true,
  lib: ["lib.esnext.d.ts"],
  typeRoots: [join(checkout, "node_modules", "@types")],
  types: ["node"],
  paths: {
    residual: [join(checkout, "lib", "mod.ts")],
    "npm:*": [PACKAGES],
    "*": [PACKAGES],
  },
  strict: true,
  skipLibCheck: true,
  noEmit: true,
};

const scope = new CellScope();
let text = "";
let version = 0;
const denoTypes = execFileSync(join(checkout, "node_modules", "deno", "deno"), ["types"], {
  encoding: "utf8",
  maxBuffer: Infinity,
  stdio: ["ignore", "pipe", "ignore"],
});

function contentOf(file: string): string | undefined {
  return file === FILE ? text : file === DENO ? denoTypes : ts.sys.readFile(file);
}

const service = ts.createLanguageService({
  getCompilationSettings: () => OPTIONS,
  getScriptFileNames: () => [FILE, DENO],
  getScriptVersion: (file) => file === FILE ? String(version) : "0",
  getScriptSnapshot(file) {
    const content = contentOf(file);
    return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content);
  },
  getCurrentDirectory: () => checkout,
  getDefaultLibFileName: (options) => ts.getDefaultLibFilePath(options),
  fileExists: (file) => file === FILE || file === DENO || ts.sys.fileExists(file),
  readFile: contentOf,
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
  const paragraphs = [textOf(info.documentation)];
  for (const { name, text } of info.tags ?? []) {
    // TensorFlow.js's place in its own website.
    if (name === "doc") continue;
    const said = textOf(text);
    // A block of code begins on a line of its own.
    paragraphs.push(`*@${name}*${said.startsWith("```") ? "\n\n" : " "}${said}`);
  }
  return {
    signature,
    text: paragraphs.filter((paragraph) => paragraph !== "").join("\n\n"),
  };
}

/** What a doc comment says, with links as the names to which they lead. */
function textOf(parts: ts.SymbolDisplayPart[] = []): string {
  return ts.displayPartsToString(parts).trim().replace(
    /\{@link(?:code|plain)?\s+([^}|\s]+)(?:[\s|]+([^}]+))?\}/g,
    (_, name: string, title?: string) => title?.trim() ?? `\`${name}\``,
  );
}

/** The name at or before the cursor; between the parentheses of a call, the name that is called. */
function nameAt(offset: number): number | undefined {
  const source = service.getProgram()?.getSourceFile(FILE);
  if (source === undefined) return undefined;
  // A call that is not closed yet ends with its last argument or comma.
  const end = text.slice(0, offset).trimEnd().length;
  let found: ts.Node | undefined;
  let call: ts.Expression | undefined;
  const visit = (node: ts.Node): void => {
    if (end < node.getStart(source) || end > node.end) return;
    const isName = ts.isIdentifier(node) || ts.isPrivateIdentifier(node);
    if (isName && offset <= node.end) found = node;
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      if (end > node.expression.end) call = node.expression;
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
  const start = offset - begun.length;
  const areMembers = text.slice(from, start).endsWith(".");
  return { names: names.slice(0, MOST_NAMES), start: start - from, areMembers };
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
