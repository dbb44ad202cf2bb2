/**
 * Takes out of a notebook what its student wrote: the answers, and other code, in which helpers of the
 * answers may stand. Nothing else in it counts.
 */
import type { GradedLesson, LessonCell } from "./course.ts";
import { cut } from "./sandbox/message.ts";

/** A student's cell, as far as its form can be trusted. */
interface StudentCell {
  readonly kind: string;
  readonly source: string;
  readonly id: string | undefined;
  readonly gradeId: string | undefined;
}

/** The maximum length of a lesson's or a cell's name; longer names are ignored. */
const LONGEST_NAME = 200;
/** The longest cell that is looked at, and the most of a student's own, in cells and in characters. */
const LONGEST_CELL = 50_000;
const MOST_OWN = { cells: 200, characters: 500_000 };

/** More notices would not help anybody. */
const MOST_NOTICES = 50;

/** A code cell that the student added, or a plain one of the lesson's that the student changed. */
export interface OwnCell {
  /** It stands below this cell of the lesson's; -1 above all. */
  readonly after: number;
  readonly source: string;
}

/** What a student's notebook holds. */
export interface NotebookAnswers {
  /** The exercise and the source of each answer in the notebook. */
  readonly answers: readonly (readonly [exercise: string, source: string])[];
  /** The exercises whose answer is still what the kit put there. */
  readonly untouched: readonly string[];
  /** From top to bottom. */
  readonly own: readonly OwnCell[];
  /** What was done to cells that matter. */
  readonly notices: readonly string[];
}

/** The lesson in a notebook's metadata, if any. */
export function originOf(bytes: Uint8Array): string | undefined {
  const parsed = parseNotebook(bytes);
  if (typeof parsed === "string") return undefined;
  return nameIn(Object(Object(parsed.metadata).residual).lesson);
}

/** A notebook's JSON, or the reason why the bytes are not a notebook. */
function parseNotebook(bytes: Uint8Array): { cells: unknown[]; metadata: unknown } | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    return `not a notebook: expected JSON, got ${cut((error as Error).message)}`;
  }
  const { cells, worksheets, metadata } = Object(parsed) as Record<string, unknown>;
  // Notebooks of format 3 have their cells in worksheets.
  const lists: unknown[] = Array.isArray(worksheets)
    ? worksheets.map((sheet) => Object(sheet).cells)
    : [cells];
  if (!lists.every(Array.isArray)) return "not a notebook: expected a list of cells, found none";
  return { cells: lists.flat(), metadata };
}

/** The value, if it is a name. */
function nameIn(value: unknown): string | undefined {
  return typeof value === "string" && value.length <= LONGEST_NAME ? value : undefined;
}

/** Finds the answers in a notebook's bytes. Invalid bytes give a notice, not an error. */
export function readAnswers(lesson: GradedLesson, bytes: Uint8Array): NotebookAnswers {
  const parsed = parseNotebook(bytes);
  if (typeof parsed === "string") {
    return { answers: [], untouched: [], own: [], notices: [parsed] };
  }
  const cells = parsed.cells.map(readCell);
  const notices: string[] = [];
  const answers = new Map<string, string>();
  const untouched = new Set<string>();
  for (const expected of lesson.cells) {
    const { id, role } = expected.cell;
    if (id === undefined || role === undefined) continue;
    const found = candidates(cells, expected);
    if (role === "check") notices.push(...checkNotices(id, found, expected));
    else {
      const { answer, notice } = pick(id, found, expected);
      if (answer !== undefined && answer.length > LONGEST_CELL) {
        notices.push(`the answer ${id} ${tooLong(answer)}`);
      } else if (answer !== undefined) {
        answers.set(id, answer);
        if (tidy(answer) === tidy(expected.handedOut.source.join(""))) untouched.add(id);
      }
      if (notice !== undefined) notices.push(notice);
    }
  }
  const own: OwnCell[] = [];
  let characters = 0;
  for (const cell of ownCells(lesson, cells, answers)) {
    if (cell.source.length > LONGEST_CELL) {
      notices.push(`a cell of the student's own ${tooLong(cell.source)}`);
      continue;
    }
    characters += cell.source.length;
    if (own.length === MOST_OWN.cells || characters > MOST_OWN.characters) {
      notices.push(
        `only the first ${own.length} of the student's own cells were read: expected at most ` +
          `${MOST_OWN.cells} cells and ${MOST_OWN.characters} characters`,
      );
      break;
    }
    own.push(cell);
  }
  return {
    ...{ answers: [...answers], untouched: [...untouched], own },
    notices: notices.slice(0, MOST_NOTICES),
  };
}

