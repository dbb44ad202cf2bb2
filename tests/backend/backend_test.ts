/** Which backend is chosen, and what is said where it is not the one that was asked for. */
import assert from "node:assert/strict";

/** Starts a backend in a process of its own, since one process has one backend. */
async function run(requested: string, code = ""): Promise<string> {
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      "--ext=ts",
      `import { startBackend, tf } from "residual";
       const backend = await startBackend();
       console.log(backend.name); console.log(backend.describe()); ${code}`,
    ],
    env: { RESIDUAL_BACKEND: requested, NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(success ? stdout : stderr);
  return text;
}

/** What a program of its own prints and warns of. */
async function output(code: string, env: Record<string, string> = {}) {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--ext=ts", code],
    env: { NO_COLOR: "1", ...env },
  }).output();
  const text = new TextDecoder();
  return { printed: text.decode(stdout), warned: text.decode(stderr) };
}

const WARNING = /^Warning: no backend was started/gm;

Deno.test("a program without startBackend() gets one warning, with the line to add", async () => {
  const programs = [
    `tf.zeros([2]).add(1); new Conv2d(3, 4).apply(tf.zeros([1, 8, 8, 3]));`,
    `budget("quick"); tf.zeros([2]);`,
    `await tf.ready(); tf.zeros([2]);`,
    `const started = startBackend(); tf.zeros([2]); await started;`,
  ];
  for (const program of programs) {
    const { warned } = await output(
      `import { budget, Conv2d, startBackend, tf } from "residual"; ${program}`,
    );
    assert.equal(warned.match(WARNING)?.length, 1, program);
    assert.match(warned, /\n {2}await startBackend\(\);\n/);
    assert.doesNotMatch(warned, /install our node backend/);
  }
});

Deno.test("a program that asks for plain JavaScript gets no warning", async () => {
  const programs = [`await startBackend();`, `await tf.setBackend("cpu");`];
  for (const program of programs) {
    const { printed, warned } = await output(
      `import { startBackend, tf } from "residual"; ${program}
       tf.zeros([2]); console.log(tf.getBackend());`,
      { RESIDUAL_BACKEND: "cpu" },
    );
    assert.equal(printed, "cpu\n");
    assert.doesNotMatch(warned, /no backend was started|install our node backend/);
  }
});

const FILTER_GRADIENTS = `
  for (const [stride, pad] of [[1, "same"], [2, "valid"], [2, "same"]] as const) {
    const x = tf.tensor4d(Float32Array.from({ length: 2 * 7 * 6 * 3 }, (_, i) => Math.sin(i)), [2, 7, 6, 3]);
    const w = tf.tensor4d(Float32Array.from({ length: 3 * 3 * 3 * 4 }, (_, i) => Math.cos(i)), [3, 3, 3, 4]);
    const f = (k: tf.Tensor4D) => tf.sum(tf.square(tf.conv2d(x, k, stride, pad))) as tf.Scalar;
    console.log("gradient", [...tf.grad(f as (k: tf.Tensor) => tf.Scalar)(w).dataSync()].join());
  }`;

Deno.test("by default the native backend is active and says so", async () => {
  const text = await run("");
  assert.match(text, /^native\nBackend: native \(TensorFlow's C library on the [CG]PU\)/);
});

Deno.test("wasm and cpu can be requested", async () => {
  assert.match(await run("wasm"), /^wasm\n/);
  assert.match(await run("cpu"), /^cpu\n/);
});

Deno.test("a backend that is not available is skipped, with the reason", async () => {
  const text = await run("webgpu");
  assert.match(text, /^(webgpu|native)\n/);
  if (text.startsWith("native")) {
    assert.match(text, /not webgpu: (no graphics|this kernel|the adapter is software)/);
  }
});

Deno.test("an unknown backend is refused with the list of backends", async () => {
  assert.match(
    await run("cuda"),
    /RESIDUAL_BACKEND expects one of native, webgpu, wasm, cpu, got "cuda"/,
  );
});

Deno.test("filter gradients on wasm equal those of the native backend", async () => {
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
