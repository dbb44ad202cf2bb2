/** From the times of steps to the figures that are reported. */

/** Milliseconds of a contender's steps, round by round. */
export type Rounds = readonly (readonly number[])[];

/** What is said of one contender. */
export interface Figures {
  /** The median over all steps. */
  readonly msPerImage: number;
  readonly minMsPerImage: number;
  /** How many times the other's time the kit took, the median over the rounds: below 1 the kit is faster. */
  readonly ratio: number;
  /** The lowest and the highest of the rounds. */
  readonly ratioRange: readonly [lowest: number, highest: number];
}

/** The middle value; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("No values have no median.");
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[upper]! : (sorted[upper - 1]! + sorted[upper]!) / 2;
}

/**
 * The figures of a contender. Its ratio is taken round by round, because what else the machine does in
 * a round hits both.
 */
export function figuresOf(other: Rounds, kit: Rounds, batch: number): Figures {
  if (other.length !== kit.length) {
    throw new RangeError(
      `The kit has ${kit.length} rounds, and the other contender ${other.length}.`,
    );
  }
  const ratios = kit.map((steps, round) => median(steps) / median(other[round]!));
  const steps = other.flat();
  return {
    msPerImage: median(steps) / batch,
    minMsPerImage: Math.min(...steps) / batch,
    ratio: median(ratios),
    ratioRange: [Math.min(...ratios), Math.max(...ratios)],
  };
}
