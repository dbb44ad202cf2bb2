/**
 * The program that a sandbox runs for one exercise: the kit's code and the learner's that its check needs,
 * and nothing else.
 *
 * What declares a name for the second time stands, with all that follows, in a block inside the first, so
 * that it hides it, as it does in a notebook.
 */
import { randomBytes } from "node:crypto";
import ts from "typescript";
import * as kit from "../../lib/mod.ts";
import type { OwnPart } from "../../lib/checks/exercise.ts";
import { parseCode } from "../lessons/subset.ts";
import { analyse, type CellCode, type ImportedName } from "./cell_code.ts";
import { type GradedLesson, kitUrl } from "./course.ts";
import { declaredBy, neededBy, refusals, type Unit, unitsAbove, type Written } from "./units.ts";

/** A program, and what is to be said about it. */
export interface Program {
  /** JavaScript, a module. */
  readonly code: string;
  /** How often the check cell calls `check`: each call has to be seen. */
  readonly calls: number;
  /** What was left out of the learner's code. */
  readonly notices: readonly string[];
}

/** Builds the program for one exercise. */
export function programFor(
  lesson: GradedLesson,
  exercise: string,
  written: Written,
): Program {
  const checkCell = lesson.cells.findIndex(({ cell }) => cell.id === `check_${exercise}`);
  const take = `take_${randomBytes(8).toString("hex")}`;
  const note = `note_${randomBytes(8).toString("hex")}`;
  const { code: checkCode, calls } = takingCheck(lesson, checkCell, exercise, take);
  const units = unitsAbove(checkCell, lesson, written);
  const check: Unit = {
    ...{ code: checkCode, pieces: checkCode.pieces, imports: checkCode.imports },
    ...{ cell: checkCell, learners: false },
  };
  const { needed, imports } = neededBy(check, exercise, units);
  const lines = [
    `import { note as ${note}, take as ${take} } from "${
      kitUrl("tools/grade/sandbox/inside.ts")
    }";`,
    ...importLines(imports),
  ];
  const declared = new Set(imports.keys());
  let depth = 0;
  for (const unit of [...needed, check]) {
    const names = declaredBy(unit);
    if (depth === 0 || names.some((name) => declared.has(name))) {
      lines.push("{");
      depth++;
    }
    for (const name of names) declared.add(name);
    lines.push(...unit.pieces.map(({ text, declares }) =>
      // What goes wrong beside the learner's declarations does not take them away.
      !unit.learners || declares.length > 0
        ? text
        : `try {\n${text}\n} catch (error) { ${note}(error); }`
    ));
  }
  lines.push("}".repeat(depth));
  const notices = refusals(lesson, needed);
  return { code: javaScript(lines.join("\n")), calls, notices };
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
  return { code: analyse(code), calls };
}

function importLines(imports: ReadonlyMap<string, ImportedName>): string[] {
  return [...imports].map(([local, { module, imported }]) => {
    const from = JSON.stringify(module === "residual" ? "./residual.js" : module);
    return imported === "*"
      ? `import * as ${local} from ${from};`
      : `import { ${imported} as ${local} } from ${from};`;
  });
}

function javaScript(code: string): string {
  return ts.transpileModule(code, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      moduleDetection: ts.ModuleDetectionKind.Force,
    },
  }).outputText;
}

/** What of the kit shows, keeps or grades: of no use, and no business of an answer's. */
const SILENT = ["check", "hint", "progress", "reset", "show", "showText", "showTable"];

/**
 * The `residual` of a sandbox: all of the kit but the parts that the exercise asks for, on the backend
 * that needs no permission.
 */
export function residualModule(ownParts: readonly OwnPart[]): string {
  const own = Object.entries(kit).filter(([, value]) =>
    ownParts.some((part) => (value as unknown) === part)
  ).map(([name]) => name);
  return [
    `import { Backend } from "${kitUrl("lib/mod.ts")}";`,
    `export * from "${kitUrl("lib/mod.ts")}";`,
    'const backend = new Backend("cpu", "plain JavaScript", "as a grader needs it", []);',
    "export async function startBackend() { return backend; }",
    ...SILENT.map((name) => `export async function ${name}() {}`),
    ...own.map((name) =>
      `export function ${name}() { throw new Error("the kit's own ${name}; write yours"); }`
    ),
  ].join("\n");
}
