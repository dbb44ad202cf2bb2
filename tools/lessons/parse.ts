// Reads a lesson's source: percent format, `// %%` before code and `// %% [markdown]` before text.

/** What a cell is to a grader; cells without a role are none of its business. */
export type Role = "solution" | "check";
const ROLES: readonly string[] = ["solution", "check"] satisfies Role[];

/** One cell of a lesson. */
export interface Cell {
  kind: "code" | "markdown";
  /** The line of its header in the source, from 1. */
  line: number;
  id?: string;
  role?: Role;
  points?: number;
  /** Its text: for markdown, without the comment signs. */
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
const SETTING = /(\w+)=(\S+)\s*/y;
const MARKER = /^\s*\/\/ (BEGIN|END) (SOLUTION|HIDDEN TESTS)\s*$/;
/** Anything that was surely meant as a marker, such as `//BEGIN SOLUTION` or `/// END SOLUTION`. */
const NEAR_MARKER = /^\s*\/\/+\s*(BEGIN|END)\s+(SOLUTION|HIDDEN\s+TESTS?)\b/i;

/** What a region is replaced by in the learner's notebook, indented as its first marker. */
const STUB = ["// YOUR CODE HERE", 'throw new Error("not implemented");'];

function readHeader(file: string, line: number, kind: string | undefined, settings: string): Cell {
  if (kind !== undefined && kind !== "[markdown]") {
    throw new LessonError(file, line, `expected "[markdown]" or nothing after %%, found "${kind}"`);
  }
  const cell: Cell = { kind: kind === undefined ? "code" : "markdown", line, lines: [] };
  SETTING.lastIndex = 0;
  while (SETTING.lastIndex < settings.length) {
    const at = SETTING.lastIndex;
    const [, key, value] = SETTING.exec(settings) ?? [];
    if (key === undefined || value === undefined) {
      throw new LessonError(file, line, `expected key=value, found "${settings.slice(at)}"`);
    }
    if (key === "id") {
      if (!/^[\w-]+$/.test(value)) {
        throw new LessonError(file, line, `expected an id of letters and digits, found "${value}"`);
      }
      cell.id = value;
    } else if (key === "role") {
      if (!ROLES.includes(value)) {
        throw new LessonError(
          file,
          line,
          `unknown role "${value}"; expected ${ROLES.join(" or ")}`,
        );
      }
      cell.role = value as Role;
    } else if (key === "points") {
      if (!/^\d+$/.test(value)) {
        throw new LessonError(file, line, `expected a whole number of points, found "${value}"`);
      }
      cell.points = Number(value);
    } else {
      throw new LessonError(file, line, `unknown key "${key}"; expected id, role or points`);
    }
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
      if (!NEAR_MARKER.test(text)) return;
      throw new LessonError(
        file,
        line,
        `expected "// BEGIN SOLUTION" or the like alone on its line, found "${text.trim()}"`,
      );
    }
    const role: Role = region === "SOLUTION" ? "solution" : "check";
    if (cell.role !== role) {
      throw new LessonError(file, line, `expected ${region} only in a cell with role=${role}`);
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
  const fail = (expected: string): never => {
    throw new LessonError(file, cell.line, expected);
  };
  if (cell.role !== undefined && cell.kind === "markdown") fail("expected a role on code only");
  if (cell.role !== undefined && cell.id === undefined) fail(`role=${cell.role} needs an id=`);
  if (cell.role === "solution" && regions === 0) {
    fail("expected BEGIN SOLUTION and END SOLUTION in a cell with role=solution");
  }
  if (cell.role === "check" && cell.points === undefined) fail("role=check needs points=");
  if (cell.role !== "check" && cell.points !== undefined) fail("expected points= on a check only");
}

/** Blank lines at both ends say nothing in a notebook. */
function trimBlank(lines: readonly string[]): string[] {
  const first = lines.findIndex((line) => line.trim() !== "");
  const last = lines.findLastIndex((line) => line.trim() !== "");
  return first < 0 ? [] : lines.slice(first, last + 1);
}

/**
 * Parses a lesson. Comments above the first cell are for readers of the source and are left out.
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
      throw new LessonError(file, line, `expected "// %%" before the first code, found "${text}"`);
    }
    if (cell.kind === "code") {
      cell.lines.push(text);
    } else if (text === "" || text === "//" || text.startsWith("// ")) {
      cell.lines.push(text.slice(3));
    } else {
      throw new LessonError(file, line, `expected "// " before text of a markdown cell`);
    }
  });
  if (cells.length === 0) throw new LessonError(file, 1, `expected at least one cell: "// %%"`);
  for (const cell of cells) checkCell(file, cell);
  return cells.map((cell) => ({ ...cell, lines: trimBlank(cell.lines) }));
}

/** The cell as a learner gets it: a stub for each answer, no hidden tests. */
export function withoutAnswers(cell: Cell): Cell {
  return { ...cell, lines: trimBlank(cut(cut(cell.lines, "SOLUTION", STUB), "HIDDEN TESTS", [])) };
}
