/** Weights in .safetensors files, here and in Python. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fs from "node:fs";
import path from "node:path";
import {
  budget,
  cifarResNet,
  Conv2d,
  loadCifar10,
  loadSafetensors,
  modelByName,
  plain20,
  PlainBlock,
  readSafetensors,
  ResIdentity,
  resnet20,
  saveSafetensors,
  seedWeights,
  startBackend,
  stateDict,
  tf,
  train,
  trainedRun,
  writeSafetensors,
} from "../../lib/mod.ts";
import { trainedRuns } from "../../lib/training/run_record.ts";
import { Site } from "../../tools/setup/paths.ts";
import { peersFolder } from "../../tools/test/peers.ts";

await startBackend();
const site = new Site();
const folder = Deno.makeTempDirSync({ prefix: "residual-safetensors-" });
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
const at = (name: string) => path.join(folder, `${name}.safetensors`);
const small = (seed: number) => cifarResNet({ n: 1, seed, shortcut: "projection" });

async function python(...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(site.python, {
    args: [path.join(import.meta.dirname ?? "", "safetensors_peer.py"), ...args],
    env: { PYTHONPATH: peersFolder(site) },
  }).output();
  const text = new TextDecoder();
  assert.ok(success, text.decode(stderr));
  return text.decode(stdout);
}

/** A file with this header and this many bytes of body. */
function write(name: string, header: unknown, bodyBytes: number, length?: bigint): string {
  const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(length ?? BigInt(text.length));
  fs.writeFileSync(at(name), Buffer.concat([size, text, Buffer.alloc(bodyBytes)]));
  return at(name);
}

const f32 = (shape: number[], from: number, to: number) => ({
  dtype: "F32",
  shape,
  data_offsets: [from, to],
});

Deno.test("a model is loaded from its file bit for bit", async () => {
  const [saved, loaded] = [small(1), small(2)];
  await saveSafetensors(at("model"), saved);
  await loadSafetensors(at("model"), loaded);
  assert.deepEqual(stateDict(loaded), stateDict(saved));
});

Deno.test("Python's safetensors reads the kit's files", async () => {
  const model = small(3);
  await saveSafetensors(at("python"), model);
  const read = JSON.parse(await python("read", at("python"))) as Record<
    string,
    [string, number[], number]
  >;
  const entries = stateDict(model);
  assert.deepEqual(Object.keys(read).sort(), [...entries.keys()].sort());
  for (const [name, { shape, data }] of entries) {
    const sum = data.reduce((total, value) => total + value, 0);
    const [dtype, shapeRead, sumRead] = read[name]!;
    assert.deepEqual([dtype, shapeRead], ["float32", [...shape]], name);
    assert.ok(Math.abs(sumRead - sum) < 1e-9 * data.length, name);
  }
});

Deno.test("the kit reads the files of Python's safetensors, whatever the data type", async () => {
  await python("write", at("types"));
  const entries = await readSafetensors(at("types"));
  const expected = [1.5, -2, 0.25, 65504, 0, -0.0009765625];
  for (const name of ["float16", "float32", "float64"]) {
    const { shape, data } = entries.get(name)!;
    assert.deepEqual([[...shape], [...data]], [[2, 3], expected], name);
  }
  assert.deepEqual([...entries.get("bn1.num_batches_tracked")!.data], [391]);
});

Deno.test("bfloat16, and float16 values that are subnormal, infinite or NaN, are read", async () => {
  const header = {
    a: { dtype: "BF16", shape: [2], data_offsets: [0, 4] },
    b: { dtype: "F16", shape: [3], data_offsets: [4, 10] },
  };
  const file = write("halves", header, 10);
  const bytes = fs.readFileSync(file);
  const body = bytes.length - 10;
  [0x3fc0, 0xc000, 0x0001, 0xfc00, 0x7e00].forEach((half, i) =>
    bytes.writeUInt16LE(half, body + 2 * i)
  );
  fs.writeFileSync(file, bytes);
  const entries = await readSafetensors(file);
  assert.deepEqual([...entries.get("a")!.data], [1.5, -2]);
  assert.deepEqual([...entries.get("b")!.data], [2 ** -24, -Infinity, NaN]);
});

