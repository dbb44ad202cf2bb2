/**
 * The training run: steps, epochs, checkpoints, rollback and Stop. It shows nothing; an observer is told what
 * happens (lib/display/train.ts has the one that draws).
 */
import * as tf from "@tensorflow/tfjs";
import type { Cifar10Split } from "../data/cifar10.ts";
import { batchesInEpoch, checkLabels, trainingBatches } from "../data/batches.ts";
import type { Budget } from "./budget.ts";
import { checkTraining } from "./check_training.ts";
import { Checkpoints, type TrainingSettings } from "./checkpoints.ts";
import { classesOf } from "./classes_of.ts";
import { evaluate, type Evaluation } from "./evaluate.ts";
import { emptyHistory, type EpochResult, type History } from "./history.ts";
import { Sgd } from "./sgd.ts";
import { Snapshot } from "./snapshot.ts";
import { Stopped, stopWasPressed } from "./stop.ts";

/** What a model is trained on: CIFAR-10 as `loadCifar10` or `holdOut` gives it. */
export interface TrainingData {
  /** The images that the model learns from. */
  readonly train: Cifar10Split;
  /** Looked at after each epoch. */
  readonly validation?: Cifar10Split;
}

/** How a training goes. */
export interface TrainOptions {
  /** How long, and by which recipe. */
  budget: Budget;
  /** The same seed gives the same order, crops and flips. Default 0. */
  seed?: number;
  /** A folder for checkpoints, written after each epoch and at Stop; training resumes from one that is there. */
  checkpoints?: string;
  /** Called after each epoch. */
  onEpoch?: (result: EpochResult, history: History) => void | Promise<void>;
}

/** What a run is about to do, and what it has done before. */
export interface RunPlan {
  /** The model's name. */
  readonly model: string;
  /** Epochs, which need not be whole. */
  readonly epochs: number;
  /** Optimizer steps in an epoch, or in the whole run if it is shorter. */
  readonly stepsPerEpoch: number;
  /** Whether the model is evaluated on validation images after each epoch. */
  readonly validates: boolean;
  /** The history of a run that is resumed. */
  readonly before?: History;
}

/** Is told what happens in a run. */
export interface TrainingObserver {
  /** The first step comes next; it may take many seconds. */
  begin(plan: RunPlan): Promise<void>;
  /** A step was made; `images` counts those of this session. */
  step(state: { step: number; loss: number; accuracy: number; images: number }): Promise<void>;
  /** The model was evaluated on the validation images. */
  validated(result: { step: number; loss: number; accuracy: number }): Promise<void>;
  /** The user should know this, such as a checkpoint that cannot be written. */
  warn(text: string): Promise<void>;
  /** The run has ended. */
  end(how: "done" | "stopped" | "failed"): Promise<void>;
}

/**
 * Trains for the budget's steps with `compile` and `fitDataset`. Stop ends the run after the current step; the
 * model keeps what it has learned. `train` does the same with a live picture.
 *
 * @throws {RangeError} before the first step, when the model cannot be trained on these images: a label
 *   is too large, the budget is not in whole numbers, or batch norm would see single values.
 * @throws {Error} when the loss is no longer a number: the run has diverged. The model then has its last good
 *   weights.
 */
