/** Unusual changes that students make to notebooks, in JupyterLab, in other programs and by hand. */
import type { Notebook, NotebookCell } from "../../tools/lessons/notebook.ts";
import { answer, cellOf, COUNT, PLAIN, RIGHT, STUB } from "./small_lesson.ts";

/** The expected result of one student: points by exercise, and whether the free text waits for grading. */
export interface Expected {
  readonly res_identity: number;
  readonly identity_count: number;
  readonly waits: boolean;
}

/** A notebook that may violate nbformat: with missing, additional or wrong parts. */
// deno-lint-ignore no-explicit-any
type AnyNotebook = any;

type Odd = readonly [name: string, expected: Expected, work: (notebook: AnyNotebook) => void];

const ANSWER = "res_identity";
const CHECK = "check_res_identity";
const COUNT_ANSWER = "identity_count";
const COUNT_CHECK = "check_identity_count";
const TEXT = "why";

const points = (res_identity: number, identity_count: number, waits = true): Expected => {
  return { res_identity, identity_count, waits };
};

/** Answers the whole lesson. */
export function answerAll(notebook: Notebook): void {
  answer(RIGHT)(notebook);
  answer(COUNT, COUNT_ANSWER)(notebook);
  cellOf(notebook, TEXT).source.push("\nBecause zero is easy.");
}

function isOneOf(names: readonly string[]) {
  return ({ metadata }: NotebookCell) => names.includes(metadata.nbgrader?.grade_id ?? "");
}

function remove(notebook: Notebook, ...names: string[]): void {
  notebook.cells = notebook.cells.filter((cell) => !isOneOf(names)(cell));
}

/** Moves cells to the end. */
function moveDown(notebook: Notebook, ...names: string[]): void {
  const moved = notebook.cells.filter(isOneOf(names));
  remove(notebook, ...names);
  notebook.cells.push(...moved);
}

function insertBelow(notebook: Notebook, name: string, source: string, metadata = {}): void {
  const place = notebook.cells.indexOf(cellOf(notebook, name)) + 1;
  notebook.cells.splice(place, 0, {
    ...{ cell_type: "code", id: `new-${place}`, metadata, source: [source] },
    ...{ outputs: [], execution_count: null },
  });
}

/** Splits a code cell after its first line, as JupyterLab does: both halves keep the metadata. */
function split(notebook: Notebook, name: string): void {
  const { source, metadata } = cellOf(notebook, name);
  const [first, ...rest] = source.join("").split(/(?<=\n)/);
  insertBelow(notebook, name, rest.join(""), structuredClone(metadata));
  cellOf(notebook, name).source = [first!];
}

function copyBelow(notebook: Notebook, name: string, source?: string): void {
  const cell = cellOf(notebook, name);
  insertBelow(notebook, name, source ?? cell.source.join(""), structuredClone(cell.metadata));
}

/** Turns code into text and text into code, as a keystroke in JupyterLab does. */
function convert(notebook: Notebook, ...names: string[]): void {
  for (const name of names) {
    const cell = cellOf(notebook, name);
    cell.cell_type = cell.cell_type === "code" ? "markdown" : "code";
  }
}

function rename(notebook: Notebook, ...names: string[]): void {
  for (const name of names) cellOf(notebook, name).metadata.nbgrader!.grade_id += "_2";
}

function unname(notebook: Notebook, ...names: string[]): void {
  for (const name of names) delete cellOf(notebook, name).metadata.nbgrader;
}

const PLUS = "const plus = (a: tf.Tensor4D, b: tf.Tensor4D): tf.Tensor4D => tf.add(a, b);\n";

