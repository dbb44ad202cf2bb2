/** The networks that the kit ships with the weights of its own runs. */
import { join } from "node:path";
import type * as tf from "@tensorflow/tfjs";
import { TRAINED_FOLDER, trainedFolder } from "../training/run_record.ts";
import { modelByName } from "./by_name.ts";
import { readSafetensorsSync } from "./safetensors.ts";
import { loadStateDict } from "./state_dict.ts";

/**
 * Makes a network and loads the weights that the kit's own run gave it.
 *
 * @throws {Error} where the kit ships no run of that name, or the file of weights is missing or damaged.
 *
 * @example
 * ```ts
 * import { findRun, loadTrained, startBackend } from "residual";
 *
 * await startBackend();
 * if (findRun("resnet20")) console.log(loadTrained("resnet20").name); // resnet20
 * ```
 */
export function loadTrained(name: string): tf.LayersModel {
  const folder = trainedFolder(name);
  if (folder === undefined) {
    throw new Error(
      `The kit ships no trained network "${name}": there is no ${TRAINED_FOLDER}/${name}. Train it: ` +
        `npx deno task train ${name} --out ${TRAINED_FOLDER}/${name}`,
    );
  }
  const model = modelByName(name);
  loadStateDict(model, readSafetensorsSync(join(folder, "model.safetensors")));
  return model;
}
