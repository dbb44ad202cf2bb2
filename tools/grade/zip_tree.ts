/** Builds the tree of a zip from the zip's list of paths. */
import {
  DEEPEST,
  type FileItem,
  HIDDEN_FOLDER,
  isHiddenFolder,
  isLitter,
  type Item,
  joinPath,
  TOO_DEEP,
} from "./item.ts";

/** The maximum number of characters of a path in a zip. Windows and learning platforms allow fewer. */
const LONGEST_PATH = 1000;

/** The number of characters shown of a name that is too long. */
const SHOWN_CHARACTERS = 100;

/** The content of a zip, or of all zips of a class. */
export interface ZipContent {
  /** The number of files and folders. */
  readonly items: number;
  /** The number of characters of all paths. */
  readonly characters: number;
}

interface Branch {
  readonly items: Item[];
  /** By name; undefined for an item that is not a folder. */
  readonly children: Map<string, Branch | undefined>;
}

const emptyBranch = (): Branch => ({ items: [], children: new Map() });

/** A tree built path by path. Paths that lead outside the zip become unread items. */
export class ZipTree {
  readonly #root = emptyBranch();
  readonly #path: string;
  #count = 0;
  #characters = 0;

  /** @param path The path of the zip, a prefix of all paths inside. */
  constructor(path: string) {
    this.#path = path;
  }

  /** The items at the top level of the zip. */
  get items(): readonly Item[] {
    return this.#root.items;
  }

  /** The size of the tree. Paths in a tool's folder, such as `node_modules`, add nothing. */
  get content(): ZipContent {
    return { items: this.#count, characters: this.#characters };
  }

  addFile(path: string, size: number, read: FileItem["read"]): void {
    this.#addLeaf(path, (leaf) => ({ kind: "file", ...leaf, size, read }));
  }

  /** Adds a file that must not be read. */
  addUnread(path: string, problem: string): void {
    this.#addLeaf(path, (leaf) => ({ kind: "unread", ...leaf, isFolder: false, problem }));
  }

  addFolder(path: string): void {
    if (path.length > LONGEST_PATH) return this.#addTooLong(path);
    const parts = partsOf(path);
    if (parts === undefined) this.#addOutside(path);
    else this.#folder(parts);
  }

  /** Adds a problem with the whole zip, before the problems of its files. */
  addProblem(problem: string): void {
    const path = this.#path === "" ? "the zip" : this.#path;
    this.#root.items.unshift({ kind: "unread", name: "", path, isFolder: false, problem });
  }

  #addLeaf(path: string, make: (leaf: { name: string; path: string }) => Item): void {
    if (path.length > LONGEST_PATH) return this.#addTooLong(path);
    const parts = partsOf(path);
    const name = parts?.at(-1);
    if (parts === undefined || name === undefined) return this.#addOutside(path);
    const found = this.#folder(parts.slice(0, -1));
    if (found === undefined) return;
    const leaf = { name, path: joinPath(found.path, name) };
    if (found.branch.children.has(name)) {
      const problem = "not read: the zip contains this name twice";
      this.#push(found.branch, { kind: "unread", ...leaf, isFolder: false, problem });
      return;
    }
    found.branch.children.set(name, undefined);
    this.#push(found.branch, isLitter(name) ? { kind: "litter", ...leaf } : make(leaf));
  }

