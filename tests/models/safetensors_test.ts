// Weights in .safetensors files, here and in Python.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fs from "node:fs";
import path from "node:path";
import {
  cifarResNet,
  loadSafetensors,
  readSafetensors,
  saveSafetensors,
  startBackend,
  stateDict,
  writeSafetensors,
} from "../../lib/mod.ts";
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

Deno.test("a model comes back from its file to the last bit", async () => {
  const [saved, loaded] = [small(1), small(2)];
  await saveSafetensors(at("model"), saved);
  await loadSafetensors(at("model"), loaded);
  assert.deepEqual(stateDict(loaded), stateDict(saved));
});

Deno.test("Python's safetensors reads what is written here", async () => {
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

Deno.test("what Python's safetensors writes is read here, whatever the type", async () => {
  await python("write", at("types"));
  const entries = await readSafetensors(at("types"));
  const expected = [1.5, -2, 0.25, 65504, 0, -0.0009765625];
  for (const name of ["float16", "float32", "float64"]) {
    const { shape, data } = entries.get(name)!;
    assert.deepEqual([[...shape], [...data]], [[2, 3], expected], name);
  }
  assert.deepEqual([...entries.get("bn1.num_batches_tracked")!.data], [391]);
});

Deno.test("bfloat16 and small, infinite and missing halves are read", async () => {
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

Deno.test("the file appears whole or not at all", async () => {
  await assert.rejects(
    saveSafetensors(at("no/such/folder"), small(1)),
    /folder.* could not be written/,
  );
  fs.mkdirSync(at("taken"));
  await assert.rejects(saveSafetensors(at("taken"), small(1)), /taken.*could not be written/);
  assert.deepEqual(fs.readdirSync(folder).filter((name) => name.startsWith("taken")), [
    "taken.safetensors",
  ]);
});

Deno.test("a file that is not sound is refused with what is wrong, and the model is as it was", async () => {
  const model = small(4);
  const before = stateDict(model);
  await saveSafetensors(at("whole"), model);
  const whole = fs.readFileSync(at("whole"));
  fs.writeFileSync(at("cut"), whole.subarray(0, whole.length - 5));
  fs.writeFileSync(at("cut_header"), whole.subarray(0, 100));
  fs.writeFileSync(at("empty"), "");
  const cases: [string, RegExp][] = [
    [at("nowhere"), /nowhere\.safetensors could not be read: .*(ENOENT|No such file)/],
    [at("empty"), /empty\.safetensors is not a sound .*it has 0 bytes/],
    [at("cut"), /"[\w.]+" ends at byte \d+ of \d+: cut short\?/],
    [at("cut_header"), /header claims \d+ bytes, and 92 follow: cut short\?/],
    [write("huge", "{}", 0, 1n << 60n), /header claims 1152921504606846976 bytes, and 100000000/],
    [write("text", "not json", 0), /its header is not JSON/],
    [write("list", "[]", 0), /its header is not an object/],
    [write("hole", { a: f32([1], 4, 8) }, 8), /"a" begins at byte 4 and should at 0/],
    [
      write("overlap", { a: f32([2], 0, 8), b: f32([1], 4, 8) }, 8),
      /"b" begins at byte 4 and should at 8/,
    ],
    [write("short", { a: f32([3], 0, 8) }, 8), /"a" has 8 bytes, and \[3\] of F32 takes 12/],
    [write("beyond", { a: f32([4], 0, 16) }, 8), /"a" ends at byte 16 of 8/],
    [write("rest", { a: f32([1], 0, 4) }, 8), /its entries end at byte 4 of 8/],
    [write("negative", { a: f32([1], -4, 0) }, 8), /its header says of "a"/],
    [write("no_shape", { a: { dtype: "F32" } }, 8), /its header says of "a" \{"dtype":"F32"\}/],
    [
      write("type", { a: { ...f32([1], 0, 1), dtype: "F8" } }, 1),
      /"a" is of type F8; known are F64/,
    ],
  ];
  for (const [file, message] of cases) await assert.rejects(loadSafetensors(file, model), message);
  assert.deepEqual(stateDict(model), before);
});

Deno.test("entries keep their order and an empty one is an entry", async () => {
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
