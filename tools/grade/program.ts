/**
 * The program that a sandbox runs for one exercise: the kit's code and the learner's that its check needs,
 * and nothing else.
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
  /** Whether the learner wrote it. */
  readonly learners: boolean;
  /** The exercise that it answers. */
  readonly answer?: string;
}

/** What the learner wrote. What is no TypeScript is left out. */
export interface Written {
  /** By exercise. */
  readonly answers: ReadonlyMap<string, CellCode>;
  /** Cells of their own, from top to bottom, each below a cell of the lesson's. */
  readonly own: readonly { readonly after: number; readonly code: CellCode }[];
}

/** A name that has to be imported: under which name, and from where. */
type Imports = Map<string, { module: string; imported: string }>;

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
  const { units, notices } = unitsBefore(checkCell, lesson, written);
  const check: Unit = {
    ...{ cell: checkCell, place: 0, pieces: checkCode.pieces, imports: checkCode.imports },
    learners: false,
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
      // What goes wrong beside the learner's declarations does not take them away.
      !unit.learners || declares.length > 0 || /^(?:function|var)\b/.test(text)
        ? text
        : `try {\n${text}\n} catch (error) { ${note}(error); }`
    ));
  }
  lines.push("}".repeat(depth));
  return { code: javaScript(lines.join("\n")), calls, notices };
}

/** All units above a check, in the order in which a notebook would run them. */
function unitsBefore(
  checkCell: number,
  { cells }: GradedLesson,
  { answers, own }: Written,
): { units: Unit[]; notices: string[] } {
  const allowed = new Set(cells.flatMap(({ code }) => code?.imports.map((i) => i.module) ?? []));
  allowed.add("residual");
  const permitted = ({ imports }: CellCode) =>
    imports.filter(({ module, imported }) =>
      allowed.has(module) && (module !== "residual" || imported === "*" || imported in kit)
    );
  const units: Unit[] = [];
  const notices: string[] = [];

  function addAnswer(cell: number, answer: string, code: CellCode): void {
    const { pieces, imports, loads } = code;
    units.push({ cell, place: 0, pieces, imports: permitted(code), learners: true, answer });
    for (const { module } of imports) {
      if (allowed.has(module)) continue;
      notices.push(
        `${answer} imports "${module}", which was left out: an answer imports from "residual"`,
      );
    }
    for (const load of loads) {
      notices.push(`${answer} loads other code, which was refused: ${load.slice(0, 80)}`);
    }
  }

  /** A cell of which some statements may not be needed. */
  function addStatements(
    cell: number,
    { pieces }: CellCode,
    imports: CellCode["imports"],
    learners: boolean,
  ): void {
    units.push({ cell, place: -1, pieces: [], imports, learners });
    for (const [place, piece] of pieces.entries()) {
      units.push({ cell, place, pieces: [piece], imports: [], learners });
    }
  }

  function addOwn(after: number): void {
    const below = own.filter((cell) => cell.after === after);
    for (const [i, { code }] of below.entries()) {
      addStatements(after + (i + 1) / (below.length + 1), code, permitted(code), true);
    }
  }

  addOwn(-1);
  for (const [i, { cell: { id, role }, code }] of cells.slice(0, checkCell).entries()) {
    if (code !== undefined && role !== "check") {
      const answer = role === "solution" ? answers.get(id ?? "") : undefined;
      if (role !== "solution") addStatements(i, code, code.imports, false);
      else if (answer !== undefined) addAnswer(i, id!, answer);
    }
    addOwn(i);
  }
  return { units, notices };
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
    // What a cell does to something that is needed belongs to it; an answer is taken whole.
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
