/**
 * Reads a lesson's source: jupytext's percent format, `// %%` before code and `// %% [markdown]` before
 * text. A header's settings are jupytext's too, so that both read the same file: names are quoted, and
 * keys stand in alphabetical order.
 *
 *   // %% [markdown] exercise="double"                  the text in front of an exercise
 *   // %% id="double" role="solution"                   code whose answer is taken out for learners
 *   // %% id="check_double" role="check"                code that gives points
 *   // %% [markdown] id="why" points=4 role="answer"    text that a teacher grades
 */

/** What a cell is to a grader. Of cells without a role it takes what an answer uses. */
export type Role = "solution" | "check" | "answer";
const ROLES: readonly string[] = ["solution", "check", "answer"] satisfies Role[];

/** One cell of a lesson. */
export interface Cell {
  kind: "code" | "markdown";
  /** The line of its header in the source, from 1. */
  line: number;
  /** On text: the exercise that it opens. */
  exercise?: string;
  id?: string;
  role?: Role;
  points?: number;
  /** The line in the source of the first of `lines`. */
  textLine: number;
  /** Its text; in markdown the comment signs are gone, but for those of markers. */
  lines: string[];
}

/** A source that cannot become a notebook: where, what was expected, what came. */
export class LessonError extends Error {
  override name = "LessonError";
  constructor(readonly file: string, readonly line: number, message: string) {
    super(`${file}:${line}: ${message}`);
  }
}

const HEADER = /^\/\/ %%(?:\s+(\[\w+\]))?\s*(.*)$/;
const SETTING = /(\w+)=("[^"]*"|\S+)\s*/y;
const KEYS: readonly string[] = ["exercise", "id", "points", "role"];
const MARKER = /^\s*\/\/ (BEGIN|END) (SOLUTION|HIDDEN TESTS)\s*$/;
/** Anything that was surely meant as a marker, such as `//BEGIN SOLUTION` or `/// END SOLUTION`. */
const NEAR_MARKER = /^\s*\/\/+\s*(BEGIN|END)\s+(SOLUTION|HIDDEN\s+TESTS?)\b/i;
/** The same in markdown, where a sentence may begin with such words. */
const NEAR_TEXT_MARKER = /^\/\/+\s*(BEGIN|END)\s+(SOLUTION|HIDDEN\s+TESTS?)\W*$/i;
/** Jupytext takes such a line of code for a command of IPython's, and makes a comment of it. */
const MAGIC = /^\s*(\/\/ ?)*%+[a-z]/i;

/** What an answer is replaced by in the learner's notebook, indented as its first marker. */
export const STUB: Record<Cell["kind"], readonly string[]> = {
  code: ["// YOUR CODE HERE", 'throw new Error("not implemented");'],
  markdown: ["Write your answer here."],
};

function readHeader(file: string, line: number, kind: string | undefined, settings: string): Cell {
  const fail = (message: string): never => {
    throw new LessonError(file, line, message);
  };
  if (kind !== undefined && kind !== "[markdown]") {
    fail(`expected "[markdown]" or nothing after %%, found "${kind}"`);
  }
  const cell: Cell = {
    kind: kind === undefined ? "code" : "markdown",
    line,
    textLine: line + 1,
    lines: [],
  };
  let last = "";
  SETTING.lastIndex = 0;
  while (SETTING.lastIndex < settings.length) {
    const at = SETTING.lastIndex;
    const [, key, value] = SETTING.exec(settings) ?? [];
    if (key === undefined || value === undefined) {
      return fail(`expected key=value, found "${settings.slice(at)}"`);
    }
    if (!KEYS.includes(key)) fail(`unknown key "${key}"; expected ${KEYS.join(", ")}`);
    if (key <= last) {
      fail(`expected each key once and in alphabetical order, found ${key} after ${last}`);
    }
    last = key;
    if (key === "points") {
      if (!/^\d+$/.test(value)) fail(`expected a whole number of points, found ${value}`);
      cell.points = Number(value);
      continue;
    }
    const name = /^"([\w-]+)"$/.exec(value)?.[1] ??
      fail(`expected ${key}="name", of letters, digits, _ and -, found ${key}=${value}`);
    if (key === "exercise") cell.exercise = name;
    else if (key === "id") cell.id = name;
    else if (ROLES.includes(name)) cell.role = name as Role;
    else fail(`unknown role "${name}"; expected ${ROLES.join(", ")}`);
  }
  return cell;
}

/** Cuts the regions of one kind out of a cell; `stub` stands where each of them was. */
function cut(lines: readonly string[], region: string, stub: readonly string[]): string[] {
  const kept: string[] = [];
  let inside = false;
  for (const line of lines) {
    const marker = MARKER.exec(line);
    if (marker?.[2] === region) {
      inside = marker[1] === "BEGIN";
      const indent = line.slice(0, line.indexOf("//"));
      if (inside) kept.push(...stub.map((text) => indent + text));
    } else if (!inside) {
      kept.push(line);
    }
  }
  return kept;
}

