/**
 * `.safetensors` files: the numbers of a model in a form that cannot run code, which Python's
 * `safetensors` reads and writes as well.
 *
 * Source: the format's description, https://github.com/huggingface/safetensors#format
 */
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { Buffer } from "node:buffer";
import * as tf from "@tensorflow/tfjs";
import { replaceFile } from "../replace_file.ts";
import { fingerprint, isSame } from "./fingerprint.ts";
import { foreignFile } from "./foreign_file.ts";
import { isAutomatic } from "./layer_paths.ts";
import { loadStateDict, type StateDict, stateDict, type StateEntry } from "./state_dict.ts";

/** The format's own limit for a header, in bytes. */
const LARGEST_HEADER = 100_000_000;

/** The metadata of a file: texts by name. */
export type Metadata = Readonly<Record<string, string>>;

/** The description of one tensor in a header. */
interface Described {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/** How the numbers of each type are read as 32-bit floats, and how many bytes one takes. */
const TYPES: Readonly<
  Record<string, { bytes: number; read: (view: DataView, at: number) => number }>
> = {
  F64: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
  F32: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  F16: { bytes: 2, read: (view, at) => halfToNumber(view.getUint16(at, true)) },
  BF16: { bytes: 2, read: (view, at) => bfloatToNumber(view.getUint16(at, true)) },
  I64: { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  I32: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  U8: { bytes: 1, read: (view, at) => view.getUint8(at) },
};

/**
 * Writes a model's weights and batch-norm statistics, under PyTorch's names and in PyTorch's layouts, as
 * 32-bit floats. The file appears whole or not at all. Its metadata has the model's name and its outputs
 * for a test image, so that another architecture with the same weights is recognized.
 *
 * @throws {Error} where the file cannot be written, naming it.
 *
 * @example
 * ```ts
 * import { mkdtempSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { loadSafetensors, resnet20, saveSafetensors, startBackend } from "residual";
 *
 * await startBackend();
 * const file = join(mkdtempSync(join(tmpdir(), "residual-")), "resnet20.safetensors");
 * await saveSafetensors(file, resnet20({ seed: 1 }));
 * await loadSafetensors(file, resnet20());
 * ```
 */
export async function saveSafetensors(path: string, model: tf.LayersModel): Promise<void> {
  await writeSafetensors(path, stateDict(model), architectureOf(model));
}

/** The metadata that identifies the architecture of the entries. */
export function architectureOf(model: tf.LayersModel): Metadata {
  const outputs = fingerprint(model);
  return {
    ...(isAutomatic(model.name) ? {} : { architecture: model.name }),
    ...(outputs === undefined ? {} : { outputs: JSON.stringify(outputs) }),
  };
}

/**
 * Reads a file into a model, as `loadStateDict` does. A training checkpoint is read as well.
 *
 * @throws {Error} where the file is missing, truncated or no such file, its entries do not fit the
 *   model, or the file was saved from an architecture that computes something else with the same
 *   entries; the model is then as it was.
 *
 * @example
 * ```ts
 * import { mkdtempSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { loadSafetensors, resnet20, saveSafetensors, startBackend } from "residual";
 *
 * await startBackend();
 * const file = join(mkdtempSync(join(tmpdir(), "residual-")), "teacher.safetensors");
 * await saveSafetensors(file, resnet20({ seed: 1 }));
 * await loadSafetensors(file, resnet20());
 * ```
 */
export async function loadSafetensors(path: string, model: tf.LayersModel): Promise<void> {
  const { entries, metadata } = await readSafetensorsFile(path);
  try {
    fillModel(model, isCheckpoint(metadata) ? modelEntries(entries) : entries, metadata);
  } catch (error) {
    throw new Error(`Cannot load ${path}: ${(error as Error).message}`);
  }
}

/** Puts a file's entries into a model, as `loadStateDict` does, unless its architecture is another. */
export function fillModel(model: tf.LayersModel, entries: StateDict, metadata: Metadata): void {
  const before = model.getWeights().map((weight) => weight.clone());
  try {
    loadStateDict(model, entries);
    const complaint = compareArchitectures(model, metadata);
    if (complaint === undefined) return;
    model.setWeights(before);
    throw new Error(`${complaint} The model is unchanged.`);
  } finally {
    tf.dispose(before);
  }
}

/** Files without metadata, such as PyTorch's, are not compared. */
function compareArchitectures(model: tf.LayersModel, metadata: Metadata): string | undefined {
  const { outputs, architecture = "another model" } = metadata;
  const actual = fingerprint(model);
  if (outputs === undefined || actual === undefined) return undefined;
  const expected = JSON.parse(outputs) as number[];
  if (isSame(expected, actual)) return undefined;
  const other = architecture === model.name ? `another model named ${architecture}` : architecture;
  const shown = (values: readonly number[]) =>
    values.slice(0, 3).map((value) => value.toPrecision(3)).join(", ");
  return `its weights are those of ${other}, and ${model.name} computes something else with them. ` +
    `The first outputs for a test image should be ${shown(expected)} and are ${shown(actual)}. ` +
    `Load the file into ${other}.`;
}

/** A training run's checkpoint has its settings beside its entries. */
function isCheckpoint({ settings, history }: Metadata): boolean {
  return settings !== undefined && history !== undefined;
}

/** Selects the model's own entries from those of a checkpoint. */
function modelEntries(entries: StateDict): StateDict {
  const prefix = "model.";
  return new Map(
    [...entries].filter(([name]) => name.startsWith(prefix))
      .map(([name, entry]) => [name.slice(prefix.length), entry]),
  );
}

/**
 * Writes entries into a file, as `saveSafetensors` does with a model's, and what `metadata` tells of them.
 *
 * @throws {RangeError} when an entry has not as many values as its shape takes, naming it.
 * @throws {Error} where the file cannot be written, naming it.
 *
 * @example
 * ```ts
 * import { mkdtempSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { writeSafetensors } from "residual";
 *
 * const entry = { shape: [3], data: Float32Array.of(1, 2, 3) };
 * const file = join(mkdtempSync(join(tmpdir(), "residual-")), "three.safetensors");
 * await writeSafetensors(file, new Map([["three", entry]]));
 * ```
 */
export async function writeSafetensors(
  path: string,
  entries: StateDict,
  metadata: Metadata = {},
): Promise<void> {
  const header: Record<string, unknown> = { __metadata__: { format: "pt", ...metadata } };
  let end = 0;
  for (const [name, { shape, data }] of entries) {
    const size = shape.reduce((product, side) => product * side, 1);
    if (size !== data.length) {
      throw new RangeError(
        `Cannot write ${path}: ${name} has ${data.length} values, but the shape [${
          shape.join(", ")
        }] takes ` +
          `${size}.`,
      );
    }
    header[name] = { dtype: "F32", shape, data_offsets: [end, end += 4 * data.length] };
  }
  const json = JSON.stringify(header);
  const text = Buffer.from(json.padEnd(json.length + (8 - Buffer.byteLength(json) % 8) % 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  function* parts(): Generator<Uint8Array> {
    yield Buffer.concat([length, text]);
    for (const { data } of entries.values()) {
      yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    }
  }
  try {
    await replaceFile(path, parts());
  } catch (error) {
    throw new Error(`${path} could not be written: ${(error as Error).message}`);
  }
}

/**
 * Reads a file's entries in the order in which their numbers lie, whatever their type as 32-bit floats.
 *
 * @throws {Error} where the file is missing, truncated or no such file, naming what is wrong.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import {
 *   mkdtempSync } from "node:fs"; import { tmpdir } from "node:os"; import { join } from "node:path"; import { readSafetensors,
 *   resnet20,
 *   saveSafetensors,
 *   startBackend,
 * } from "residual";
 *
 * await startBackend();
 * const file = join(mkdtempSync(join(tmpdir(), "residual-")), "entries.safetensors");
 * await saveSafetensors(file, resnet20());
 * const entries = await readSafetensors(file);
 * assert.deepEqual(entries.get("linear.bias")?.shape, [10]);
 * ```
 */
export async function readSafetensors(path: string): Promise<StateDict> {
  return (await readSafetensorsFile(path)).entries;
}

/** As `readSafetensors`, with the metadata of the file. */
export async function readSafetensorsFile(
  path: string,
): Promise<{ entries: StateDict; metadata: Metadata }> {
  try {
    return entriesIn(path, await readFile(path));
  } catch (error) {
    throw readingError(path, error);
  }
}

/** The entries of a file, read at once: for a function that hands out a model, and no promise of one. */
export function readSafetensorsSync(path: string): StateDict {
  try {
    return entriesIn(path, readFileSync(path)).entries;
  } catch (error) {
    throw readingError(path, error);
  }
}

/** A file that could not be read has an error of the system; a file that was read has its own error already. */
function readingError(path: string, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === undefined ? error : new Error(`${path} could not be read: ${message}`);
}

/**
 * Reads the entries of a file's bytes.
 *
 * @param name Names the file in errors.
 * @throws {Error} if the bytes are truncated or not a safetensors file.
 */
export function parseSafetensors(name: string, bytes: Buffer): StateDict {
  return entriesIn(name, bytes).entries;
}

function entriesIn(path: string, bytes: Buffer): { entries: StateDict; metadata: Metadata } {
  try {
    return parse(bytes);
  } catch (error) {
    const found = foreignFile(bytes) ?? (error as Error).message;
    throw new Error(`${path} is not a valid safetensors file: ${found}`);
  }
}

function parse(bytes: Buffer): { entries: StateDict; metadata: Metadata } {
  if (bytes.length < 8) {
    throw new Error(`it has ${bytes.length} bytes, fewer than the 8 of the header's size`);
  }
  const length = bytes.readBigUInt64LE();
  if (length > LARGEST_HEADER) {
    throw new Error(
      `its header declares ${length} bytes, more than the limit of ${LARGEST_HEADER}`,
    );
  }
  const start = 8 + Number(length);
  if (start > bytes.length) {
    throw new Error(
      `its header declares ${length} bytes, but only ${
        bytes.length - 8
      } follow: is the file truncated?`,
    );
  }
  const { described, metadata } = describedIn(bytes.toString("utf8", 8, start));
  const size = bytes.length - start;
  let end = 0;
  const entries: StateDict = new Map();
  for (const [name, description] of described) {
    entries.set(name, entryOf(name, description, end, bytes.subarray(start)));
    end = description.data_offsets[1];
  }
  if (end !== size) throw new Error(`its entries end at byte ${end} of ${size}`);
  return { entries, metadata };
}

/** The header's entries by their places, and its metadata. */
function describedIn(text: string): { described: [string, Described][]; metadata: Metadata } {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (error) {
    throw new Error(`its header is not JSON: ${(error as Error).message}`);
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) {
    throw new Error("its header is not an object");
  }
  const entries = Object.entries(header).filter(([name]) => name !== "__metadata__");
  for (const [name, description] of entries) {
    if (!isDescribed(description)) {
      throw new Error(
        `its header describes "${name}" as ${JSON.stringify(description).slice(0, 80)}`,
      );
    }
  }
  const described = (entries as [string, Described][]).sort(([, a], [, b]) =>
    a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1]
  );
  const { __metadata__: metadata = {} } = header as { __metadata__?: Metadata };
  return { described, metadata };
}

function isDescribed(value: unknown): value is Described {
  const { dtype, shape, data_offsets } = (value ?? {}) as Partial<Described>;
  const areSizes = (list: unknown) =>
    Array.isArray(list) && list.every((size) => Number.isSafeInteger(size) && size >= 0);
  return typeof dtype === "string" && areSizes(shape) && areSizes(data_offsets) &&
    data_offsets?.length === 2;
}

function entryOf(
  name: string,
  { dtype, shape, data_offsets: [from, to] }: Described,
  expectedFrom: number,
  body: Uint8Array,
): StateEntry {
  const type = TYPES[dtype];
  if (type === undefined) {
    throw new Error(
      `"${name}" has the type ${dtype}, expected one of ${Object.keys(TYPES).join(", ")}`,
    );
  }
  if (from !== expectedFrom) {
    throw new Error(`"${name}" begins at byte ${from}, expected byte ${expectedFrom}`);
  }
  const count = shape.reduce((product, side) => product * side, 1);
  if (to - from !== count * type.bytes) {
    throw new Error(
      `"${name}" has ${to - from} bytes, but the shape [${shape.join(", ")}] of ${dtype} ` +
        `takes ${count * type.bytes}`,
    );
  }
  if (to > body.length) {
    throw new Error(`"${name}" ends at byte ${to} of ${body.length}: is the file truncated?`);
  }
  const view = new DataView(body.buffer, body.byteOffset + from, to - from);
  const data = new Float32Array(count);
  for (let i = 0; i < count; i++) data[i] = type.read(view, i * type.bytes);
  return { shape, data };
}

/** A 16-bit float of IEEE 754: 1 sign, 5 exponent, 10 fraction bits. */
function halfToNumber(bits: number): number {
  const sign = bits >> 15 === 1 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const BFLOAT = new DataView(new ArrayBuffer(4));

/** The upper half of a 32-bit float. */
function bfloatToNumber(bits: number): number {
  BFLOAT.setUint32(0, bits << 16);
  return BFLOAT.getFloat32(0);
}
