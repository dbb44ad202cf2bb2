/** Where the kit's own files lie: kernels start in the notebook's folder, so somewhere above it. */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import process from "node:process";

/** The nearest folder, from the working directory upwards, that holds all of these paths. */
export function folderAbove(...paths: readonly string[]): string | undefined {
  for (let folder = resolve(process.cwd());; folder = dirname(folder)) {
    if (paths.every((path) => existsSync(join(folder, path)))) return folder;
    if (dirname(folder) === folder) return undefined;
  }
}
