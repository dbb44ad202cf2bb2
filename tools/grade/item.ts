/** What a class submitted, as a tree: the same for a folder on disk and for a zip. */

/** A plain file. */
export interface FileItem {
  readonly kind: "file";
  readonly name: string;
  /** Its path with "/", in the submissions. */
  readonly path: string;
  /** Its path on disk; undefined in a zip. */
  readonly disk?: string;
  /** Reads it. @throws where it cannot be read or has more than `most` bytes */
  read(most: number): Promise<Uint8Array>;
}

/** A folder, or a zip that was opened. */
export interface FolderItem {
  readonly kind: "folder";
  readonly name: string;
  readonly path: string;
  readonly isZip: boolean;
  readonly items: readonly Item[];
}

/** What cannot be read, or must not be: a link, a pipe, a folder without permission. */
export interface UnreadItem {
  readonly kind: "unread";
  readonly name: string;
  readonly path: string;
  /** Whether it stands for a folder, which could be a student's. */
  readonly isFolder: boolean;
  readonly problem: string;
}

/** What an operating system or a tool left. It is not searched. */
export interface LitterItem {
  readonly kind: "litter";
  readonly name: string;
  readonly path: string;
}

export type Item = FileItem | FolderItem | UnreadItem | LitterItem;

/** Far more than any lesson with all its pictures. */
export const LARGEST_NOTEBOOK = 64 * 2 ** 20;

/** Folders in folders; deeper ones are not searched. */
export const DEEPEST = 20;

const LITTER = new Set([
  ...[".ds_store", "thumbs.db", "desktop.ini", "__macosx", "$recycle.bin", ".trash"],
  ...[".ipynb_checkpoints", ".jupyter", ".ipython", ".virtual_documents", ".residual"],
  ...["node_modules", ".npm", ".deno", ".venv", "__pycache__", ".pytest_cache", ".cache"],
  ...[".git", ".github", ".hg", ".svn", ".vscode", ".idea", ".config", ".local"],
]);

/** Whether an operating system or a tool makes files and folders of this name. */
export function isLitter(name: string): boolean {
  return LITTER.has(name.toLowerCase()) || name.startsWith("._");
}

/** Whether a folder of this name is hidden; litter is not counted. */
export function isHiddenFolder(name: string): boolean {
  return name.startsWith(".") && !isLitter(name);
}

/** What is said of a hidden folder. */
export const HIDDEN_FOLDER = "a hidden folder, not searched";

/** What is said of folders below the deepest one. */
export const TOO_DEEP = `more than ${DEEPEST} folders deep, not searched`;

/** Browsers append ".json" or ".txt" to a notebook that they do not know, and " (1)" to a second one. */
const NOTEBOOK = /\.ipynb(?: ?\(\d+\))?(?:\.(?:json|txt))?$/i;

/** Whether a file of this name is a notebook. */
export function isNotebook(name: string): boolean {
  return NOTEBOOK.test(name);
}

/** Whether a file of this name is a zip. */
export function isZip(name: string): boolean {
  return /\.zip$/i.test(name);
}

/** Whether a file of this name is an archive that is not opened. */
export function isOtherArchive(name: string): boolean {
  return /\.(?:tar|tgz|tbz2?|txz|gz|bz2|xz|zst|rar|7z)$/i.test(name);
}

/** A name in a folder, as a path. */
export function joinPath(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}

/** What is said of a file by its size. */
export function tooLarge(size: number, most: number): string {
  return `has ${mebibytes(size)} MiB, expected at most ${mebibytes(most)} MiB`;
}

function mebibytes(bytes: number): number {
  return Math.ceil(bytes / 2 ** 20);
}

/** Orders items and texts by code units, which is the same on every machine. */
export function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** All items in these and below, outer ones first. */
export function* allItems(items: readonly Item[]): Generator<Item> {
  for (const item of items) {
    yield item;
    if (item.kind === "folder") yield* allItems(item.items);
  }
}
