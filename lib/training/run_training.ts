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
import { trainStep } from "./train_step.ts";

/** Training and validation images, as `loadCifar10` or `holdOut` returns them. */
export interface TrainingData {
  /** The images that the model learns from. */
  readonly train: Cifar10Split;
  /** The model is evaluated on these images after each epoch. */
  readonly validation?: Cifar10Split;
}

/** How a training goes. */
export interface TrainOptions {
  /** The length of the run and its hyperparameters. */
  budget: Budget;
  /** The same seed gives the same order, crops and flips. Default 0. */
  seed?: number;
  /** A folder for checkpoints, written after each epoch and at Stop; training resumes from one that is there. */
  checkpoints?: string;
  /** Called after each epoch. */
  onEpoch?: (result: EpochResult, history: History) => void | Promise<void>;
}

/** The plan of a run, and its history if it is resumed. */
export interface RunPlan {
  /** The model's name. */
  readonly model: string;
  /** The number of epochs, which need not be whole. */
  readonly epochs: number;
  /** Optimizer steps in an epoch, or in the whole run if it is shorter. */
  readonly stepsPerEpoch: number;
  /** Whether the model is evaluated on validation images after each epoch. */
  readonly validates: boolean;
  /** The history of a run that is resumed. */
  readonly before?: History;
}

/** Receives the events of a run. */
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
 * Trains for the budget's steps. Stop ends the run after the current step; the model keeps what it has learned.
 * `train` does the same with a live picture.
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
  for (const refusal of resumed?.refused ?? []) await observer.warn(`Skipped: ${refusal}`);
  const history = resumed?.history ?? emptyHistory();
  const done = history.loss.length;
  if (done >= steps || await stopWasPressed()) {
    optimizer.dispose();
    return { ...history, stopped: done < steps };
  }

  const inEpoch = batchesInEpoch(images.size, batchSize);
  const before = { seconds: history.seconds, images: history.images };
  const began = performance.now();
  const snapshot = new Snapshot(model);
  let epoch = { first: done - done % inEpoch, began };

  async function endEpoch(): Promise<void> {
    const evaluated = await validate(model, validation, history);
    const result: EpochResult = {
      epoch: Math.ceil(history.loss.length / inEpoch),
      loss: mean(history.loss, epoch.first),
      accuracy: mean(history.accuracy, epoch.first),
      learningRate: optimizer.learningRate,
      seconds: (performance.now() - epoch.began) / 1000,
      ...(evaluated ? { validation: { loss: evaluated.loss, accuracy: evaluated.accuracy } } : {}),
    };
    history.epochs.push(result);
    if (evaluated) await observer.validated({ step: history.loss.length, ...result.validation! });
    epoch = { first: history.loss.length, began: performance.now() };
    await onEpoch?.(result, history);
  }

  async function save(): Promise<void> {
    try {
      await checkpoints?.save(model, optimizer, history);
    } catch (error) {
      // A full disk must not cost the training run.
      await observer.warn(
        `${(error as Error).message} Training continues without this checkpoint.`,
      );
    }
  }

  let end: "done" | "stopped" | "failed" = "failed";
  try {
    await observer.begin({
      model: model.name,
      epochs: Math.max(1, steps / inEpoch),
      stepsPerEpoch: Math.min(inEpoch, steps),
      validates: validation !== undefined,
      ...(resumed === undefined ? {} : { before: history }),
    });
    for (const batch of trainingBatches(images, { batchSize, seed, skip: done, classes })) {
      const step = history.loss.length + 1;
      optimizer.learningRate = schedule((step - 1) / steps);
      snapshot.before(step - 1);
      const [size] = batch.images.shape;
      const { loss, accuracy } = await trainStep(model, optimizer, batch, labelSmoothing)
        .finally(() => tf.dispose(batch));
      if (!Number.isFinite(loss)) throw new Error(divergence(step, loss, optimizer, snapshot));
      snapshot.approve();

      history.loss.push(loss);
      history.accuracy.push(accuracy);
      history.images += size;
      history.seconds = before.seconds + (performance.now() - began) / 1000;
      await observer.step({ step, loss, accuracy, images: history.images - before.images });

      history.stopped = await stopWasPressed();
      const isEpochDone = step % inEpoch === 0 || step === steps;
      if (isEpochDone) await endEpoch();
      if (isEpochDone || history.stopped) await save();
      if (step === steps || history.stopped) break;
    }
    end = history.stopped ? "stopped" : "done";
  } finally {
    await observer.end(end);
    snapshot.dispose();
    optimizer.dispose();
  }
  return history;
}

/** Returns undefined without a validation split, or when Stop was pressed: the epoch counts without it. */
async function validate(
  model: tf.LayersModel,
  validation: Cifar10Split | undefined,
  history: History,
): Promise<Evaluation | undefined> {
  if (validation === undefined) return undefined;
  try {
    return await evaluate(model, validation);
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    history.stopped = true;
    return undefined;
  }
}

/** The settings that must be the same when a run is resumed. */
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
