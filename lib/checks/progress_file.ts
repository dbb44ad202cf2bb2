/** What a learner has done so far, in one file in the checkout. */
import { existsSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { environment } from "../backend/environment.ts";
import { folderAbove } from "../data/checkout.ts";
import { replaceFileSync } from "../replace_file.ts";

/** What is kept of one exercise. */
export interface ExerciseProgress {
  /** The most points that a check gave. */
  readonly points: number;
  readonly checks: number;
  /** Hints that were opened. */
  readonly hints: number;
  /** The code of the last answer that passed, for later lessons. */
  readonly source?: string;
}

/** By the exercise's id. */
export type Progress = Readonly<Record<string, ExerciseProgress>>;

/** Of an exercise that nobody has tried. */
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

/** What is kept so far, and what had to be said about it. */
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
  const progress = parse(readFileSync(file, "utf8"));
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

/** Changes what is kept of one exercise. Says what went wrong, if anything did. */
export function updateProgress(
  id: string,
  change: (before: ExerciseProgress) => ExerciseProgress,
): string | undefined {
  try {
    const file = progressFile();
    if (file === undefined) return undefined;
    const { progress, trouble } = load(file);
    const next = { ...progress, [id]: change(progress[id] ?? NOTHING_DONE) };
    replaceFileSync(file, `${JSON.stringify(next, null, 2)}\n`);
    return trouble;
  } catch (error) {
    return `Progress was not kept: ${(error as Error).message}`;
  }
}

function parse(text: string): Progress | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return isProgress(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function isProgress(value: unknown): value is Progress {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    Object.values(value).every((entry: unknown) => {
      const { points, checks, hints, source } = (entry ?? {}) as Partial<ExerciseProgress>;
      return [points, checks, hints].every((n) => Number.isInteger(n) && n! >= 0) &&
        (source === undefined || typeof source === "string");
    });
}