/** Checks that markers come in pairs, in the cells that may have them; counts the regions. */
function countRegions(file: string, cell: Cell): number {
  let open: { region: string; line: number } | undefined;
  let regions = 0;
  cell.lines.forEach((text, i) => {
    const line = cell.line + 1 + i;
    const [, edge, region] = MARKER.exec(text) ?? [];
    if (edge === undefined || region === undefined) {
      if (!(cell.kind === "code" ? NEAR_MARKER : NEAR_TEXT_MARKER).test(text)) return;
      throw new LessonError(
        file,
        line,
        `expected "// BEGIN SOLUTION" or another marker alone on its line, found "${text.trim()}"`,
      );
    }
    const answer: Role = cell.kind === "code" ? "solution" : "answer";
    const role = region === "SOLUTION" ? answer : "check";
    if (cell.role !== role) {
      throw new LessonError(file, line, `expected ${region} only in a cell with role="${role}"`);
    }
    if (edge === "BEGIN") {
      if (open !== undefined) {
        const what = `END ${open.region} for the BEGIN of line ${open.line}`;
        throw new LessonError(file, line, `expected ${what}, found a second BEGIN`);
      }
      open = { region, line };
      regions++;
    } else {
      if (open === undefined) {
        throw new LessonError(file, line, `expected BEGIN ${region} before this END`);
      }
      open = undefined;
    }
  });
  if (open !== undefined) {
    const { region, line } = open;
    throw new LessonError(file, line, `unclosed region: expected END ${region} in the same cell`);
  }
  return regions;
}

function checkCell(file: string, cell: Cell): void {
  const regions = countRegions(file, cell);
  const { kind, role, id } = cell;
  const fail = (expected: string): never => {
    throw new LessonError(file, cell.line, expected);
  };
  const others = role ?? id ?? cell.points;
  if (cell.exercise !== undefined && (kind === "code" || others !== undefined)) {
    fail("expected exercise= alone, and on [markdown]");
  }
  if (role !== undefined && id === undefined) fail(`role="${role}" needs an id=`);
  if (role !== undefined && (role === "answer") !== (kind === "markdown")) {
    fail(`expected role="${role}" on ${role === "answer" ? "[markdown]" : "code"} only`);
  }
  if ((role === "solution" || role === "answer") && regions === 0) {
    fail(`expected BEGIN SOLUTION and END SOLUTION in a cell with role="${role}"`);
  }
  if (cell.points !== undefined && role !== "check" && role !== "answer") {
    fail("expected points= on a check or an answer only");
  }
}

/** Blank lines at both ends say nothing in a notebook. */
function trimBlank(cell: Cell): Cell {
  const { lines, textLine } = cell;
  const first = lines.findIndex((line) => line.trim() !== "");
  const last = lines.findLastIndex((line) => line.trim() !== "");
  if (first < 0) return { ...cell, lines: [] };
  return { ...cell, textLine: textLine + first, lines: lines.slice(first, last + 1) };
}

/**
 * Parses a lesson. Comments above the first cell are for readers of the source and are left out, and
 * so is a first cell of comments alone: jupytext writes them as one.
 *
 * @param file The name that errors show.
 * @throws {LessonError} naming file, line and what was expected.
 *
 * @example
 * ```ts
 * const [title, code] = parseLesson("01_a.ts", "// %% [markdown]\n// # Title\n\n// %%\nf();\n");
 * ```
 */
export function parseLesson(file: string, source: string): Cell[] {
  const cells: Cell[] = [];
  const ids = new Map<string, number>();
  source.split(/\r?\n/).forEach((text, i) => {
    const line = i + 1;
    if (text.startsWith("// %%")) {
      const [, kind, settings = ""] = HEADER.exec(text) ?? [];
      const cell = readHeader(file, line, kind, settings.trim());
      const earlier = cell.id === undefined ? undefined : ids.get(cell.id);
      if (earlier !== undefined) {
        throw new LessonError(
          file,
          line,
          `duplicate id "${cell.id}", first used in line ${earlier}`,
        );
      }
      if (cell.id !== undefined) ids.set(cell.id, line);
      cells.push(cell);
      return;
    }
    const cell = cells.at(-1);
    if (cell === undefined) {
      if (text.trim() === "" || text.startsWith("//")) return;
      throw new LessonError(
        file,
        line,
        `expected "// %%" before the first line of code, found "${text}"`,
      );
    }
    if (cell.kind === "code" && MAGIC.test(text)) {
      throw new LessonError(file, line, "expected no code that begins with % and a letter");
    }
    if (cell.kind === "code" || MARKER.test(text) || NEAR_TEXT_MARKER.test(text)) {
      cell.lines.push(text);
    } else if (text === "" || text === "//" || text.startsWith("// ")) {
      cell.lines.push(text.slice(3));
    } else {
      throw new LessonError(file, line, `expected "// " before text of a markdown cell`);
    }
  });
  if (cells.length === 0) throw new LessonError(file, 1, `expected at least one cell: "// %%"`);
  for (const cell of cells) checkCell(file, cell);
  return cells.map(trimBlank).filter((cell, i) => i > 0 || !isRemark(cell));
}

/** What jupytext makes of the comments above the first cell when it saves a lesson. */
function isRemark({ kind, lines, role }: Cell): boolean {
  if (kind !== "code" || lines.length === 0 || role !== undefined) return false;
  return lines.every((line) => line.trim() === "" || line.startsWith("//"));
}

/** The cell as a learner gets it: a stub for each answer, no hidden tests. */
export function withoutAnswers(cell: Cell): Cell {
  const stubbed = cut(cell.lines, "SOLUTION", STUB[cell.kind]);
  return trimBlank({ ...cell, lines: cut(stubbed, "HIDDEN TESTS", []) });
}