function tooLong({ length }: string): string {
  return `was left out: it has ${length} characters, expected at most ${LONGEST_CELL}`;
}

/**
 * The student's code beside the answers. A notebook runs it, so an answer may use it: a cell that was
 * added, a plain cell of the lesson's with other text, a copy or a half of an answer's cell.
 */
function ownCells(
  { cells: lesson }: GradedLesson,
  cells: readonly StudentCell[],
  answers: ReadonlyMap<string, string>,
): OwnCell[] {
  const texts = new Set(lesson.map(({ handedOut }) => tidy(handedOut.source.join(""))));
  const ids = new Set(cells.map(({ id }) => id));
  const own: OwnCell[] = [];
  let after = -1;
  for (const { kind, source, id, gradeId } of cells) {
    const place = lesson.findIndex(({ cell, handedOut }) =>
      gradeId === undefined ? id === handedOut.id : gradeId === cell.id
    );
    const { cell, handedOut } = lesson[place] ?? {};
    const text = tidy(source);
    const isKnown = text === "" || texts.has(text) ||
      text === tidy(answers.get(cell?.id ?? "") ?? "");
    // Copies do not stand where their originals do.
    if (id === handedOut?.id || !ids.has(handedOut?.id)) after = Math.max(after, place);
    if (kind === "code" && cell?.role !== "check" && !isKnown) own.push({ after, source });
  }
  return own;
}

function readCell(value: unknown): StudentCell {
  // Format 3 calls the source of a code cell its input.
  const { cell_type, input, source = input, id, metadata } = Object(value) as Record<
    string,
    unknown
  >;
  const lines: unknown[] = Array.isArray(source) ? source : [source];
  return {
    kind: nameIn(cell_type) ?? "",
    source: lines.map((line) => typeof line === "string" ? line : "").join(""),
    id: nameIn(id),
    gradeId: nameIn(Object(Object(metadata).nbgrader).grade_id),
  };
}

/** The student's cells of that name, or else of that cell's id. */
function candidates(cells: readonly StudentCell[], { cell, handedOut }: LessonCell): StudentCell[] {
  const named = cells.filter(({ gradeId }) => gradeId === cell.id);
  return named.length > 0
    ? named
    : cells.filter(({ id, gradeId }) => id === handedOut.id && gradeId === undefined);
}

function checkNotices(
  id: string,
  found: readonly StudentCell[],
  { cell, handedOut }: LessonCell,
): string[] {
  // With its hidden tests it is the teacher's copy, as nbgrader puts them back.
  const originals = [handedOut.source.join(""), cell.lines.join("\n")].map(tidy);
  if (found.length === 0) return [`the check ${id} was deleted; the kit's own was used`];
  const notices: string[] = [];
  if (found.length > 1) {
    notices.push(`the check ${id} is there ${found.length} times; the kit's own was used`);
  }
  if (found.some(({ kind, source }) => kind !== "code" || !originals.includes(tidy(source)))) {
    notices.push(`the check ${id} was edited; the kit's own was used`);
  }
  return notices;
}

/** The answer among cells of the same name: one that was worked in, the original before a copy. */
function pick(
  id: string,
  found: readonly StudentCell[],
  { cell, handedOut }: LessonCell,
): { answer?: string; notice?: string } {
  const right = found.filter(({ kind }) => kind === cell.kind);
  if (right.length === 0) {
    const notice = found.length === 0
      ? `the answer ${id} was deleted`
      : `the answer ${id} is a ${found[0]!.kind} cell; expected a ${cell.kind} cell`;
    return { notice };
  }
  const stub = tidy(handedOut.source.join(""));
  const worked = right.filter(({ source }) => tidy(source) !== stub);
  const chosen = worked.find((one) => one.id === handedOut.id) ?? worked.at(-1) ?? right[0]!;
  const answer = chosen.source;
  if (right.length === 1) return { answer };
  const which = worked.length === 0
    ? "none was worked in"
    : chosen.id === handedOut.id
    ? "the original was graded"
    : "the last that was worked in was graded";
  return { answer, notice: `the answer ${id} is there ${right.length} times; ${which}` };
}

/** Blanks at ends of lines and of cells say nothing. */
function tidy(source: string): string {
  return source.split("\n").map((line) => line.trimEnd()).join("\n").trim();
}
