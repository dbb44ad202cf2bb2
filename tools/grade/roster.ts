/** Collects each student's submissions, and the files that belong to no student. */
import {
  byCodeUnits,
  type FileItem,
  isNotebook,
  isOtherArchive,
  type Item,
  LARGEST_NOTEBOOK,
} from "./item.ts";
import { printable } from "./printable.ts";
import type { StudentName } from "./student_name.ts";

/** One notebook file of one student. */
export interface Submission {
  readonly student: string;
  /** The path inside the submissions, with "/" as the separator. */
  readonly file: string;
  /** Reads the file. @throws {Error} if the file cannot be read or is too large for a notebook */
  read(): Promise<Uint8Array>;
}

/** The submissions of a class. */
export interface Submissions {
  /** All notebook files, sorted by student and path. */
  readonly found: readonly Submission[];
  /** All students, including those without a notebook that can be graded. */
  readonly students: readonly string[];
  /** Problems that an instructor has to look at. The number for each student is limited. */
  readonly problems: readonly string[];
  /** Printable paths of files that are not notebooks. The number for each student is limited. */
  readonly others: readonly string[];
  /** A sentence about the source of the students' names. */
  readonly layout: string;
}

/** The maximum number of other files named for a student without a notebook. */
const MOST_NAMED = 3;

/** The maximum number of problems, and of other files, that are listed for a student. */
const MOST_LINES = 20;

/** The same for files of no student, for each folder at the top level. */
const MOST_LINES_BESIDE = 100;

/** The maximum number of notebooks of a student. */
export const MOST_NOTEBOOKS = 60;

/** The maximum size of a student's notebooks in total, in bytes. */
export const LARGEST_SUBMISSION = 256 * 2 ** 20;

interface StudentEntry extends StudentName {
  /** The folder or file from which the student's name was first read. */
  readonly source: string;
  readonly notebooks: FileItem[];
  /** The first names of other files. */
  readonly others: string[];
  otherCount: number;
  /** Whether the student's folder cannot be read; the folder has a problem of its own. */
  isUnread: boolean;
}

/** Collects items. Each item becomes a notebook, a problem or another file. */
export class Roster {
  readonly #entries = new Map<string, StudentEntry>();
  readonly #problems = new LimitedLines<StudentEntry>();
  readonly #others = new LimitedLines<StudentEntry>();

  /** Adds a student, possibly without files. The same name and number means the same student. */
  addStudent(student: StudentName, source: string): void {
    this.#entryOf(student, source);
  }

  /** Adds a student's item with all its content. */
  addItem(item: Item, student: StudentName, source: string): void {
    const entry = this.#entryOf(student, source);
    if (item.kind === "unread" && item.isFolder) entry.isUnread = true;
    this.#add(item, entry);
  }

  /** Adds an item that belongs to no student. */
  addOther(item: Item): void {
    this.#addOther(item, placeOf(item.path));
  }

  /** Adds a problem with a file or a folder that belongs to no student. */
  addProblem(path: string, problem: string): void {
    this.#addProblem(path, problem, placeOf(path));
  }

  /** Returns everything that was added. @param layout A sentence about the source of the names */
  submissions(layout: string): Submissions {
    const names = this.#displayedNames();
    const entries = [...this.#entries].map(([key, entry]) => ({ student: names.get(key)!, entry }))
      .sort((a, b) => byCodeUnits(a.student, b.student));
    const tooMany: string[] = [];
    const found = entries.flatMap(({ student, entry }) => {
      const { kept, rest } = limited(entry.notebooks);
      if (rest.length > 0) tooMany.push(tooManyNotebooks(student, rest));
      return kept.map((notebook): Submission => ({
        student,
        file: notebook.path,
        read: () => notebook.read(LARGEST_NOTEBOOK),
      }));
    });
    const without = entries
      .filter(({ entry }) => entry.notebooks.length === 0 && !entry.isUnread)
      .map(({ student, entry }) => noNotebook(student, entry));
    const nameOf = new Map(entries.map(({ student, entry }) => [entry, student]));
    const ownerName = (owner: StudentEntry | string) =>
      typeof owner === "string" ? owner : printable(nameOf.get(owner)!);
    return {
      found,
      students: [...new Set(entries.map(({ student }) => student))],
      problems: [
        ...this.#problems.lines,
        ...this.#problems.omitted(ownerName, "problems"),
        ...tooMany,
        ...without,
      ],
      others: [
        ...[...this.#others.lines].sort(byCodeUnits),
        ...this.#others.omitted(ownerName, "other files"),
      ],
      layout,
    };
  }

  #entryOf(student: StudentName, source: string): StudentEntry {
    const key = JSON.stringify([student.name, student.id]);
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const entry: StudentEntry = {
      ...{ ...student, source, notebooks: [], others: [], otherCount: 0, isUnread: false },
    };
    this.#entries.set(key, entry);
    return entry;
  }

  #add(item: Item, entry: StudentEntry): void {
    const isNamedNotebook = isNotebook(item.name);
    if (item.kind === "folder") {
      if (isNamedNotebook) this.#addProblem(item.path, "a folder, expected a file", entry);
      for (const inner of item.items) this.#add(inner, entry);
    } else if (item.kind === "file" && isNamedNotebook) entry.notebooks.push(item);
    else {
      // A problem with a whole zip has no name.
      if (item.kind !== "litter" && item.name !== "") {
        entry.otherCount++;
        if (entry.others.length < MOST_NAMED) entry.others.push(printable(item.name, 60));
      }
      this.#addOther(item, entry);
    }
  }

