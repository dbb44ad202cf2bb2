/** The real data set, its files, and the batches that are made of it. */
import assert from "node:assert/strict";
import {
  Cifar10Split,
  DataFileError,
  fewClasses,
  holdOut,
  loadCifar10,
  normalized,
  startBackend,
  trainingBatches,
} from "../../lib/mod.ts";
import { batchesInEpoch, CHANNEL_MEAN, CHANNEL_STD } from "../../lib/data/batches.ts";
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

Deno.test("each channel of the training images has the published mean and deviation", () => {
  const { images } = cifar.train;
  for (let channel = 0; channel < 3; channel++) {
    let [sum, squares] = [0, 0];
    for (let i = channel; i < images.length; i += 3) {
      sum += images[i]!;
      squares += images[i]! ** 2;
    }
    const count = images.length / 3;
    const mean = sum / count / 255;
    const deviation = Math.sqrt(squares / count / 255 ** 2 - mean ** 2);
    assert.ok(Math.abs(mean - CHANNEL_MEAN[channel]!) < 1e-4, `mean ${mean}`);
    assert.ok(Math.abs(deviation - CHANNEL_STD[channel]!) < 1e-4, `deviation ${deviation}`);
  }
});

Deno.test("missing, truncated and altered files are refused by name", async () => {
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

Deno.test("the same seed gives the same batches, and another seed gives others", () => {
  const first = (seed: number) =>
    trainingBatches(cifar.train, { batchSize: 8, seed }).next().value.images.dataSync();
  assert.deepEqual(first(1), first(1));
  assert.notDeepEqual(first(1), first(2));
});

/** Two images: pixel (x, y) of the first is [x, y, 7], of the second [255, 0, y]. */
function tinySplit(): Cifar10Split {
  const images = Uint8Array.from({ length: 2 * 32 * 32 * 3 }, (_, i) => {
    const [channel, x, y] = [i % 3, Math.floor(i / 3) % 32, Math.floor(i / 96) % 32];
    return i < 3072 ? [x, y, 7][channel]! : [255, 0, y][channel]!;
  });
  return new Cifar10Split(images, Uint8Array.of(3, 8));
}

/** A normalized value's byte. */
const byteOf = (value: number, channel: number) =>
  Math.abs(Math.round(255 * (value * CHANNEL_STD[channel]! + CHANNEL_MEAN[channel]!)));

Deno.test("images are read pixel by pixel, not plane by plane", async () => {
  const file = await Deno.readFile(`${CIFAR10_FOLDER}/test_batch.bin`);
  assert.equal(cifar.test.labels[0], file[0]);
  const image = cifar.test.image(0);
  for (const [x, y] of [[0, 0], [5, 3], [31, 31]] as const) {
    const place = y * 32 + x;
    const planes = [0, 1, 2].map((channel) => file[1 + channel * 1024 + place]!);
    assert.deepEqual([...image.subarray(3 * place, 3 * place + 3)], planes);
  }
});

Deno.test("normalized images keep their order and their channels", () => {
  const values = normalized(tinySplit(), [1, 0]).dataSync();
  const at = (image: number, x: number, y: number) =>
    [0, 1, 2].map((c) => byteOf(values[((image * 32 + y) * 32 + x) * 3 + c]!, c));
  assert.deepEqual(at(0, 4, 9), [255, 0, 9]);
  assert.deepEqual(at(1, 4, 9), [4, 9, 7]);
});

Deno.test("crops are shifted by up to 4 pixels, flipped in half of the cases, and keep their labels", () => {
  const batches = trainingBatches(tinySplit(), { batchSize: 2, seed: 1 });
  const shifts = new Set<string>();
  let [flips, seen] = [0, 0];
  while (seen < 400) {
    const { images, labels: oneHot } = batches.next().value;
    const [values, labels] = [images.dataSync(), oneHot.argMax(1).dataSync()];
    for (let i = 0; i < 2; i++) {
      const at = (x: number, y: number) =>
        [0, 1, 2].map((c) => byteOf(values[((i * 32 + y) * 32 + x) * 3 + c]!, c));
      const middle = at(16, 16);
      seen++;
      if (middle[2] !== 7) {
        assert.equal(labels[i], 8, "the label went with its image");
        continue;
      }
      assert.equal(labels[i], 3);
      const flipped = at(17, 16)[0]! < middle[0]!;
      if (flipped) flips++;
      const shiftX = middle[0]! - (flipped ? 15 : 16);
      const shiftY = middle[1]! - 16;
      shifts.add(`${shiftX},${shiftY}`);
      assert.ok(Math.abs(shiftX) <= 4 && Math.abs(shiftY) <= 4);
      // The corner's source lies outside of the image where the crop was shifted beyond it.
      const [sourceX, sourceY] = [(flipped ? 31 : 0) + shiftX, shiftY];
      const inside = sourceX >= 0 && sourceX < 32 && sourceY >= 0;
      assert.deepEqual(at(0, 0), inside ? [sourceX, sourceY, 7] : [0, 0, 0]);
    }
  }
  assert.ok(flips > 70 && flips < 130, `${flips} of about 200 are flipped`);
  assert.ok(shifts.size > 60, `${shifts.size} of 81 shifts were seen`);
});

Deno.test("each epoch has each image once, in a new order", () => {
  const split = cifar.train.slice(0, 50);
  const batches = trainingBatches(split, { batchSize: 20, seed: 1 });
  const epochs: string[] = [];
  for (let epoch = 0; epoch < 2; epoch++) {
    const labels: number[] = [];
    for (let batch = 0; batch < 3; batch++) {
      labels.push(...batches.next().value.labels.argMax(1).dataSync());
    }
    assert.deepEqual([...labels].sort(), [...split.labels].sort());
    epochs.push(labels.join());
  }
  assert.notEqual(epochs[0], epochs[1]);
});

Deno.test("a single image left over joins the last batch", () => {
  const sizes: number[] = [];
  const batches = trainingBatches(cifar.train.slice(0, 41), { batchSize: 20, seed: 1 });
  for (let i = 0; i < 4; i++) sizes.push(batches.next().value.images.shape[0]);
  assert.deepEqual(sizes, [20, 21, 20, 21]);
  const inEpoch = (size: number, batchSize: number) => batchesInEpoch(size, batchSize);
  assert.deepEqual([inEpoch(42, 20), inEpoch(40, 20), inEpoch(1, 20), inEpoch(3, 1)], [3, 2, 1, 3]);
});

Deno.test("a batch size that is not a whole number is refused", () => {
  for (const batchSize of [0, -1, 2.5, NaN]) {
    assert.throws(
      () => trainingBatches(cifar.train, { batchSize, seed: 1 }),
      new RegExp(`batchSize from 1 .*got batchSize ${batchSize}`),
    );
  }
  assert.throws(
    () => trainingBatches(cifar.train, { batchSize: 2, seed: 1, skip: 0.5 }),
    /skip 0\.5/,
  );
});

Deno.test("skipping batches leaves the later batches of the epoch unchanged", () => {
  const split = cifar.train.slice(0, 50);
  const whole = trainingBatches(split, { batchSize: 20, seed: 1 });
  const rest = trainingBatches(split, { batchSize: 20, seed: 1, skip: 4 });
  for (let i = 0; i < 4; i++) whole.next();
  for (let i = 0; i < 3; i++) {
    const [a, b] = [whole.next().value, rest.next().value];
    assert.deepEqual(a.images.dataSync(), b.images.dataSync());
  }
});

Deno.test("held-out images are the last ones, not copied, and not trained on", () => {
  const { train, validation } = holdOut(cifar, 5_000);
  assert.deepEqual([train.size, validation.size], [45_000, 5_000]);
  assert.equal(validation.images.buffer, cifar.train.images.buffer);
  assert.deepEqual(validation.image(0), cifar.train.image(45_000));
  assert.throws(() => holdOut(cifar, 50_000), /1 to 49999 images, got 50000/);
});

Deno.test("images and labels of different lengths are refused", () => {
  const bytes = (images: number) => new Uint8Array(images * 3072);
  const cases: [images: unknown, labels: unknown, message: RegExp][] = [
    [bytes(4), Uint8Array.of(0, 1, 2), /12288 bytes, 4 images, with 3 labels/],
    [bytes(2), Uint8Array.of(0, 1, 2), /6144 bytes, 2 images, with 3 labels/],
    [new Uint8Array(3071), Uint8Array.of(0), /3071 bytes, not a whole number of images, with 1/],
    [bytes(1), [0], /labels as a Uint8Array, got Array: try Uint8Array\.from\(labels\)/],
    [new Float32Array(3072), Uint8Array.of(0), /images as a Uint8Array, got Float32Array/],
    [undefined, Uint8Array.of(0), /images as a Uint8Array, got undefined/],
  ];
  for (const [images, labels, message] of cases) {
    assert.throws(() => new Cifar10Split(images as Uint8Array, labels as Uint8Array), message);
  }
  assert.equal(new Cifar10Split(bytes(0), new Uint8Array()).size, 0);
  assert.equal(cifar.test.slice(-3).size, 3);
  assert.throws(() => cifar.test.slice(0.5), /whole numbers, got 0\.5 and 10000/);
});

Deno.test("writing into an image does not change the data set", () => {
  const before = cifar.test.image(3);
  cifar.test.image(3).reverse().fill(7);
  assert.deepEqual(cifar.test.image(3), before);
});

Deno.test("an image that does not exist is refused", () => {
  assert.throws(() => cifar.test.image(10_000), /the numbers 0 to 9999/);
});

Deno.test("fewClasses renumbers the classes and takes as many images of each", () => {
  const { train, test, classNames } = fewClasses(cifar, ["ship", "cat"], { perClass: 7 });
  assert.deepEqual([train.size, test.size, classNames], [14, 2000, ["ship", "cat"]]);
  assert.deepEqual([0, 1].map((c) => train.labels.filter((label) => label === c).length), [7, 7]);
  const firstShip = cifar.train.labels.indexOf(8);
  assert.deepEqual(train.image(train.labels.indexOf(0)), cifar.train.image(firstShip));
});

Deno.test("fewClasses refuses unknown classes and too many images", () => {
  assert.throws(
    () => fewClasses(cifar, ["cat", "cow"]),
    /no class "cow"\. The classes are airplane/,
  );
  assert.throws(() => fewClasses(cifar, ["cat"]), /two or more different classes/);
  assert.throws(() => fewClasses(cifar, ["cat", "dog", "cat"]), /different classes, got \[cat/);
  for (const perClass of [5001, 0, -1, 2.5, NaN]) {
    assert.throws(
      () => fewClasses(cifar, ["cat", "dog"], { perClass }),
      new RegExp(`from 1 to 5000, got ${perClass}\\.`),
    );
  }
});

Deno.test("a batch has a label for each class of the model, and no image of another class", () => {
  const { train } = fewClasses(cifar, ["cat", "dog", "ship"], { perClass: 4 });
  const three = trainingBatches(train, { batchSize: 4, seed: 1, classes: 3 });
  const { value } = three.next();
  assert.deepEqual(value.labels.shape, [4, 3]);
  assert.throws(
    () => trainingBatches(cifar.train, { batchSize: 4, seed: 1, classes: 3 }),
    /has 3 classes, 0 to 2, and an image has the label 6/,
  );
});
