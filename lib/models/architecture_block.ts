/** A block in the diagram of a network. */

/**
 * What a block adds to its main branch: its input as it is, a convolution of it, its pixels with
 * channels of zeros (the paper's option A), or nothing.
 */
export type ShortcutKind = "identity" | "projection" | "pad" | "none";

/** One block of a network. */
export interface ArchitectureBlock {
  /** Its path, as in weight names: `layer1.0` stands in the stage `layer1`. */
  name: string;
  /** Its class. */
  kind: string;
  /** The output shape for one image: height, width and channels; null is any size. */
  output: readonly (number | null)[];
  /** Trainable parameters. */
  parameters: number;
  /** The kind of its shortcut. */
  shortcut: ShortcutKind;
}
