// A curve in one line of text, for front ends that show no picture.

const BARS = "▁▂▃▄▅▆▇█";
const WIDTH = 60;

/**
 * Draws numbers as a row of bars, as wide as 60 characters at most. Where there are more numbers
 * than characters, each bar is the mean of its share; a number that is not finite is a space.
 *
 * @example
 * ```ts
 * import { sparkline } from "residual";
 *
 * console.log(sparkline([0, 1, 2, 3, 4, 5, 6, 7])); // ▁▂▃▄▅▆▇█
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

/** One line for each series: its name, its bars, its first and last number. */
export function sparklines(
  series: readonly { name: string; y: ArrayLike<number> }[],
): string[] {
  const width = Math.max(0, ...series.map(({ name }) => name.length));
  const number = (value: number | undefined): string =>
    value === undefined ? "nothing" : Number(value.toPrecision(3)).toString();
  return series.map(({ name, y }) =>
    `${name.padEnd(width)}  ${sparkline(y)}  from ${number(y[0])} to ${number(y[y.length - 1])}`
  );
}
