// Which backend is chosen, and what is said where it is not the one that was asked for.
import assert from "node:assert/strict";

/** Starts a backend in a process of its own, since one process has one backend. */
async function run(wish: string, code = ""): Promise<string> {
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      "--ext=ts",
      `import { startBackend, tf } from "residual";
       const backend = await startBackend();
       console.log(backend.name); console.log(backend.describe()); ${code}`,
    ],
    env: { RESIDUAL_BACKEND: wish, NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(success ? stdout : stderr);
  return text;
}

const FILTER_GRADIENTS = `
  for (const [stride, pad] of [[1, "same"], [2, "valid"], [2, "same"]] as const) {
    const x = tf.tensor4d(Float32Array.from({ length: 2 * 7 * 6 * 3 }, (_, i) => Math.sin(i)), [2, 7, 6, 3]);
    const w = tf.tensor4d(Float32Array.from({ length: 3 * 3 * 3 * 4 }, (_, i) => Math.cos(i)), [3, 3, 3, 4]);
    const f = (k: tf.Tensor4D) => tf.sum(tf.square(tf.conv2d(x, k, stride, pad))) as tf.Scalar;
    console.log("gradient", [...tf.grad(f as (k: tf.Tensor) => tf.Scalar)(w).dataSync()].join());
  }`;

Deno.test("without a wish the native backend is in force and says so", async () => {
  const text = await run("");
  assert.match(text, /^native\nBackend: native \(TensorFlow's C library on the [CG]PU\)/);
});

Deno.test("wasm and cpu can be asked for", async () => {
  assert.match(await run("wasm"), /^wasm\n/);
  assert.match(await run("cpu"), /^cpu\n/);
});

Deno.test("a backend that is not there is passed over, with the reason", async () => {
  const text = await run("webgpu");
  assert.match(text, /^(webgpu|native)\n/);
  if (text.startsWith("native")) {
    assert.match(text, /not webgpu: (no graphics|this kernel|the adapter is software)/);
  }
});

Deno.test("a backend of an unknown name is refused with the names there are", async () => {
  assert.match(
    await run("cuda"),
    /"cuda", which is no backend; it can be native, webgpu, wasm, cpu/,
  );
});

Deno.test("wasm's filter gradients are those of the native backend", async () => {
  const numbers = (text: string) =>
    [...text.matchAll(/^gradient (.*)$/gm)].map((match) => match[1]!.split(",").map(Number));
  const [onWasm, onNative] = [
    await run("wasm", FILTER_GRADIENTS),
    await run("native", FILTER_GRADIENTS),
  ];
  assert.match(onWasm, /Backend: wasm/);
  assert.match(onNative, /Backend: native/);
  const [wasm, native] = [numbers(onWasm), numbers(onNative)];
  assert.equal(wasm.length, 3);
  for (const [i, gradient] of wasm.entries()) {
    for (const [j, value] of gradient.entries()) {
      const expected = native[i]![j]!;
      assert.ok(
        Math.abs(value - expected) < 1e-3 * (1 + Math.abs(expected)),
        `${value} ${expected}`,
      );
    }
  }
});
