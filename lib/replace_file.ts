/** Writes files completely or not at all, also on a full disk or if the process is killed. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** A name of its own: two processes may write the same file at the same time. */
const unfinishedName = (path: string) => `${path}.${crypto.randomUUID()}.new`;

/** Writes a file in parts, with its folder. Until the last part is on the disk, an earlier file remains. */
export async function replaceFile(
  path: string,
  content: string | Iterable<Uint8Array>,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const unfinished = unfinishedName(path);
  try {
    const file = await open(unfinished, "wx");
    try {
      const parts = typeof content === "string" ? [new TextEncoder().encode(content)] : content;
      // Unlike `write`, `writeFile` writes all of its data.
      for (const part of parts) await file.writeFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

/** Writes a text file, with its folder. An earlier file remains until the new one is complete. */
export function replaceFileSync(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = unfinishedName(path);
  try {
    writeFileSync(unfinished, text, { flush: true });
    renameSync(unfinished, path);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}
