// deno-lint-ignore-file require-await -- as in Node.js, an error is a rejection
/** `node:fs/promises` on the site's files. */
import * as files from "./files.ts";
import * as fs from "./fs.ts";

export async function readFile(path: string, encoding?: string): Promise<unknown> {
  return encoding === undefined ? fs.readFileSync(path) : fs.readFileSync(path, encoding);
}

export async function writeFile(path: string, data: string | Uint8Array): Promise<void> {
  fs.writeFileSync(path, data);
}

export async function readdir(
  path: string,
  options?: { withFileTypes?: boolean },
): Promise<unknown> {
  return fs.readdirSync(path, options);
}

export async function mkdir(): Promise<void> {}

export async function rename(from: string, to: string): Promise<void> {
  files.rename(from, to);
}

export async function rm(path: string): Promise<void> {
  files.remove(path);
}

/** A file that is written in parts and exists once it is closed. */
export async function open(path: string) {
  const parts: Uint8Array[] = [];
  return {
    async writeFile(data: Uint8Array): Promise<void> {
      parts.push(data.slice());
    },
    async sync(): Promise<void> {},
    async close(): Promise<void> {
      const blob = new Blob(parts as BlobPart[]);
      files.write(path, new Uint8Array(await blob.arrayBuffer()));
    },
  };
}
