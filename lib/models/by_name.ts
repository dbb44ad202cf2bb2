/** The models by their names, for commands and records. */
import type * as tf from "@tensorflow/tfjs";
import {
  cifarResNet,
  plain20,
  plain56,
  resnet110,
  resnet20,
  resnet32,
  resnet44,
  resnet56,
} from "./cifar_resnet.ts";
import { cifarResNet18 } from "./cifar_resnet18.ts";
import type { ModelOptions } from "./options.ts";
import { resnet101, resnet18, resnet34, resnet50 } from "./resnet.ts";
import { smallResNet } from "./small_resnet.ts";
import { vgg16 } from "./vgg16.ts";

type Factory = (options?: ModelOptions) => tf.LayersModel;

/** Every model of the kit. */
export const MODELS: Readonly<Record<string, Factory>> = {
  resnet18,
  resnet34,
  resnet50,
  resnet101,
  plain20,
  resnet20,
  resnet20_projection: (options) => cifarResNet({ ...options, n: 3, shortcut: "projection" }),
  resnet32,
  resnet44,
  resnet56,
  resnet110,
  plain56,
  cifar_resnet18: cifarResNet18,
  small_resnet: smallResNet,
  vgg16,
};

/**
 * Makes the model of that name.
 *
 * @throws {RangeError} where there is none, with the names there are.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { countParams, modelByName, startBackend } from "residual";
 *
 * await startBackend();
 * assert.equal(countParams(modelByName("plain20")).trainable, 269_722);
 * ```
 */
export function modelByName(name: string, options: ModelOptions = {}): tf.LayersModel {
  const make = Object.hasOwn(MODELS, name) ? MODELS[name] : undefined;
  if (make !== undefined) return make(options);
  throw new RangeError(
    `There is no model "${name}". The models are ${Object.keys(MODELS).join(", ")}.`,
  );
}