/** Each student answered everything, then changed the first exercise, and often the second one too. */
export const ODD_STUDENTS: readonly Odd[] = [
  ["no_cells", points(0, 0), (notebook) => notebook.cells = []],
  ["answer_and_check_deleted", points(0, 3), (notebook) => remove(notebook, ANSWER, CHECK)],
  ["answer_deleted_and_check_copied", points(0, 3), (notebook) => {
    remove(notebook, ANSWER, TEXT);
    copyBelow(notebook, COUNT_CHECK);
  }],
  ["answer_converted", points(0, 3), (notebook) => {
    convert(notebook, ANSWER, TEXT);
    rename(notebook, COUNT_ANSWER);
  }],
  ["answer_and_check_converted", points(0, 3), (notebook) => {
    convert(notebook, ANSWER, CHECK, COUNT_CHECK);
  }],
  ["class_split", points(0, 3), (notebook) => {
    split(notebook, ANSWER);
    split(notebook, CHECK);
  }],
  ["statements_split", points(6, 0), (notebook) => {
    cellOf(notebook, ANSWER).source = [
      PLUS + cellOf(notebook, ANSWER).source.join("").replace("tf.add(", "plus("),
    ];
    split(notebook, ANSWER);
    remove(notebook, COUNT_ANSWER, COUNT_CHECK);
  }],
  ["renamed", points(6, 3), (notebook) => {
    rename(notebook, ANSWER, CHECK, TEXT);
    unname(notebook, COUNT_ANSWER, COUNT_CHECK);
  }],
  ["moved", points(6, 3), (notebook) => {
    moveDown(notebook, ANSWER);
    moveDown(notebook, TEXT);
    remove(notebook, COUNT_CHECK);
  }],
  ["check_above_all", points(6, 3), (notebook) => {
    notebook.cells.sort((a: NotebookCell, b: NotebookCell) =>
      Number(isOneOf([CHECK, COUNT_CHECK])(b)) - Number(isOneOf([CHECK, COUNT_CHECK])(a))
    );
  }],
  ["stub_below_answer", points(6, 3), (notebook) => {
    copyBelow(notebook, ANSWER, cellOf(notebook, ANSWER).source.join("").replace(RIGHT, STUB));
  }],
  ["second_try_below", points(2, 3), (notebook) => {
    copyBelow(notebook, ANSWER, cellOf(notebook, ANSWER).source.join("").replace(RIGHT, PLAIN));
    copyBelow(notebook, COUNT_ANSWER);
  }],
  ["named_like_check", points(0, 3), (notebook) => {
    cellOf(notebook, ANSWER).metadata.nbgrader!.grade_id = CHECK;
  }],
  ["other_metadata", points(6, 3), (notebook) => {
    const [one, two, three, four] = [ANSWER, CHECK, COUNT_ANSWER, TEXT].map((name) =>
      cellOf(notebook, name).metadata.nbgrader as unknown as Record<string, unknown>
    );
    Object.assign(one!, { schema_version: 9, grade: true, points: "many", task: true, mine: 1 });
    Object.assign(two!, { points: 100, solution: true, locked: false });
    Object.assign(three!, { schema_version: 1, solution: false });
    delete four!["points"];
  }],
  ["no_metadata", points(6, 3), (notebook) => {
    delete notebook.metadata;
    for (const cell of notebook.cells) cell.metadata = null;
    delete notebook.cells[0].metadata;
  }],
  ["format_4_0", points(6, 3), (notebook) => {
    notebook.nbformat_minor = 0;
    for (const cell of notebook.cells) delete cell.id;
  }],
  ["not_by_the_format", points(6, 3), (notebook) => {
    for (const cell of notebook.cells) {
      cell.source = cell.source.join("");
      cell.id = "same";
      delete cell.outputs;
    }
    Object.assign(cellOf(notebook, TEXT), { attachments: null });
    notebook.nbformat = "4";
    notebook.cells.push(null, "a cell", {}, { cell_type: "heading", source: null, metadata: [] });
  }],
];

/** The students whose notebooks also run on the second kernel. */
export const ODD_ON_TSLAB: readonly string[] = [
  "no_cells",
  "answer_and_check_deleted",
  "answer_and_check_converted",
  "statements_split",
];

/** Files that are not notebooks, with nbgrader's errors. */
export const NO_NOTEBOOKS: Readonly<Record<string, { content: string; error: RegExp }>> = {
  no_json: { content: "My answer is in the other file.", error: /expected JSON, got/ },
  nothing: { content: "", error: /expected JSON, got/ },
  no_cell_list: { content: '{"metadata": {}}', error: /expected a list of cells/ },
};
