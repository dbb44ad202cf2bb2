/**
 * Compiles a cell for the browser kernel.
 *
 * TypeScript becomes a script whose top-level names all cells share, as in a REPL: imports and declarations
 * become assignments to global names, `await` is allowed, and the value of a last expression is the cell's.
 * Loops and functions ask whether the cell has to end, so that Stop reaches code that never waits. Every line
 * stays on its line, so that an error's place is right.
 */
import {
  type AnyNode,
  type BlockStatement,
  type ImportDeclaration,
  parse,
  type Pattern,
  type Program,
  type Statement,
  type VariableDeclaration,
} from "acorn";
import { transform } from "sucrase";

/** A compiled cell. */
export interface CompiledCell {
  /**
   * An expression: an asynchronous function of `(load, guard)` that runs the cell and returns its value in an
   * array. `load` imports a module, `guard` is called in each round of a loop and ends the cell by throwing.
   */
  readonly script: string;
  /** The names that the cell declares. */
  readonly names: readonly string[];
}

/** A cell that is not TypeScript: where, and what the parser found. */
export class CellSyntaxError extends SyntaxError {
  override name = "SyntaxError";

  constructor(message: string, readonly line: number, readonly column: number) {
    super(message);
  }
}

/** The name of a cell's script in stack traces. */
export function cellFile(number: number): string {
  return `residual-cell-${number}`;
}

interface Edit {
  readonly at: number;
  readonly end: number;
  readonly text: string;
}

/** A source text and the changes to make in it. */
class Source {
  readonly #edits: Edit[] = [];

  constructor(readonly text: string) {}

  /** Puts `text` in place of a stretch, with as many line ends as the stretch has. */
  replace(at: number, end: number, text: string): void {
    const lines = this.text.slice(at, end).split("\n").length - text.split("\n").length;
    this.#edits.push({ at, end, text: text + "\n".repeat(Math.max(0, lines)) });
  }

  insert(at: number, text: string): void {
    this.replace(at, at, text);
  }

  toString(): string {
    const edits = this.#edits.map((edit, order) => ({ ...edit, order }))
      .sort((a, b) => a.at - b.at || a.end - b.end || a.order - b.order);
    let [result, at] = ["", 0];
    for (const edit of edits) {
      result += this.text.slice(at, edit.at) + edit.text;
      at = edit.end;
    }
    return result + this.text.slice(at);
  }
}

/**
 * Compiles a cell.
 *
 * @param code TypeScript
 * @param number The cell's execution count, which its script's name contains.
 * @throws {CellSyntaxError} when the code cannot be parsed.
 */
export function compileCell(code: string, number: number): CompiledCell {
  const source = new Source(withoutTypes(code));
  const program = parsed(source.text);
  guardLoops(program, source);
  const names = new Set<string>();
  const functions: string[] = [];
  program.body.forEach((statement, i) => {
    const isLast = i === program.body.length - 1;
    shareNames(statement as Statement | ImportDeclaration, isLast, source, names, functions);
  });
  const hoisted = functions.map((name) => `globalThis.${name} = ${name};`).join(" ");
  return {
    script: `(async (__load, __guard) => { "use strict"; let __value; ${hoisted} ${source}\n` +
      `return [__value]; })\n//# sourceURL=${cellFile(number)}`,
    names: [...names],
  };
}

function withoutTypes(code: string): string {
  try {
    return transform(code, {
      transforms: ["typescript"],
      disableESTransforms: true,
      keepUnusedImports: true,
      preserveDynamicImport: true,
    }).code;
  } catch (error) {
    throw syntaxError(error);
  }
}

function parsed(text: string): Program {
  try {
    return parse(text, {
      ecmaVersion: "latest",
      sourceType: "module",
      allowAwaitOutsideFunction: true,
    });
  } catch (error) {
    throw syntaxError(error);
  }
}

/** The error of either parser, with its place. */
function syntaxError(error: unknown): CellSyntaxError {
  const { message, loc } = error as Error & { loc?: { line: number; column: number } };
  const [, line, column] = /\((\d+):(\d+)\)/.exec(message) ?? [];
  const text = message.replace(/^Error transforming [^:]*: /, "").replace(/\s*\(\d+:\d+\)\s*$/, "");
  // sucrase counts columns from 1, acorn from 0.
  return loc instanceof Object && line === undefined
    ? new CellSyntaxError(text, loc.line, loc.column + 1)
    : new CellSyntaxError(
      text,
      Number(line ?? 1),
      Number(column ?? 0) + ("pos" in (error as Error) && "raisedAt" in (error as Error) ? 1 : 0),
    );
}

