/** Reads untrusted zips: nothing is unpacked to disk, and zip bombs have no effect. */
import { Buffer } from "node:buffer";
import { closeSync } from "node:fs";
import { crc32 } from "node:zlib";
import { Entry, fromBufferPromise, fromFdPromise, openPromise, type ZipFile } from "yauzl";
import { openPlainFile } from "./folder.ts";
import { type FileItem, type FolderItem, tooLarge } from "./item.ts";
import { printable } from "./printable.ts";
import { nameOf } from "./zip_names.ts";
import { ZipBudget, ZipTree } from "./zip_tree.ts";

/** The maximum number of entries of a zip. Enough for 2000 students with ten lessons each. */
export const MOST_ENTRIES = 20_000;

/** In bytes; a zip inside a zip is unpacked in memory. */
export const LARGEST_INNER_ZIP = 128 * 2 ** 20;

/** The limits of a class's zip. */
export const CLASS_ZIP = {
  ...{ of: "a zip", items: 100_000, characters: 32 * 2 ** 20, entries: MOST_ENTRIES },
};

/** The size of the header before each file in a zip, without the file's name. */
const LOCAL_HEADER = 30;

/** `unpack` checks the sizes, so that one wrong size does not hide the files after it. */
const OPTIONS = {
  autoClose: false,
  lazyEntries: true,
  decodeStrings: false,
  validateEntrySizes: false,
};

/** File types, in the upper half of Unix attributes. */
const FILE_TYPE = 0o170000;
const [NO_TYPE, FOLDER, PLAIN_FILE, LINK] = [0, 0o040000, 0o100000, 0o120000];

/** Hosts that write Unix attributes: Unix, macOS. */
const UNIX_HOSTS = [3, 19];

/** Compression methods that every program supports. */
const [STORED, DEFLATED] = [0, 8];

/**
 * Opens a zip as a tree. A file is unpacked when it is read.
 *
 * @param file The zip.
 * @param budget Limits the part of the zip that is read.
 * @throws {Error} if the file is not a zip, has more than `MOST_ENTRIES` entries or contains overlapping files
 */
export async function openZip(
  file: FileItem,
  budget: ZipBudget = new ZipBudget(CLASS_ZIP),
): Promise<FolderItem> {
  const { name, path } = file;
  const open = () => openBytes(file);
  const tree = new ZipTree(path);
  const zip = await open();
  try {
    if (zip.entryCount > MOST_ENTRIES) {
      throw new Error(`the zip has more than ${MOST_ENTRIES} entries`);
    }
    const ranges: Range[] = [];
    await addEntries(zip, budget, tree, (entry) => {
      addEntry(entry, tree, open);
      ranges.push(rangeOf(entry));
    });
    if (overlap(ranges)) {
      throw new Error("its files overlap, as in a zip bomb; create the zip again");
    }
  } finally {
    zip.close();
  }
  return { kind: "folder", name, path, isZip: true, items: tree.items };
}