Deno.test("a file is written completely or not at all", async () => {
  await saveSafetensors(at("whole"), small(1));
  await assert.rejects(
    saveSafetensors(path.join(at("whole"), "weights"), small(1)),
    /weights.* could not be written/,
  );
  fs.mkdirSync(at("taken"));
  await assert.rejects(saveSafetensors(at("taken"), small(1)), /taken.*could not be written/);
  assert.deepEqual(fs.readdirSync(folder).filter((name) => name.startsWith("taken")), [
    "taken.safetensors",
  ]);
});

/** Two blocks with the same weights, one with a shortcut. */
function own(seed: number, shortcut: boolean): tf.LayersModel {
  seedWeights(seed);
  const input = tf.input({ shape: [8, 8, 3] });
  const wide = new Conv2d(3, 4).apply(input) as tf.SymbolicTensor;
  const block = shortcut ? new ResIdentity(4) : new PlainBlock(4);
  return tf.model({ inputs: input, outputs: block.apply(wide) as tf.SymbolicTensor });
}

Deno.test("weights of another architecture are refused, and the model is unchanged", async () => {
  const [plain, residual] = [plain20(), resnet20()];
  await saveSafetensors(at("plain"), plain);
  const before = stateDict(residual);
  await assert.rejects(
    loadSafetensors(at("plain"), residual),
    /plain\.safetensors: its weights are those of plain20, and resnet20 computes something else/,
  );
  assert.deepEqual(stateDict(residual), before);
  await saveSafetensors(at("own"), own(1, true));
  await loadSafetensors(at("own"), own(2, true));
  await assert.rejects(
    loadSafetensors(at("own"), own(3, false)),
    /its weights are those of another model, and model\d+ computes something else/,
  );
});

Deno.test("a file without metadata is loaded as before", async () => {
  const [teacher, pupil] = [plain20({ seed: 1 }), resnet20({ seed: 2 })];
  await writeSafetensors(at("old"), stateDict(teacher));
  await loadSafetensors(at("old"), pupil);
  assert.deepEqual(stateDict(pupil), stateDict(teacher));
});

for (const run of trainedRuns(".")) {
  Deno.test(`the shipped ${run} loads into its own architecture and no other`, async () => {
    const file = path.join("data/trained", run, "model.safetensors");
    const { model, classes: { length: classes } = { length: 10 } } = trainedRun(run);
    await loadSafetensors(file, modelByName(model, { classes }));
    const twin = model.startsWith("plain")
      ? model.replace("plain", "resnet")
      : model.replace("resnet", "plain");
    const wrong = twin === "plain20_projection"
      ? cifarResNet({ n: 3, classes })
      : modelByName(twin, { classes });
    await assert.rejects(
      loadSafetensors(file, wrong),
      /computes something else|is not in the model/,
    );
  });
}

Deno.test("a training checkpoint loads into its model", async () => {
  const folder = at("run");
  const model = small(1);
  const budgetOf = { ...budget("quick"), steps: 2, batchSize: 4 };
  const data = { train: loadCifar10().train.slice(0, 8) };
  await train(model, data, { budget: budgetOf, checkpoints: folder });
  const loaded = small(2);
  await loadSafetensors(path.join(folder, "step_00000002.safetensors"), loaded);
  assert.deepEqual(stateDict(loaded), stateDict(model));
});

