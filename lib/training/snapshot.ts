/** Rollback: the weights to return to when training diverges. */
import * as tf from "@tensorflow/tfjs";

/** Steps from one copy of the weights to the next. */
const SNAPSHOT_EVERY = 20;

/** The weights of a few steps ago, approved by a finite loss. */
export class Snapshot {
  readonly #model: tf.LayersModel;
  #lastGood: { step: number; weights: tf.Tensor[] };
  #taken: { step: number; weights: tf.Tensor[] } | undefined;

  constructor(model: tf.LayersModel) {
    this.#model = model;
    this.#lastGood = { step: 0, weights: this.#copy() };
  }

  /** Copies the weights before this step, if it is time for a copy. */
  before(step: number): void {
    if (step % SNAPSHOT_EVERY !== 0) return;
    tf.dispose(this.#taken?.weights);
    this.#taken = { step, weights: this.#copy() };
  }

  /** Approves the last copy: the loss that was computed with it is finite. */
  approve(): void {
    if (this.#taken === undefined) return;
    tf.dispose(this.#lastGood.weights);
    this.#lastGood = this.#taken;
    this.#taken = undefined;
  }

  /** Restores the good weights. Returns the step before which the model had them. */
  restore(): number {
    this.#model.setWeights(this.#lastGood.weights);
    return this.#lastGood.step;
  }

  dispose(): void {
    tf.dispose([...this.#lastGood.weights, ...this.#taken?.weights ?? []]);
  }

  /** Clones share their values with the weights until the weights change. */
  #copy(): tf.Tensor[] {
    return this.#model.getWeights().map((weight) => tf.keep(weight.clone()));
  }
}
