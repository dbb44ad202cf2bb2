/** Trains a model on CIFAR-10, shows how far it is, and stops when it is asked to. */
import * as tf from "@tensorflow/tfjs";
import type { Cifar10, Cifar10Split } from "../data/cifar10.ts";
import { normalized, trainingBatches } from "../data/batches.ts";
import { showTraining } from "../display/mod.ts";
import type { Budget } from "./budget.ts";
import { Sgd } from "./sgd.ts";

/** What a training run leaves behind. */
export interface History {
  /** Cross-entropy of each step's batch. */
  readonly loss: number[];
  /** Share of each step's batch that was told right. */
  readonly accuracy: number[];
  /** Images seen. */
  readonly images: number;
  readonly seconds: number;
  /** Whether the Stop button ended it. */
  readonly stopped: boolean;
}

/** What a model makes of images it has not learned from. */
export interface Evaluation {
  /** Mean cross-entropy. */
  readonly loss: number;
  /** Share of the images told right. */
  readonly accuracy: number;
  /** The class the model gives each image. */
  readonly predictions: Uint8Array;
}

/** Where the kernels' Stop button leaves its mark. */
const STOP = Symbol.for("residual.stop");
const signals = globalThis as unknown as Record<symbol, boolean | undefined>;

/**
 * Trains for the budget's steps with `compile` and `fitDataset`. Stop ends it after the step that is
 * running; the model keeps what it has learned.
 *
 * @throws {Error} where the loss is no longer a number: the training has diverged.
 */
export async function train(
  model: tf.LayersModel,
  { train: images }: Cifar10,
  { budget, seed = 0 }: { budget: Budget; seed?: number },
): Promise<History> {
  const { steps, batchSize, rate, weightDecay } = budget;
  const optimizer = new Sgd(rate(0), { weightDecay });
  model.compile({
    optimizer,
    loss: (labels: tf.Tensor, logits: tf.Tensor) => tf.losses.softmaxCrossEntropy(labels, logits),
    metrics: ["accuracy"],
  });
  const progress = showTraining({
    title: `Training ${model.name}`,
    epochs: 1,
    stepsPerEpoch: steps,
  });
  const loss: number[] = [];
  const accuracy: number[] = [];
  let seen = 0;
  let stopped = false;
  signals[STOP] = false;
  const start = performance.now();
  await model.fitDataset(trainingBatches(images, { batchSize, seed }), {
    epochs: 1,
    batchesPerEpoch: steps,
    verbose: 0,
    callbacks: {
      onBatchBegin(step: number) {
        optimizer.learningRate = rate(step / steps);
        return Promise.resolve();
      },
      async onBatchEnd(step: number, logs?: tf.Logs) {
        const { loss: lossNow = NaN, acc = NaN, size = batchSize } = logs ?? {};
        if (!Number.isFinite(lossNow)) {
          throw new Error(
            `The training diverged: the loss of step ${step + 1} is ${lossNow}. ` +
              "Make the model anew and try a smaller learning rate.",
          );
        }
        loss.push(lossNow);
        accuracy.push(acc);
        seen += size;
        await progress.update({ step: step + 1, loss: lossNow, accuracy: acc, images: seen });
        if (signals[STOP]) {
          signals[STOP] = false;
          stopped = true;
          model.stopTraining = true;
        }
      },
    },
  });
  await progress.done(stopped ? "stopped" : "done");
  optimizer.dispose();
  return { loss, accuracy, images: seen, seconds: (performance.now() - start) / 1000, stopped };
}

/**
 * Judges a model on the first `limit` images of a split (all by default), as they are: no crops, no
 * flips, the running statistics of batch norm.
 */
export async function evaluate(
  model: tf.LayersModel,
  split: Cifar10Split,
  { limit = split.size }: { limit?: number } = {},
): Promise<Evaluation> {
  const size = Math.min(limit, split.size);
  const predictions = new Uint8Array(size);
  let right = 0;
  let loss = 0;
  for (let first = 0; first < size; first += 250) {
    const indices = Array.from({ length: Math.min(250, size - first) }, (_, i) => first + i);
    const [classes, batchLoss] = tf.tidy(() => {
      const logits = model.predict(normalized(split, indices)) as tf.Tensor2D;
      const labels = tf.tensor1d(indices.map((i) => split.labels[i]!), "int32");
      const cost = tf.losses.softmaxCrossEntropy(tf.oneHot(labels, logits.shape[1]), logits);
      return [tf.argMax(logits, 1), cost] as const;
    });
    for (const [i, label] of (await classes.data()).entries()) {
      predictions[first + i] = label;
      if (label === split.labels[first + i]) right++;
    }
    loss += (await batchLoss.data())[0]! * indices.length;
    tf.dispose([classes, batchLoss]);
  }
  return { loss: loss / size, accuracy: right / size, predictions };
}
