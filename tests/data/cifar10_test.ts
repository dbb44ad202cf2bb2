import assert from "node:assert/strict";
import {
  DataFileError,
  loadCifar10,
  normalized,
  startBackend,
  trainingBatches,
} from "../../lib/mod.ts";
import { CIFAR10_FILES, CIFAR10_FOLDER } from "../../lib/data/cifar10_files.ts";

await startBackend();
const cifar = loadCifar10();

/** A folder of links to the real files, in which one may be spoilt. */
async function spoilt(change: (file: string) => Promise<void>): Promise<string> {
  const folder = await Deno.makeTempDir();
  for (const { name } of CIFAR10_FILES) {
    await Deno.symlink(await Deno.realPath(`${CIFAR10_FOLDER}/${name}`), `${folder}/${name}`);
  }
  await change(`${folder}/data_batch_3.bin`);
  return folder;
}

Deno.test("CIFAR-10 has 50,000 and 10,000 images in ten classes of equal size", () => {
  assert.equal(cifar.train.size, 50_000);
  assert.equal(cifar.test.size, 10_000);
  const counts = new Array(10).fill(0);
  for (const label of cifar.train.labels) counts[label]++;
  assert.deepEqual(counts, new Array(10).fill(5_000));
});

Deno.test("the training images have the published mean and deviation", () => {
  const values = normalized(cifar.train, Array.from({ length: 2_000 }, (_, i) => i * 25)).dataSync<
    "float32"
  >();
  const { length } = values;
  const mean = values.reduce((sum, value) => sum + value, 0) / length;
  const square = values.reduce((sum, value) => sum + value * value, 0) / length;
  assert.ok(Math.abs(mean) < 0.03, `mean ${mean}`);
  assert.ok(Math.abs(square - 1) < 0.03, `mean square ${square}`);
});

Deno.test("a missing, a truncated and an altered file are refused by name", async () => {
  const missing = await spoilt((file) => Deno.remove(file));
  assert.throws(() => loadCifar10(missing), /data_batch_3\.bin[^]*expected: 30730000 bytes/);

  const truncated = await spoilt(async (file) => {
    const bytes = await Deno.readFile(file);
    await Deno.remove(file);
    await Deno.writeFile(file, bytes.subarray(0, 1_000));
  });
  assert.throws(() => loadCifar10(truncated), /found: {4}1000 bytes/);

  const altered = await spoilt(async (file) => {
    const bytes = await Deno.readFile(file);
    bytes[12_345]! ^= 1;
    await Deno.remove(file);
    await Deno.writeFile(file, bytes);
  });
  assert.throws(() => loadCifar10(altered), (error) => {
    assert.ok(error instanceof DataFileError);
    assert.match(error.message, /data_batch_3\.bin[^]*SHA-256[^]*npm start -- --setup-only/);
    return true;
  });
  for (const folder of [missing, truncated, altered]) {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the same seed gives the same batches, another seed others", async () => {
  const first = async (seed: number) => {
    const batches = await trainingBatches(cifar.train, { batchSize: 8, seed }).iterator();
    const { value } = await batches.next();
    return value.xs.dataSync();
  };
  assert.deepEqual(await first(1), await first(1));
  assert.notDeepEqual(await first(1), await first(2));
});

Deno.test("an image that does not exist is refused", () => {
  assert.throws(() => cifar.test.image(10_000), /numbered 0 to 9999/);
});
