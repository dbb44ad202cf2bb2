/** A learner's progress, in one file in the checkout. */
import { existsSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { environment } from "../backend/environment.ts";
import { folderAbove } from "../data/checkout.ts";
import { replaceFileSync } from "../replace_file.ts";
import {
  type ExerciseProgress,
  parseProgress,
  type Progress,
  progressText,
} from "./progress_format.ts";

export type { Progress };

/** The progress in an exercise that nobody has tried. */
export const NOTHING_DONE: ExerciseProgress = { points: 0, checks: 0, hints: 0 };

/** The name of the file, beside the kit's deno.json. */
const FILE = "progress.json";

/**
 * Where progress is kept: `RESIDUAL_PROGRESS`, or the file in the checkout above the working directory.
 * Nothing where there is no checkout, or the variable says "off".
 */
export function progressFile(): string | undefined {
  const requested = environment("RESIDUAL_PROGRESS");
  if (requested !== undefined) return requested === "off" ? undefined : requested;
  const checkout = folderAbove("deno.json", "notebooks");
  return checkout === undefined ? undefined : join(checkout, FILE);
}

/** The progress, and a message if the file could not be read. */
interface Kept {
  readonly progress: Progress;
  readonly trouble?: string;
}

/** Reads the progress; a file of another kind is set aside under another name. */
export function readProgress(): Kept {
  try {
    return load(progressFile());
  } catch (error) {
    return { progress: {}, trouble: `Progress cannot be read: ${(error as Error).message}` };
  }
}

function load(file: string | undefined): Kept {
  if (file === undefined || !existsSync(file)) return { progress: {} };
  const progress = parseProgress(readFileSync(file, "utf8"));
  if (progress !== undefined) return { progress };
  const aside = `${file}.unreadable-${Date.now()}`;
  renameSync(file, aside);
  return {
    progress: {},
    trouble:
      `${file} is not a progress file: expected JSON of points by exercise. It was kept as ` +
      `${aside}, and a new one begins.`,
  };
}

/** Changes the progress in one exercise. Returns a message if something went wrong. */
export function updateProgress(
  id: string,
  change: (before: ExerciseProgress) => ExerciseProgress,
): string | undefined {
  try {
    const file = progressFile();
    if (file === undefined) return undefined;
    const { progress, trouble } = load(file);
    const next = { ...progress, [id]: change(progress[id] ?? NOTHING_DONE) };
    replaceFileSync(file, progressText(next));
    return trouble;
  } catch (error) {
    return `Progress was not kept: ${(error as Error).message}`;
  }
}
