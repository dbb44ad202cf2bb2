/** Opens zips inside the submissions, within a budget for the whole class. */
import { layoutOf } from "./class_layout.ts";
import {
  allItems,
  byCodeUnits,
  type FileItem,
  type FolderItem,
  isNotebook,
  isZip,
  type Item,
} from "./item.ts";
import { printable } from "./printable.ts";
import { CLASS_ZIP, LARGEST_INNER_ZIP, MOST_ENTRIES, openZip } from "./zip.ts";
import { ZipBudget } from "./zip_tree.ts";

/** The limits of all zips of a class. Entries in tools' folders, such as `node_modules`, are no items. */
const CLASS_ZIPS = {
  ...{ of: "the zips of a class", items: 100_000, characters: 32 * 2 ** 20, entries: 400_000 },
};

/** The limits of a student's zip. */
const STUDENT_ZIP = {
  ...{ of: "a student's zip", items: 1000, characters: 2 ** 20, entries: MOST_ENTRIES },
};

/** A zip that is not opened yet. */
interface ClosedZip {
  readonly file: FileItem;
  /** The student, or the folder or file that is probably the student's. */
  readonly place: string;
  /** The number of zips before this zip in its place. */
  readonly index: number;
}

/**
 * Returns the tree with each zip opened. Zips inside these zips stay closed.
 *
 * @param root The submissions.
 * @param studentOf Returns the student with this path, if the paths follow a pattern.
 */
export async function withZipsOpened(
  root: FolderItem,
  studentOf: (path: string) => string | undefined = () => undefined,
): Promise<FolderItem> {
  const opener = new ZipOpener(root);
  const opened = new Map<Item, Item>();
  // A student with many zips must not use the budget of the others.
  const inTurn = closedZips(root, studentOf).sort((a, b) =>
    a.index - b.index || (a.file.size ?? 0) - (b.file.size ?? 0) ||
    byCodeUnits(a.file.path, b.file.path)
  );
  for (const zip of inTurn) opened.set(zip.file, await opener.open(zip));
  return replaced(root, opened);
}

function closedZips(
  root: FolderItem,
  studentOf: (path: string) => string | undefined,
): ClosedZip[] {
  const zips: ClosedZip[] = [];
  const counts = new Map<string, number>();
  const depth = namesIn(classFolder(root).path).length + 1;
  for (const file of allItems(root.items)) {
    if (file.kind !== "file" || !isZip(file.name)) continue;
    const place = studentOf(file.path) ?? namesIn(file.path).slice(0, depth).join("/");
    const index = counts.get(place) ?? 0;
    counts.set(place, index + 1);
    zips.push({ file, place, index });
  }
  return zips;
}

/** The folder that contains the students' folders. Until the zips are opened, any only folder can be a wrapper. */
function classFolder(root: FolderItem): FolderItem {
  let { folder } = layoutOf(root);
  for (;;) {
    const [inner, ...others] = folder.items.filter(({ kind, name }) =>
      kind === "folder" || (kind === "file" && (isZip(name) || isNotebook(name)))
    );
    if (inner?.kind !== "folder" || others.length > 0) return folder;
    folder = inner;
  }
}

function namesIn(path: string): string[] {
  return path === "" ? [] : path.split("/");
}

function replaced(folder: FolderItem, opened: ReadonlyMap<Item, Item>): FolderItem {
  const items = folder.items.map((item) =>
    item.kind === "folder" ? replaced(item, opened) : opened.get(item) ?? item
  );
  return { ...folder, items };
}

/** Opens zips until a budget is used up. */
class ZipOpener {
  readonly #isInZip: boolean;
  readonly #budget = new ZipBudget(CLASS_ZIPS);
  /** The unpacked bytes of each place. */
  readonly #bytes = new Map<string, number>();
  readonly #lastZip = new LastZip();

  constructor(root: FolderItem) {
    this.#isInZip = root.isZip;
    if (!root.isZip) return;
    const paths = [...allItems(root.items)].map(({ path }) => path.length);
    const characters = paths.reduce((sum, length) => sum + length, 0);
    this.#budget.add({ items: paths.length, characters }, 0);
  }

  async open({ file, place }: ClosedZip): Promise<Item> {
    const problem = this.#budget.problem ?? this.#addBytes(file, place);
    if (problem !== undefined) return unread(file, `not opened; ${problem}`);
    // In a folder, a zip at the top level can contain a class.
    const isClass = !this.#isInZip && !file.path.includes("/");
    const budget = new ZipBudget(isClass ? CLASS_ZIP : STUDENT_ZIP, this.#budget);
    const zip = file.disk === undefined
      ? { ...file, read: (most: number) => this.#lastZip.read(file, most) }
      : file;
    try {
      return withZipsClosed(await openZip(zip, budget));
    } catch (error) {
      budget.add({ items: 1, characters: 0 }, 0);
      return unread(file, `cannot be read as a zip: ${printable((error as Error).message)}`);
    }
  }

  /** Counts the bytes of a zip that is unpacked in memory; returns the problem if they are too many. */
  #addBytes({ disk, size = 0 }: FileItem, place: string): string | undefined {
    if (disk !== undefined) return undefined;
    const bytes = (this.#bytes.get(place) ?? 0) + size;
    if (bytes > LARGEST_INNER_ZIP) {
      const most = LARGEST_INNER_ZIP / 2 ** 20;
      return `the zips in ${printable(place)} may have at most ${most} MiB in total; ` +
        "to read them all, unpack the class's zip";
    }
    this.#bytes.set(place, bytes);
    return undefined;
  }
}

/** Keeps the bytes of the zip that was read last: the notebooks of a zip are read one after the other. */
class LastZip {
  #file: FileItem | undefined;
  #bytes: Promise<Uint8Array> | undefined;

  async read(file: FileItem, most: number): Promise<Uint8Array> {
    if (this.#file !== file || this.#bytes === undefined) {
      this.#file = file;
      this.#bytes = file.read(most);
    }
    const bytes = this.#bytes;
    try {
      return await bytes;
    } catch (error) {
      if (this.#bytes === bytes) this.#bytes = undefined;
      throw error;
    }
  }
}

function withZipsClosed(folder: FolderItem): FolderItem {
  const items = folder.items.map((item) => {
    if (item.kind === "folder") return withZipsClosed(item);
    return item.kind === "file" && isZip(item.name)
      ? unread(item, "a zip inside another zip, not opened; unpack it")
      : item;
  });
  return { ...folder, items };
}

function unread({ name, path }: FileItem, problem: string): Item {
  return { kind: "unread", name, path, isFolder: false, problem };
}
