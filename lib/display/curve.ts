// Curves: a picture to hover and zoom in JupyterLab, a line of block characters elsewhere.
import { type MimeBundle, show } from "./display.ts";

/** One line of a picture: `y[i]` stands over `x[i]`. */
export interface Series {
  name: string;
  x: ArrayLike<number>;
  y: ArrayLike<number>;
}

/** A picture of one or more lines. */
export interface Curve {
  title: string;
  series: readonly Series[];
  xLabel: string;
  yLabel: string;
}

const BARS = "▁▂▃▄▅▆▇█";
const WIDTH = 60;

/**
 * Draws numbers as a row of bars, as wide as 60 characters at most. Where there are more numbers
 * than characters, each bar is the mean of its share; a number that is not finite is a space.
 *
 * @example
 * ```ts
 * sparkline([0, 1, 2, 3, 4, 5, 6, 7]); // "▁▂▃▄▅▆▇█"
 * ```
 */
export function sparkline(values: ArrayLike<number>): string {
  const all = Array.from(values);
  const width = Math.min(WIDTH, all.length);
  const means = Array.from({ length: width }, (_, i) => {
    const from = Math.floor((i * all.length) / width);
    const to = Math.floor(((i + 1) * all.length) / width);
    return all.slice(from, to).reduce((sum, value) => sum + value, 0) / (to - from);
  });
  const finite = means.filter(Number.isFinite);
  const low = Math.min(...finite);
  const range = Math.max(...finite) - low;
  return means.map((value) => {
    if (!Number.isFinite(value)) return " ";
    return BARS[range === 0 ? 0 : Math.round(((value - low) / range) * (BARS.length - 1))];
  }).join("");
}

/**
 * Builds the picture that `showCurve` shows.
 *
 * @example
 * ```ts
 * const series = [{ name: "loss", x: [1, 2, 3], y: [2.3, 1.9, 1.7] }];
 * curveBundle({ title: "Loss", series, xLabel: "step", yLabel: "loss" })["text/plain"];
 * // Loss
 * // loss  █▃▁  from 2.3 to 1.7
 * ```
 *
 * @throws {RangeError} when a series has more or fewer `x` than `y`.
 */
export function curveBundle({ title, series, xLabel, yLabel }: Curve): MimeBundle {
  for (const { name, x, y } of series) {
    if (x.length === y.length) continue;
    throw new RangeError(
      `Series "${name}" has ${x.length} values of x and ${y.length} of y; give one y for each x.`,
    );
  }
  const width = Math.max(0, ...series.map(({ name }) => name.length));
  const number = (value: number | undefined): string =>
    value === undefined ? "nothing" : Number(value.toPrecision(3)).toString();
  const lines = series.map(({ name, y }) =>
    `${name.padEnd(width)}  ${sparkline(y)}  from ${number(y[0])} to ${number(y[y.length - 1])}`
  );
  return {
    "application/vnd.plotly.v1+json": {
      data: series.map(({ name, x, y }) => ({
        type: "scatter",
        mode: "lines",
        name,
        x: Array.from(x),
        y: Array.from(y),
      })),
      layout: {
        title: { text: title },
        xaxis: { title: { text: xLabel } },
        yaxis: { title: { text: yLabel } },
        height: 360,
        margin: { l: 60, r: 20, t: 50, b: 50 },
        showlegend: series.length > 1,
      },
    },
    "text/plain": [title, ...lines].join("\n"),
  };
}

/**
 * Shows one or more lines in a picture.
 *
 * @example
 * ```ts
 * await showCurve({
 *   title: "Training loss",
 *   series: [{ name: "resnet20", x: [1, 2, 3], y: [2.3, 1.9, 1.7] }],
 *   xLabel: "step",
 *   yLabel: "loss",
 * });
 * ```
 */
export async function showCurve(curve: Curve): Promise<void> {
  await show(curveBundle(curve));
}
