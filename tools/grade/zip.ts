/** Reads a zip that somebody sent: nothing of it is written to disk, and no bomb goes off. */
import { type UnzipFileInfo, unzipSync } from "fflate";
import { type HandedIn, LARGEST_NOTEBOOK, tooLarge } from "./submissions.ts";

/** A class of 2000 with ten lessons each. */
const MOST_FILES = 20_000;

/**
 * The files in a zip; each is unpacked only when it is read.
 *
 * @throws {Error} where it is no zip, or holds more files than a class hands in.
 */
export function openZip(bytes: Uint8Array, name: string): HandedIn[] {
  const entries: UnzipFileInfo[] = [];
  try {
    unzipSync(bytes, {
      filter(entry) {
        if (entries.push(entry) > MOST_FILES) {
          throw new Error(`it has more than ${MOST_FILES} files`);
        }
        return false;
      },
    });
  } catch (error) {
    throw new Error(`${name} is no zip that can be read: ${(error as Error).message}.`);
  }
  return entries.filter((entry) => !entry.name.endsWith("/")).map((
    { name: path, originalSize },
  ) => ({
    path: path.replaceAll("\\", "/"),
    ...(isPlain(path) ? {} : { problem: "its path leads out of the zip" }),
    read() {
      // The size is what the zip says; unpacking never writes beyond it.
      if (originalSize > LARGEST_NOTEBOOK) throw new Error(tooLarge(originalSize));
      const { [path]: content } = unzipSync(bytes, { filter: (entry) => entry.name === path });
      if (content === undefined) throw new Error("it cannot be unpacked");
      return content;
    },
  }));
}

function isPlain(path: string): boolean {
  const parts = path.split(/[/\\]/);
  return !parts.includes("..") && parts[0] !== "" && !/^[A-Za-z]:/.test(path);
}
