/** Selects the code that a check depends on, from the lesson and from the learner. */
import { type CellCode, type ImportedName, NO_LOADING, type Piece } from "./cell_code.ts";
import {
  globalRefusal,
  isAllowedModule,
  LOADING_REFUSAL,
  moduleRefusal,
} from "../../lib/checks/refused.ts";
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
  /** Whether other code needs only its effects on variables, and none of the names that it declares. */
  readonly isEffect?: boolean;
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
  lesson: GradedLesson,
  { answers, own }: Written,
): Unit[] {
  const units: Unit[] = [];

  function addStatements(cell: Omit<Unit, "pieces" | "answer">): void {
    units.push({ ...cell, pieces: [] });
    for (const piece of cell.code.pieces) units.push({ ...cell, imports: [], pieces: [piece] });
  }

  /** The learner's own code below a cell of the lesson's. */
  function addOwn(after: number): void {
    const below = own.filter((one) => one.after === after);
    for (const [i, { code }] of below.entries()) {
      const cell = after + (i + 1) / (below.length + 1);
      addStatements({ code, cell, imports: code.imports, learners: true });
    }
  }

  addOwn(-1);
  for (const [i, { cell: { id = "", role }, code }] of lesson.cells.slice(0, checkCell).entries()) {
    const answer = answers.get(id);
    if (role === undefined && code !== undefined) {
      addStatements({ code, cell: i, imports: code.imports, learners: false });
    } else if (role === "solution" && answer !== undefined) {
      units.push({
        ...{ code: answer, cell: i, pieces: answer.pieces, imports: answer.imports },
        ...{ learners: true, answer: id },
      });
    }
    addOwn(i);
  }
  return units;
}

/**
 * Returns the reason if the code that a check needs uses something that only a notebook has.
 *
 * A learner's statement that declares and changes nothing may use such things: the statement fails, but no
 * other code depends on it.
 */
export function refusalOf(
  needed: readonly Unit[],
  imports: ReadonlyMap<string, ImportedName>,
): string | undefined {
  const declared = new Set(needed.flatMap(declaredBy));
  for (const { pieces, learners, isEffect = false } of needed) {
    for (const { uses, declares, changes } of pieces) {
      const isScratch = (isEffect || declares.length === 0) &&
        !changes.some((name) => declared.has(name));
      if (learners && isScratch) continue;
      for (const name of uses.filter((name) => !declared.has(name))) {
        const module = imports.get(name)?.module;
        if (module !== undefined && !isAllowedModule(module)) return moduleRefusal(module);
        if (!learners || module !== undefined) continue;
        const refusal = name === NO_LOADING ? LOADING_REFUSAL : globalRefusal(name);
        if (refusal !== undefined) return refusal;
      }
    }
  }
  return undefined;
}

/** The units that a check needs, in their order, and the imports that they need by their local names. */
export function neededBy(
  check: Unit,
  exercise: string,
  units: readonly Unit[],
): { needed: Unit[]; imports: Map<string, ImportedName> } {
  const sources = new Sources(units);
  const needed = new Set<Unit>();
  const imports = new Map<string, ImportedName>();
  const open: Unit[] = [check];
  const effects = new Set<Unit>();
  const take = (unit: Unit | undefined, isEffect = false) => {
    if (unit === undefined) return;
    if (!isEffect) effects.delete(unit);
    if (needed.has(unit)) return;
    if (isEffect) effects.add(unit);
    needed.add(unit);
    open.push(unit);
  };
  take(units.find(({ answer }) => answer === exercise));
  while (open.length > 0) {
    for (let unit = open.pop(); unit !== undefined; unit = open.pop()) {
      for (const name of namesFor(unit)) {
        const source = sources.of(name, unit);
        const imported = [unit, source].flatMap((u) => u?.imports ?? [])
          .find(({ local }) => local === name);
        if (imported !== undefined) imports.set(name, imported);
        else take(source);
      }
    }
    for (const unit of units) {
      if (!needed.has(unit) && completes(unit, needed, sources)) take(unit, true);
    }
  }
  const inOrder = units.filter((unit) => needed.has(unit));
  return {
    needed: inOrder.map((unit) => effects.has(unit) ? { ...unit, isEffect: true } : unit),
    imports,
  };
}

