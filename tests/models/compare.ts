/** Runs a model on a reference's weights and images and says how far it is from PyTorch. */
import assert from "node:assert/strict";
import { loadStateDict, stateDict, tf } from "../../lib/mod.ts";
import { modelByName } from "../../lib/models/by_name.ts";
import {
  type Case,
  projection,
  type Reference,
  referenceImages,
  referenceWeights,
  relativeDifference,
  unpack,
} from "./reference.ts";

/** How far a model is from PyTorch. */
export interface Differences {
  /** The largest difference of logits as a share of the largest logit, in inference. */
  logits: number;
  /** The same in training. */
  trainingLogits: number;
  loss: number;
  /** The largest error of a batch norm's running mean or variance as a share of its own length. */
  running: number;
  /** The error of a parameter's gradient as a share of its own length: the middle one, and the largest. */
  gradientMedian: number;
  gradientLargest: number;
}

/** How much of a difference rounding makes, with a margin for other processors. */
const ROUNDING: Differences = {
  logits: 1e-4,
  trainingLogits: 1e-4,
  loss: 1e-4,
  running: 1e-4,
  // A value that rounding moves across a ReLU's zero changes a gradient at once.
  gradientMedian: 1e-2,
  gradientLargest: 1e-1,
};

/** Asserts that every difference is rounding. */
export function assertClose(found: Differences, what = ""): void {
  for (const name of Object.keys(ROUNDING) as (keyof Differences)[]) {
    assert.ok(found[name] < ROUNDING[name], `${what} ${name}: ${found[name]}`);
  }
}

/** The model for a reference's images, which may have other sizes than its default ones. */
export function modelFor(name: string, { images: [, height, width] }: Case): tf.LayersModel {
  return modelByName(name, { inputShape: [height, width, 3] });
}

/** Computes what the reference records, and compares. */
export function compare(name: string, reference: Reference, recorded: Case): Differences {
  const model = modelFor(name, recorded);
  loadStateDict(model, referenceWeights(reference));
  const differences = tf.tidy(() => {
    const x = referenceImages(recorded);
    const logits = firstRows(model.predict(x) as tf.Tensor2D, recorded.logits);
    const { trainingLogits, loss, gradients } = train(model, x, recorded);
    const running = [...stateDict(model)].filter(([key]) => key.includes("running_"))
      .map(([, { data }]) => data);
    const { training } = recorded;
    const inGradients = errors(gradients, training.gradients, training.gradientNorms, 9000);
    return {
      logits: relativeDifference(logits, unpack(recorded.logits)),
      trainingLogits: relativeDifference(trainingLogits, unpack(training.logits)),
      loss: Math.abs(loss - training.loss) / training.loss,
      running: errors(running, training.running, training.runningNorms, 5000).at(-1)!,
      gradientMedian: inGradients[inGradients.length >> 1]!,
      gradientLargest: inGradients.at(-1)!,
    };
  });
  model.dispose();
  return differences;
}

function train(model: tf.LayersModel, x: tf.Tensor4D, recorded: Case) {
  let trainingLogits: ArrayLike<number> = [];
  const { value, grads } = tf.variableGrads(() => {
    const logits = model.apply(x, { training: true }) as tf.Tensor2D;
    trainingLogits = firstRows(logits, recorded.training.logits);
    const [batch, classes] = logits.shape;
    const labels = tf.tensor1d(Array.from({ length: batch }, (_, i) => i * 7 % classes), "int32");
    return tf.losses.softmaxCrossEntropy(tf.oneHot(labels, classes), logits);
  });
  const gradients = model.trainableWeights.map((weight) => {
    const gradient = grads[(weight.read() as tf.Variable).name]!;
    // PyTorch's layout: OIHW for convolutions, out×in for linear layers.
    const order = gradient.rank === 4 ? [3, 2, 0, 1] : gradient.rank === 2 ? [1, 0] : [0];
    return tf.transpose(gradient, order).dataSync() as Float32Array;
  });
  return { trainingLogits, loss: value.dataSync()[0]!, gradients };
}

/** The errors of tensors in projection and length, each as a share of its own length, the largest last. */
function errors(found: Float32Array[], projections: string, norms: string, key: number): number[] {
  const [expected, lengths] = [unpack(projections), unpack(norms)];
  if (found.length !== expected.length) return [Infinity];
  // A bias before a batch norm has a gradient of 0, and what is found there is rounding.
  const rounding = 1e-5 * Math.max(...lengths);
  return found.flatMap((values, i) => {
    const [length, along] = [lengths[i]!, projection(values, key + i)];
    const errors = [norm(values) - length, along - expected[i]!];
    return errors.map((error) => Math.abs(error) / (length + rounding));
  }).sort((a, b) => a - b);
}

function firstRows(logits: tf.Tensor2D, recorded: string): Float32Array {
  return logits.dataSync().slice(0, unpack(recorded).length) as Float32Array;
}

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((total, value) => total + value * value, 0));
}
