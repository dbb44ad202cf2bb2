/** Histograms as lines: how often each value occurs. */
import { showCurve } from "./curve.ts";

/** Values to count, under a name. */
export interface Distribution {
  /** The name in the legend. */
  name: string;
  /** The values, in any order. */
  values: ArrayLike<number>;
}

/** A picture of one or more distributions. */
export interface Histogram {
  /** The title above the lines. */
  title: string;
  /** The distributions, one line each. */
  distributions: readonly Distribution[];
  /** The smallest and the largest value of the horizontal axis; values outside are not drawn. */
  range: readonly [low: number, high: number];
  /** Intervals that the range is divided into. Default 80. */
  bins?: number;
}

/**
 * Shows how the values of one or more lists are distributed: for each interval, its share of all values in
 * percent.
 *
 * @example
 * ```ts
 * import { showHistogram } from "residual";
 *
 * const values = Array.from({ length: 1000 }, (_, i) => Math.sin(i));
 * await showHistogram({
 *   title: "Values of a sine",
 *   distributions: [{ name: "sin", values }],
 *   range: [-1, 1],
 * });
 * ```
 */
export async function showHistogram(
  { title, distributions, range: [low, high], bins = 80 }: Histogram,
): Promise<void> {
  const width = (high - low) / bins;
  const middles = Array.from({ length: bins }, (_, i) => low + (i + 0.5) * width);
  await showCurve({
    title,
    series: distributions.map(({ name, values }) => {
      const shares = new Array<number>(bins).fill(0);
      for (let i = 0; i < values.length; i++) {
        const bin = Math.floor((values[i]! - low) / width);
        if (bin >= 0 && bin < bins) shares[bin]! += 100 / values.length;
      }
      return { name, x: middles, y: shares };
    }),
    xLabel: "value",
    yLabel: "% of the values",
  });
}
