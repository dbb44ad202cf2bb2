/** The history of a training run. */

/** Means over one epoch, and the evaluation on the validation images. */
export interface EpochResult {
  /** The number of the epoch, from 1. The last epoch may be incomplete. */
  readonly epoch: number;
  /** Mean cross-entropy of the training batches, with augmentation and label smoothing. */
  readonly loss: number;
  /** Mean accuracy of the training batches. */
  readonly accuracy: number;
  /** The learning rate of the epoch's last step. */
  readonly learningRate: number;
  /** Time that its steps took. */
  readonly seconds: number;
  /** Mean cross-entropy and accuracy (0 to 1) on the validation split, if there is one. */
  readonly validation?: { readonly loss: number; readonly accuracy: number };
}

/** A whole training. */
export interface History {
  /** Cross-entropy of each step's batch. */
  readonly loss: number[];
  /** Accuracy of each step's batch. */
  readonly accuracy: number[];
  /** The results of the epochs, in order. */
  readonly epochs: EpochResult[];
  /** Images seen. */
  images: number;
  /** Training time in all sessions. */
  seconds: number;
  /** Whether the Stop button ended the run. */
  stopped: boolean;
}

/** The history of a run that has not begun. */
export function emptyHistory(): History {
  return { loss: [], accuracy: [], epochs: [], images: 0, seconds: 0, stopped: false };
}