Deno.test("the message names the actual format of a file that is not safetensors", async () => {
  const zip = (inner: string) =>
    Buffer.concat([Buffer.from("PK\x03\x04\x14\0\0\0\0\0"), Buffer.from(inner)]);
  const cases: [string, string | Buffer, RegExp][] = [
    [
      "lfs",
      "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
      /a Git LFS pointer.*git lfs pull/,
    ],
    ["pth", zip("resnet20/data.pkl"), /a PyTorch file \(\.pth\).*safetensors\.torch\.save_file/],
    [
      "th",
      Buffer.from("\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", "latin1"),
      /a Python pickle.*\.th/,
    ],
    [
      "h5",
      Buffer.from("\x89HDF\r\n\x1a\n\0\0\0\0", "latin1"),
      /an HDF5 file, such as Keras's \.h5/,
    ],
    ["keras", zip("model.weights.h5"), /a Keras model/],
    ["npz", zip("conv1.npy"), /a NumPy archive/],
    ["zip", zip("notes.txt"), /a zip archive\. Unpack/],
    ["gz", Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0]), /a gzip archive/],
    [
      "html",
      "\n<!DOCTYPE html>\n<html><body>Not found</body></html>",
      /an HTML or XML page.*raw file/,
    ],
    ["json", '{"format":"layers-model"}', /a JSON file/],
  ];
  for (const [name, content, message] of cases) {
    fs.writeFileSync(at(name), content);
    await assert.rejects(readSafetensors(at(name)), message, name);
  }
});

Deno.test("a damaged file is refused with the reason, and the model is unchanged", async () => {
  const model = small(4);
  const before = stateDict(model);
  await saveSafetensors(at("whole"), model);
  const whole = fs.readFileSync(at("whole"));
  fs.writeFileSync(at("cut"), whole.subarray(0, whole.length - 5));
  fs.writeFileSync(at("cut_header"), whole.subarray(0, 100));
  fs.writeFileSync(at("empty"), "");
  const cases: [string, RegExp][] = [
    [at("nowhere"), /nowhere\.safetensors could not be read: .*(ENOENT|No such file)/],
    [at("empty"), /empty\.safetensors is not a valid .*it has 0 bytes/],
    [at("cut"), /"[\w.]+" ends at byte \d+ of \d+: is the file truncated\?/],
    [at("cut_header"), /header declares \d+ bytes, but only 92 follow: is the file truncated\?/],
    [
      write("huge", "{}", 0, 1n << 60n),
      /header declares 1152921504606846976 bytes, more than the limit of 100000000/,
    ],
    [write("text", "not json", 0), /its header is not JSON/],
    [write("list", "[]", 0), /its header is not an object/],
    [write("hole", { a: f32([1], 4, 8) }, 8), /"a" begins at byte 4, expected byte 0/],
    [
      write("overlap", { a: f32([2], 0, 8), b: f32([1], 4, 8) }, 8),
      /"b" begins at byte 4, expected byte 8/,
    ],
    [
      write("short", { a: f32([3], 0, 8) }, 8),
      /"a" has 8 bytes, but the shape \[3\] of F32 takes 12/,
    ],
    [write("beyond", { a: f32([4], 0, 16) }, 8), /"a" ends at byte 16 of 8/],
    [write("rest", { a: f32([1], 0, 4) }, 8), /its entries end at byte 4 of 8/],
    [write("negative", { a: f32([1], -4, 0) }, 8), /its header describes "a" as /],
    [
      write("no_shape", { a: { dtype: "F32" } }, 8),
      /its header describes "a" as \{"dtype":"F32"\}/,
    ],
    [
      write("type", { a: { ...f32([1], 0, 1), dtype: "F8" } }, 1),
      /"a" has the type F8, expected one of F64/,
    ],
  ];
  for (const [file, message] of cases) await assert.rejects(loadSafetensors(file, model), message);
  assert.deepEqual(stateDict(model), before);
});

Deno.test("an entry with too few values for its shape is not written", async () => {
  const entries = new Map([["conv1.weight", { shape: [2, 3], data: new Float32Array(5) }]]);
  await assert.rejects(
    writeSafetensors(at("five"), entries),
    /five\.safetensors: conv1\.weight has 5 values, but the shape \[2, 3\] takes 6/,
  );
  assert.ok(!fs.existsSync(at("five")));
});

Deno.test("entries keep their order, and an empty entry is kept", async () => {
  const entries = new Map([
    ["z", { shape: [2], data: Float32Array.of(1, 2) }],
    ["nothing", { shape: [0, 3], data: new Float32Array() }],
    ["ä", { shape: [], data: Float32Array.of(7) }],
  ]);
  await writeSafetensors(at("order"), entries);
  const read = await readSafetensors(at("order"));
  assert.deepEqual(read, entries);
  assert.deepEqual([...read.keys()], ["z", "nothing", "ä"]);
});
