/** The submissions of a class as a tree, which has the same form for a folder on disk and for a zip. */

/** A regular file. */
export interface FileItem {
  readonly kind: "file";
  readonly name: string;
  /** The path inside the submissions, with "/" as the separator. */
  readonly path: string;
  /** The path on disk; undefined inside a zip. */
  readonly disk?: string;
  /** The size in bytes when the submissions were listed. */
  readonly size?: number;
  /** Reads the file. @throws {Error} if the file cannot be read or has more than `most` bytes */
  read(most: number): Promise<Uint8Array>;
}

/** A folder, or an opened zip. */
export interface FolderItem {
  readonly kind: "folder";
  readonly name: string;
  readonly path: string;
  readonly isZip: boolean;
  readonly items: readonly Item[];
}

/** An item that cannot or must not be read: a link, a pipe, a folder without permission. */
export interface UnreadItem {
  readonly kind: "unread";
  readonly name: string;
  readonly path: string;
  /** Whether the item may be a folder, and so a student. */
  readonly isFolder: boolean;
  readonly problem: string;
}

/** A file or folder that an operating system or a tool made. It is not searched. */
export interface LitterItem {
  readonly kind: "litter";
  readonly name: string;
  readonly path: string;
}

export type Item = FileItem | FolderItem | UnreadItem | LitterItem;

/** In bytes: far more than any lesson with all its images. */
export const LARGEST_NOTEBOOK = 64 * 2 ** 20;

/** The maximum depth of folders. Deeper folders are not searched. */
export const DEEPEST = 20;

const LITTER = new Set([
  ...[".ds_store", "thumbs.db", "desktop.ini", "__macosx", "$recycle.bin", ".trash"],
  ...[".ipynb_checkpoints", ".jupyter", ".ipython", ".virtual_documents", ".residual"],
  ...["node_modules", ".npm", ".deno", ".venv", "__pycache__", ".pytest_cache", ".cache"],
  ...[".git", ".github", ".hg", ".svn", ".vscode", ".idea", ".config", ".local"],
]);

/** Whether an operating system or a tool makes files or folders with this name. */
export function isLitter(name: string): boolean {
  return LITTER.has(name.toLowerCase()) || name.startsWith("._");
}

/** Whether a folder with this name is hidden. Litter does not count. */
export function isHiddenFolder(name: string): boolean {
  return name.startsWith(".") && !isLitter(name);
}

/** The problem with a hidden folder. */
export const HIDDEN_FOLDER = "a hidden folder, not searched";

/** The problem with a folder below the maximum depth. */
export const TOO_DEEP = `more than ${DEEPEST} folders deep, not searched`;

/** Some browsers append ".json" or ".txt" to a notebook, and " (1)" to a second download. */
const NOTEBOOK = /\.ipynb(?: ?\(\d+\))?(?:\.(?:json|txt))?$/i;

/** Whether a file with this name is a notebook. */
export function isNotebook(name: string): boolean {
  return NOTEBOOK.test(name);
}

/** Whether a file with this name is a zip. */
export function isZip(name: string): boolean {
  return /\.zip$/i.test(name);
}

/** Whether a file with this name is an archive in an unsupported format. */
export function isOtherArchive(name: string): boolean {
  return /\.(?:tar|tgz|tbz2?|txz|gz|bz2|xz|zst|rar|7z)$/i.test(name);
}

/** Joins a folder and a name to a path. */
export function joinPath(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}

/** The problem with a file that is too large. */
export function tooLarge(size: number, most: number): string {
  return `the file has ${mebibytes(size)} MiB, expected at most ${mebibytes(most)} MiB`;
}

function mebibytes(bytes: number): number {
  return Math.ceil(bytes / 2 ** 20);
}

/** Compares texts by code units, so the order is the same on every machine. */
export function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** All items at any depth; a folder comes before its content. */
export function* allItems(items: readonly Item[]): Generator<Item> {
  for (const item of items) {
    yield item;
    if (item.kind === "folder") yield* allItems(item.items);
  }
}
