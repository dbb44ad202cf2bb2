/**
 * The kit as a contender (see protocol.ts), on the backend that a lesson would get. RESIDUAL_PLAIN_KERNELS
 * names native kernels that it is to do without.
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { countParams, resnet18, resnet20, Sgd, startBackend, tf, trainStep } from "residual";
import { tensorflowVersion } from "../setup/tensorflow.ts";
import { Site } from "../setup/paths.ts";
import type { Answer, Hello, Mode, Request, Workload } from "./protocol.ts";

const MODELS = { resnet20, resnet18 };

/** A model with one batch, which it sees again and again. */
class Subject {
  readonly parameters: number;
  readonly #model: tf.LayersModel;
  readonly #images: tf.Tensor4D;
  readonly #labels: tf.Tensor2D;
  readonly #optimizer = new Sgd(0.001, { momentum: 0.9, nesterov: true, weightDecay: 5e-4 });

  constructor(readonly workload: Workload) {
    const { model, batch, size, classes } = workload;
    this.#model = MODELS[model]({ inputShape: [size, size, 3], classes });
    this.#images = tf.randomNormal([batch, size, size, 3], 0, 1, "float32", 1);
    const labels = Int32Array.from({ length: batch }, (_, i) => i % classes);
    this.#labels = tf.tidy(() => tf.oneHot(tf.tensor1d(labels, "int32"), classes)) as tf.Tensor2D;
    this.parameters = countParams(this.#model).trainable;
  }

  /** One step, its result read: before that it may not have been computed. */
  readonly step: Readonly<Record<Mode, () => Promise<unknown>>> = {
    train: () =>
      trainStep(this.#model, this.#optimizer, { images: this.#images, labels: this.#labels }),
    infer: async () => {
      const { batch } = this.workload;
      const logits = this.#model.predict(this.#images, { batchSize: batch }) as tf.Tensor;
      await logits.data();
      logits.dispose();
    },
  };

  dispose(): void {
    this.#model.dispose();
    this.#optimizer.dispose();
    tf.dispose([this.#images, this.#labels]);
  }
}

let subject: Subject | undefined;

/** The subject of a workload; only one is kept, for the memory's sake. */
function subjectOf({ model, batch, size, classes }: Request): Subject {
  const workload = { model, batch, size, classes };
  if (JSON.stringify(subject?.workload) !== JSON.stringify(workload)) {
    subject?.dispose();
    subject = new Subject(workload);
  }
  return subject!;
}

async function answer(request: Request): Promise<Answer> {
  const { parameters, step } = subjectOf(request);
  const msPerStep: number[] = [];
  for (let i = 0; i < request.steps; i++) {
    const start = performance.now();
    await step[request.mode]();
    msPerStep.push(performance.now() - start);
  }
  return { parameters, msPerStep };
}

function say(line: Hello | Answer): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

const backend = await startBackend();
const library = backend.name === "native" ? ` on TensorFlow ${tensorflowVersion(new Site())}` : "";
say({
  version: `TensorFlow.js ${tf.version["tfjs-core"]}${library}, Deno ${Deno.version.deno}`,
  backend: backend.name,
});
for await (const line of createInterface({ input: process.stdin })) {
  say(await answer(JSON.parse(line) as Request));
}
// The native library keeps threads that would hold the process.
process.exit(0);
