/**
 * What one of the two kernels cannot run is refused here, in the lesson's source, with TypeScript's own
 * parser: the language that both kernels have in common. Types are another matter (tslab_types.ts).
 */
import ts from "typescript";
import { type Cell, LessonError, withoutAnswers } from "./parse.ts";

/** What is refused in one node of a cell's syntax, if anything. */
type Rule = (node: ts.Node, topLevel: boolean) => string | undefined;

const RULES: readonly Rule[] = [
  (node) => {
    const modifiers = ts.canHaveModifiers(node) ? ts.getModifiers(node) ?? [] : [];
    const exported = modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
    if (!exported && !ts.isExportDeclaration(node) && !ts.isExportAssignment(node)) return;
    return "`export` fails in tslab; every name of a cell is known to the next ones without it";
  },
  (node, topLevel) => {
    if (!ts.isForOfStatement(node) || !node.awaitModifier || !topLevel) return;
    return "`for await` outside a function fails in tslab; put it into an async function";
  },
  (node, topLevel) => {
    if (!ts.isAwaitExpression(node) || !topLevel) return;
    const [sign] = node.expression.getText();
    // tslab takes `await` for a name that is called, indexed, added to and so on.
    if (sign === undefined || !"([`+-/".includes(sign)) return;
    return `\`await ${sign}\` outside a function fails in tslab; give the value a name, and await that`;
  },
  (node) => {
    const from = ts.isImportDeclaration(node)
      ? node.moduleSpecifier
      : isImportCall(node)
      ? node.arguments[0]
      : undefined;
    if (from === undefined) return;
    if (!ts.isStringLiteralLike(from)) return "expected an import's module in quotes";
    if (!/^(\.|\/|(?!node:)[\w+-]+:)/.test(from.text)) return;
    return `an import from "${from.text}" fails in one of the kernels; expected a package by its ` +
      `name, such as "residual", or "node:..."`;
  },
  (node) => {
    if (!ts.isImportDeclaration(node) || node.attributes === undefined) return;
    return "an import with attributes fails in tslab";
  },
  (node, topLevel) => {
    if (!isImportCall(node) || !topLevel) return;
    return '`import()` outside a function fails in tslab; write `import { name } from "..."`';
  },
  (node) => {
    if (!ts.isIdentifier(node) || node.text !== "Deno") return;
    return "`Deno` is not there in tslab; take what the kit or node: has instead";
  },
  (node) => {
    if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression)) return;
    if (node.expression.text !== "require") return;
    return "`require` is not there in the Deno kernel; write `import { name } from ...`";
  },
  (node) => {
    if (!ts.isMetaProperty(node) || node.keywordToken !== ts.SyntaxKind.ImportKeyword) return;
    return "`import.meta` is in neither kernel";
  },
  (node) => {
    if (!ts.isVariableDeclarationList(node) || !(node.flags & ts.NodeFlags.Using)) return;
    return "`using` fails in tslab; write `const`, and dispose of it yourself";
  },
];

function isImportCall(node: ts.Node): node is ts.CallExpression {
  return ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
}

/** A cell's code as a syntax tree; cells are modules, so that `await` is one at the top level. */
export function parseCode(code: string): ts.SourceFile {
  return ts.createSourceFile("cell.ts", `${code}\nexport {};`, ts.ScriptTarget.ES2022, true);
}

/** The statements of a cell, without the one that makes it a module. */
export function statements(tree: ts.SourceFile): readonly ts.Statement[] {
  return tree.statements.slice(0, -1);
}

/** Whether `code` awaits `check("id", ...)`. */
export function callsCheck(code: string, id: string): boolean {
  const visit = (node: ts.Node): boolean => {
    if (ts.isAwaitExpression(node) && ts.isCallExpression(node.expression)) {
      const { expression, arguments: [first] } = node.expression;
      const named = first !== undefined && ts.isStringLiteralLike(first) && first.text === id;
      if (named && ts.isIdentifier(expression) && expression.text === "check") return true;
    }
    return ts.forEachChild(node, visit) ?? false;
  };
  return visit(parseCode(code));
}

/** How an error speaks of a cell. */
export function cellName({ id, line }: Cell): string {
  return `in the cell ${id === undefined ? "" : `"${id}" `}of line ${line}`;
}