/** Makes a top-level statement's names global, and its last value the cell's. */
function shareNames(
  outer: Statement | ImportDeclaration,
  isLast: boolean,
  source: Source,
  names: Set<string>,
  functions: string[],
): void {
  let node = outer as AnyNode;
  if (node.type === "ExportNamedDeclaration" && node.declaration) {
    source.replace(node.start, node.declaration.start, "");
    node = node.declaration;
  }
  switch (node.type) {
    case "ImportDeclaration":
      shareImport(node, source, names);
      break;
    case "VariableDeclaration":
      shareVariables(node, source, names);
      break;
    case "ClassDeclaration":
      // Only a default export has no name, and a cell cannot be imported.
      if (!node.id) break;
      names.add(node.id.name);
      source.insert(node.start, `;${node.id.name} = `);
      source.insert(node.end, ";");
      break;
    case "FunctionDeclaration":
      if (!node.id) break;
      names.add(node.id.name);
      functions.push(node.id.name);
      break;
    case "ExpressionStatement":
      if (!isLast) break;
      source.insert(node.start, ";__value = (");
      source.insert(node.expression.end, ")");
      break;
  }
}

function shareImport(node: ImportDeclaration, source: Source, names: Set<string>): void {
  const from = `await __load(${node.source.raw})`;
  const parts: string[] = [];
  let namespace = "";
  for (const specifier of node.specifiers) {
    const { name } = specifier.local;
    names.add(name);
    if (specifier.type === "ImportNamespaceSpecifier") namespace = name;
    else if (specifier.type === "ImportDefaultSpecifier") parts.push(`default: ${name}`);
    else {
      const { imported } = specifier;
      parts.push(`${imported.type === "Identifier" ? imported.name : imported.raw}: ${name}`);
    }
  }
  const module = namespace === "" ? from : `(${namespace} = ${from})`;
  const statement = parts.length === 0 ? `;${module};` : `;({ ${parts.join(", ")} } = ${module});`;
  source.replace(node.start, node.end, statement);
}

function shareVariables(node: VariableDeclaration, source: Source, names: Set<string>): void {
  source.replace(node.start, node.declarations[0]!.start, ";(");
  for (const { id, init, end } of node.declarations) {
    for (const name of namesIn(id)) names.add(name);
    if (!init) source.insert(end, " = undefined");
  }
  source.insert(node.declarations.at(-1)!.end, ")");
}

/** The names that a pattern declares. */
function namesIn(pattern: Pattern | null): string[] {
  switch (pattern?.type) {
    case "Identifier":
      return [pattern.name];
    case "ObjectPattern":
      return pattern.properties.flatMap((property) =>
        namesIn(property.type === "RestElement" ? property.argument : property.value)
      );
    case "ArrayPattern":
      return pattern.elements.flatMap(namesIn);
    case "AssignmentPattern":
      return namesIn(pattern.left);
    case "RestElement":
      return namesIn(pattern.argument);
    default:
      return [];
  }
}

const LOOPS: readonly string[] = [
  "WhileStatement",
  "DoWhileStatement",
  "ForStatement",
  "ForInStatement",
  "ForOfStatement",
];
const FUNCTIONS: readonly string[] = [
  "FunctionDeclaration",
  "FunctionExpression",
  "ArrowFunctionExpression",
];

/** Calls the guard in each round of a loop, and at the start of each function, which may call itself. */
function guardLoops(node: AnyNode, source: Source): void {
  if (LOOPS.includes(node.type) || FUNCTIONS.includes(node.type)) {
    const { body } = node as AnyNode & { body: AnyNode };
    if (body.type === "BlockStatement") {
      source.insert(firstPlace(body), " __guard();");
    } else if (LOOPS.includes(node.type)) {
      source.insert(body.start, "{ __guard(); ");
      source.insert(body.end, " }");
    }
  }
  for (const child of childrenOf(node)) guardLoops(child, source);
}

/** Where statements may be inserted: after a "use strict". */
function firstPlace({ start, body }: BlockStatement): number {
  const [first] = body;
  const isDirective = first?.type === "ExpressionStatement" && "directive" in first;
  return isDirective ? first.end : start + 1;
}

function childrenOf(node: AnyNode): AnyNode[] {
  return Object.values(node).flat().filter((value): value is AnyNode =>
    typeof (value as AnyNode | null)?.type === "string" &&
    typeof (value as AnyNode).start === "number"
  );
}
