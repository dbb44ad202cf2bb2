/** What the cells that have run declare: the scope in which the next cell is understood. */
import ts from "typescript";

interface Declaration {
  names: readonly string[];
  text: string;
}

export class CellScope {
  #declarations: Declaration[] = [];

  /** Adds the declarations of a cell that has run. They replace earlier ones of the same names. */
  add(code: string): void {
    const added = declarationsIn(code);
    const names = new Set(added.flatMap((declaration) => declaration.names));
    this.#declarations = [...without(this.#declarations, names), ...added];
  }

  /** The declarations for a cell, without those that the cell declares anew. */
  text(code: string): string {
    const names = new Set(declarationsIn(code).flatMap((declaration) => declaration.names));
    return without(this.#declarations, names).map(({ text }) => text).join("\n");
  }
}

function without(declarations: readonly Declaration[], names: ReadonlySet<string>): Declaration[] {
  return declarations.filter((declaration) => !declaration.names.some((name) => names.has(name)));
}

/** The statements of a cell that declare names for the cells below. */
function declarationsIn(code: string): Declaration[] {
  const source = ts.createSourceFile("cell.ts", code, ts.ScriptTarget.ESNext, true);
  return source.statements.flatMap((statement) => {
    const names = namesOf(statement);
    // With the comment in front: it may document the names.
    return names.length === 0 ? [] : [{ names, text: statement.getFullText(source) }];
  });
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap(({ name }) => namesIn(name));
  }
  if (ts.isImportDeclaration(statement)) {
    const { name, namedBindings } = statement.importClause ?? {};
    const bound = namedBindings === undefined
      ? []
      : ts.isNamespaceImport(namedBindings)
      ? [namedBindings.name.text]
      : namedBindings.elements.map((element) => element.name.text);
    return [...(name === undefined ? [] : [name.text]), ...bound];
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
