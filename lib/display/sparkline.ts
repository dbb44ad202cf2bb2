/** A curve in one line of text, for front ends that show no picture. */

const BARS = "▁▂▃▄▅▆▇█";
const WIDTH = 60;

/**
 * Draws numbers as a row of bars, as wide as 60 characters at most. Where there are more numbers
 * than characters, each bar is the mean of its share; a number that is not finite is a space.
 *
 * @param range The numbers of the lowest and of the highest bar. Default the lowest and highest mean.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { sparkline } from "residual";
 *
 * assert.equal(sparkline([0, 1, 2, 3, 4, 5, 6, 7]), "▁▂▃▄▅▆▇█");
 * ```
 */
export function sparkline(
  values: ArrayLike<number>,
  range?: readonly [low: number, high: number],
): string {
  const all = Array.from(values);
  const width = Math.min(WIDTH, all.length);
  const means = Array.from({ length: width }, (_, i) => {
    const from = Math.floor((i * all.length) / width);
    const to = Math.floor(((i + 1) * all.length) / width);
    return all.slice(from, to).reduce((sum, value) => sum + value, 0) / (to - from);
  });
  const finite = means.filter(Number.isFinite);
  const [low, high] = range ?? [Math.min(...finite), Math.max(...finite)];
  return means.map((value) => {
    if (!Number.isFinite(value)) return " ";
    return BARS[high === low ? 0 : Math.round(((value - low) / (high - low)) * (BARS.length - 1))];
  }).join("");
}

/**
 * One line for each series: its name, its bars, its first and last number. With `oneAxis` all have
 * bars of one scale, so that they can be compared; otherwise each has its own.
 */
export function sparklines(
  series: readonly { name: string; y: ArrayLike<number> }[],
  { oneAxis = false }: { oneAxis?: boolean } = {},
): string[] {
  const width = Math.max(0, ...series.map(({ name }) => name.length));
  const number = (value: number | undefined): string =>
    value === undefined ? "nothing" : Number(value.toPrecision(3)).toString();
  const range = oneAxis && series.length > 1 ? rangeOf(series) : undefined;
  return series.map(({ name, y }) =>
    `${name.padEnd(width)}  ${sparkline(y, range)}  from ${number(y[0])} to ${
      number(y[y.length - 1])
    }`
  );
}

function rangeOf(series: readonly { y: ArrayLike<number> }[]): [low: number, high: number] {
  let [low, high] = [Infinity, -Infinity];
  for (const { y } of series) {
    for (const value of Array.from(y).filter(Number.isFinite)) {
      [low, high] = [Math.min(low, value), Math.max(high, value)];
    }
  }
  return [low, high];
}