/** The names that a statement declares, each with its place. */
export function declaredNames(statement: ts.Statement): { name: string; node: ts.Node }[] {
  const found: { name: string; node: ts.Node }[] = [];
  const add = (name: ts.Node | undefined) => {
    if (name === undefined) return;
    if (ts.isIdentifier(name)) found.push({ name: name.text, node: name });
    else if (ts.isObjectBindingPattern(name) || ts.isArrayBindingPattern(name)) {
      for (const element of name.elements) {
        if (ts.isBindingElement(element)) add(element.name);
      }
    }
  };
  if (ts.isVariableStatement(statement)) {
    for (const { name } of statement.declarationList.declarations) add(name);
  } else if (ts.isImportDeclaration(statement)) {
    const { name, namedBindings } = statement.importClause ?? {};
    add(name);
    if (namedBindings !== undefined && ts.isNamespaceImport(namedBindings)) add(namedBindings.name);
    else namedBindings?.elements.forEach((element) => add(element.name));
  } else if (ts.isFunctionDeclaration(statement)) {
    // Without a body it is an overload of the one that follows.
    if (statement.body !== undefined) add(statement.name);
  } else if (
    ts.isClassDeclaration(statement) || ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) || ts.isEnumDeclaration(statement) ||
    ts.isModuleDeclaration(statement)
  ) {
    add(statement.name);
  }
  return found;
}

/** Every name that a cell binds, at any depth: variables, parameters, functions, imports. */
function boundNames(tree: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    const binds = ts.isVariableDeclaration(node) || ts.isParameter(node) ||
      ts.isBindingElement(node) || ts.isFunctionDeclaration(node) || ts.isImportSpecifier(node);
    if (binds && node.name !== undefined && ts.isIdentifier(node.name)) names.add(node.name.text);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return names;
}

/** The first thing that does not parse: its line in the code, from 0, and what is wrong. */
export function syntaxError(code: string): { line: number; message: string } | undefined {
  const [error] = ts.transpileModule(code, {
    reportDiagnostics: true,
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      moduleDetection: ts.ModuleDetectionKind.Force,
    },
  }).diagnostics ?? [];
  if (error === undefined) return undefined;
  const line = code.slice(0, error.start).split("\n").length - 1;
  return { line, message: ts.flattenDiagnosticMessageText(error.messageText, "\n") };
}

/**
 * Checks that a lesson's code keeps to what both kernels run, and that it still parses when the
 * answers are taken out.
 *
 * @throws {LessonError} naming file, line, cell and what to do instead.
 */
export function checkSubset(file: string, cells: readonly Cell[]): void {
  const declared = new Map<string, number>();
  for (const cell of cells) {
    if (cell.kind !== "code") continue;
    const code = cell.lines.join("\n");
    const fail = (line: number, message: string): never => {
      throw new LessonError(file, cell.textLine + line, `${message} (${cellName(cell)})`);
    };
    const broken = syntaxError(code);
    if (broken !== undefined) fail(broken.line, broken.message);
    const tree = parseCode(code);
    const earlier = new Set(declared.keys());
    const own = boundNames(tree);
    const lineOf = (node: ts.Node) => tree.getLineAndCharacterOfPosition(node.getStart()).line;
    const visit = (node: ts.Node, topLevel: boolean): void => {
      for (const rule of RULES) {
        const message = rule(node, topLevel);
        if (message !== undefined) fail(lineOf(node), message);
      }
      if (ts.isShorthandPropertyAssignment(node)) {
        const { text } = node.name;
        if (earlier.has(text) && !own.has(text)) {
          fail(
            lineOf(node),
            `\`{ ${text} }\` with another cell's name fails in tslab; write \`{ ${text}: ${text} }\``,
          );
        }
      }
      const inside = topLevel && !ts.isFunctionLike(node);
      ts.forEachChild(node, (child) => visit(child, inside));
    };
    for (const statement of statements(tree)) {
      visit(statement, true);
      for (const { name, node } of declaredNames(statement)) {
        const line = declared.get(name);
        if (line !== undefined) {
          fail(lineOf(node), `"${name}" is declared already, in line ${line}`);
        }
        declared.set(name, cell.textLine + lineOf(node));
      }
    }
    if (cell.role === undefined) continue;
    const stubbed = syntaxError(withoutAnswers(cell).lines.join("\n"));
    if (stubbed !== undefined) {
      const message = `without its answer this cell does not parse: ${stubbed.message}`;
      throw new LessonError(file, cell.line, `${message} (${cellName(cell)})`);
    }
  }
}