export async function runTraining(
  model: tf.LayersModel,
  { train: images, validation }: TrainingData,
  { budget, seed = 0, checkpoints: folder, onEpoch }: TrainOptions,
  observer: TrainingObserver,
): Promise<History> {
  const { steps, batchSize, schedule, momentum, weightDecay, labelSmoothing } = budget;
  const classes = classesOf(model);
  checkTraining(model, images, budget);
  for (const split of [images, ...validation === undefined ? [] : [validation]]) {
    checkLabels(split, classes);
  }
  const optimizer = new Sgd(schedule(0), { momentum, weightDecay });
  const checkpoints = folder === undefined
    ? undefined
    : new Checkpoints(folder, settingsOf(model, images, budget, seed));
  const resumed = await checkpoints?.load(model, optimizer);
  for (const refusal of resumed?.refused ?? []) await observer.warn(`Passed over: ${refusal}`);
  const history = resumed?.history ?? emptyHistory();
  const done = history.loss.length;
  if (done >= steps || await stopWasPressed()) {
    optimizer.dispose();
    return { ...history, stopped: done < steps };
  }

  const inEpoch = batchesInEpoch(images.size, batchSize);
  const secondsBefore = history.seconds;
  const began = performance.now();
  const imagesBefore = history.images;
  const snapshot = new Snapshot(model);
  let epochFrom = done - done % inEpoch;
  let epochBegan = began;

  async function save(): Promise<void> {
    try {
      await checkpoints?.save(model, optimizer, history);
    } catch (error) {
      // A full disk must not cost the training.
      await observer.warn(
        `${(error as Error).message} Training continues without this checkpoint.`,
      );
    }
  }

  /** Returns undefined without a validation split, or when interrupted: the epoch counts without it. */
  async function validate(): Promise<Evaluation | undefined> {
    if (validation === undefined) return undefined;
    try {
      return await evaluate(model, validation);
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      history.stopped = true;
      return undefined;
    }
  }

  async function endEpoch(): Promise<void> {
    const evaluated = await validate();
    const result: EpochResult = {
      epoch: Math.ceil(history.loss.length / inEpoch),
      loss: mean(history.loss, epochFrom),
      accuracy: mean(history.accuracy, epochFrom),
      learningRate: optimizer.learningRate,
      seconds: (performance.now() - epochBegan) / 1000,
      ...(evaluated ? { validation: { loss: evaluated.loss, accuracy: evaluated.accuracy } } : {}),
    };
    history.epochs.push(result);
    if (evaluated) await observer.validated({ step: history.loss.length, ...result.validation! });
    epochFrom = history.loss.length;
    epochBegan = performance.now();
    await onEpoch?.(result, history);
  }

  async function afterStep({ loss = NaN, acc = NaN, size = batchSize }: tf.Logs): Promise<void> {
    const step = history.loss.length + 1;
    if (!Number.isFinite(loss)) throw new Error(divergence(step, loss, optimizer, snapshot));
    history.loss.push(loss);
    history.accuracy.push(acc);
    history.images += size;
    history.seconds = secondsBefore + (performance.now() - began) / 1000;
    snapshot.approve();
    await observer.step({ step, loss, accuracy: acc, images: history.images - imagesBefore });
    history.stopped = await stopWasPressed();
    if (step % inEpoch === 0 || step === steps) {
      await endEpoch();
      await save();
    } else if (history.stopped) await save();
  }

  let failure: unknown;
  const callbacks = {
    onBatchBegin() {
      const step = history.loss.length;
      optimizer.learningRate = schedule(step / steps);
      snapshot.before(step);
      return Promise.resolve();
    },
    async onBatchEnd(_: number, logs?: tf.Logs) {
      try {
        await afterStep(logs ?? {});
      } catch (error) {
        // Thrown from here, it would keep fitDataset from giving its tensors back.
        failure = error;
      }
      if (history.stopped || failure !== undefined) model.stopTraining = true;
    },
  };

  model.compile({
    optimizer,
    loss: (labels: tf.Tensor, logits: tf.Tensor) =>
      tf.losses.softmaxCrossEntropy(labels, logits, undefined, labelSmoothing),
    metrics: ["accuracy"],
  });
  let end: "done" | "stopped" | "failed" = "failed";
  try {
    await observer.begin({
      model: model.name,
      epochs: Math.max(1, steps / inEpoch),
      stepsPerEpoch: Math.min(inEpoch, steps),
      validates: validation !== undefined,
      ...(resumed === undefined ? {} : { before: history }),
    });
    await model.fitDataset(trainingBatches(images, { batchSize, seed, skip: done, classes }), {
      epochs: 1,
      batchesPerEpoch: steps - done,
      verbose: 0,
      callbacks,
    });
    if (failure !== undefined) throw failure;
    end = history.stopped ? "stopped" : "done";
  } finally {
    await observer.end(end);
    snapshot.dispose();
    optimizer.dispose();
  }
  return history;
}

/** What must be the same for a training to go on. */
function settingsOf(
  model: tf.LayersModel,
  images: Cifar10Split,
  { steps, batchSize, schedule, momentum, weightDecay, labelSmoothing }: Budget,
  seed: number,
): TrainingSettings {
  const rates = [0, 0.25, 0.5, 0.75].map((done) => schedule(done).toPrecision(4)).join(", ");
  return {
    ...{ model: model.name, images: images.size, seed, steps, batchSize },
    ...{ rates, momentum, weightDecay, labelSmoothing },
  };
}

function mean(values: readonly number[], from: number): number {
  const part = values.slice(from);
  return part.reduce((sum, value) => sum + value, 0) / part.length;
}

function divergence(step: number, loss: number, optimizer: Sgd, snapshot: Snapshot): string {
  const back = snapshot.restore();
  return `The training diverged: the loss of step ${step} is ${loss}, at a learning rate of ` +
    `${optimizer.learningRate.toPrecision(3)}. The model has the weights it had before step ` +
    `${back + 1} again. Try a smaller learning rate.`;
}
