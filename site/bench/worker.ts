/** Measures ResNet20 on one backend of this browser. Each backend has a worker of its own, because some never end. */
import { resnet20, Sgd, startBackend, tf, trainStep } from "../../lib/mod.ts";
import { setSettings } from "../node/settings.ts";
import type { BenchBackend, BenchMessage } from "./protocol.ts";

/** Images in a batch. Plain JavaScript takes seconds for one. */
const BATCH: Readonly<Record<BenchBackend, number>> = { webgpu: 32, webgl: 32, wasm: 32, cpu: 1 };
/** A task is repeated for at most this long, in milliseconds. */
const MOST_MS = 4000;
const MOST_ROUNDS = 20;

function report(message: BenchMessage): void {
  postMessage(message);
}

addEventListener("message", ({ data }: MessageEvent<BenchBackend>) => {
  void measure(data).catch((error: unknown) => {
    const [reason = ""] = String(error instanceof Error ? error.message : error).split("\n");
    report({ kind: "failed", reason });
  });
});

async function measure(backend: BenchBackend): Promise<void> {
  report({ kind: "started", device: await start(backend) });
  const size = BATCH[backend];
  const images = tf.randomNormal<tf.Rank.R4>([size, 32, 32, 3], 0, 1, "float32", 1);
  const classes = tf.tensor1d(Array.from({ length: size }, (_, i) => i % 10), "int32");
  const labels = tf.oneHot(classes, 10) as tf.Tensor2D;
  const model = resnet20({ seed: 1 });
  const predict = async () => {
    const logits = model.predict(images) as tf.Tensor;
    // Graphics cards work on while JavaScript goes on: only the values show that they have finished.
    await logits.data();
    logits.dispose();
  };
  report({ kind: "measured", task: "inference", milliseconds: await fastest(predict) / size });
  const optimizer = new Sgd(0.01);
  const train = () => trainStep(model, optimizer, { images, labels });
  report({ kind: "measured", task: "training", milliseconds: await fastest(train) / size });
  report({ kind: "done" });
}

/** Starts a backend, and returns the name of its device. */
async function start(backend: BenchBackend): Promise<string> {
  if (backend === "webgl") {
    await import("@tensorflow/tfjs-backend-webgl");
    if (!await tf.setBackend("webgl")) throw new Error("WebGL does not start");
    await tf.ready();
    return webglDevice();
  }
  setSettings({ RESIDUAL_BACKEND: backend });
  const started = await startBackend();
  if (started.name === backend) return started.device;
  throw new Error(started.rejected.find(({ name }) => name === backend)?.reason ?? "not available");
}

/** The name of the graphics card, if the browser tells it. */
function webglDevice(): string {
  const gl = new OffscreenCanvas(1, 1).getContext("webgl2");
  const info = gl?.getExtension("WEBGL_debug_renderer_info");
  const name: unknown = info ? gl?.getParameter(info.UNMASKED_RENDERER_WEBGL) : undefined;
  return typeof name === "string" ? name : "unknown graphics card";
}

/** The shortest time of several rounds, in milliseconds. The first round compiles and is not counted. */
async function fastest(run: () => Promise<unknown>): Promise<number> {
  await run();
  const began = performance.now();
  let least = Infinity;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const start = performance.now();
    await run();
    least = Math.min(least, performance.now() - start);
    if (performance.now() - began > MOST_MS) break;
  }
  return least;
}
