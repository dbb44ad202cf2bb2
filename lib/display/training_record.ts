/** The data of a training run's display, and its texts and curves. */
import type { Chart, Line, Panel } from "./chart.ts";
import { formatSeconds } from "./seconds.ts";
import { sparklines } from "./sparkline.ts";

/** What is going to be trained. */
export interface TrainingPlan {
  /** The title above the curves. */
  title: string;
  /** For example 2.5 if the third epoch is incomplete. */
  epochs: number;
  /** Optimizer steps in a full epoch. */
  stepsPerEpoch: number;
  /** Whether the model is evaluated on held-out images after each epoch. Default false. */
  validates?: boolean;
  /** What was done before, where a training goes on. Default: nothing. */
  before?: TrainingPast;
}

/** The steps and evaluations of a resumed run. */
export interface TrainingPast {
  /** The loss of each step, from the first. */
  loss: ArrayLike<number>;
  /** The accuracy of each step, from 0 to 1. */
  accuracy: ArrayLike<number>;
  /** Default: none. */
  validations?: readonly ValidationResult[];
}

/** Where a training stands. */
export interface TrainingState {
  /** Steps done, those before included. */
  step: number;
  /** The latest step's loss. */
  loss: number;
  /** The accuracy of the latest step, from 0 to 1. */
  accuracy: number;
  /** Images seen since the display was opened. */
  images: number;
}

/** The result of an evaluation on held-out images. */
export interface ValidationResult {
  /** Steps done by then. */
  step: number;
  /** Mean cross-entropy. */
  loss: number;
  /** The accuracy, from 0 to 1. */
  accuracy: number;
}

/** Steps that a point of the training's curves is the mean of, at least. */
const SMOOTHED = 20;
/** The same as a share of all steps: it is the larger one in a long training. */
const SMOOTHED_SHARE = 0.01;

/** The mean of each number and those before it, `width` at most. */
export function trailingMeans(values: readonly number[], width: number): number[] {
  let sum = 0;
  return values.map((value, i) => {
    sum += value - (values[i - width] ?? 0);
    return sum / Math.min(i + 1, width);
  });
}

/** The steps of a training and the time they took. Times are in milliseconds. */
export class TrainingRecord {
  readonly plan: TrainingPlan;
  /** Steps in all. */
  readonly total: number;
  readonly #steps: number[];
  readonly #loss: number[];
  readonly #accuracy: number[];
  readonly #validations: ValidationResult[];
  /** Steps that were done before. */
  readonly #before: number;
  readonly #opened: number;
  /** When the last news came. */
  #heard: number;
  #images = 0;
  /** Time spent on evaluations, and their number. */
  #evaluating = 0;
  #evaluations = 0;

  constructor(plan: TrainingPlan, now: number) {
    const { loss = [], accuracy = [], validations = [] } = plan.before ?? {};
    this.plan = plan;
    this.total = Math.round(plan.epochs * plan.stepsPerEpoch);
    this.#loss = Array.from(loss);
    this.#accuracy = Array.from(accuracy);
    this.#validations = [...validations];
    this.#steps = this.#loss.map((_, i) => i + 1);
    this.#before = this.#steps.length;
    this.#opened = now;
    this.#heard = now;
  }

  /** Steps done. */
  get step(): number {
    return this.#steps.at(-1) ?? 0;
  }

  /** Whether there is a curve to draw: one point is none. */
  get hasCurve(): boolean {
    return this.#steps.length > 1;
  }

  /** Whether it is the model's turn to be validations. */
  get isEvaluating(): boolean {
    return this.plan.validates === true && this.step > this.#before &&
      (this.step % this.plan.stepsPerEpoch === 0 || this.step === this.total) &&
      this.step !== this.#validations.at(-1)?.step;
  }

  add({ step, loss, accuracy, images }: TrainingState, now: number): void {
    this.#steps.push(step);
    this.#loss.push(loss);
    this.#accuracy.push(accuracy);
    this.#images = images;
    this.#heard = now;
  }