  /** The folder with this path; undefined if the folder is not searched. */
  #folder(parts: readonly string[]): { branch: Branch; path: string } | undefined {
    let branch = this.#root;
    let path = this.#path;
    for (const [depth, name] of parts.entries()) {
      path = joinPath(path, name);
      branch = branch.children.get(name) ?? this.#newFolder(branch, name, path, depth);
      if (branch === NOT_SEARCHED) return undefined;
    }
    return { branch, path };
  }

  #newFolder(parent: Branch, name: string, path: string, depth: number): Branch {
    const [branch, item] = folderOf(name, path, {
      isTooDeep: depth === DEEPEST,
      isFile: parent.children.has(name),
    });
    parent.children.set(name, branch);
    this.#push(parent, item);
    return branch;
  }

  #addOutside(path: string): void {
    const problem = "not read: the path leads outside the zip";
    const name = shortened(path);
    const item = { name, path: joinPath(this.#path, name), isFolder: false, problem };
    this.#push(this.#root, { kind: "unread", ...item });
  }

  /** Adds an item with a shortened name to the folder that contains the path, as far as this is known. */
  #addTooLong(path: string): void {
    const start = path.slice(0, LONGEST_PATH);
    const parts = partsOf(start);
    if (parts === undefined) return this.#addOutside(start);
    const found = this.#folder(parts.slice(0, -1));
    if (found === undefined) return;
    const name = `${(parts.at(-1) ?? "").slice(0, SHOWN_CHARACTERS)}…`;
    this.#push(found.branch, {
      ...{ kind: "unread", name, path: joinPath(found.path, name) },
      isFolder: /[/\\]/.test(path.slice(LONGEST_PATH)),
      problem: `not read: the path has ${path.length} characters, expected at most ${LONGEST_PATH}`,
    });
  }

  #push(branch: Branch, item: Item): void {
    branch.items.push(item);
    this.#count++;
    this.#characters += item.path.length;
  }
}

/** Represents every folder that is not searched. */
const NOT_SEARCHED = emptyBranch();

function folderOf(
  name: string,
  path: string,
  { isTooDeep, isFile }: { isTooDeep: boolean; isFile: boolean },
): [Branch, Item] {
  if (isLitter(name)) return [NOT_SEARCHED, { kind: "litter", name, path }];
  let problem: string | undefined;
  if (isHiddenFolder(name)) problem = HIDDEN_FOLDER;
  else if (isTooDeep) problem = TOO_DEEP;
  else if (isFile) problem = "a folder and a file have this name; the folder was not searched";
  if (problem !== undefined) {
    return [NOT_SEARCHED, { kind: "unread", name, path, isFolder: true, problem }];
  }
  const branch = emptyBranch();
  return [branch, { kind: "folder", name, path, isZip: false, items: branch.items }];
}

function shortened(path: string): string {
  return path.length > SHOWN_CHARACTERS ? `${path.slice(0, SHOWN_CHARACTERS)}…` : path;
}

/** The names in a path; undefined if the path leads outside the zip. */
function partsOf(path: string): string[] | undefined {
  const parts = path.split(/[/\\]/);
  if (parts[0] === "" || /^[A-Za-z]:/.test(path) || parts.includes("..")) return undefined;
  return parts.filter((part) => part !== "" && part !== ".");
}

/** The limits of one zip, or of all zips of a class. */
export interface ZipLimits extends ZipContent {
  /** The number of entries, including those in tools' folders. */
  readonly entries: number;
  /** The subject of the problem's sentence. */
  readonly of: string;
}

/** Counts the content of a zip, or of all zips of a class, up to a limit. */
export class ZipBudget {
  readonly #limits: ZipLimits;
  readonly #whole: ZipBudget | undefined;
  #items = 0;
  #characters = 0;
  #entries = 0;

  /** @param whole The budget that this budget is a part of. */
  constructor(limits: ZipLimits, whole?: ZipBudget) {
    this.#limits = limits;
    this.#whole = whole;
  }

  add({ items, characters }: ZipContent, entries: number): void {
    this.#items += items;
    this.#characters += characters;
    this.#entries += entries;
    this.#whole?.add({ items, characters }, entries);
  }

  /** The problem if nothing more may be read. */
  get problem(): string | undefined {
    const { of, items, characters, entries } = this.#limits;
    if (this.#items >= items) return `${of} may contain at most ${items} files and folders`;
    if (this.#characters >= characters) {
      return `the paths in ${of} may have at most ${characters} characters in total`;
    }
    if (this.#entries >= entries) return `${of} may contain at most ${entries} entries`;
    return this.#whole?.problem;
  }
}
