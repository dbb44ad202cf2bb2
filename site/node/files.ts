/**
 * The kit's files as the kernel sees them: those of the site, which a worker may request synchronously, and over
 * them those that were written. JSON files that were written are kept in the browser.
 */
import type { Files } from "../kernel/protocol.ts";

let base = "";
const shipped = new Map<string, number>();
const written = new Map<string, Uint8Array>();
let keep: (path: string, text: string | undefined) => void = () => {};

/** Takes the list of the site's files and what the browser has kept. */
export function mountFiles(files: Files, onWrite: typeof keep): void {
  base = files.base;
  for (const [path, size] of Object.entries(files.shipped)) shipped.set(path, size);
  for (const [path, text] of Object.entries(files.kept)) {
    written.set(path, new TextEncoder().encode(text));
  }
  keep = onWrite;
}

/** A file that is not there, named as Node.js names it. */
class MissingFile extends Error {
  readonly code = "ENOENT";

  constructor(path: string) {
    super(`ENOENT: no such file or directory, '${path}'`);
  }
}

function paths(): string[] {
  return [...written.keys(), ...shipped.keys()];
}

export function exists(path: string): boolean {
  const folder = `${path.replace(/\/$/, "")}/`;
  return written.has(path) || shipped.has(path) || paths().some((name) => name.startsWith(folder));
}

/**
 * Reads a file.
 *
 * @throws {MissingFile} when the site has no file of that path.
 * @throws {Error} when the site does not answer.
 */
export function read(path: string): Uint8Array {
  const own = written.get(path);
  if (own !== undefined) return own;
  if (!shipped.has(path)) throw new MissingFile(path);
  const request = new XMLHttpRequest();
  request.open("GET", base + path, false);
  request.responseType = "arraybuffer";
  request.send();
  if (request.status === 200) return new Uint8Array(request.response as ArrayBuffer);
  throw new Error(`Cannot read ${path}: the site answered with status ${request.status}.`);
}

export function write(path: string, bytes: Uint8Array): void {
  written.set(path, bytes);
  if (path.endsWith(".json")) keep(path, new TextDecoder().decode(bytes));
}

export function remove(path: string): void {
  if (written.delete(path)) keep(path, undefined);
}

export function rename(from: string, to: string): void {
  const bytes = read(from);
  remove(from);
  write(to, bytes);
}

/** The names in a folder; whether each is a folder. */
export function list(folder: string): Map<string, boolean> {
  const found = new Map<string, boolean>();
  for (const path of paths()) {
    if (!path.startsWith(`${folder}/`)) continue;
    const [name, ...rest] = path.slice(folder.length + 1).split("/");
    found.set(name!, rest.length > 0);
  }
  if (found.size === 0) throw new MissingFile(folder);
  return found;
}