  addValidation({ step, loss, accuracy }: ValidationResult, now: number): void {
    this.#validations.push({ step, loss, accuracy });
    this.#evaluating += now - this.#heard;
    this.#evaluations++;
    this.#heard = now;
  }

  /** The progress of the training run in one line; `ended` says how it ended. */
  line(ended?: string): string {
    const { stepsPerEpoch } = this.plan;
    const epochs = Math.ceil(this.plan.epochs);
    const { step } = this;
    const epoch = Math.min(epochs, Math.floor(Math.max(0, step - 1) / stepsPerEpoch) + 1);
    const parts = epochs > 1 ? [`epoch ${epoch} of ${epochs}`] : [];
    parts.push(`step ${step - (epoch - 1) * stepsPerEpoch} of ${stepsPerEpoch}`);
    if (step > 0) {
      parts.push(`loss ${this.#latest(this.#loss).toFixed(3)}`);
      parts.push(`accuracy ${percent(this.#latest(this.#accuracy))}`);
    }
    const validation = this.#validations.at(-1);
    if (validation !== undefined) parts.push(`validation ${percent(validation.accuracy)}`);
    const training = (this.#heard - this.#opened - this.#evaluating) / 1000;
    if (this.#images > 0 && training > 0) {
      parts.push(`${Math.round(this.#images / training).toLocaleString("en-US")} images/s`);
    }
    if (ended !== undefined) {
      parts.push(`${ended} after ${formatSeconds((this.#heard - this.#opened) / 1000)}`);
    } else if (this.isEvaluating) parts.push("validating");
    else if (step > this.#before) parts.push(`${formatSeconds(this.#secondsLeft(training))} left`);
    return parts.join(" · ");
  }

  #secondsLeft(training: number): number {
    const perStep = training / (this.step - this.#before);
    const perEvaluation = this.#evaluations === 0 ? 0 : this.#evaluating / 1000 / this.#evaluations;
    const left = this.total - this.step;
    return perStep * left + perEvaluation * Math.ceil(left / this.plan.stepsPerEpoch);
  }

  get #width(): number {
    return Math.max(SMOOTHED, Math.ceil(this.total * SMOOTHED_SHARE));
  }

  /** The last point of a smoothed curve. */
  #latest(values: readonly number[]): number {
    return trailingMeans(values.slice(-this.#width), this.#width).at(-1) ?? NaN;
  }

  /** Loss and accuracy, smoothed, and the comparisons as points. */
  get #panels(): [loss: Panel, accuracy: Panel] {
    const { epochs, stepsPerEpoch, validates } = this.plan;
    const unit = epochs > 1 ? stepsPerEpoch : 1;
    const x = this.#steps.map((step) => step / unit);
    const validations = this.#validations;
    const lines = (values: readonly number[], key: "loss" | "accuracy", times: number): Line[] => {
      const name = `training (mean of ${this.#width} steps)`;
      const training = trailingMeans(values, this.#width).map((value) => value * times);
      const line = { name, x, y: training };
      if (!validates && validations.length === 0) return [line];
      return [line, {
        name: "validation",
        x: validations.map(({ step }) => step / unit),
        y: validations.map((result) => result[key] * times),
        points: true,
      }];
    };
    return [
      { yLabel: "loss", lines: lines(this.#loss, "loss", 1) },
      { yLabel: "accuracy, %", yRange: [0, 100], lines: lines(this.#accuracy, "accuracy", 100) },
    ];
  }

  /** The curves; while it goes on, with room for the steps that are still to come. */
  chart(ended: boolean): Chart {
    const { title, epochs, stepsPerEpoch } = this.plan;
    return {
      title,
      xLabel: epochs > 1 ? "epoch" : "step",
      ...(!ended && { xRange: [0, epochs > 1 ? epochs : stepsPerEpoch] }),
      panels: this.#panels,
    };
  }

  /** The curves in text: a line for each. */
  get text(): string[] {
    return sparklines(
      this.#panels.map(({ yLabel, lines }) => ({ name: yLabel, y: lines[0]?.y ?? [] })),
    );
  }
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
