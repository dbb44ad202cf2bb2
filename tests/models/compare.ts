/** Runs a model on a reference's weights and images and says how far it is from PyTorch. */
import { loadStateDict, stateDict, tf } from "../../lib/mod.ts";
import { modelByName } from "../../lib/models/by_name.ts";
import {
  type Case,
  type Reference,
  referenceImages,
  referenceWeights,
  relativeDifference,
  unpack,
} from "./reference.ts";

/** How far a model is from PyTorch: each figure is a largest relative difference. */
export interface Differences {
  logits: number;
  trainingLogits: number;
  loss: number;
  runningSums: number;
  runningNorms: number;
  gradientNorms: number;
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
    return {
      logits: relativeDifference(logits, unpack(recorded.logits)),
      trainingLogits: relativeDifference(trainingLogits, unpack(training.logits)),
      loss: Math.abs(loss - training.loss) / training.loss,
      runningSums: relativeDifference(running.map(sum), unpack(training.runningSums)),
      runningNorms: relativeDifference(running.map(norm), unpack(training.runningNorms)),
      gradientNorms: relativeDifference(gradients, unpack(training.gradientNorms)),
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
  const gradients = trainableInOrder(model).map((variable) =>
    norm(grads[variable.name]!.dataSync() as Float32Array)
  );
  return { trainingLogits, loss: value.dataSync()[0]!, gradients };
}

/** Trainable variables in the order of PyTorch's parameters. */
function trainableInOrder(model: tf.LayersModel): tf.Variable[] {
  return model.trainableWeights.map((weight) => weight.read() as tf.Variable);
}

function firstRows(logits: tf.Tensor2D, recorded: string): Float32Array {
  return logits.dataSync().slice(0, unpack(recorded).length) as Float32Array;
}

function sum(values: Float32Array): number {
  return values.reduce((total, value) => total + value, 0);
}

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((total, value) => total + value * value, 0));
}