/**
 * Whether needed code depends on the effects of a statement: the statement changes a needed name, or it is
 * the learner's and uses a needed variable of the learner's, itself (a loop that fills a table) or in a
 * function (`fill()`), or it uses anything that its own cell declares.
 */
function completes(unit: Unit, needed: ReadonlySet<Unit>, sources: Sources): boolean {
  const [piece] = unit.pieces;
  if (piece === undefined || unit.answer !== undefined) return false;
  const isNeeded = (name: string, matters: (source: Unit) => boolean) => {
    const source = sources.of(name, unit);
    return source !== undefined && needed.has(source) && matters(source);
  };
  if (piece.changes.some((name) => isNeeded(name, () => true))) return true;
  if (!unit.learners) return false;
  for (const variable of sources.variablesOf(unit)) if (needed.has(variable)) return true;
  return piece.declares.length === 0 &&
    piece.uses.some((name) => isNeeded(name, (source) => source.code === unit.code));
}

/**
 * The names that a unit takes from others. A line of an answer that only tries something out, such as
 * `console.log(flip(photos[0]))`, takes none: if it fails, nothing else does.
 */
function namesFor({ pieces, answer }: Unit): Set<string> {
  const own = new Set(pieces.flatMap(({ declares }) => declares));
  const variables = new Set(pieces.flatMap(({ variables }) => variables));
  const matter = pieces.filter(({ declares, changes, uses }) =>
    answer === undefined || declares.length > 0 || changes.some((name) => own.has(name)) ||
    uses.some((name) => variables.has(name))
  );
  return new Set(matter.flatMap(({ uses }) => uses).filter((name) => !own.has(name)));
}

/** The names that a unit gives a meaning. */
export function declaredBy({ pieces }: Unit): string[] {
  return pieces.flatMap(({ declares }) => [...declares]);
}

/** Which units give a name its meaning. */
class Sources {
  readonly #givers = new Map<string, Unit[]>();
  readonly #variables = new Map<Unit, ReadonlySet<Unit>>();

  constructor(units: readonly Unit[]) {
    for (const unit of units) {
      const names = new Set([...declaredBy(unit), ...unit.imports.map(({ local }) => local)]);
      for (const name of names) {
        const givers = this.#givers.get(name);
        if (givers === undefined) this.#givers.set(name, [unit]);
        else givers.push(unit);
      }
    }
  }

  /**
   * The unit that gives a name its meaning in another. For what runs at once it is the last in its cell or
   * above, as in a notebook that runs from top to bottom; a function is called later, when the last of all is
   * there.
   */
  of(name: string, unit: Unit): Unit | undefined {
    const givers = (this.#givers.get(name) ?? []).filter((other) => other !== unit);
    const atOnce = unit.pieces.some(({ usesAtOnce }) => usesAtOnce.includes(name));
    return atOnce ? givers.findLast(({ cell }) => cell <= unit.cell) : givers.at(-1);
  }

  /** The units with variables of the learner's that a unit uses, itself or in functions beside the answers. */
  variablesOf(unit: Unit): ReadonlySet<Unit> {
    const known = this.#variables.get(unit);
    if (known !== undefined) return known;
    const found = new Set<Unit>();
    const seen = new Set([unit]);
    for (const user of seen) {
      for (const name of user.pieces.flatMap(({ uses }) => uses)) {
        const source = this.of(name, user);
        if (source === undefined || !source.learners) continue;
        if (source.pieces.some(({ variables }) => variables.includes(name))) found.add(source);
        // Most statements that call an answer only try it out, and may take long.
        else if (source.answer === undefined) seen.add(source);
      }
    }
    this.#variables.set(unit, found);
    return found;
  }
}
