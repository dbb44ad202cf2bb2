// Answers to train_by_plan: right ones, and each mistake that its check knows.
import {
  type Budget,
  budget,
  type Cifar10,
  evaluate,
  type History,
  smallResNet,
  tf,
  train,
  trainingBatches,
} from "../../../lib/mod.ts";
import type { Answers } from "./answers.ts";

type Train = (model: tf.LayersModel, cifar: Cifar10, plan: Budget) => Promise<unknown>;

const asTheLesson: Train = (model, cifar, plan) => train(model, cifar, { budget: plan, seed: 1 });

const awaited: Train = async (model, { train: images }, plan) => {
  const history = await train(model, { train: images }, { seed: 1, budget: plan });
  return history;
};

/** A training of one's own, in TensorFlow.js alone. */
const ownLoop: Train = async (model, cifar, { steps, batchSize, schedule }) => {
  const history: Pick<History, "loss"> = { loss: [] };
  const optimizer = tf.train.sgd(schedule(0));
  const dataset = trainingBatches(cifar.train, { batchSize, seed: 1 });
  await dataset.take(steps).forEachAsync(({ xs, ys }) => {
    const cost = optimizer.minimize(
      () => tf.losses.softmaxCrossEntropy(ys, model.apply(xs, { training: true }) as tf.Tensor),
      true,
    )!;
    history.loss.push(cost.dataSync()[0]!);
    tf.dispose([xs, ys, cost]);
  });
  optimizer.dispose();
  return history;
};

export const answers: Answers = {
  right: { "the training call": asTheLesson, "awaited": awaited, "a loop of one's own": ownLoop },
  wrong: {
    no_return: (async (model, cifar, plan) => {
      await train(model, cifar, { budget: plan, seed: 1 });
    }) satisfies Train,
    own_plan: ((model, cifar, plan) =>
      train(model, cifar, {
        budget: { ...budget("quick"), steps: 4, batchSize: plan.batchSize },
        seed: 1,
      })) satisfies Train,
    no_seed: ((model, cifar, plan) => train(model, cifar, { budget: plan })) satisfies Train,
    other_model: (async (_, cifar, plan) => {
      const residual = smallResNet({ classes: 10, inputShape: [32, 32, 3] });
      const history = await train(residual, cifar, { budget: plan, seed: 1 });
      residual.dispose();
      return history;
    }) satisfies Train,
    test_images: (async (model, cifar, plan) => {
      const history = await train(model, cifar, { budget: plan, seed: 1 });
      await evaluate(model, cifar.test);
      return history;
    }) satisfies Train,
  },
};
