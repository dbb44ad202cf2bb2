/** Reads a folder of submissions. Links are not followed: they can point to any file of the instructor. */
import { accessSync, constants, type Dirent, lstatSync, readdirSync, statSync } from "node:fs";
import { lstat, readFile } from "node:fs/promises";
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
  return { ...{ kind: "folder", name: basename(place), path: "" }, ...contentOf(place, "", 0) };
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
    lstatSync(disk);
    accessSync(disk, constants.R_OK);
  } catch (error) {
    return unread(reasonOf(error, name), entry.isDirectory());
  }
  return { kind: "file", name, path, disk, read: (most) => readPlainFile(disk, most) };
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

async function readPlainFile(disk: string, most: number): Promise<Uint8Array> {
  // The file may have changed since the folder was read.
  const stat = await lstat(disk);
  if (!stat.isFile()) throw new Error("the file is no longer a regular file");
  if (stat.size > most) throw new Error(tooLarge(stat.size, most));
  return await readFile(disk);
}
