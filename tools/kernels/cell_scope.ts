/** What the cells that have run declare: the scope in which the next cell is understood. */
import ts from "typescript";

interface Declaration {
  names: readonly string[];
  text: string;
}

export class CellScope {
  #declarations: Declaration[] = [];

  /**
   * Adds the declarations of a cell that has run. They replace earlier ones of the same names. A cell with a syntax
   * error has not run.
   */
  add(code: string): void {
    const source = parse(code);
    if (hasSyntaxError(source)) return;
    const added = declarationsIn(source);
    this.#declarations = [...without(this.#declarations, added), ...added];
  }

  /** The declarations for a cell, without those that the cell declares anew. */
  text(code: string): string {
    const kept = without(this.#declarations, declarationsIn(parse(code)));
    return kept.map(({ text }) => text).join("\n");
  }
}

/** The declarations of which no name is declared again. */
function without(
  declarations: readonly Declaration[],
  later: readonly Declaration[],
): Declaration[] {
  const replaced = new Set(later.flatMap(({ names }) => names));
  return declarations.filter(({ names }) => !names.some((name) => replaced.has(name)));
}

function parse(code: string): ts.SourceFile {
  return ts.createSourceFile("cell.ts", code, ts.ScriptTarget.ESNext, true);
}

function hasSyntaxError(source: ts.SourceFile): boolean {
  const { parseDiagnostics } = source as unknown as { parseDiagnostics: readonly unknown[] };
  return parseDiagnostics.length > 0;
}

/** The statements of a cell that declare names for the cells below. */
function declarationsIn(source: ts.SourceFile): Declaration[] {
  return source.statements.flatMap((statement) => {
    if (ts.isImportDeclaration(statement)) return importsOf(statement, source);
    const names = namesOf(statement);
    // With the comment in front: it may document the names.
    return names.length === 0 ? [] : [{ names, text: statement.getFullText(source) }];
  });
}

/** An import as one declaration for each name. A later cell may replace only one of them. */
function importsOf(statement: ts.ImportDeclaration, source: ts.SourceFile): Declaration[] {
  const { importClause: clause } = statement;
  if (clause === undefined) return [];
  const from = `from ${statement.moduleSpecifier.getText(source)};`;
  const declare = ({ text }: ts.Identifier, what: string): Declaration => ({
    names: [text],
    text: `import ${clause.isTypeOnly ? "type " : ""}${what} ${from}`,
  });
  const { name, namedBindings: bindings } = clause;
  const first = name === undefined ? [] : [declare(name, name.text)];
  if (bindings === undefined) return first;
  if (ts.isNamespaceImport(bindings)) {
    return [...first, declare(bindings.name, bindings.getText(source))];
  }
  const others = bindings.elements.map((element) =>
    declare(element.name, `{ ${element.getText(source)} }`)
  );
  return [...first, ...others];
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap(({ name }) => namesIn(name));
  }
  const isDeclaration = ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement) ||
    ts.isEnumDeclaration(statement) || ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) || ts.isModuleDeclaration(statement);
  return isDeclaration && statement.name !== undefined ? [statement.name.text] : [];
}

function namesIn(binding: ts.BindingName): string[] {
  if (ts.isIdentifier(binding)) return [binding.text];
  return binding.elements.flatMap((element) =>
    ts.isBindingElement(element) ? namesIn(element.name) : []
  );
}
