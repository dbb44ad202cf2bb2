/** Reads untrusted zips: nothing is unpacked to disk, and zip bombs have no effect. */
import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import { type Entry, fromBufferPromise, openPromise, type ZipFile } from "yauzl";
import { type FileItem, type FolderItem, tooLarge } from "./item.ts";
import { printable } from "./printable.ts";
import { nameOf } from "./zip_names.ts";
import { ZipTree } from "./zip_tree.ts";

/** Enough for 2000 students with ten lessons each. */
const MOST_FILES = 20_000;

/** In bytes; a zip inside a zip is unpacked in memory. */
const LARGEST_INNER_ZIP = 128 * 2 ** 20;

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
 * @throws {Error} if the file is not a zip or has more than `MOST_FILES` entries
 */
export async function openZip(file: FileItem): Promise<FolderItem> {
  const { disk, name, path } = file;
  const open: () => Promise<ZipFile> = disk !== undefined
    ? () => openPromise(disk, OPTIONS)
    : async () => fromBufferPromise(Buffer.from(await file.read(LARGEST_INNER_ZIP)), OPTIONS);
  const tree = new ZipTree(path);
  const zip = await open();
  try {
    if (zip.entryCount > MOST_FILES) throw new Error(`the zip has more than ${MOST_FILES} entries`);
    await addEntries(zip, tree, open);
  } finally {
    zip.close();
  }
  return { kind: "folder", name, path, isZip: true, items: tree.items };
}

async function addEntries(zip: ZipFile, tree: ZipTree, open: () => Promise<ZipFile>) {
  let read = 0;
  try {
    for await (const entry of zip.eachEntry()) {
      addEntry(entry, tree, open);
      read++;
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
  tree.addFile(name, (most) => unpack(open, entry, most));
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
