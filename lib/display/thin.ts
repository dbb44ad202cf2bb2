/** Long curves made short: fewer points and fewer digits, the same picture. */

/** The points of a line: `y[i]` stands over `x[i]`. */
export interface Points {
  x: ArrayLike<number>;
  y: ArrayLike<number>;
}

const DIGITS = 5;

/**
 * Thins a line out to at most `limit` points, of which it needs four. Its first and last point stay,
 * and of each of the equal buckets between them the lowest and the highest point, in their order:
 * the outline of a noisy curve is kept, and so is every single spike.
 *
 * @example
 * ```ts
 * const y = Float32Array.from({ length: 64_000 }, (_, i) => Math.sin(i / 1000));
 * thin({ x: y.map((_, i) => i + 1), y }, 1000).y.length; // 1000
 * ```
 */
export function thin({ x, y }: Points, limit: number): { x: number[]; y: number[] } {
  const last = y.length - 1;
  if (y.length <= limit) return { x: Array.from(x), y: Array.from(y) };
  const kept = [0];
  const buckets = Math.floor((limit - 2) / 2);
  for (let bucket = 0; bucket < buckets; bucket++) {
    const from = 1 + Math.floor((bucket * (last - 1)) / buckets);
    const to = 1 + Math.floor(((bucket + 1) * (last - 1)) / buckets);
    let low = from;
    let high = from;
    for (let i = from + 1; i < to; i++) {
      // Written so that a number that is not finite gives way to any that is.
      if (!(y[low]! <= y[i]!) && Number.isFinite(y[i])) low = i;
      if (!(y[high]! >= y[i]!) && Number.isFinite(y[i])) high = i;
    }
    kept.push(...new Set([Math.min(low, high), Math.max(low, high)]));
  }
  kept.push(last);
  return { x: kept.map((i) => x[i]!), y: kept.map((i) => y[i]!) };
}

/**
 * Rounds numbers to 5 significant digits, more than a picture can show; whole numbers stay as they
 * are, because step 123,456 is not step 123,460.
 *
 * @example
 * ```ts
 * rounded([2.302585093, 123456, NaN]); // [2.3026, 123456, null]
 * ```
 */
export function rounded(values: ArrayLike<number>): (number | null)[] {
  return Array.from(values, (value) => {
    if (!Number.isFinite(value)) return null;
    return Number.isInteger(value) ? value : Number(value.toPrecision(DIGITS));
  });
}
