/** What a cell's code declares and what it needs from elsewhere, by TypeScript's own analysis. */
import ts from "typescript";
import { declaredNames, parseCode, statements, syntaxError } from "../lessons/subset.ts";

/** One statement of a cell. */
export interface Piece {
  /** Its text, without what no block may hold: `export`, `import()`, `import.meta`. */
  readonly text: string;
  readonly declares: readonly string[];
  /** Names of values that it takes from other statements. Types need not be there when code runs. */
  readonly uses: readonly string[];
  /** Those of them that it takes when it runs; the others only in a function, when that is called. */
  readonly usesAtOnce: readonly string[];
  /** Names that it changes without declaring one: `list.push(1)` changes `list`. */
  readonly changes: readonly string[];
  /** Names of the variables that it declares, but for those that hold a function. */
  readonly variables: readonly string[];
}

/** A name that a cell imports. */
export interface ImportedName {
  readonly local: string;
  readonly module: string;
  /** The name there; `*` for the module itself. */
  readonly imported: string;
}

/** A cell's code in its parts. */
export interface CellCode {
  readonly pieces: readonly Piece[];
  readonly imports: readonly ImportedName[];
  /** Why the code cannot run. If set, `pieces` is empty. */
  readonly broken?: string;
}

/** Replaces `import()` and `import.meta`. Nothing has this name, so using the name throws an error. */
export const NO_LOADING = "loading_of_other_code_is_refused";

/** Splits a cell's code into statements and imports. */
export function analyze(code: string): CellCode {
  try {
    return takeApart(code);
  } catch (error) {
    // Thousands of nested brackets overflow the parser's stack.
    if (!(error instanceof RangeError)) throw error;
    return { pieces: [], imports: [], broken: `Syntax error in line 1: ${error.message}` };
  }
}

function takeApart(code: string): CellCode {
  const broken = syntaxError(code);
  if (broken !== undefined) {
    const where = `Syntax error in line ${broken.line + 1}: ${broken.message}`;
    return { pieces: [], imports: [], broken: where };
  }
  const tree = parseCode(code);
  const names = freeNames(tree);
  const pieces: Piece[] = [];
  const imports: ImportedName[] = [];
  for (const statement of statements(tree)) {
    if (ts.isImportDeclaration(statement)) {
      imports.push(...importedNames(statement));
    } else if (ts.isImportEqualsDeclaration(statement)) {
      imports.push(requiredName(statement));
    } else if (isRun(statement)) {
      const { text, loads } = withoutLoading(statement);
      const { uses, usesAtOnce } = names(statement);
      pieces.push({
        text,
        declares: declaredNames(statement).map(({ name }) => name),
        uses: loads ? [...uses, NO_LOADING] : uses,
        usesAtOnce,
        changes: changedNames(statement),
        variables: variableNames(statement),
      });
    }
  }
  return { pieces, imports };
}

/** Whether a statement declares nothing but types. A value of the same name stays as it is. */
function isTypeOnly(statement: ts.Statement): boolean {
  if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) return true;
  const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) ?? [] : [];
  return modifiers.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword);
}

/** Whether a statement does anything in a program without exports. */
function isRun(statement: ts.Statement): boolean {
  if (isTypeOnly(statement)) return false;
  if (ts.isExportDeclaration(statement) || ts.isExportAssignment(statement)) return false;
  // Without a name it can only be exported.
  return !(ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) ||
    statement.name !== undefined;
}

function importedNames(statement: ts.ImportDeclaration): ImportedName[] {
  const { importClause, moduleSpecifier } = statement;
  const module = (moduleSpecifier as ts.StringLiteral).text;
  const { name, namedBindings, isTypeOnly } = importClause ?? {};
  if (isTypeOnly) return [];
  const found: ImportedName[] = [];
  if (name !== undefined) found.push({ local: name.text, module, imported: "default" });
  if (namedBindings !== undefined && ts.isNamespaceImport(namedBindings)) {
    found.push({ local: namedBindings.name.text, module, imported: "*" });
  }
  if (namedBindings !== undefined && ts.isNamedImports(namedBindings)) {
    for (const { name, propertyName, isTypeOnly } of namedBindings.elements) {
      if (isTypeOnly) continue;
      found.push({ local: name.text, module, imported: (propertyName ?? name).text });
    }
  }
  // `import "x"` is there for what it does; it stays visible, so that it can be refused.
  if (importClause === undefined) found.push({ local: "", module, imported: "" });
  return found;
}

/** `import name = require("module")`, which cannot run in a notebook. */
function requiredName({ name, moduleReference }: ts.ImportEqualsDeclaration): ImportedName {
  return { local: name.text, module: moduleReference.getText(), imported: "*" };
}

/**
 * Removes from a statement everything that loads code or that is allowed only in a module.
 *
 * @returns The remaining text, and whether the statement loads code.
 */
