/**
 * Finds the checks whose answers are refused. The kernel proxy starts this program with Deno when a cell may
 * contain refused code.
 *
 * The program reads one line of JSON for each cell and replies with one line: to `{ "ran": CODE }` with `{}`,
 * and to `{ "next": CODE }` with the refusals for the checks in the next cell, by exercise. When the program
 * is ready, it writes a first line, `{}`.
 */
import process from "node:process";
import { createInterface } from "node:readline";
import ts from "typescript";
import { analyze, type CellCode, type Piece } from "../grade/cell_code.ts";
import { neededBy, refusalOf, type Unit } from "../grade/units.ts";
import { parseCode } from "../lessons/subset.ts";

/** The code of all cells that ran in a kernel. */
export class RanCells {
  readonly #cells: CellCode[] = [];
  /** Names used by checks. The cells that declare these names are answers. */
  readonly #candidates = new Set<string>();

  /** Adds a cell. Code with syntax errors did not run, so it is ignored. */
  add(code: string): void {
    const cell = analyze(code);
    if (cell.broken === undefined) this.#cells.push(cell);
    this.#keepCandidates(cell);
  }

  /** The refusals for the checks in the next cell, by exercise. */
  refusalsIn(code: string): Record<string, string> {
    const next = analyze(code);
    this.#keepCandidates(next);
    const refusals: Record<string, string> = {};
    for (const check of next.pieces) {
      for (const exercise of exercisesIn(check)) {
        const refusal = this.#refusalOf(check, next);
        if (refusal !== undefined) refusals[exercise] = refusal;
      }
    }
    return refusals;
  }

  #keepCandidates({ pieces }: CellCode): void {
    for (const piece of pieces.filter((piece) => exercisesIn(piece).length > 0)) {
      for (const name of piece.uses) this.#candidates.add(name);
    }
  }

  /** The grader's refusal for a check in the next cell, if any. */
  #refusalOf(check: Piece, next: CellCode): string | undefined {
    const answers = new Set(
      [...this.#candidates].map((name) =>
        this.#cells.findLastIndex(({ pieces }) =>
          pieces.some(({ declares }) => declares.includes(name))
        )
      ),
    );
    const cell = this.#cells.length;
    const units = this.#cells.flatMap((code, i) =>
      answers.has(i) ? [answerUnit(code, i)] : statementUnits(code, i)
    );
    units.push(...statementUnits(next, cell).filter(({ pieces }) => !pieces.includes(check)));
    // A check counts as a change: it changes the points.
    const pieces = [{ ...check, changes: [...check.changes, "points"] }];
    const unit = { code: next, cell, pieces, imports: next.imports, learners: true };
    const { needed, imports } = neededBy(unit, "", units);
    return refusalOf([...needed, unit], imports);
  }
}

/** An answer, which the grader includes as a whole. */
function answerUnit(code: CellCode, cell: number): Unit {
  const { pieces, imports } = code;
  return { code, cell, pieces, imports, learners: true, answer: `cell ${cell}` };
}

function statementUnits(code: CellCode, cell: number): Unit[] {
  const unit = { code, cell, learners: true };
  return [
    { ...unit, pieces: [], imports: code.imports },
    ...code.pieces.map((piece) => ({ ...unit, pieces: [piece], imports: [] })),
  ];
}

/** The exercises that a statement checks. */
function exercisesIn({ uses, text }: Piece): string[] {
  if (!uses.includes("check")) return [];
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) {
      const [id] = node.arguments;
      const isId = id !== undefined && ts.isStringLiteralLike(id);
      if (node.expression.text === "check" && isId) found.push(id.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(parseCode(text));
  return found;
}

async function main(): Promise<void> {
  const cells = new RanCells();
  console.log("{}");
  for await (const line of createInterface({ input: process.stdin })) {
    const { ran, next } = JSON.parse(line) as { ran?: string; next?: string };
    if (ran !== undefined) cells.add(ran);
    console.log(JSON.stringify(next === undefined ? {} : cells.refusalsIn(next)));
  }
}

if (import.meta.main) await main();
