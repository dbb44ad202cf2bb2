/** Writes a run's record while it goes on. */
import { readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import type { Backend } from "../../lib/backend/mod.ts";
import { replaceFileSync } from "../../lib/replace_file.ts";
import type { History } from "../../lib/training/mod.ts";
import { RECORD_FILE, type RunRecord } from "../../lib/training/run_record.ts";
import type { TrainRun } from "./options.ts";

const PLACES = 500;

/** The record of a run so far. */
export function recordOf(
  run: TrainRun,
  parts: { parameters: number; backend: Backend; trainImages: number; started: string },
  history: History,
  test?: RunRecord["test"],
): RunRecord {
  const { budget, schedule } = run;
  return {
    model: run.model,
    parameters: parts.parameters,
    command: commandOf(process.argv.slice(2)),
    settings: {
      ...{ seed: run.seed, steps: budget.steps, batchSize: budget.batchSize },
      ...{ schedule: schedule.name, learningRate: schedule.rate },
      ...{ momentum: budget.momentum, nesterov: "yes", weightDecay: budget.weightDecay },
      labelSmoothing: budget.labelSmoothing,
    },
    images: { train: parts.trainImages, validation: run.validation },
    classes: run.classes,
    backend: { name: parts.backend.name, device: parts.backend.device },
    versions: versions(),
    machine: {
      cpu: os.cpus()[0]?.model ?? "unknown",
      cores: os.availableParallelism(),
      memoryGB: Math.round(os.totalmem() / 1e9),
      system: `${os.platform()} ${os.arch()}`,
    },
    started: parts.started,
    updated: new Date().toISOString(),
    steps: history.loss.length,
    seconds: history.seconds,
    finished: history.loss.length >= budget.steps,
    epochs: history.epochs,
    curve: curveOf(history),
    ...(test === undefined ? {} : { test }),
  };
}

/** The command that does the same again, wherever the run is kept. */
function commandOf(args: readonly string[]): string {
  const kept = args.filter((arg, i) =>
    arg !== "--resume" && !/^--out(=|$)/.test(arg) && args[i - 1] !== "--out"
  );
  return ["npx deno task train", ...kept].join(" ");
}

/** Means over equal stretches of the run. */
function curveOf({ loss, accuracy }: History): RunRecord["curve"] {
  const stretch = Math.max(1, Math.ceil(loss.length / PLACES));
  const step: number[] = [];
  for (let end = stretch; end <= loss.length; end += stretch) step.push(end);
  const means = (values: readonly number[]) =>
    step.map((end) => {
      const sum = values.slice(end - stretch, end).reduce((total, value) => total + value, 0);
      return Number((sum / stretch).toPrecision(5));
    });
  return { step, loss: means(loss), accuracy: means(accuracy) };
}

function versions(): Record<string, string> {
  const of = (name: string) => {
    const file = path.join("node_modules", name, "package.json");
    return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
  };
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  return {
    residual: version,
    deno: Deno.version.deno,
    "@tensorflow/tfjs": of("@tensorflow/tfjs"),
    "@tensorflow/tfjs-node": of("@tensorflow/tfjs-node"),
  };
}

/** Writes the record whole or not at all. */
export function writeRecord(folder: string, record: RunRecord): void {
  const file = path.join(folder, RECORD_FILE);
  // Lists of numbers stay on one line.
  const text = JSON.stringify(record, null, 1).replace(
    /\[[\s\d.,e+-]*\]/g,
    (list) => list.replace(/\s+/g, ""),
  );
  replaceFileSync(file, `${text}\n`);
}
