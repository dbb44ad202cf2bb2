/** Finds the folder that holds the students: the one that was given, or one in it. */
import { allItems, byCodeUnits, type FolderItem, isNotebook, isZip, type Item } from "./item.ts";
import { canvasStudent, moodleStudent, type StudentName } from "./student_name.ts";

/** Where the students are. */
export interface ClassLayout {
  /** Holds a folder or a file for each student. */
  readonly folder: FolderItem;
  readonly isNbgrader: boolean;
  /** What stands beside that folder, and beside the folders around it. */
  readonly beside: readonly Item[];
}

/** Folders of a course in nbgrader, and of one that `deno task course` made. */
const NBGRADER_FOLDERS = new Set([
  ...["source", "release", "autograded", "feedback", "submitted", "exchange"],
  ...["solutions", "data", "logs", "downloaded", "imported", "nbgrader"],
]);

/** Of these, what no student has: it tells a course from a student's folder. */
const NBGRADER_SIGNS = new Set([
  ...["source", "release", "autograded", "feedback", "gradebook.db", "nbgrader_config.py"],
]);

/**
 * Finds the folder of the students. That is the root, unless
 *
 * - it has nbgrader's folder `submitted`, and no folder beside it that is not nbgrader's holds a notebook;
 * - or one folder holds all submissions and is a wrapper. A wrapper has no notebook of its own, and in it
 *   platforms named students, or two folders hold the same notebook, or there is a course in nbgrader, or
 *   another wrapper; in a zip, a folder with the zip's name is a wrapper too.
 */
export function layoutOf(root: FolderItem): ClassLayout {
  const beside: Item[] = [];
  let folder = root;
  let isTop = true;
  for (;;) {
    const submitted = submittedIn(folder);
    const isCourse: boolean = submitted !== undefined && (isTop || isSurelyCourse(folder));
    const zipWrapper = folder === root ? zipWrapperIn(root) : undefined;
    const inner: FolderItem | undefined = isCourse ? submitted : zipWrapper ?? wrapperIn(folder);
    if (inner === undefined) return { folder, isNbgrader: false, beside };
    beside.push(...folder.items.filter((item) => item !== inner));
    folder = inner;
    if (isCourse) return { folder, isNbgrader: true, beside };
    isTop = inner === zipWrapper;
  }
}

/** Whether nbgrader or `deno task course` makes a folder of this name. */
export function isNbgraderFolder(name: string): boolean {
  return NBGRADER_FOLDERS.has(name);
}

/** The folders beside a folder `submitted` that keep it from being nbgrader's. */
export function foldersBesideSubmitted({ items }: FolderItem): FolderItem[] {
  if (!items.some(({ kind, name }) => kind === "folder" && name === "submitted")) return [];
  return foldersIn(items).filter((folder) =>
    !folder.isZip && !isNbgraderFolder(folder.name) && notebookNames(folder).size > 0
  );
}

/** Whether two folders in this one hold the same notebook: they could be students, or versions. */
export function hasTwins({ items }: FolderItem): boolean {
  const seen = new Set<string>();
  return foldersIn(items).some((folder) => {
    const names = [...notebookNames(folder)];
    if (names.some((name) => seen.has(name))) return true;
    names.forEach((name) => seen.add(name));
    return false;
  });
}

/** The student that the name of a file or of a zip says. */
export function studentOfFile(name: string): StudentName | undefined {
  return moodleStudent(name) ?? canvasStudent(name);
}

/** nbgrader's folder of submissions. */
function submittedIn(folder: FolderItem): FolderItem | undefined {
  const submitted = foldersIn(folder.items).find(({ name }) => name === "submitted");
  if (submitted === undefined || hasOwnNotebook(submitted)) return undefined;
  return foldersBesideSubmitted(folder).length === 0 ? submitted : undefined;
}

/** A student, too, may name a folder `submitted`; below the root a course needs another sign. */
function isSurelyCourse(folder: FolderItem): boolean {
  const submitted = submittedIn(folder);
  if (submitted === undefined) return false;
  return hasTwins(submitted) || folder.items.some(({ name }) => NBGRADER_SIGNS.has(name));
}

/** The folder in a zip that has the zip's name. */
function zipWrapperIn(zip: FolderItem): FolderItem | undefined {
  const sole = zip.isZip ? soleFolder(zip) : undefined;
  if (sole === undefined || !isNamedAs(sole.name, zip.name) || hasOwnNotebook(sole)) {
    return undefined;
  }
  return foldersIn(sole.items).length > 0 ? sole : undefined;
}

/** The folder that wraps all submissions. */
function wrapperIn(folder: FolderItem): FolderItem | undefined {
  const sole = soleFolder(folder);
  return sole !== undefined && isWrapper(sole) ? sole : undefined;
}

function isWrapper(folder: FolderItem): boolean {
  const studentOf = folder.isZip ? studentOfFile : moodleStudent;
  if (studentOf(folder.name) !== undefined) return false;
  if (hasOwnNotebook(folder)) return false;
  if (folder.items.some(isNamedByPlatform) || hasTwins(folder)) return true;
  if (isSurelyCourse(folder)) return true;
  const sole = soleFolder(folder);
  return sole !== undefined && isWrapper(sole);
}

/** The only folder here, if there is nothing beside it that a student could have submitted. */
function soleFolder({ items }: FolderItem): FolderItem | undefined {
  const submissions = items.filter((item) =>
    item.kind === "folder" ||
    (item.kind === "unread" && item.isFolder && !item.name.startsWith(".")) ||
    (item.kind !== "litter" && (isNotebook(item.name) || isZip(item.name)))
  );
  const [sole] = submissions;
  return submissions.length === 1 && sole!.kind === "folder" ? sole : undefined;
}

function isNamedByPlatform(item: Item): boolean {
  if (item.kind === "litter") return false;
  if (item.kind === "folder" && !item.isZip) return moodleStudent(item.name) !== undefined;
  return (isNotebook(item.name) || isZip(item.name)) && studentOfFile(item.name) !== undefined;
}

function hasOwnNotebook({ items }: FolderItem): boolean {
  return items.some(({ kind, name }) =>
    kind !== "folder" && isNotebook(name) && studentOfFile(name) === undefined
  );
}

/** Lessons in a folder and below, as far as files' names say them. */
function notebookNames({ items }: FolderItem): Set<string> {
  const names = new Set<string>();
  for (const { kind, name } of allItems(items)) {
    if (kind !== "file" || !isNotebook(name)) continue;
    const lower = name.toLowerCase();
    names.add(/\d\d_[a-z0-9]+/.exec(lower)?.[0] ?? lower);
  }
  return names;
}

function foldersIn(items: readonly Item[]): FolderItem[] {
  return items.filter((item) => item.kind === "folder")
    .sort((a, b) => byCodeUnits(a.name, b.name));
}

/** Whether a folder has the name of a zip, without what browsers add to a second download. */
function isNamedAs(folder: string, zip: string): boolean {
  const plain = (name: string) =>
    name.normalize("NFC").toLowerCase().replace(/\.zip$/, "")
      .replace(/(?: ?\(\d+\)|-\d+| copy)$/, "");
  return plain(folder) === plain(zip);
}
