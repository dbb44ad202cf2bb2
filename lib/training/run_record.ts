/** What a run says of itself, for whoever wants to believe or repeat it; and the runs that the kit ships. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { folderAbove } from "../data/checkout.ts";
import type { EpochResult } from "./history.ts";

/** A run's record, as it is written in `record.json`. */
export interface RunRecord {
  readonly model: string;
  /** Trainable. */
  readonly parameters: number;
  /** What does the same again. */
  readonly command: string;
  readonly settings: Readonly<Record<string, string | number>>;
  readonly images: { readonly train: number; readonly validation: number };
  readonly backend: { readonly name: string; readonly device: string };
  readonly versions: Readonly<Record<string, string>>;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryGB: number;
    readonly system: string;
  };
  /** ISO 8601. */
  readonly started: string;
  readonly updated: string;
  readonly steps: number;
  /** Of training, over all sittings. */
  readonly seconds: number;
  readonly finished: boolean;
  readonly epochs: readonly EpochResult[];
  /** The training loss of about 500 places of the run: means over as many steps in between. */
  readonly curve: {
    readonly step: readonly number[];
    readonly loss: readonly number[];
    readonly accuracy: readonly number[];
  };
  /** Judged once, at the end of a run that held nothing out. */
  readonly test?: { readonly images: number; readonly loss: number; readonly accuracy: number };
}

/** Where the shipped runs lie, one folder each, as `deno task train --out` leaves them. */
export const TRAINED_FOLDER = "data/trained";

/** The folder of a shipped run, where there is one. */
export function trainedFolder(name: string): string | undefined {
  const path = join(TRAINED_FOLDER, name);
  const checkout = /^\w+$/.test(name) ? folderAbove(join(path, "record.json")) : undefined;
  return checkout === undefined ? undefined : join(checkout, path);
}

/**
 * The record of a run that the kit ships; nothing where it ships none of that name.
 *
 * @throws {Error} where its file is damaged.
 *
 * @example
 * ```ts
 * import { findRun } from "residual";
 *
 * const run = findRun("resnet20");
 * console.log(run?.epochs.length, run?.test?.accuracy);
 * ```
 */
export function findRun(name: string): RunRecord | undefined {
  const folder = trainedFolder(name);
  return folder === undefined ? undefined : readRecord(folder);
}

/** The record in a run's folder; nothing where it has none yet. */
export function readRecord(folder: string): RunRecord | undefined {
  const file = join(folder, "record.json");
  if (!existsSync(file)) return undefined;
  let found: string;
  try {
    const record: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (isRecord(record)) return record;
    found = "other JSON";
  } catch (error) {
    found = (error as Error).message;
  }
  throw new Error(
    `${file} is not a run's record: expected JSON with model, epochs and curve, and found ${found}. ` +
      "Bring the file back from where the kit came from.",
  );
}

/** Whether it has what is shown of a run; who writes records writes the rest, too. */
function isRecord(value: unknown): value is RunRecord {
  const { model, epochs, curve } = (value ?? {}) as Partial<RunRecord>;
  return typeof model === "string" && Array.isArray(epochs) && Array.isArray(curve?.step) &&
    Array.isArray(curve.loss) && Array.isArray(curve.accuracy);
}
