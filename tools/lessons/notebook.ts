/** Makes notebooks (nbformat 4.5) from a lesson's cells. The same cells give the same bytes. */
import { createHash } from "node:crypto";
import { isDeepStrictEqual, stripVTControlCharacters } from "node:util";
import type { Cell } from "./parse.ts";

/** What nbgrader reads from a cell (its schema 3). */
export interface NbgraderMetadata {
  grade: boolean;
  grade_id: string;
  locked: boolean;
  points?: number;
  schema_version: 3;
  solution: boolean;
  task: boolean;
}

/** One output of a cell, as Jupyter stores it. */
export type Output = Record<string, unknown>;

/** One cell of a notebook file. */
export interface NotebookCell {
  cell_type: "code" | "markdown";
  execution_count?: number | null;
  id: string;
  metadata: { nbgrader?: NbgraderMetadata; residual?: { stub: string } };
  outputs?: Output[];
  source: string[];
}

/** Where a generated notebook comes from: it stays in the file while a learner works in it. */
export interface Origin {
  lesson: string;
  /** SHA-256 of the cells as they were generated. */
  digest: string;
}

/** A notebook file. */
export interface Notebook {
  cells: NotebookCell[];
  metadata: Record<string, unknown> & { residual?: Origin };
  nbformat: 4;
  nbformat_minor: 5;
}

/** What of a lesson's cell is in a notebook. */
export type NotebookSource = Omit<Cell, "line" | "textLine"> & {
  /** What the cell began as: the way back for a learner who wants to begin anew. */
  stub?: string;
};

const METADATA = {
  kernelspec: { display_name: "Deno", language: "typescript", name: "deno" },
  language_info: { file_extension: ".ts", mimetype: "text/x.typescript", name: "typescript" },
};

/**
 * A cell's id: from its exercise's name, or from its own text, never from its place, so that a cell
 * that comes or goes leaves the others' ids as they are.
 */
function cellId(lesson: string, cell: NotebookSource, taken: Set<string>): string {
  const { exercise, id, kind, lines } = cell;
  const name = exercise !== undefined
    ? ["exercise", exercise]
    : id !== undefined
    ? ["id", id]
    : [kind, ...lines];
  // The second of two cells with the same text gets the second id.
  for (let nth = 0;; nth++) {
    const hash = createHash("sha256").update(JSON.stringify([lesson, nth, ...name]));
    const found = hash.digest("hex").slice(0, 12);
    if (taken.has(found)) continue;
    taken.add(found);
    return found;
  }
}

function nbgrader(
  { id, role, points }: Pick<Cell, "id" | "role" | "points">,
): NbgraderMetadata | undefined {
  if (id === undefined || role === undefined) return undefined;
  return {
    grade: role !== "solution",
    grade_id: id,
    locked: role === "check",
    ...(points === undefined ? {} : { points }),
    schema_version: 3,
    solution: role !== "check",
    task: false,
  };
}

/** In text a marker is a comment of HTML, which a grader reads and nobody sees. */
function hiddenMarker(line: string): string {
  return line.replace(/^\/\/ ((?:BEGIN|END) SOLUTION)\s*$/, "<!-- $1 -->");
}

/**
 * Builds the notebook of a lesson, without outputs.
 *
 * @param lesson The lesson's name, such as `07_resnet20`: cell ids are made from it.
 *
 * @example
 * ```ts
 * const notebook = toNotebook("01_a", parseLesson("01_a.ts", source));
 * ```
 */
export function toNotebook(lesson: string, cells: readonly NotebookSource[]): Notebook {
  const taken = new Set<string>();
  const made = cells.map((cell): NotebookCell => {
    const graded = nbgrader(cell);
    const metadata = {
      ...(graded === undefined ? {} : { nbgrader: graded }),
      ...(cell.stub === undefined ? {} : { residual: { stub: cell.stub } }),
    };
    const id = cellId(lesson, cell, taken);
    const lines = cell.kind === "code" ? cell.lines : cell.lines.map(hiddenMarker);
    const source = lines.join("\n").split(/(?<=\n)/);
    if (cell.kind === "markdown") return { cell_type: "markdown", id, metadata, source };
    return { cell_type: "code", execution_count: null, id, metadata, outputs: [], source };
  });
  return {
    cells: made,
    metadata: { ...METADATA, residual: { lesson, digest: digest(made) } },
    nbformat: 4,
    nbformat_minor: 5,
  };
}

/** What makes two notebooks the same: all but outputs and what Jupyter notes on the way. */
function essence(cells: readonly NotebookCell[]): unknown[] {
  return cells.map(({ cell_type, id, metadata, source }) => ({
    cell_type,
    id,
    nbgrader: metadata.nbgrader,
    source: [source].flat().join(""),
  }));
}

function digest(cells: readonly NotebookCell[]): string {
  return createHash("sha256").update(JSON.stringify(essence(cells))).digest("hex");
}

/** The file's text, laid out as Jupyter lays it out. */
export function notebookText(notebook: Notebook): string {
  return JSON.stringify(notebook, null, 1) + "\n";
}

function code(notebook: Notebook): string[] {
  return notebook.cells.filter((c) => c.cell_type === "code").map((c) => c.source.join(""));
}

/**
 * Takes over the outputs of a notebook that ran, if its code is the same to the letter: an output
 * depends on all code before it, so one changed cell makes the others' outputs doubtful too.
 */
export function keepOutputs(fresh: Notebook, ran: Notebook): Notebook {
  if (!isDeepStrictEqual(code(fresh), code(ran))) return fresh;
  const old = ran.cells.filter((cell) => cell.cell_type === "code");
  let next = 0;
  const cells = fresh.cells.map((cell) => {
    if (cell.cell_type !== "code") return cell;
    const { execution_count = null, outputs = [] } = old[next++] ?? {};
    return {
      cell_type: cell.cell_type,
      execution_count,
      id: cell.id,
      metadata: cell.metadata,
      outputs: outputs.map(withoutTransient),
      source: cell.source,
    };
  });
  return { ...fresh, cells };
}

/** Display ids hold only while a kernel lives; in a file they would change with every run. */
function withoutTransient(output: Output): Output {
  return Object.fromEntries(Object.entries(output).filter(([key]) => key !== "transient"));
}

/** Whether this notebook was generated from the same source, whatever a learner did in it since. */
export function inStep(expected: Notebook, found: Notebook): boolean {
  return found.metadata.residual?.digest === expected.metadata.residual?.digest;
}

/** Whether its cells are still as they were generated. */
export function untouched({ cells, metadata }: Notebook): boolean {
  return metadata.residual?.digest === digest(cells);
}

/** What is in an output that says that a cell failed. */
interface ErrorOutput {
  output_type: "error";
  ename: string;
  evalue: string;
  traceback: string[];
}

/** What went wrong in a cell that failed: name, message and where. */
export function failureIn({ outputs = [] }: NotebookCell): string | undefined {
  const failure = outputs.find(({ output_type }) => output_type === "error");
  if (failure === undefined) return undefined;
  const { ename, evalue, traceback } = failure as unknown as ErrorOutput;
  const told = stripVTControlCharacters(traceback.join("\n")).trim();
  return told.includes(evalue) ? told : `${ename}: ${evalue}\n${told}`;
}
