/** Checkpoints of a training run, so that a killed run can be resumed. */
import * as tf from "@tensorflow/tfjs";
import { createHash } from "node:crypto";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { isAutomatic } from "../models/layer_paths.ts";
import {
  architectureOf,
  fillModel,
  readSafetensorsFile,
  writeSafetensors,
} from "../models/safetensors.ts";
import { type StateDict, stateDict } from "../models/state_dict.ts";
import type { History } from "./history.ts";
import type { Sgd } from "./sgd.ts";

/** The settings that must be the same to resume a run: text or numbers by name. */
export type TrainingSettings = Readonly<Record<string, string | number>>;

/** The newest checkpoint that could be read. */
export interface Resumed {
  readonly history: History;
  /** The faults of the newer checkpoints. */
  readonly refused: readonly string[];
}

const FILE = /^step_(\d+)\.safetensors$/;
/** The newest checkpoint, and an older one in case the newest is damaged. */
const KEPT = 2;

/**
 * The checkpoints of one training in a folder: weights, batch-norm statistics, velocities and history,
 * each file written whole or not at all and sealed with its SHA-256. The step says where schedule and
 * random numbers are: both follow from it.
 */
export class Checkpoints {
  constructor(readonly folder: string, readonly settings: TrainingSettings) {}

  /** Writes a checkpoint and removes all but the newest two. */
  async save(model: tf.LayersModel, optimizer: Sgd, history: History): Promise<void> {
    const entries: StateDict = new Map();
    for (const [name, entry] of stateDict(model)) entries.set(`model.${name}`, entry);
    const variables = trainableVariables(model);
    optimizer.velocities(variables).forEach((data, i) =>
      entries.set(`velocity.${i}`, { shape: variables[i]!.shape, data })
    );
    const { loss, accuracy, ...rest } = history;
    for (const [name, values] of Object.entries({ loss, accuracy })) {
      entries.set(`history.${name}`, { shape: [values.length], data: Float32Array.from(values) });
    }
    await mkdir(this.folder, { recursive: true });
    const step = String(loss.length).padStart(8, "0");
    await writeSafetensors(join(this.folder, `step_${step}.safetensors`), entries, {
      ...architectureOf(model),
      settings: JSON.stringify(this.settings),
      history: JSON.stringify(rest),
      sha256: digest(entries),
    });
    for (const old of (await this.#files()).slice(KEPT)) {
      await rm(join(this.folder, old), { force: true });
    }
  }

  /**
   * Puts the newest sound checkpoint into model and optimizer; nothing where there is none.
   *
   * @throws {Error} where checkpoints are there and all are damaged, or of a training with other settings.
   */
  async load(model: tf.LayersModel, optimizer: Sgd): Promise<Resumed | undefined> {
    const files = await this.#files();
    const refused: string[] = [];
    for (const file of files) {
      const path = join(this.folder, file);
      let history: History | undefined;
      try {
        history = await read(path, this.settings, model, optimizer);
      } catch (error) {
        if (error instanceof OtherTraining) throw error;
        refused.push((error as Error).message);
        continue;
      }
      return { history, refused };
    }
    if (files.length === 0) return undefined;
    throw new Error(
      `No checkpoint in ${this.folder} can be used: ${refused.join(" ")} ` +
        "Remove the folder to start again.",
    );
  }

  /** The newest first. */
  async #files(): Promise<string[]> {
    const names = await readdir(this.folder).catch(() => []);
    return names.filter((name) => FILE.test(name)).sort().reverse();
  }
}

/** An intact checkpoint of another run. */
class OtherTraining extends Error {}

async function read(
  path: string,
  settings: TrainingSettings,
  model: tf.LayersModel,
  optimizer: Sgd,
): Promise<History> {
  const { entries, metadata } = await readSafetensorsFile(path);
  if (metadata["sha256"] !== digest(entries)) {
    throw new Error(`${path} was altered: its values do not match its SHA-256.`);
  }
  const there = JSON.parse(metadata["settings"] ?? "{}") as TrainingSettings;
  const names = [...new Set([...Object.keys(settings), ...Object.keys(there)])];
  const differing = names.filter((name) => !areEqual(there[name], settings[name]))
    .map((name) => `${name} is ${there[name]} there and ${settings[name]} here`);
  if (differing.length > 0) {
    throw new OtherTraining(
      `${path} is of another training: ${differing.join("; ")}. ` +
        "Use the same settings, or another folder.",
    );
  }
  const group = (prefix: string): StateDict =>
    new Map(
      [...entries].filter(([name]) => name.startsWith(prefix))
        .map(([name, entry]) => [name.slice(prefix.length), entry]),
    );
  fillModel(model, group("model."), metadata);
  const velocities = group("velocity.");
  const variables = trainableVariables(model);
  optimizer.setVelocities(variables, variables.map((_, i) => velocities.get(String(i))!.data));
  const rest = JSON.parse(metadata["history"]!) as Omit<History, "loss" | "accuracy">;
  const curve = (name: string) => [...entries.get(`history.${name}`)!.data];
  return { ...rest, stopped: false, loss: curve("loss"), accuracy: curve("accuracy") };
}

/** The automatic name of a model differs each time the model is built. */
function areEqual(a: string | number | undefined, b: string | number | undefined): boolean {
  const isUnnamed = (value: typeof a) => typeof value === "string" && isAutomatic(value);
  return a === b || (isUnnamed(a) && isUnnamed(b));
}

function digest(entries: StateDict): string {
  const hash = createHash("sha256");
  // In the order of their names: a file keeps them in the order of their places.
  for (const name of [...entries.keys()].sort()) {
    const { data } = entries.get(name)!;
    hash.update(`${name}\0`).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest("hex");
}

function trainableVariables(model: tf.LayersModel): tf.Variable[] {
  return model.trainableWeights.map((weight) => weight.read() as tf.Variable);
}
