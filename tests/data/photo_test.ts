/** Photos from files: what they become, and what a network says of them. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { encode } from "fast-png";
import sharp from "sharp";
import {
  cifarResNet,
  classify,
  cropToSize,
  loadCifar10,
  loadTrained,
  normalized,
  prepare,
  readImage,
  type RgbImage,
  startBackend,
  tf,
} from "../../lib/mod.ts";

await startBackend();
const folder = Deno.makeTempDirSync({ prefix: "residual-photos-" });
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
const at = (name: string) => path.join(folder, name);

/** Left half red, right half blue, the upper left pixel green; twice as wide as high. */
function redAndBlue(): Uint8Array {
  const pixels = Uint8Array.from({ length: 16 * 8 * 3 }, (_, i) => {
    const [channel, x] = [i % 3, Math.floor(i / 3) % 16];
    return channel === (x < 8 ? 0 : 2) ? 255 : 0;
  });
  pixels.set([0, 255, 0]);
  return pixels;
}

const raw = (pixels: Uint8Array) => sharp(pixels, { raw: { width: 16, height: 8, channels: 3 } });

function pixelOf({ width, pixels }: RgbImage, x: number, y: number): number[] {
  return [...pixels.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
}

function assertClose(actual: readonly number[], expected: readonly number[], by: number) {
  assert.ok(actual.every((value, i) => Math.abs(value - expected[i]!) <= by), `${actual}`);
}

Deno.test("PNG, JPEG, WebP, GIF, TIFF and AVIF files are read", async () => {
  for (const format of ["png", "jpeg", "webp", "gif", "tiff", "avif"] as const) {
    await raw(redAndBlue()).toFormat(format, { quality: 95 }).toFile(at(`photo.${format}`));
    const image = await readImage(at(`photo.${format}`));
    assert.deepEqual([image.width, image.height, image.pixels.length], [16, 8, 384], format);
    assertClose(pixelOf(image, 3, 5), [255, 0, 0], 12);
    assertClose(pixelOf(image, 13, 5), [0, 0, 255], 12);
  }
  const file = new URL(`file://${at("photo.png")}`);
  assert.deepEqual((await readImage(file)).pixels, redAndBlue());
});

Deno.test("a photo is turned upright as its EXIF data says", async () => {
  const corner = await raw(redAndBlue()).withMetadata({ orientation: 6 }).png().toBuffer();
  fs.writeFileSync(at("turned.png"), corner);
  const { width, height, ...image } = await readImage(at("turned.png"));
  assert.deepEqual([width, height], [8, 16]);
  // Orientation 6 is turned to the right: the upper left pixel goes to the upper right.
  assert.deepEqual(pixelOf({ width, height, ...image }, 7, 0), [0, 255, 0]);
  assert.deepEqual(pixelOf({ width, height, ...image }, 0, 15), [0, 0, 255]);
});

Deno.test("gray, 16-bit, transparent, indexed and CMYK files become RGB bytes", async () => {
  const png = (name: string, options: Partial<Parameters<typeof encode>[0]>) => {
    fs.writeFileSync(at(name), encode({ width: 1, height: 1, data: Uint8Array.of(0), ...options }));
    return readImage(at(name));
  };
  const gray = await png("gray.png", { channels: 1, data: Uint8Array.of(90) });
  assert.deepEqual(pixelOf(gray, 0, 0), [90, 90, 90]);
  const grayAlpha = await png("gray_alpha.png", { channels: 2, data: Uint8Array.of(90, 0) });
  assert.deepEqual(pixelOf(grayAlpha, 0, 0), [255, 255, 255]);
  const deep = await png("deep.png", {
    channels: 3,
    depth: 16,
    data: Uint16Array.of(65535, 32896, 0),
  });
  assertClose(pixelOf(deep, 0, 0), [255, 128, 0], 1);
  const deepGray = await png("deep_gray.png", {
    channels: 1,
    depth: 16,
    data: Uint16Array.of(32896),
  });
  assertClose(pixelOf(deepGray, 0, 0), [128, 128, 128], 1);
  const half = await png("half.png", { channels: 4, data: Uint8Array.of(0, 0, 0, 128) });
  assertClose(pixelOf(half, 0, 0), [127, 127, 127], 1);
  await raw(redAndBlue()).png({ palette: true }).toFile(at("indexed.png"));
  assertClose(pixelOf(await readImage(at("indexed.png")), 3, 5), [255, 0, 0], 8);
  await raw(redAndBlue()).toColourspace("cmyk").jpeg({ quality: 95 }).toFile(at("cmyk.jpg"));
  assert.equal((await sharp(at("cmyk.jpg")).metadata()).space, "cmyk");
  const [red, green, blue] = pixelOf(await readImage(at("cmyk.jpg")), 3, 5);
  assert.ok(red! > 180 && green! < 80 && blue! < 80, `${[red, green, blue]}`);
});

Deno.test("a file that is missing, damaged or not an image is named", async () => {
  const jpeg = await raw(redAndBlue()).jpeg().toBuffer();
  fs.writeFileSync(at("cut.jpg"), jpeg.subarray(0, jpeg.length - 40));
  fs.writeFileSync(at("text.jpg"), "no image");
  fs.writeFileSync(at("empty.png"), "");
  fs.writeFileSync(at("apple.heic"), "\0\0\0\x18ftypheic\0\0\0\0mif1heic");
  const cases: [string, RegExp][] = [
    ["nowhere.png", /Cannot read .*nowhere\.png: .*(ENOENT|No such file)/],
    ["cut.jpg", /Cannot read .*cut\.jpg: expected a PNG, JPEG, .*/],
    ["text.jpg", /Cannot read .*text\.jpg: expected a PNG, JPEG, WebP, .*unsupported image format/],
    ["empty.png", /Cannot read .*empty\.png: expected a PNG/],
    ["apple.heic", /apple\.heic: it is a HEIC photo\. Convert it to JPEG/],
  ];
  for (const [name, message] of cases) await assert.rejects(readImage(at(name)), message);
});

Deno.test("an image is cropped to its center, and each new pixel is the mean of the pixels that it covers", () => {
  const wide = { width: 16, height: 8, pixels: redAndBlue() };
  const square = cropToSize(wide, { height: 8, width: 8 });
  assert.deepEqual([pixelOf(square, 3, 0), pixelOf(square, 4, 7)], [[255, 0, 0], [0, 0, 255]]);
  assert.deepEqual(pixelOf(cropToSize(wide, { height: 1, width: 1 }), 0, 0), [128, 0, 128]);
  // Three new pixels along eight old ones: the middle one covers 2⅔ of them, half red, half blue.
  assertClose(pixelOf(cropToSize(wide, { height: 3, width: 3 }), 1, 1), [128, 0, 128], 1);
  const large = cropToSize({ width: 1, height: 2, pixels: Uint8Array.of(9, 9, 9, 9, 9, 9) });
  assert.deepEqual([large.width, large.height], [32, 32]);
  assert.ok(large.pixels.every((value) => value === 9));
  const test = loadCifar10().test.image(0);
  assert.deepEqual(cropToSize({ width: 32, height: 32, pixels: test }).pixels, test);
  assert.throws(
    () => cropToSize({ ...wide, width: 15 }),
    /360 bytes for an image of 15×8 pixels, got 384/,
  );
  assert.throws(() => cropToSize(wide, { width: 0 }), /as width, got 0/);
});

Deno.test("a photo is prepared like the training images", () => {
  const { test } = loadCifar10();
  const [own, theirs] = [
    prepare({ width: 32, height: 32, pixels: test.image(1) }),
    normalized(test, [1]),
  ];
  assert.deepEqual(own.shape, [1, 32, 32, 3]);
  assert.deepEqual(own.dataSync(), theirs.dataSync());
});

Deno.test("a large JPEG of a ship is classified as a ship", async () => {
  const ship = sharp(loadCifar10().test.image(1), { raw: { width: 32, height: 32, channels: 3 } });
  await ship.resize(480, 480).jpeg({ quality: 90 }).toFile(at("ship.jpg"));
  const model = loadTrained("resnet20_80_epochs");
  const before = tf.memory().numTensors;
  const [classes, same] = await classify(
    model,
    [await readImage(at("ship.jpg")), await readImage(at("ship.jpg"))],
  );
  assert.equal(tf.memory().numTensors, before);
  assert.equal(classes![0]!.className, "ship");
  assert.ok(classes![0]!.probability > 0.9, `${classes![0]!.probability}`);
  const sum = classes!.reduce((total, { probability }) => total + probability, 0);
  assert.ok(classes!.length === 10 && Math.abs(sum - 1) < 1e-4);
  assert.deepEqual(same, classes);
  model.dispose();
});

Deno.test("classify needs the names of other classes, and a model for images", async () => {
  const image = { width: 16, height: 8, pixels: redAndBlue() };
  const three = cifarResNet({ n: 1, classes: 3 });
  await assert.rejects(classify(three, [image]), /classNames expects 3 names for resnet8, got 10/);
  const [classes] = await classify(three, [image], { classNames: ["red", "green", "blue"] });
  assert.deepEqual(classes!.map(({ className }) => className).sort(), ["blue", "green", "red"]);
  assert.deepEqual(await classify(three, [], { classNames: ["a", "b", "c"] }), []);
  const dense = tf.sequential({ layers: [tf.layers.dense({ units: 10, inputShape: [4] })] });
  await assert.rejects(classify(dense, [image]), /color images .* takes \[any, 4\]/);
  three.dispose();
});

Deno.test("images that were not normalized get one warning", async () => {
  const network = `
    import { cifarResNet, Conv2d, loadCifar10, normalized, startBackend, tf } from "residual";
    await startBackend();
    const model = cifarResNet({ n: 1 });
    const { test } = loadCifar10();
    const bytes = tf.tensor4d(Float32Array.from(test.image(1)), [1, 32, 32, 3]);`;
  const cases: [string, string | undefined][] = [
    [`model.predict(bytes); model.predict(bytes); model.apply(bytes);`, "\\d+ to 2\\d\\d"],
    [`model.predict(bytes.div(255));`, "0 to 0\\.\\d+"],
    [
      `const input = tf.input({ shape: [32, 32, 3] });
      const own = tf.model({ inputs: input, outputs: new Conv2d(3, 4).apply(input) });
      own.predict(bytes);`,
      "\\d+ to 2\\d\\d",
    ],
    [
      `model.predict(normalized(test, [0, 1, 2])); model.predict(tf.zeros([1, 32, 32, 3]));
      new Conv2d(3, 4).apply(bytes);`,
      undefined,
    ],
  ];
  for (const [program, range] of cases) {
    const { stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--ext=ts", network + program],
      env: { NO_COLOR: "1" },
    }).output();
    const warnings = new TextDecoder().decode(stderr).match(/^Warning: .*/gm) ?? [];
    assert.equal(warnings.length, range === undefined ? 0 : 1, `${program}\n${warnings}`);
    if (range !== undefined) {
      assert.match(warnings[0]!, new RegExp(`image are ${range}\\..*prepare`));
    }
  }
});
