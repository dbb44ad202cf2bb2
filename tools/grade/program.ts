/**
 * Builds the script that a sandbox runs for one exercise. The script contains only the kit's code and the
 * learner's code that the check needs.
 *
 * The learner's code becomes part of a script, never of a module, because a script cannot import.
 * TypeScript's parser finds the imported names, and the sandbox passes in their values.
 *
 * A statement that declares a name again starts a nested block, which also contains all later statements. The
 * new declaration hides the old one, as in a notebook.
 */
import { randomBytes } from "node:crypto";
import ts from "typescript";
import { isAllowedModule } from "../../lib/checks/refused.ts";
import { parseCode } from "../lessons/subset.ts";
import { analyze, type CellCode } from "./cell_code.ts";
import type { GradedLesson } from "./course.ts";
import { guarded } from "./guarded.ts";
import type { Script } from "./sandbox/inside.ts";
import { declaredBy, neededBy, refusalOf, type Unit, unitsAbove, type Written } from "./units.ts";

/** A script for an exercise. */
export interface Program {
  readonly script: Script;
  /** How many times the check cell calls `check`. Every call must be reported. */
  readonly calls: number;
}

/** Builds the script for one exercise, or returns the reason why the learner's code is refused. */
export function programFor(
  lesson: GradedLesson,
  exercise: string,
  written: Written,
): Program | { readonly refused: string } {
  const checkCell = lesson.cells.findIndex(({ cell }) => cell.id === `check_${exercise}`);
  const take = `take_${randomBytes(8).toString("hex")}`;
  const note = `note_${randomBytes(8).toString("hex")}`;
  const { code: checkCode, calls } = takingCheck(lesson, checkCell, exercise, take);
  const units = unitsAbove(checkCell, lesson, written);
  const check: Unit = {
    ...{ code: checkCode, pieces: checkCode.pieces, imports: checkCode.imports },
    ...{ cell: checkCell, learners: false },
  };
  const { needed, imports: all } = neededBy(check, exercise, units);
  const refused = refusalOf([...needed, check], all);
  if (refused !== undefined) return { refused };
  const imports = new Map([...all].filter(([, { module }]) => isAllowedModule(module)));
  const lines: string[] = [];
  const declared = new Set(imports.keys());
  let depth = 0;
  for (const unit of [...needed, check]) {
    const names = declaredBy(unit);
    if (depth === 0 || names.some((name) => declared.has(name))) {
      lines.push("{");
      depth++;
    }
    for (const name of names) declared.add(name);
    for (const piece of unit.pieces) {
      lines.push(unit === check ? piece.text : guarded(piece, note, unit.isEffect === true));
    }
  }
  lines.push("}".repeat(depth));
  const parameters = [take, note, ...imports.keys()];
  const code = javaScript(`(async (${parameters.join(", ")}) => {\n${lines.join("\n")}\n})`);
  const script = { code: `"use strict";\n${code}`, imports: [...imports.values()] };
  return { script, calls };
}

/** The check's cell with the sandbox's own function in place of `check`. */
function takingCheck(
  lesson: GradedLesson,
  checkCell: number,
  exercise: string,
  take: string,
): { code: CellCode; calls: number } {
  const source = lesson.cells[checkCell]!.cell.lines.join("\n");
  const places: number[] = [];
  let calls = 0;
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) {
      const [id] = node.arguments;
      if (node.expression.text === "check" && id !== undefined && ts.isStringLiteralLike(id)) {
        places.push(node.expression.getStart());
        if (id.text === exercise) calls++;
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(parseCode(source));
  let code = source;
  for (const place of places.reverse()) {
    code = code.slice(0, place) + take + code.slice(place + "check".length);
  }
  return { code: analyze(code), calls };
}

function javaScript(code: string): string {
  return ts.transpileModule(code, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  }).outputText;
}
