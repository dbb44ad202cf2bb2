/** `node:fs` on the site's files. */
import { Buffer } from "buffer/";
import * as files from "./files.ts";

interface Entry {
  readonly name: string;
  isDirectory(): boolean;
}

function bytesOf(data: string | Uint8Array): Uint8Array {
  return typeof data === "string" ? new TextEncoder().encode(data) : data;
}

export const existsSync = files.exists;
export const renameSync = files.rename;

export function readFileSync(path: string): Buffer;
export function readFileSync(path: string, encoding: string): string;
export function readFileSync(path: string, encoding?: string): Buffer | string {
  const bytes = files.read(path);
  if (encoding !== undefined) return new TextDecoder().decode(bytes);
  return Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
}

export function writeFileSync(path: string, data: string | Uint8Array): void {
  files.write(path, bytesOf(data));
}

export function readdirSync(
  path: string,
  options?: { withFileTypes?: boolean },
): string[] | Entry[] {
  const found = [...files.list(path)];
  return options?.withFileTypes === true
    ? found.map(([name, isFolder]) => ({ name, isDirectory: () => isFolder }))
    : found.map(([name]) => name);
}

/** Folders exist as soon as a file in them does. */
export function mkdirSync(): void {}

export function rmSync(path: string): void {
  files.remove(path);
}

export default {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
};
