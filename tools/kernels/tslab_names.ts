/**
 * Corrects how tslab treats the names of properties.
 *
 * tslab rewrites each identifier that refers to a declaration of an earlier cell as `exports.name`. It also rewrites
 * the `x` of `const { x: left } = point` if an earlier cell declares the type of `point`, and it misses the variable
 * in `{ size }`. Both forms are spelled out before tslab sees them.
 */
import type ts from "typescript";

/** What is used of TypeScript. */
export type Names = Pick<
  typeof ts,
  | "factory"
  | "isBindingElement"
  | "isIdentifier"
  | "isPropertyAssignment"
  | "isShorthandPropertyAssignment"
  | "setTextRange"
  | "visitEachChild"
  | "visitNode"
>;

/** Spells the names out in everything that the program emits. */
export function correctNames(compiler: Names, program: ts.BuilderProgram): void {
  const { emit } = program;
  program.emit = (file, write, cancellation, declarationsOnly, transformers) =>
    emit.call(program, file, write, cancellation, declarationsOnly, {
      ...transformers,
      before: [
        ...transformers?.before ?? [],
        spellNamesOut(compiler, program.getProgram().getTypeChecker()),
      ],
    });
}

function spellNamesOut(
  compiler: Names,
  checker: ts.TypeChecker,
): ts.TransformerFactory<ts.SourceFile> {
  const { factory, setTextRange } = compiler;
  /** The same name as a node that the compiler cannot resolve: tslab leaves such a name alone. */
  const plain = (name: ts.Identifier) => setTextRange(factory.createIdentifier(name.text), name);

  return (context) => (file) => {
    const isFromEarlierCell = (symbol: ts.Symbol | undefined) =>
      symbol?.declarations?.some((declared) => declared.getSourceFile() === file.parent) ?? false;

    function visit(node: ts.Node): ts.Node {
      const visited = compiler.visitEachChild(node, visit, context);
      if (compiler.isBindingElement(visited)) {
        const { dotDotDotToken, propertyName, name, initializer } = visited;
        if (propertyName === undefined || !compiler.isIdentifier(propertyName)) return visited;
        const property = plain(propertyName);
        return factory.updateBindingElement(visited, dotDotDotToken, property, name, initializer);
      }
      if (compiler.isPropertyAssignment(visited) && compiler.isIdentifier(visited.name)) {
        const { name, initializer } = visited;
        return factory.updatePropertyAssignment(visited, plain(name), initializer);
      }
      if (compiler.isShorthandPropertyAssignment(visited)) {
        const { name, objectAssignmentInitializer: fallback } = visited;
        if (!isFromEarlierCell(checker.getShorthandAssignmentValueSymbol(node))) return visited;
        const variable = factory.createPropertyAccessExpression(
          factory.createIdentifier("exports"),
          plain(name),
        );
        const value = fallback === undefined
          ? variable
          : factory.createAssignment(variable, fallback);
        return setTextRange(factory.createPropertyAssignment(plain(name), value), visited);
      }
      return visited;
    }
    return compiler.visitNode(file, visit) as ts.SourceFile;
  };
}
