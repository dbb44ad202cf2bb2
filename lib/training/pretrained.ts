/** torchvision's ImageNet weights for the kit's networks, from the Hugging Face hub. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { Buffer } from "node:buffer";
import type * as tf from "@tensorflow/tfjs";
import { environment } from "../backend/environment.ts";
import { folderAbove } from "../data/checkout.ts";
import { resnet101, resnet18, resnet34, resnet50 } from "../models/resnet.ts";
import { parseSafetensors } from "../models/safetensors.ts";
import { loadStateDict } from "../models/state_dict.ts";
import { replaceFile } from "../replace_file.ts";

/** The networks that have weights. */
export type PretrainedName = "resnet18" | "resnet34" | "resnet50" | "resnet101";

const NETWORKS: Readonly<Record<PretrainedName, () => tf.LayersModel>> = {
  resnet18,
  resnet34,
  resnet50,
  resnet101,
};

const HUB = "https://huggingface.co";
/** From torchvision 0.24.1 (torchvision/models/_meta.py, BSD-3-Clause). */
const CLASSES_FILE = join("data", "imagenet_classes.txt");

/** A network with downloaded weights. */
export interface Pretrained {
  /** The network. */
  readonly model: tf.LayersModel;
  /** The SHA-256 digest of the file, in hexadecimal digits: compare it with the hub's page. */
  readonly digest: string;
  /** The address of the file. */
  readonly address: string;
  /** Where the file is kept; undefined if it could not be written. */
  readonly file: string | undefined;
}

/**
 * Loads torchvision's first ImageNet weights (`IMAGENET1K_V1`) into a network. The file comes from the
 * Hugging Face hub, or from the mirror in the environment variable `HF_ENDPOINT`, once: it is kept in
 * `data/pretrained`.
 *
 * @param name The network.
 * @param model A network with torchvision's names and shapes, such as your own. Default: the kit's.
 * @throws {RangeError} if there are no weights of this name.
 * @throws {Error} if the file cannot be downloaded, is not a safetensors file, or has other names or shapes
 *   than the model.
 *
 * @example
 * ```ts ignore
 * import { imageNetClasses, classify, IMAGENET, pretrained, readImage, showTable } from "residual";
 *
 * const { model } = await pretrained("resnet18");
 * const photo = await readImage("photo.jpg");
 * const options = { classNames: imageNetClasses(), size: 224, normalization: IMAGENET };
 * const [classes] = await classify(model, [photo], options);
 * await showTable(classes!.slice(0, 5));
 * ```
 */
export async function pretrained(
  name: PretrainedName,
  model?: tf.LayersModel,
): Promise<Pretrained> {
  const make = NETWORKS[name];
  if (make === undefined) {
    throw new RangeError(
      `There are no weights "${name}"; expected ${Object.keys(NETWORKS).join(", ")}.`,
    );
  }
  const hub = (environment("HF_ENDPOINT") ?? HUB).replace(/\/+$/, "");
  const address = `${hub}/timm/${name}.tv_in1k/resolve/main/model.safetensors`;
  const file = join(folderOfWeights(), `${name}.safetensors`);
  const isKept = existsSync(file);
  const bytes = isKept ? await readFile(file) : await download(name, address, file);
  const target = model ?? make();
  const source = isKept ? `${file} (delete it to download it again)` : address;
  try {
    loadStateDict(target, parseSafetensors(source, bytes));
  } catch (error) {
    throw new Error(`Cannot load the weights of ${name}: ${(error as Error).message}`);
  }
  // Only a file that fits is kept.
  const kept = isKept || await keep(file, bytes);
  return {
    model: target,
    digest: createHash("sha256").update(bytes).digest("hex"),
    address,
    file: kept ? file : undefined,
  };
}

/**
 * The names of ImageNet's 1000 classes, in the order of the networks' outputs, as torchvision has them.
 *
 * @throws {Error} outside the kit's folder.
 */
export function imageNetClasses(): string[] {
  const checkout = folderAbove(CLASSES_FILE);
  if (checkout === undefined) {
    throw new Error(`Cannot find ${CLASSES_FILE} in ${process.cwd()} or a folder above it.`);
  }
  return readFileSync(join(checkout, CLASSES_FILE), "utf8").trim().split("\n");
}

function folderOfWeights(): string {
  return join(folderAbove("deno.json", "notebooks") ?? process.cwd(), "data", "pretrained");
}

async function download(name: string, address: string, file: string): Promise<Buffer> {
  try {
    const response = await fetch(address);
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`the server answered ${response.status} ${response.statusText}`.trimEnd());
    }
    return Buffer.from(await response.arrayBuffer());
  } catch (error) {
    const { message, cause } = error as Error;
    const reason = cause instanceof Error ? `${message}: ${cause.message}` : message;
    throw new Error(
      `Cannot download the weights of ${name} from ${address}: ${reason}. Without the internet, copy the ` +
        `file to ${file}, or continue without these weights.`,
    );
  }
}

async function keep(file: string, bytes: Uint8Array): Promise<boolean> {
  try {
    await replaceFile(file, [bytes]);
    return true;
  } catch {
    return false;
  }
}
