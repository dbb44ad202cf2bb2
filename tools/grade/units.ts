/** What of a lesson and of a learner's notebook a check needs: statements of the kit's, and the learner's. */
import * as kit from "../../lib/mod.ts";
import type { CellCode, ImportedName, Piece } from "./cell_code.ts";
import type { GradedLesson } from "./course.ts";

/** A part of a program that is taken whole or left out: one statement, or an answer. */
export interface Unit {
  /** The cell that it is of. */
  readonly code: CellCode;
  /** Cells stand in this order. */
  readonly cell: number;
  readonly pieces: readonly Piece[];
  readonly imports: readonly ImportedName[];
  /** Whether the learner wrote it. */
  readonly learners: boolean;
  /** The exercise that it answers. */
  readonly answer?: string;
}

/** What the learner wrote. */
export interface Written {
  /** By exercise. */
  readonly answers: ReadonlyMap<string, CellCode>;
  /** Code beside the answers, from top to bottom, each below a cell of the lesson's; -1 is above all. */
  readonly own: readonly { readonly after: number; readonly code: CellCode }[];
}

/** All units above a check, in the order in which a notebook would run them. */
export function unitsAbove(
  checkCell: number,
  { cells }: GradedLesson,
  { answers, own }: Written,
): { units: Unit[]; notices: string[] } {
  const modules = new Set(cells.flatMap(({ code }) => code?.imports.map((i) => i.module) ?? []));
  modules.add("residual");
  const units: Unit[] = [];
  const notices: string[] = [];

  /** The imports that the learner's code may have; the others are named. */
  function permitted({ imports, loads }: CellCode, where: string): ImportedName[] {
    for (const { module } of imports) {
      if (modules.has(module)) continue;
      notices.push(
        `${where} imports "${module}", which was left out: an answer imports from "residual"`,
      );
    }
    for (const load of loads) {
      notices.push(`${where} loads other code, which was refused: ${load.slice(0, 80)}`);
    }
    return imports.filter(({ module, imported }) =>
      modules.has(module) && (module !== "residual" || imported === "*" || imported in kit)
    );
  }

  function addStatements(cell: Omit<Unit, "pieces" | "answer">): void {
    units.push({ ...cell, pieces: [] });
    for (const piece of cell.code.pieces) units.push({ ...cell, imports: [], pieces: [piece] });
  }

  /** The learner's own code below a cell of the lesson's. */
  function addOwn(after: number): void {
    const below = own.filter((one) => one.after === after);
    for (const [i, { code }] of below.entries()) {
      const imports = permitted(code, "a cell of the student's own");
      const cell = after + (i + 1) / (below.length + 1);
      addStatements({ code, cell, imports, learners: true });
    }
  }

  addOwn(-1);
  for (const [i, { cell: { id = "", role }, code }] of cells.slice(0, checkCell).entries()) {
    const answer = answers.get(id);
    if (role === undefined && code !== undefined) {
      addStatements({ code, cell: i, imports: code.imports, learners: false });
    } else if (role === "solution" && answer !== undefined) {
      const imports = permitted(answer, id);
      units.push({
        ...{ code: answer, cell: i, pieces: answer.pieces, imports, learners: true },
        answer: id,
      });
    }
    addOwn(i);
  }
  return { units, notices };
}

/** The units that a check needs, in their order, and the imports that they need by their local names. */
export function neededBy(
  check: Unit,
  exercise: string,
  units: readonly Unit[],
): { needed: Unit[]; imports: Map<string, ImportedName> } {
  const needed = new Set<Unit>();
  const imports = new Map<string, ImportedName>();
  const open: Unit[] = [check];
  const take = (unit: Unit | undefined) => {
    if (unit === undefined || needed.has(unit)) return;
    needed.add(unit);
    open.push(unit);
  };
  take(units.find(({ answer }) => answer === exercise));
  while (open.length > 0) {
    for (let unit = open.pop(); unit !== undefined; unit = open.pop()) {
      for (const name of namesFor(unit)) {
        const source = sourceOf(name, unit, units);
        const imported = [unit, source].flatMap((u) => u?.imports ?? [])
          .find(({ local }) => local === name);
        if (imported !== undefined) imports.set(name, imported);
        else take(source);
      }
    }
    for (const unit of units) {
      if (!needed.has(unit) && completes(unit, needed, units)) take(unit);
    }
  }
  return { needed: units.filter((unit) => needed.has(unit)), imports };
}

/**
 * Whether a statement that declares nothing belongs to what is needed: one that changes it, or in the
 * learner's own cell one that does anything with what that cell declares (a loop that fills a table).
 */
function completes(unit: Unit, needed: ReadonlySet<Unit>, units: readonly Unit[]): boolean {
  const [piece] = unit.pieces;
  if (piece === undefined || unit.answer !== undefined || piece.declares.length > 0) return false;
  const isNeeded = (name: string, inSameCell: boolean) => {
    const source = sourceOf(name, unit, units);
    return source !== undefined && needed.has(source) && (!inSameCell || source.code === unit.code);
  };
  return (piece.changes !== undefined && isNeeded(piece.changes, false)) ||
    (unit.learners && piece.uses.some((name) => isNeeded(name, true)));
}

/** The names that a unit takes from others. */
function namesFor(unit: Unit): Set<string> {
  const own = declaredBy(unit);
  return new Set(unit.pieces.flatMap(({ uses }) => uses).filter((name) => !own.includes(name)));
}

/** The names that a unit gives a meaning. */
export function declaredBy({ pieces }: Unit): string[] {
  return pieces.flatMap(({ declares }) => [...declares]);
}

/**
 * The unit that gives a name its meaning in another: the last in its cell or above that declares it, else the
 * first below, for a function may be called when what it uses is there.
 */
function sourceOf(name: string, unit: Unit, units: readonly Unit[]): Unit | undefined {
  const gives = (other: Unit) =>
    other !== unit &&
    (declaredBy(other).includes(name) || other.imports.some(({ local }) => local === name));
  return units.findLast((other) => other.cell <= unit.cell && gives(other)) ?? units.find(gives);
}
