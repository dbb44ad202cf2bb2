/** What a training leaves behind beside the weights. */

/** Means over one epoch, and what a look at the validation images gave. */
export interface EpochResult {
  /** From 1. The last one may be cut short. */
  readonly epoch: number;
  /** Mean cross-entropy of its batches, as trained on: augmented, labels smoothed. */
  readonly loss: number;
  /** Mean share of its batches told right. */
  readonly accuracy: number;
  /** The learning rate of its last step. */
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
  /** Share of each step's batch that was told right. */
  readonly accuracy: number[];
  /** The results of the epochs, in order. */
  readonly epochs: EpochResult[];
  /** Images seen. */
  images: number;
  /** Time spent, over all sittings. */
  seconds: number;
  /** Whether the Stop button ended it. */
  stopped: boolean;
}

/** The history of a training that has not begun. */
export function emptyHistory(): History {
  return { loss: [], accuracy: [], epochs: [], images: 0, seconds: 0, stopped: false };
}
