// What is asked of the code in cells, read with TypeScript's own parser.
import ts from "typescript";

/** A cell's code as a syntax tree; cells are modules, so that `await` is one at the top level. */
function parseCode(code: string): ts.SourceFile {
  return ts.createSourceFile("cell.ts", `${code}\nexport {};`, ts.ScriptTarget.ES2022, true);
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