function withoutLoading(statement: ts.Statement): { text: string; loads: boolean } {
  const edits: { start: number; end: number; text: string }[] = [];
  const visit = (node: ts.Node): void => {
    const call = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
      ? node.expression
      : undefined;
    const meta = ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword
      ? node
      : undefined;
    const loading = call ?? meta;
    if (loading !== undefined) {
      edits.push({ start: loading.getStart(), end: loading.getEnd(), text: NO_LOADING });
    }
    if (meta === undefined) ts.forEachChild(node, visit);
  };
  visit(statement);
  for (const modifier of ts.canHaveModifiers(statement) ? ts.getModifiers(statement) ?? [] : []) {
    const { kind } = modifier;
    if (kind === ts.SyntaxKind.ExportKeyword || kind === ts.SyntaxKind.DefaultKeyword) {
      edits.push({ start: modifier.getStart(), end: modifier.getEnd(), text: "" });
    }
  }
  const from = statement.getStart();
  const loads = edits.some(({ text }) => text === NO_LOADING);
  let text = statement.getText();
  for (const { start, end, text: other } of edits.sort((a, b) => b.start - a.start)) {
    text = text.slice(0, start - from) + other + text.slice(end - from);
  }
  return { text, loads };
}

/** The names of variables in a statement whose initial value is no function. */
function variableNames(statement: ts.Statement): string[] {
  if (!ts.isVariableStatement(statement)) return [];
  const functions = statement.declarationList.declarations.filter(({ initializer }) =>
    initializer !== undefined && ts.isFunctionLike(bare(initializer))
  ).map(({ name }) => name.getText());
  return declaredNames(statement).map(({ name }) => name)
    .filter((name) => !functions.includes(name));
}

/** The names whose values an expression statement changes, where that can be seen. */
function changedNames(statement: ts.Statement): string[] {
  if (!ts.isExpressionStatement(statement)) return [];
  let expression = bare(statement.expression);
  if (ts.isAwaitExpression(expression)) expression = bare(expression.expression);
  if (ts.isBinaryExpression(expression) && isAssignment(expression)) {
    return targets(expression.left);
  }
  if (ts.isPrefixUnaryExpression(expression) || ts.isPostfixUnaryExpression(expression)) {
    const { operator } = expression;
    const counts = operator === ts.SyntaxKind.PlusPlusToken ||
      operator === ts.SyntaxKind.MinusMinusToken;
    return counts ? targets(expression.operand) : [];
  }
  if (!ts.isCallExpression(expression) || ts.isIdentifier(expression.expression)) return [];
  return targets(expression.expression);
}

/** `list` of `(list as number[])!`. */
function bare(node: ts.Expression): ts.Expression {
  return ts.isParenthesizedExpression(node) || ts.isNonNullExpression(node) ||
      ts.isAssertionExpression(node) || ts.isSatisfiesExpression(node)
    ? bare(node.expression)
    : node;
}

function isAssignment({ operatorToken: { kind } }: ts.BinaryExpression): boolean {
  return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
}

/** `list` of `list[0].push`, `a` and `b` of `[a, b]`. */
function targets(expression: ts.Expression): string[] {
  const node = bare(expression);
  if (ts.isIdentifier(node)) return [node.text];
  if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) {
    return targets(node.expression);
  }
  if (ts.isArrayLiteralExpression(node)) return node.elements.flatMap(targets);
  if (ts.isSpreadElement(node)) return targets(node.expression);
  if (!ts.isObjectLiteralExpression(node)) return [];
  return node.properties.flatMap((property) =>
    ts.isPropertyAssignment(property)
      ? targets(property.initializer)
      : ts.isShorthandPropertyAssignment(property)
      ? [property.name.text]
      : []
  );
}

/** A function that says which names of values a statement takes from outside itself. */
function freeNames(
  tree: ts.SourceFile,
): (statement: ts.Statement) => Pick<Piece, "uses" | "usesAtOnce"> {
  const program = ts.createProgram([tree.fileName], { noLib: true, noResolve: true, types: [] }, {
    getSourceFile: (name) => name === tree.fileName ? tree : undefined,
    getDefaultLibFileName: () => "",
    writeFile: () => {},
    getCurrentDirectory: () => "/",
    getCanonicalFileName: (name) => name,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => "\n",
    fileExists: (name) => name === tree.fileName,
    readFile: () => undefined,
  });
  const checker = program.getTypeChecker();
  const isOutside = (node: ts.Identifier, statement: ts.Statement): boolean => {
    const { parent } = node;
    const symbol = ts.isShorthandPropertyAssignment(parent) && parent.name === node
      ? checker.getShorthandAssignmentValueSymbol(parent)
      : checker.getSymbolAtLocation(node);
    const declared = symbol?.declarations ?? [];
    return declared.every((d) => ts.findAncestor(d, (node) => node === statement) === undefined);
  };
  return (statement) => {
    const uses = new Set<string>();
    const usesAtOnce = new Set<string>();
    const visit = (node: ts.Node, atOnce: boolean): void => {
      if (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) return;
      if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return;
      if (ts.isIdentifier(node) && isValue(node) && isOutside(node, statement)) {
        uses.add(node.text);
        if (atOnce) usesAtOnce.add(node.text);
      }
      const inside = atOnce && !ts.isFunctionLike(node);
      ts.forEachChild(node, (child) => visit(child, inside));
    };
    visit(statement, true);
    return { uses: [...uses], usesAtOnce: [...usesAtOnce] };
  };
}

/** Whether an identifier stands for a value of that name, rather than for a property or a label. */
function isValue(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) || ts.isPropertyAssignment(parent)) {
    return parent.name !== node;
  }
  if (ts.isBindingElement(parent)) return parent.propertyName !== node;
  if (ts.isLabeledStatement(parent) || ts.isBreakOrContinueStatement(parent)) return false;
  return !ts.isClassElement(parent) || parent.name !== node;
}
