/** The format of a progress file. It needs no file system, so the browser edition's start page reads it too. */

/** The progress in one exercise. */
export interface ExerciseProgress {
  /** The most points that a check gave. */
  readonly points: number;
  readonly checks: number;
  /** The number of opened hints. */
  readonly hints: number;
  /** The code of the last answer that passed, for later lessons. */
  readonly source?: string;
}

/** Progress by the exercise's id. */
export type Progress = Readonly<Record<string, ExerciseProgress>>;

/** Version 1 had no version field: the exercises were the file's own properties. */
const VERSION = 2;

/** A progress file that a later version of the kit has written. */
export class NewerProgressError extends Error {
  override name = "NewerProgressError";

  constructor(version: number) {
    super(
      `the file has format version ${version}, and this kit reads versions up to ${VERSION}; update the kit`,
    );
  }
}

/** Returns the text of a progress file. */
export function progressText(exercises: Progress): string {
  return `${JSON.stringify({ version: VERSION, exercises }, null, 2)}\n`;
}

/**
 * Reads the text of a progress file of any version so far.
 *
 * @returns Undefined if the text is not a progress file.
 * @throws {NewerProgressError} if a later version of the kit has written the file.
 */
export function parseProgress(text: string): Progress | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(parsed)) return undefined;
  const { version } = parsed;
  if (typeof version === "number" && version > VERSION) throw new NewerProgressError(version);
  const exercises = version === VERSION ? parsed["exercises"] : parsed;
  return isProgress(exercises) ? exercises : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isProgress(value: unknown): value is Progress {
  return isObject(value) && Object.values(value).every((entry) => {
    const { points, checks, hints, source } = (entry ?? {}) as Partial<ExerciseProgress>;
    return [points, checks, hints].every((n) => Number.isInteger(n) && n! >= 0) &&
      (source === undefined || typeof source === "string");
  });
}
