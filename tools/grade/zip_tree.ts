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

  /** @param path The path of the zip, a prefix of all paths inside. */
  constructor(path: string) {
    this.#path = path;
  }

  /** The items at the top level of the zip. */
  get items(): readonly Item[] {
    return this.#root.items;
  }

  addFile(path: string, read: FileItem["read"]): void {
    this.#addLeaf(path, (leaf) => ({ kind: "file", ...leaf, read }));
  }

  /** Adds a file that must not be read. */
  addUnread(path: string, problem: string): void {
    this.#addLeaf(path, (leaf) => ({ kind: "unread", ...leaf, isFolder: false, problem }));
  }

  addFolder(path: string): void {
    const parts = partsOf(path);
    if (parts === undefined) this.#addOutside(path);
    else this.#folder(parts);
  }

  /** Adds a problem with the whole zip. */
  addProblem(problem: string): void {
    const path = this.#path === "" ? "the zip" : this.#path;
    this.#root.items.push({ kind: "unread", name: "", path, isFolder: false, problem });
  }

  #addLeaf(path: string, make: (leaf: { name: string; path: string }) => Item): void {
    const parts = partsOf(path);
    const name = parts?.at(-1);
    if (parts === undefined || name === undefined) return this.#addOutside(path);
    const found = this.#folder(parts.slice(0, -1));
    if (found === undefined) return;
    const leaf = { name, path: joinPath(found.path, name) };
    if (found.branch.children.has(name)) {
      const problem = "not read: the zip contains this name twice";
      found.branch.items.push({ kind: "unread", ...leaf, isFolder: false, problem });
      return;
    }
    found.branch.children.set(name, undefined);
    found.branch.items.push(isLitter(name) ? { kind: "litter", ...leaf } : make(leaf));
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
    parent.items.push(item);
    return branch;
  }

  #addOutside(path: string): void {
    const problem = "not read: the path leads outside the zip";
    const item = { name: path, path: joinPath(this.#path, path), isFolder: false, problem };
    this.#root.items.push({ kind: "unread", ...item });
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

/** The names in a path; undefined if the path leads outside the zip. */
function partsOf(path: string): string[] | undefined {
  const parts = path.split(/[/\\]/);
  if (parts[0] === "" || /^[A-Za-z]:/.test(path) || parts.includes("..")) return undefined;
  return parts.filter((part) => part !== "" && part !== ".");
}
