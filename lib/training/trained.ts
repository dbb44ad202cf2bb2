/** The trained networks that the kit ships. */
import { join } from "node:path";
import type * as tf from "@tensorflow/tfjs";
import { CIFAR10_CLASSES } from "../data/cifar10_files.ts";
import { modelByName } from "../models/by_name.ts";
import { readSafetensorsSync } from "../models/safetensors.ts";
import { loadStateDict } from "../models/state_dict.ts";
import { trainedFolder, trainedRun } from "./run_record.ts";

/**
 * Makes a network and loads the weights that the kit's own run gave it; `trainedRun` tells of the run.
 *
 * @throws {Error} where the kit ships no run of that name, or one of its files is missing or damaged.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { loadTrained, startBackend } from "residual";
 *
 * await startBackend();
 * assert.equal(loadTrained("resnet20").name, "resnet20");
 * ```
 */
export function loadTrained(name: string): tf.LayersModel {
  const { model: architecture, classes = CIFAR10_CLASSES } = trainedRun(name);
  const model = modelByName(architecture, { classes: classes.length });
  loadStateDict(model, readSafetensorsSync(join(trainedFolder(name), "model.safetensors")));
  return model;
}
