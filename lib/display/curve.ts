/**
 * Curves: a figure to hover and zoom in JupyterLab, a picture elsewhere, a line of bars in a terminal.
 */
import { chartFigure, chartPicture, PLOTLY } from "./chart.ts";
import { type MimeBundle, show } from "./display.ts";
import { sparklines } from "./sparkline.ts";

/** One line of a picture: `y[i]` stands over `x[i]`. */
export interface Series {
  /** The name in the legend. */
  name: string;
  /** The position of each point on the horizontal axis. */
  x: ArrayLike<number>;
  /** The position of each point on the vertical axis; as many as in `x`. */
  y: ArrayLike<number>;
}

/** A picture of one or more lines. */
export interface Curve {
  /** The title above the lines. */
  title: string;
  /** The lines. */
  series: readonly Series[];
  /** The name of the horizontal axis. */
  xLabel: string;
  /** The name of the vertical axis. */
  yLabel: string;
}

/**
 * Builds the picture that `showCurve` shows. Of a line of more than 1,000 points, the figure has the
 * lowest and the highest of every bucket, its numbers rounded to 5 digits: a notebook stays small,
 * whatever was trained.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { curveBundle } from "residual";
 *
 * const series = [{ name: "loss", x: [1, 2, 3], y: [2.3, 1.9, 1.7] }];
 * const bundle = await curveBundle({ title: "Loss", series, xLabel: "step", yLabel: "loss" });
 * assert.equal(bundle["text/plain"], "Loss\nloss  █▃▁  from 2.3 to 1.7");
 * ```
 *
 * @throws {RangeError} when a series has more or fewer `x` than `y`.
 */
export async function curveBundle(
  { title, series, xLabel, yLabel }: Curve,
): Promise<MimeBundle> {
  for (const { name, x, y } of series) {
    if (x.length === y.length) continue;
    throw new RangeError(
      `Series "${name}" expects one y for each x, got ${x.length} values of x and ${y.length} of y.`,
    );
  }
  const chart = { title, xLabel, panels: [{ lines: series, yLabel }] };
  return {
    [PLOTLY]: chartFigure(chart),
    "text/html": await chartPicture(chart),
    "text/plain": [title, ...sparklines(series, { oneAxis: true })].join("\n"),
  };
}

/**
 * Shows one or more lines in a picture.
 *
 * @example
 * ```ts
 * import { showCurve } from "residual";
 *
 * await showCurve({
 *   title: "Training loss",
 *   series: [{ name: "resnet20", x: [1, 2, 3], y: [2.3, 1.9, 1.7] }],
 *   xLabel: "step",
 *   yLabel: "loss",
 * });
 * ```
 */
export async function showCurve(curve: Curve): Promise<void> {
  await show(await curveBundle(curve));
}
