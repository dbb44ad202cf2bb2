/**
 * The program that a sandbox runs for one exercise: the kit's code and the learner's answers that its
 * check needs, and nothing else.
 *
 * Each cell stands in a block inside the block of the cell before, so that a name that is declared a
 * second time hides the first one, as it does in a notebook.
 */
import { randomBytes } from "node:crypto";
import ts from "typescript";
import * as kit from "../../lib/mod.ts";
import type { OwnPart } from "../../lib/checks/exercise.ts";
import { parseCode } from "../lessons/subset.ts";
import { analyse, type CellCode, type Piece } from "./cell_code.ts";
import { type GradedLesson, kitUrl } from "./course.ts";

/** A program, and what is to be said about it. */
export interface Program {
  /** JavaScript, a module. */
  readonly code: string;
  /** How often the check cell calls `check`: each call has to be seen. */
  readonly calls: number;
  /** What was left out of the learner's answers. */
  readonly notices: readonly string[];
}

/** One part of the program: a statement of the kit's, or a whole answer. */
interface Unit {
  readonly cell: number;
  readonly place: number;
  readonly pieces: readonly Piece[];
  readonly imports: CellCode["imports"];
  /** The exercise, where the learner wrote it. */
  readonly answer?: string;
}

/** A name that has to be imported: under which name, and from where. */
type Imports = Map<string, { module: string; imported: string }>;

/**
 * Builds the program for one exercise.
 *
 * @param answers The learner's code by exercise; one that is no TypeScript is left out.
 */
export function programFor(
  lesson: GradedLesson,
  exercise: string,
  answers: ReadonlyMap<string, CellCode>,
): Program {
  const checkCell = lesson.cells.findIndex(({ cell }) => cell.id === `check_${exercise}`);
  const take = `take_${randomBytes(8).toString("hex")}`;
  const note = `note_${randomBytes(8).toString("hex")}`;
  const { code: checkCode, calls } = takingCheck(lesson, checkCell, exercise, take);
  const allowed = new Set(
    lesson.cells.flatMap(({ code }) => code?.imports.map(({ module }) => module) ?? []),
  );
  allowed.add("residual");

  const notices: string[] = [];
  const units: Unit[] = [];
  for (const [i, { cell, code }] of lesson.cells.slice(0, checkCell).entries()) {
    if (code === undefined || cell.role === "check") continue;
    if (cell.role !== "solution" || cell.id === undefined) {
      const { imports, pieces } = code;
      units.push({ cell: i, place: -1, pieces: [], imports });
      pieces.forEach((piece, place) => {
        units.push({ cell: i, place, pieces: [piece], imports: [] });
      });
      continue;
    }
    const answer = answers.get(cell.id);
    if (answer === undefined || answer.broken !== undefined) continue;
    const imports = answer.imports.filter(({ module, imported }) =>
      allowed.has(module) && (module !== "residual" || imported === "*" || imported in kit)
    );
    units.push({ cell: i, place: 0, pieces: answer.pieces, imports, answer: cell.id });
    for (const { module } of answer.imports) {
      if (allowed.has(module)) continue;
      notices.push(
        `${cell.id} imports "${module}", which was left out: an answer imports from "residual"`,
      );
    }
    for (const load of answer.loads) {
      notices.push(`${cell.id} loads other code, which was refused: ${load.slice(0, 80)}`);
    }
  }
  const check: Unit = {
    ...{ cell: checkCell, place: 0, pieces: checkCode.pieces, imports: checkCode.imports },
  };
  const imports: Imports = new Map();
  const needed = closure(units, check, exercise, imports);
  const lines = [
    `import { note as ${note}, take as ${take} } from "${
      kitUrl("tools/grade/sandbox/inside.ts")
    }";`,
    ...importLines(imports),
  ];
  let cell = -1;
  let depth = 0;
  for (const unit of [...needed, check]) {
    if (unit.cell !== cell) {
      lines.push("{");
      depth++;
      cell = unit.cell;
    }
    lines.push(...unit.pieces.map(({ text, declares }) =>
      // What goes wrong beside the declarations of an answer does not take them away.
      unit.answer === undefined || declares.length > 0 || /^(?:function|var)\b/.test(text)
        ? text
        : `try {\n${text}\n} catch (error) { ${note}(error); }`
    ));
  }
  lines.push("}".repeat(depth));
  return { code: javaScript(lines.join("\n")), calls, notices };
}

/** The units that the check needs, in the lesson's order; notes the imports that they need. */
function closure(
  units: readonly Unit[],
  check: Unit,
  exercise: string,
  imports: Imports,
): Unit[] {
  const needed = new Set<Unit>();
  const open: Unit[] = [check];
  const take = (unit: Unit | undefined) => {
    if (unit === undefined || needed.has(unit)) return;
    needed.add(unit);
    open.push(unit);
  };
  take(units.find(({ answer }) => answer === exercise));
  while (open.length > 0) {
    for (let unit = open.pop(); unit !== undefined; unit = open.pop()) {
      for (const name of new Set(unit.pieces.flatMap(({ uses }) => uses))) {
        const source = sourceOf(name, unit, units);
        const imported = [unit, source].flatMap((u) => u?.imports ?? [])
          .find(({ local }) => local === name);
        if (imported !== undefined) imports.set(name, imported);
        else take(source);
      }
    }
    // What a cell of the kit does to something that is needed belongs to it.
    for (const unit of units) {
      const changes = unit.pieces[0]?.changes;
      const changed = changes === undefined ? undefined : sourceOf(changes, unit, units);
      if (unit.answer === undefined && changed && needed.has(changed)) take(unit);
    }
  }
  return units.filter((unit) => needed.has(unit));
}

/** The unit that gives a name its meaning in another: the last before it that declares it. */
function sourceOf(name: string, unit: Unit, units: readonly Unit[]): Unit | undefined {
  return units.findLast((other) => {
    // Within one cell a function may use a name that stands further down.
    if (other === unit || other.cell > unit.cell) return false;
    return other.pieces.some(({ declares }) => declares.includes(name)) ||
      other.imports.some(({ local }) => local === name);
  });
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

function importLines(imports: Imports): string[] {
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
