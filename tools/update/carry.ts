/**
 * Carries a learner's work from the notebooks of one version of the kit into those of the next: answers by
 * their exercise, edited cells by the text they had at first, and own cells to where they stood.
 */
import { isDeepStrictEqual } from "node:util";
import type { Notebook, NotebookCell } from "../lessons/notebook.ts";

/** Notebooks by file name. */
export type Notebooks = ReadonlyMap<string, Notebook>;

/** A lesson's notebook with what was carried into it. */
export interface Carried {
  notebook: Notebook;
  answers: number;
  /** Cells of the learner's own, and those of the kit that the learner changed. */
  cells: number;
  /** What the learner should look at. */
  notes: string[];
}

/** What becomes of all notebooks. */
export interface Result {
  /** By file name: every notebook of the new version, and old ones that have no place in it. */
  notebooks: Map<string, Carried>;
}

/** A place in a new notebook. */
interface Place {
  file: string;
  /** The new version's cell that is there. */
  cell: NotebookCell;
}

/** Carries one learner's work. Each cell of theirs that is not the old version's is in the result. */
class Carrier {
  readonly #old: Notebooks;
  readonly #fresh: Notebooks;
  readonly #result = new Map<string, Carried>();
  /** What follows a cell of the new version, or begins a notebook. */
  readonly #after = new Map<NotebookCell | string, NotebookCell[]>();

  constructor(old: Notebooks, fresh: Notebooks) {
    this.#old = old;
    this.#fresh = fresh;
    for (const [file, notebook] of fresh) {
      const copy = structuredClone(notebook);
      this.#result.set(file, { notebook: copy, answers: 0, cells: 0, notes: [] });
    }
  }

  carry(file: string, mine: Notebook): void {
    const old = this.#old.get(file);
    const home = this.#successor(file, mine);
    if (home === undefined) {
      if (this.#hasWork(mine, old)) {
        const notes = ["this version has no such lesson: your notebook stays as it is"];
        this.#result.set(file, { notebook: mine, answers: 0, cells: 0, notes });
      }
      return;
    }
    const result = this.#result.get(home)!;
    if (!isDeepStrictEqual(mine.metadata["kernelspec"], old?.metadata["kernelspec"])) {
      for (const name of ["kernelspec", "language_info"]) {
        if (mine.metadata[name] !== undefined) result.notebook.metadata[name] = mine.metadata[name];
      }
    }
    const byId = new Map(result.notebook.cells.map((cell) => [cell.id, cell]));
    const texts = textKeys(this.#fresh.get(home)!.cells);
    const oldKeys = new Map(
      [...textKeys(old?.cells ?? [])].map(([key, cell]) => [cell.id, { key, cell }]),
    );
    const seen = new Set<string>();
    let at: Place | undefined;
    for (const cell of mine.cells) {
      const exercise = gradeId(cell);
      if (exercise !== undefined) {
        if (seen.has(exercise)) {
          // The second half of a cell that the learner split.
          this.#own(at, home, cell);
          continue;
        }
        seen.add(exercise);
        const place = this.#placeOf(exercise);
        const halves = mine.cells.filter((other) => gradeId(other) === exercise);
        if (place === undefined) this.#withoutExercise(at, home, cell, halves, old);
        else {
          this.#answer(place, cell, halves, old);
          at = place;
        }
        continue;
      }
      const before = oldKeys.get(cell.id);
      const fresh = byId.get((before && texts.get(before.key))?.id ?? "");
      if (before === undefined) this.#own(at, home, cell);
      else if (fresh !== undefined) {
        at = { file: home, cell: fresh };
        if (textOf(cell) !== textOf(before.cell)) {
          fresh.source = cell.source;
          result.cells++;
        }
        keepOutputs(fresh, cell);
      } else if (textOf(cell) !== textOf(before.cell)) {
        this.#own(at, home, quoted(cell, "You had changed this cell, and so does the new version"));
        result.notes.push("a cell that you had changed is different now: yours stands beside it");
      }
    }
  }

  result(): Result {
    for (const [file, { notebook }] of this.#result) {
      const cells = [
        ...this.#after.get(file) ?? [],
        ...notebook.cells.flatMap((cell) => [cell, ...this.#after.get(cell) ?? []]),
      ];
      notebook.cells = withOwnIds(cells);
    }
    return { notebooks: this.#result };
  }

  /** The new notebook of the same name, or the one with most of its exercises. */
  #successor(file: string, mine: Notebook): string | undefined {
    if (this.#fresh.has(file)) return file;
    const counts = new Map<string, number>();
    for (const cell of mine.cells) {
      const exercise = gradeId(cell);
      const there = exercise === undefined ? undefined : this.#placeOf(exercise)?.file;
      if (there !== undefined) counts.set(there, (counts.get(there) ?? 0) + 1);
    }
    return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
  }

  #placeOf(exercise: string): Place | undefined {
    for (const [file, { notebook }] of this.#result) {
      if (!this.#fresh.has(file)) continue;
      const cell = notebook.cells.find((cell) => gradeId(cell) === exercise);
      if (cell !== undefined) return { file, cell };
    }
    return undefined;
  }

  /** Puts an answer into its exercise's cell. A check is always the new version's. */
  #answer(
    { file, cell: fresh }: Place,
    cell: NotebookCell,
    halves: readonly NotebookCell[],
    old: Notebook | undefined,
  ): void {
    if (isAnswer(cell) && isAnswer(fresh) && !isAsAtFirst(halves, old)) {
      const result = this.#result.get(file)!;
      const before = firstText(halves, old);
      if (before !== undefined && before !== textOf(fresh)) {
        result.notes.push(
          `${gradeId(cell)} begins differently in this version: compare your answer with its text`,
        );
      }
      fresh.source = cell.source;
      if (fresh.cell_type !== cell.cell_type) {
        fresh.cell_type = cell.cell_type;
        delete fresh.outputs;
        delete fresh.execution_count;
        if (cell.cell_type === "code") Object.assign(fresh, { outputs: [], execution_count: null });
      }
      result.answers++;
    }
    keepOutputs(fresh, cell);
  }

  /** An answer to an exercise that the new version does not have becomes a cell of the learner's own. */
  #withoutExercise(
    at: Place | undefined,
    home: string,
    cell: NotebookCell,
    halves: readonly NotebookCell[],
    old: Notebook | undefined,
  ): void {
    if (!isAnswer(cell) || isAsAtFirst(halves, old)) return;
    const { nbgrader: _, residual: __, ...metadata } = cell.metadata;
    const own = { ...cell, metadata };
    if (cell.cell_type === "code") {
      const head = `// Your answer to ${
        gradeId(cell)
      }, an exercise that this version does not have.\n`;
      own.source = [head, ...[cell.source].flat()];
    }
    this.#own(at, home, own);
    this.#result.get(home)!.notes.push(
      `this version has no exercise ${gradeId(cell)}: your answer is in a cell of its own`,
    );
  }

  #own(at: Place | undefined, home: string, cell: NotebookCell): void {
    const key = at?.cell ?? home;
    this.#after.set(key, [...this.#after.get(key) ?? [], cell]);
    this.#result.get(at?.file ?? home)!.cells++;
  }

