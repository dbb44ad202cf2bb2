/** Reads a folder of submissions. Links are not followed: they can point to any file of the instructor. */
import { Buffer } from "node:buffer";
import {
  accessSync,
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  lstatSync,
  openSync,
  read,
  readdirSync,
  readlinkSync,
  realpathSync,
  statSync,
} from "node:fs";
import { basename, join } from "node:path";
import {
  byCodeUnits,
  DEEPEST,
  type FolderItem,
  HIDDEN_FOLDER,
  isHiddenFolder,
  isLitter,
  isNotebook,
  type Item,
  joinPath,
  TOO_DEEP,
  tooLarge,
} from "./item.ts";
import { printable } from "./printable.ts";

/** Reads a folder as a tree. @throws {Error} if the folder itself cannot be read */
export function readFolder(place: string): FolderItem {
  // `openPlainFile` compares the real path of each file with the path from here.
  const disk = realpathSync(place);
  return { ...{ kind: "folder", name: basename(place), path: "" }, ...contentOf(disk, "", 0) };
}

/**
 * Opens a regular file for reading, and returns its file descriptor and size. The file may have changed since
 * the folder was read, also while this function runs. A link, a pipe and a file in another folder are refused.
 *
 * @param disk The real path of the file.
 */
export function openPlainFile(disk: string): { descriptor: number; size: number } {
  const descriptor = openWithoutLink(disk);
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) throw new Error(NOT_REGULAR);
    if (!isStillAt(disk, descriptor)) {
      throw new Error("the file or its folder was moved or replaced");
    }
    return { descriptor, size: stat.size };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function contentOf(disk: string, path: string, depth: number) {
  const entries = readdirSync(disk, { withFileTypes: true });
  entries.sort((a, b) => byCodeUnits(a.name, b.name));
  const items = entries.map((entry) => itemOf(entry, join(disk, entry.name), path, depth));
  return { isZip: false, items };
}

function itemOf(entry: Dirent, disk: string, folder: string, depth: number): Item {
  const { name } = entry;
  const path = joinPath(folder, name);
  if (isLitter(name)) return { kind: "litter", name, path };
  const unread = (problem: string, isFolder: boolean): Item => ({
    ...{ kind: "unread", name, path, isFolder, problem },
  });
  if (entry.isSymbolicLink()) {
    return unread("a symbolic link, not followed", leadsToFolder(disk, name));
  }
  if (!entry.isDirectory() && !entry.isFile()) return unread("not a regular file, not read", false);
  try {
    if (entry.isDirectory()) {
      if (isHiddenFolder(name)) return unread(HIDDEN_FOLDER, true);
      if (depth === DEEPEST) return unread(TOO_DEEP, true);
      return { ...{ kind: "folder", name, path }, ...contentOf(disk, path, depth + 1) };
    }
    const { size } = lstatSync(disk);
    accessSync(disk, constants.R_OK);
    return { kind: "file", name, path, disk, size, read: (most) => readPlainFile(disk, most) };
  } catch (error) {
    return unread(reasonOf(error, name), entry.isDirectory());
  }
}

/** Whether a link points to a folder. A broken link counts as a folder, unless it has a notebook's name. */
function leadsToFolder(link: string, name: string): boolean {
  try {
    return statSync(link).isDirectory();
  } catch {
    return !isNotebook(name);
  }
}

/** Why something on disk cannot be read. */
function reasonOf(error: unknown, name: string): string {
  const { code, message } = error as NodeJS.ErrnoException;
  // In names that are not UTF-8, invalid bytes become U+FFFD, and no file has the resulting name.
  if (code === "ENOENT" && name.includes("\ufffd")) {
    return "cannot be read: its name is not valid UTF-8; rename it";
  }
  const reason = code === "EACCES" || code === "EPERM" ? "permission denied" : printable(message);
  return `cannot be read: ${reason}`;
}

/** The error if a regular file was replaced after the folder was read. */
const NOT_REGULAR = "the file is no longer a regular file";

/** Opening a link fails, and opening a pipe does not wait for a writer. Windows has neither flag. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** The number of bytes that are read at once. */
const CHUNK = 2 ** 20;

function openWithoutLink(disk: string): number {
  try {
    return openSync(disk, OPEN_FLAGS);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // FreeBSD reports EMLINK for a link; opening a socket fails with ENXIO.
    if (["ELOOP", "EMLINK", "ENXIO"].includes(code ?? "")) throw new Error(NOT_REGULAR);
    throw error;
  }
}

/**
 * Whether an open file is the file with this real path. `O_NOFOLLOW` checks only the last name of a path, so a
 * link may have replaced a parent folder. Linux knows the path of the open file itself. Other systems do not, so
 * there the path is checked three times: a folder that is replaced at the right moment each time stays undetected.
 */
function isStillAt(disk: string, descriptor: number): boolean {
  let opened: string;
  try {
    opened = readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return [1, 2, 3].every(() => isSameFile(disk, descriptor));
  }
  return opened === disk;
}

function isSameFile(disk: string, descriptor: number): boolean {
  const [opened, now] = [fstatSync(descriptor), lstatSync(disk)];
  return realpathSync(disk) === disk && opened.dev === now.dev && opened.ino === now.ino;
}

async function readPlainFile(disk: string, most: number): Promise<Uint8Array> {
  const { descriptor, size } = openPlainFile(disk);
  try {
    if (size > most) throw new Error(tooLarge(size, most));
    return await readAll(descriptor, most);
  } finally {
    closeSync(descriptor);
  }
}

/** Reads an open file to its end. The file may grow meanwhile. */
async function readAll(descriptor: number, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (let size = 0;;) {
    const chunk = Buffer.alloc(Math.min(CHUNK, most + 1 - size));
    const count = await readChunk(descriptor, chunk, size);
    if (count === 0) return Buffer.concat(chunks);
    size += count;
    if (size > most) throw new Error(tooLarge(size, most));
    chunks.push(chunk.subarray(0, count));
  }
}

/** Reads up to a chunk of an open file; returns the number of bytes. */
function readChunk(descriptor: number, chunk: Buffer, at: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(descriptor, chunk, 0, chunk.length, at, (error, count) => {
      if (error) reject(error);
      else resolve(count);
    });
  });
}