  #addOther(item: Item, owner: StudentEntry | string): void {
    if (item.kind === "unread") this.#addProblem(item.path, item.problem, owner);
    else if (item.kind === "folder") this.#others.add(`${printable(item.path)}/`, owner);
    else if (item.kind === "file" && isNotebook(item.name)) {
      const problem = "not graded; expected in a student's folder, as STUDENT/NN_name.ipynb";
      this.#addProblem(item.path, problem, owner);
    } else if (item.kind === "file" && isOtherArchive(item.name)) {
      this.#addProblem(item.path, UNOPENED, owner);
    } else this.#others.add(printable(item.path), owner);
  }

  #addProblem(path: string, problem: string, owner: StudentEntry | string): void {
    this.#problems.add(`${printable(path)}: ${problem}`, owner);
  }

  /**
   * Returns the students' displayed names. Students with the same name are shown with their number, such as
   * "Ann Lee (1234567)". If this name is taken too, the folder or file name is shown instead.
   */
  #displayedNames(): Map<string, string> {
    const entries = [...this.#entries];
    const plain = countOf(entries.map(([, { name }]) => name));
    const named = entries.map(([key, { name, id, source }]) => {
      const displayed = plain.get(name)! > 1 && id !== undefined ? `${name} (${id})` : name;
      return { key, source, displayed };
    });
    const counts = countOf(named.map(({ displayed }) => displayed));
    return new Map(named.map(({ key, source, displayed }) => [
      key,
      counts.get(displayed)! > 1 ? source : displayed,
    ]));
  }
}

/** The problem with an archive that is not a zip. */
const UNOPENED = "this archive format is not supported; unpack the archive, or ask for a zip";

/**
 * Lines of students and of folders at the top level. Each has a limited number of lines, so a student cannot
 * make the results of a class too long to write.
 */
class LimitedLines<Student extends object> {
  readonly lines: string[] = [];
  /** The number of lines of each student or folder, including those that are not kept. */
  readonly #counts = new Map<Student | string, number>();

  add(line: string, owner: Student | string): void {
    const count = this.#counts.get(owner) ?? 0;
    this.#counts.set(owner, count + 1);
    if (count < mostLines(owner)) this.lines.push(line);
  }

  /** A line about each student or folder with lines that are not kept. */
  omitted(nameOf: (owner: Student | string) => string, what: string): string[] {
    return [...this.#counts]
      .filter(([owner, count]) => count > mostLines(owner))
      .map(([owner, count]) => `${nameOf(owner)}: and ${count - mostLines(owner)} more ${what}`);
  }
}

function mostLines(owner: unknown): number {
  return typeof owner === "string" ? MOST_LINES_BESIDE : MOST_LINES;
}

/** The folder at the top level that contains a path. */
function placeOf(path: string): string {
  const end = path.indexOf("/");
  return end === -1 ? "top level" : printable(path.slice(0, end));
}

/** Selects the notebooks that are graded, sorted by path. Those with the fewest parent folders come first. */
function limited(notebooks: readonly FileItem[]): { kept: FileItem[]; rest: FileItem[] } {
  const kept: FileItem[] = [];
  const rest: FileItem[] = [];
  const depth = new Map(notebooks.map((item) => [item, item.path.split("/").length]));
  const byPath = (a: FileItem, b: FileItem) => byCodeUnits(a.path, b.path);
  const byDepth = (a: FileItem, b: FileItem) => depth.get(a)! - depth.get(b)! || byPath(a, b);
  let total = 0;
  for (const notebook of [...notebooks].sort(byDepth)) {
    // A notebook that is too large is refused before its content is read.
    const size = (notebook.size ?? 0) > LARGEST_NOTEBOOK ? 0 : notebook.size ?? 0;
    const isKept = kept.length < MOST_NOTEBOOKS && total + size <= LARGEST_SUBMISSION;
    if (isKept) total += size;
    (isKept ? kept : rest).push(notebook);
  }
  return { kept: kept.sort(byPath), rest };
}

function tooManyNotebooks(student: string, rest: readonly FileItem[]): string {
  const named = rest.slice(0, MOST_NAMED).map(({ path }) => printable(path)).join(", ");
  const more = rest.length > MOST_NAMED ? ` and ${rest.length - MOST_NAMED} more` : "";
  return `${printable(student)}: too many notebooks; expected at most ${MOST_NOTEBOOKS} with ` +
    `${LARGEST_SUBMISSION / 2 ** 20} MiB in total; not graded: ${named}${more}`;
}

function noNotebook(student: string, { others, otherCount }: StudentEntry): string {
  const more = otherCount > MOST_NAMED ? ` and ${otherCount - MOST_NAMED} more` : "";
  const found = otherCount === 0 ? "" : `, found ${others.join(", ")}${more}`;
  return `${printable(student)}: no notebook; expected NN_name.ipynb${found}`;
}

function countOf(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}