async function openBytes(file: FileItem): Promise<ZipFile> {
  if (file.disk === undefined) {
    const { buffer, byteOffset, byteLength } = await file.read(LARGEST_INNER_ZIP);
    return fromBufferPromise(Buffer.from(buffer, byteOffset, byteLength), OPTIONS);
  }
  // The class's zip is the instructor's, so links to it are followed.
  if (file.path === "") return openPromise(file.disk, OPTIONS);
  const { descriptor } = openPlainFile(file.disk);
  try {
    return await fromFdPromise(descriptor, OPTIONS);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** The first and the last byte of a file in a zip, without the file's name. */
interface Range {
  readonly start: number;
  readonly end: number;
}

function rangeOf({ relativeOffsetOfLocalHeader: start, compressedSize }: Entry): Range {
  return { start, end: compressedSize === 0 ? start : start + LOCAL_HEADER + compressedSize };
}

/** Whether files in a zip share bytes. A small zip could declare one large file many times. */
function overlap(ranges: readonly Range[]): boolean {
  const sorted = ranges.filter(({ start, end }) => end > start).sort((a, b) => a.start - b.start);
  return sorted.some(({ start }, i) => i > 0 && start < sorted[i - 1]!.end);
}

async function addEntries(
  zip: ZipFile,
  budget: ZipBudget,
  tree: ZipTree,
  add: (entry: Entry) => void,
): Promise<void> {
  let read = 0;
  try {
    for await (const entry of zip.eachEntry()) {
      const before = tree.content;
      add(entry);
      read++;
      budget.add({
        items: tree.content.items - before.items,
        characters: tree.content.characters - before.characters,
      }, 1);
      if (budget.problem === undefined || read === zip.entryCount) continue;
      tree.addProblem(
        `only the first ${read} of ${zip.entryCount} files were read; ${budget.problem}`,
      );
      return;
    }
  } catch (error) {
    const reason = printable((error as Error).message);
    if (read === 0) throw error;
    tree.addProblem(`only ${read} of ${zip.entryCount} files could be listed: ${reason}`);
    return;
  }
  if (await hasMoreEntries(zip)) {
    tree.addProblem(`contains more files than the ${read} that it declares; create the zip again`);
  }
}

/** Whether a zip contains more entries than it declares. Their files would disappear silently. */
function hasMoreEntries(zip: ZipFile): Promise<boolean> {
  return new Promise((resolve) => {
    zip.once("entry", () => resolve(true));
    zip.once("error", () => resolve(false));
    zip.entryCount++;
    zip.readEntry();
  });
}

function addEntry(entry: Entry, tree: ZipTree, open: () => Promise<ZipFile>): void {
  const name = nameOf(entry);
  const type = typeOf(entry);
  // Old versions of .NET write backslashes.
  const isFolder = /[/\\]$/.test(name) || type === FOLDER;
  if (isFolder) return tree.addFolder(name);
  const problem = problemOf(entry, type);
  if (problem !== undefined) return tree.addUnread(name, problem);
  const file = withoutNames(entry);
  tree.addFile(name, entry.uncompressedSize, (most) => unpack(open, file, most));
}

/** Copies what `unpack` needs. Names, comments and extra fields can have 192 KiB for each file. */
function withoutNames(entry: Entry): Entry {
  const { compressedSize, uncompressedSize, compressionMethod, crc32 } = entry;
  const { generalPurposeBitFlag, relativeOffsetOfLocalHeader } = entry;
  return Object.assign(new Entry(), {
    ...{ compressedSize, uncompressedSize, compressionMethod, crc32 },
    ...{ generalPurposeBitFlag, relativeOffsetOfLocalHeader },
  });
}

function typeOf({ versionMadeBy, externalFileAttributes }: Entry): number {
  if (!UNIX_HOSTS.includes(versionMadeBy >> 8)) return NO_TYPE!;
  return (externalFileAttributes >>> 16) & FILE_TYPE;
}

function problemOf(entry: Entry, type: number): string | undefined {
  const { compressionMethod } = entry;
  if (type === LINK) return "a symbolic link, not followed";
  if (type !== NO_TYPE && type !== PLAIN_FILE) return "not a regular file, not read";
  if (entry.isEncrypted()) return "encrypted, not read";
  if (compressionMethod === STORED || compressionMethod === DEFLATED) return undefined;
  return `cannot be unpacked: its compression method is ${compressionMethod}, expected 8 (deflate)`;
}

async function unpack(
  open: () => Promise<ZipFile>,
  entry: Entry,
  most: number,
): Promise<Uint8Array> {
  const { uncompressedSize } = entry;
  if (uncompressedSize > most) throw new Error(tooLarge(uncompressedSize, most));
  const zip = await open();
  try {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of await zip.openReadStreamPromise(entry)) {
      size += chunk.length;
      if (size > uncompressedSize) break;
      chunks.push(chunk);
    }
    if (size !== uncompressedSize) {
      throw new Error(`the file does not have the ${uncompressedSize} bytes that the zip declares`);
    }
    const content = Buffer.concat(chunks);
    if (crc32(content) !== entry.crc32) throw new Error("the file is damaged: wrong checksum");
    return content;
  } finally {
    zip.close();
  }
}
