/**
 * Makes whatever a cell awaits end when Stop is pressed.
 *
 * Nothing can end an `await` from outside. The kernel proxy therefore sends `await wait(promise)` in place of
 * `await promise`, where `wait` rejects at Stop (deno_stop.ts). Functions are changed as well, so that a loop
 * in an async function ends with the cell that calls it. The text only gets insertions, and no line breaks.
 */
import { parse } from "@babel/parser";
import { WAIT, WAIT_EACH } from "./deno_stop.ts";

/** A node of Babel's syntax tree. */
export interface Node {
  type: string;
  start: number;
  end: number;
  [field: string]: unknown;
}

export interface Insertion {
  /** An offset in the original text. */
  at: number;
  text: string;
}

/** Code to run in place of a cell's, and what was inserted into the cell's, in order. */
export interface Stoppable {
  text: string;
  insertions: readonly Insertion[];
}

/**
 * Wraps whatever the code awaits. Leaves the code unchanged if it contains a syntax error, which the kernel then
 * reports.
 */
export function stoppable(code: string): Stoppable {
  const insertions = code.includes("await") ? insertionsIn(code) : [];
  insertions.sort((a, b) => a.at - b.at);
  let text = "";
  let from = 0;
  for (const { at, text: inserted } of insertions) {
    text += code.slice(from, at) + inserted;
    from = at;
  }
  return { text: text + code.slice(from), insertions };
}

function insertionsIn(code: string): Insertion[] {
  const insertions: Insertion[] = [];
  const wrap = ({ start, end }: Node, wait: string) => {
    insertions.push({ at: start, text: `${wait}(` }, { at: end, text: ")" });
  };
  const visit = (node: Node): void => {
    if (node.type === "AwaitExpression") wrap(node["argument"] as Node, WAIT);
    if (node.type === "ForOfStatement" && node["await"] === true) {
      wrap(node["right"] as Node, WAIT_EACH);
    }
    for (const child of childrenOf(node)) visit(child);
  };
  const program = programOf(code);
  if (program !== undefined) visit(program);
  return insertions;
}

/** The syntax tree, or undefined if the code cannot be parsed. */
export function programOf(code: string): Node | undefined {
  try {
    const { program } = parse(code, {
      sourceType: "module",
      allowAwaitOutsideFunction: true,
      // With its parentheses, `(a, b)` remains one argument.
      createParenthesizedExpressions: true,
      plugins: ["typescript", "decorators", "decoratorAutoAccessors", "explicitResourceManagement"],
    });
    return program as unknown as Node;
  } catch {
    return undefined;
  }
}

function childrenOf(node: Node): Node[] {
  return Object.values(node).flat().filter((value): value is Node =>
    typeof value === "object" && value !== null && typeof (value as Node).type === "string" &&
    typeof (value as Node).start === "number"
  );
}
