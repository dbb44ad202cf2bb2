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
  /** Problems that an instructor has to look at. */
  readonly problems: readonly string[];
  /** Paths of files that are not notebooks. */
  readonly others: readonly string[];
  /** A sentence about the source of the students' names. */
  readonly layout: string;
}

/** The maximum number of other files named for a student without a notebook. */
const MOST_NAMED = 3;

interface StudentEntry extends StudentName {
  /** The folder or file from which the student's name was first read. */
  readonly source: string;
  readonly notebooks: FileItem[];
  readonly others: string[];
  /** Whether the student's folder cannot be read; the folder has a problem of its own. */
  isUnread: boolean;
}

/** Collects items. Each item becomes a notebook, a problem or another file. */
export class Roster {
  readonly #entries = new Map<string, StudentEntry>();
  readonly #problems: string[] = [];
  readonly #others: string[] = [];

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
    if (item.kind === "unread") this.addProblem(item.path, item.problem);
    else if (item.kind === "folder") this.#others.push(`${item.path}/`);
    else if (item.kind === "file" && isNotebook(item.name)) {
      this.addProblem(
        item.path,
        "not graded; expected in a student's folder, as STUDENT/NN_name.ipynb",
      );
    } else if (item.kind === "file" && isOtherArchive(item.name)) {
      this.addProblem(item.path, UNOPENED);
    } else this.#others.push(item.path);
  }

  addProblem(path: string, problem: string): void {
    this.#problems.push(`${printable(path)}: ${problem}`);
  }

  /** Returns everything that was added. @param layout A sentence about the source of the names */
  submissions(layout: string): Submissions {
    const names = this.#displayedNames();
    const entries = [...this.#entries].map(([key, entry]) => ({ student: names.get(key)!, entry }))
      .sort((a, b) => byCodeUnits(a.student, b.student));
    const found = entries.flatMap(({ student, entry }) =>
      entry.notebooks.sort((a, b) => byCodeUnits(a.path, b.path)).map((notebook): Submission => ({
        student,
        file: notebook.path,
        read: () => notebook.read(LARGEST_NOTEBOOK),
      }))
    );
    const without = entries
      .filter(({ entry }) => entry.notebooks.length === 0 && !entry.isUnread)
      .map(({ student, entry }) => noNotebook(student, entry.others));
    return {
      found,
      students: [...new Set(entries.map(({ student }) => student))],
      problems: [...this.#problems, ...without],
      others: this.#others.sort(byCodeUnits),
      layout,
    };
  }

  #entryOf(student: StudentName, source: string): StudentEntry {
    const key = JSON.stringify([student.name, student.id]);
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const entry = { ...student, source, notebooks: [], others: [], isUnread: false };
    this.#entries.set(key, entry);
    return entry;
  }

  #add(item: Item, entry: StudentEntry): void {
    const isNamedNotebook = isNotebook(item.name);
    if (item.kind === "folder") {
      if (isNamedNotebook) this.addProblem(item.path, "a folder, expected a file");
      for (const inner of item.items) this.#add(inner, entry);
    } else if (item.kind === "file" && isNamedNotebook) entry.notebooks.push(item);
    else {
      if (item.kind !== "litter") entry.others.push(item.name);
      this.addOther(item);
    }
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

function noNotebook(student: string, others: readonly string[]): string {
  const named = others.slice(0, MOST_NAMED).map((name) => printable(name, 60)).join(", ");
  const more = others.length > MOST_NAMED ? ` and ${others.length - MOST_NAMED} more` : "";
  const found = others.length === 0 ? "" : `, found ${named}${more}`;
  return `${printable(student)}: no notebook; expected NN_name.ipynb${found}`;
}

function countOf(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}
