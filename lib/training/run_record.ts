/** Metadata for reproducing a run; finds the runs that the kit ships. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { folderAbove } from "../data/checkout.ts";
import type { EpochResult } from "./history.ts";

/** A run's record, as it is written in `record.json`. */
export interface RunRecord {
  /** The name of the architecture, as `modelByName` takes it. */
  readonly model: string;
  /** Trainable. */
  readonly parameters: number;
  /** What does the same again. */
  readonly command: string;
  /** The settings of the budget and the seed, by name. */
  readonly settings: Readonly<Record<string, string | number>>;
  /** The number of images in each split. */
  readonly images: { readonly train: number; readonly validation: number };
  /** The names of the classes, in the order of their labels. Without them, all ten of CIFAR-10. */
  readonly classes?: readonly string[];
  /** The backend that trained it. */
  readonly backend: { readonly name: string; readonly device: string };
  /** The versions of the kit and of the programs that it runs on, by name. */
  readonly versions: Readonly<Record<string, string>>;
  /** The machine that trained it. */
  readonly machine: {
    /** The name of the processor. */
    readonly cpu: string;
    /** The number of processor cores. */
    readonly cores: number;
    /** The size of the memory. */
    readonly memoryGB: number;
    /** The operating system and its version. */
    readonly system: string;
  };
  /** ISO 8601. */
  readonly started: string;
  /** When the record was last written. ISO 8601. */
  readonly updated: string;
  /** Optimizer steps done. */
  readonly steps: number;
  /** Training time in all sessions. */
  readonly seconds: number;
  /** Whether all steps of the budget are done. */
  readonly finished: boolean;
  /** The results of the epochs, in order. */
  readonly epochs: readonly EpochResult[];
  /** Training loss and accuracy in at most 500 points, each the mean of the steps since the previous point. */
  readonly curve: {
    readonly step: readonly number[];
    readonly loss: readonly number[];
    readonly accuracy: readonly number[];
  };
  /** The evaluation on the test images, once, at the end of a run without held-out images. */
  readonly test?: { readonly images: number; readonly loss: number; readonly accuracy: number };
}

/** The folder of the shipped runs. Each run has its own folder, as `npx deno task train --out` writes it. */
export const TRAINED_FOLDER = "data/trained";
/** The file name of the record in a run's folder. */
export const RECORD_FILE = "record.json";

/**
 * The folder of a shipped run.
 *
 * @throws {Error} outside a checkout, and where the kit ships none of that name.
 */
export function trainedFolder(name: string): string {
  const checkout = folderAbove(TRAINED_FOLDER);
  if (checkout === undefined) {
    throw new Error(
      `There is no ${TRAINED_FOLDER} in ${process.cwd()} or above it: run this in the kit's folder.`,
    );
  }
  const names = trainedRuns(checkout);
  if (names.includes(name)) return join(checkout, TRAINED_FOLDER, name);
  throw new Error(`The kit ships no run "${name}". The shipped runs are ${names.join(", ")}.`);
}

/** The names of the runs that a checkout ships. */
export function trainedRuns(checkout: string): string[] {
  return readdirSync(join(checkout, TRAINED_FOLDER), { withFileTypes: true })
    .filter((entry) => entry.isDirectory()).map(({ name }) => name).sort();
}

/**
 * The record of a run that the kit ships. A run has its network's name, and a longer one where the network
 * has several: `plain20_10_epochs`.
 *
 * @throws {Error} where the kit ships none of that name, or its file is damaged.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { trainedRun } from "residual";
 *
 * const { epochs, test } = trainedRun("resnet20");
 * assert.equal(epochs.length, 30);
 * assert.equal(test?.accuracy, 0.9035);
 * ```
 */
export function trainedRun(name: string): RunRecord {
  const folder = trainedFolder(name);
  const record = readRecord(folder);
  if (record !== undefined) return record;
  throw new Error(
    `${join(folder, RECORD_FILE)} is missing. Restore it: git checkout ${folder}`,
  );
}

/** The record in a run's folder; undefined if there is none yet. */
export function readRecord(folder: string): RunRecord | undefined {
  const file = join(folder, RECORD_FILE);
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
    `${file} is not the record of a training run: expected JSON with model, epochs and curve, got ${found}. ` +
      "Restore the file from a copy, or remove it.",
  );
}

/** Whether a record has the fields that are shown. The writer of a record adds the others. */
function isRecord(value: unknown): value is RunRecord {
  const { model, epochs, curve } = (value ?? {}) as Partial<RunRecord>;
  return typeof model === "string" && Array.isArray(epochs) && Array.isArray(curve?.step) &&
    Array.isArray(curve.loss) && Array.isArray(curve.accuracy);
}
