/**
 * Guards a statement: if the statement throws an error, the script reports the error and goes on.
 *
 * In a notebook, later cells run although a cell has failed. In a sandbox, a statement can also fail because
 * CIFAR-10 is not there.
 */
import ts from "typescript";
import { parseCode } from "../lessons/subset.ts";
import type { Piece } from "./cell_code.ts";

/**
 * Returns a statement's text with a guard.
 *
 * @param note The name of a function that takes the error.
 * @param isEffect Whether other code needs none of the names that the statement declares.
 */
export function guarded(
  { text, declares, variables }: Piece,
  note: string,
  isEffect: boolean,
): string {
  if (declares.length === 0 || isEffect) return attempt(text, note);
  // Functions and classes must stay visible to the code below, and rarely throw.
  if (variables.length === 0) return text;
  const [statement] = parseCode(text).statements;
  if (statement === undefined || !ts.isVariableStatement(statement)) return text;
  const { flags, declarations } = statement.declarationList;
  const kind = flags & ts.NodeFlags.BlockScoped;
  if (kind === ts.NodeFlags.Using || kind === ts.NodeFlags.AwaitUsing) return text;
  return declarations.map((declaration) =>
    kind === ts.NodeFlags.Const
      ? guardedConstant(declaration, note)
      : guardedVariable(declaration, kind === ts.NodeFlags.Let ? "let" : "var", note)
  ).join("\n");
}

/** The names are assigned inside the guard, so functions in the initial value use the same variables. */
function guardedVariable(
  { name, initializer }: ts.VariableDeclaration,
  keyword: "let" | "var",
  note: string,
): string {
  const names = namesOf(name);
  const declared = names.length > 0 ? `${keyword} ${names.join(", ")};\n` : "";
  if (initializer === undefined) return declared;
  return declared + attempt(`(${name.getText()} = ${initializer.getText()});`, note);
}

/** The names stay constants: the guard hands their values on to a second declaration. */
function guardedConstant({ name, initializer }: ts.VariableDeclaration, note: string): string {
  const names = namesOf(name);
  const declared = `const ${name.getText()} = ${initializer?.getText()};`;
  if (names.length === 0) return attempt(declared, note);
  const values = [note, ...names].join("_");
  const list = `{ ${names.join(", ")} }`;
  const body = `${declared}\n${values} = ${list};`;
  return `let ${values} = { __proto__: null };\n${attempt(body, note)}\nconst ${list} = ${values};`;
}

function attempt(text: string, note: string): string {
  return `try {\n${text}\n} catch (error) { ${note}(error); }`;
}

function namesOf(name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) =>
    ts.isOmittedExpression(element) ? [] : namesOf(element.name)
  );
}
