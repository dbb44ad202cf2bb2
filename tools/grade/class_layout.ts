/** Finds the folder that contains the students' folders or files: the given folder, or one inside it. */
import { allItems, byCodeUnits, type FolderItem, isNotebook, isZip, type Item } from "./item.ts";
import { canvasStudent, moodleStudent, type StudentName } from "./student_name.ts";

/** The location of the students' submissions. */
export interface ClassLayout {
  /** Contains a folder or a file for each student. */
  readonly folder: FolderItem;
  readonly isNbgrader: boolean;
  /** The siblings of that folder and of its parent folders. */
  readonly beside: readonly Item[];
}

/** Folders of an nbgrader course, and of a course that `npx deno task course` made. */
const NBGRADER_FOLDERS = new Set([
  ...["source", "release", "autograded", "feedback", "submitted", "exchange"],
  ...["solutions", "data", "logs", "downloaded", "imported", "nbgrader"],
]);

/** Names that no student uses: they distinguish a course from a student's folder. */
const NBGRADER_SIGNS = new Set([
  ...["source", "release", "autograded", "feedback", "gradebook.db", "nbgrader_config.py"],
]);

/**
 * Finds the students' folder. The result is the root, with two exceptions:
 *
 * - The root contains nbgrader's folder `submitted`, and no sibling of `submitted` contains a notebook,
 *   except nbgrader's own folders.
 * - A single folder, called a wrapper, contains all submissions. A wrapper has no notebook of its own. It
 *   contains names made by a learning platform, two folders with the same notebook, an nbgrader course or
 *   another wrapper. In a zip, a folder with the name of the zip is also a wrapper.
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

/** Whether nbgrader or `npx deno task course` makes folders with this name. */
export function isNbgraderFolder(name: string): boolean {
  return NBGRADER_FOLDERS.has(name);
}

/** The siblings of a folder `submitted` that show that nbgrader did not make the folder. */
export function foldersBesideSubmitted({ items }: FolderItem): FolderItem[] {
  if (!items.some(({ kind, name }) => kind === "folder" && name === "submitted")) return [];
  return foldersIn(items).filter((folder) =>
    !folder.isZip && !isNbgraderFolder(folder.name) && notebookNames(folder).size > 0
  );
}

/** Whether two subfolders contain the same notebook: they may be students, or versions. */
export function hasTwins({ items }: FolderItem): boolean {
  const seen = new Set<string>();
  return foldersIn(items).some((folder) => {
    const names = [...notebookNames(folder)];
    if (names.some((name) => seen.has(name))) return true;
    names.forEach((name) => seen.add(name));
    return false;
  });
}

/** The student in a platform's name for a file or a zip. */
export function studentOfFile(name: string): StudentName | undefined {
  return moodleStudent(name) ?? canvasStudent(name);
}

/** nbgrader's folder of submissions. */
function submittedIn(folder: FolderItem): FolderItem | undefined {
  const submitted = foldersIn(folder.items).find(({ name }) => name === "submitted");
  if (submitted === undefined || hasOwnNotebook(submitted)) return undefined;
  return foldersBesideSubmitted(folder).length === 0 ? submitted : undefined;
}

/** Students may also name a folder `submitted`, so below the root a course needs another sign. */
function isSurelyCourse(folder: FolderItem): boolean {
  const submitted = submittedIn(folder);
  if (submitted === undefined) return false;
  return hasTwins(submitted) || folder.items.some(({ name }) => NBGRADER_SIGNS.has(name));
}

/** The folder in a zip that has the same name as the zip. */
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

/** The only folder here, unless a student could have submitted one of its siblings. */
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

/** The lessons at any depth in a folder, according to the file names. */
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

/** Whether a folder and a zip have the same name, ignoring the suffixes of repeated downloads. */
function isNamedAs(folder: string, zip: string): boolean {
  const plain = (name: string) =>
    name.normalize("NFC").toLowerCase().replace(/\.zip$/, "")
      .replace(/(?: ?\(\d+\)|-\d+| copy)$/, "");
  return plain(folder) === plain(zip);
}