  #hasWork(mine: Notebook, old: Notebook | undefined): boolean {
    const before = new Set(old?.cells.map((cell) => `${cell.id}\0${textOf(cell)}`));
    return mine.cells.some((cell) => !before.has(`${cell.id}\0${textOf(cell)}`));
  }
}

/**
 * Carries the learner's notebooks into the new version's.
 *
 * @param old The old version's notebooks, as the kit gave them out.
 */
export function carryOver(mine: Notebooks, old: Notebooks, fresh: Notebooks): Result {
  const carrier = new Carrier(old, fresh);
  for (const [file, notebook] of mine) carrier.carry(file, notebook);
  return carrier.result();
}

function textOf({ source }: NotebookCell): string {
  return [source].flat().join("");
}

function gradeId({ metadata }: NotebookCell): string | undefined {
  return metadata.nbgrader?.grade_id;
}

function isAnswer({ metadata }: NotebookCell): boolean {
  return metadata.nbgrader?.solution === true;
}

/** What the exercise's cell said at first, in the old version. */
function firstText([cell]: readonly NotebookCell[], old?: Notebook): string | undefined {
  const before = old?.cells.find((other) => gradeId(other) === gradeId(cell!));
  return cell?.metadata.residual?.stub ?? (before && textOf(before));
}

function isAsAtFirst(halves: readonly NotebookCell[], old: Notebook | undefined): boolean {
  return halves.length === 1 && textOf(halves[0]!) === firstText(halves, old);
}

/** The cells without an exercise by their text; the second of two with the same text has a key of its own. */
function textKeys(cells: readonly NotebookCell[]): Map<string, NotebookCell> {
  const keys = new Map<string, NotebookCell>();
  for (const cell of cells) {
    if (gradeId(cell) !== undefined) continue;
    for (let nth = 0;; nth++) {
      const key = `${cell.cell_type}\0${nth}\0${textOf(cell)}`;
      if (keys.has(key)) continue;
      keys.set(key, cell);
      break;
    }
  }
  return keys;
}

/** Outputs belong to the text that made them. */
function keepOutputs(fresh: NotebookCell, mine: NotebookCell): void {
  if (fresh.cell_type !== "code" || mine.cell_type !== "code") return;
  if (textOf(fresh) !== textOf(mine)) return;
  fresh.outputs = mine.outputs ?? [];
  fresh.execution_count = mine.execution_count ?? null;
}

/** A cell to read, which runs nothing. */
function quoted(cell: NotebookCell, why: string): NotebookCell {
  const text = textOf(cell);
  const fence = "`".repeat(
    Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)),
  );
  const body = cell.cell_type === "code" ? `${fence}ts\n${text}\n${fence}` : text;
  const source = `**${why}. Yours was:**\n\n${body}`.split(/(?<=\n)/);
  return { cell_type: "markdown", id: cell.id, metadata: {}, source };
}

/** No two cells of a notebook may have the same id. */
function withOwnIds(cells: readonly NotebookCell[]): NotebookCell[] {
  const taken = new Set<string>();
  return cells.map((cell) => {
    let id = cell.id;
    for (let nth = 2; taken.has(id); nth++) id = `${cell.id}-${nth}`;
    taken.add(id);
    return { ...cell, id };
  });
}
