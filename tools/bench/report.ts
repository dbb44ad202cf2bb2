/** What the benchmark prints: a table for a person, or lines of JSON for a program. */
import os from "node:os";
import type { Figures } from "./figures.ts";
import type { Hello, Mode, ModelName } from "./protocol.ts";

/** One thing measured. */
export interface Measurement extends Hello, Figures {
  readonly model: ModelName;
  readonly batch: number;
  readonly mode: Mode;
  readonly contender: string;
  readonly rounds: number;
  /** How many cores other programs took meanwhile; undefined where the machine does not tell. */
  readonly othersCores: number | undefined;
}

/** Above this many cores the others are worth a warning. */
const MANY = 0.2;

const HEADINGS = [
  "model",
  "mode",
  "contender",
  "median ms/image",
  "min ms/image",
  "kit / it",
  "over the rounds",
];

/** The columns of words; those of numbers are set to the right. */
const WORDS = 3;

export function tableOf(measurements: readonly Measurement[]): string {
  const rows = measurements.map((measurement) => [
    measurement.model,
    measurement.mode,
    measurement.contender,
    measurement.msPerImage.toFixed(3),
    measurement.minMsPerImage.toFixed(3),
    measurement.ratio.toFixed(2),
    measurement.contender === "kit"
      ? ""
      : measurement.ratioRange.map((ratio) => ratio.toFixed(2)).join(" to "),
  ]);
  const widths = HEADINGS.map((heading, i) =>
    Math.max(heading.length, ...rows.map((row) => row[i]!.length))
  );
  const lineOf = (row: readonly string[]) =>
    row.map((cell, i) => i < WORDS ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))
      .join("  ").trimEnd();
  return [HEADINGS, widths.map((width) => "-".repeat(width)), ...rows].map(lineOf).join("\n");
}

/** One measurement as a line for a program. */
export function jsonLine(measurement: Measurement): string {
  return JSON.stringify(measurement);
}

/** What a person should know to read the table: the ratio, the machine, the versions. */
export function notesOn(measurements: readonly Measurement[]): string[] {
  const cpus = os.cpus();
  const others = Math.max(0, ...measurements.map(({ othersCores = 0 }) => othersCores));
  const versions = new Map(
    measurements.map(({ contender, version, backend }) => [contender, `${version}, ${backend}`]),
  );
  return [
    "kit / it: how many times its time the kit took, the median over the rounds; below 1 the kit is faster.",
    ...(others > MANY
      ? [
        `Other programs took up to ${
          others.toFixed(1)
        } cores meanwhile: the figures are worse than on a ` +
        "quiet machine, and most so where all threads wait for the slowest, as PyTorch's do.",
      ]
      : []),
    `On ${cpus[0]?.model ?? "an unknown processor"}, ${cpus.length} cores, ` +
    `${(os.totalmem() / 1e9).toFixed(0)} GB, ${os.type()} ${os.release()}.`,
    ...[...versions].map(([contender, version]) => `${contender}: ${version}`),
  ];
}
