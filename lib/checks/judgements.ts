/** The comparisons that rows share. */
import type { Judgement } from "./exercise.ts";
import { agree, differenceText, type Numbers, shapeText } from "./numbers.ts";

/** Compares a shape; `next` says where to look. */
export function judgeShape(
  { shape }: Pick<Numbers, "shape">,
  expected: readonly number[],
  next: string,
  mistakes: Readonly<Record<string, string>> = {},
): Judgement {
  const got = shapeText(shape);
  return { good: got === shapeText(expected), got, mistake: mistakes[got], next };
}

/** Compares a count; `mistakes` knows wrong totals by their number. */
export function judgeCount(
  got: number,
  expected: number,
  mistakes: Readonly<Record<number, string>> = {},
): Judgement {
  const off = got - expected;
  return {
    good: off === 0,
    got: got.toLocaleString("en-US"),
    mistake: mistakes[got],
    next: `${Math.abs(off).toLocaleString("en-US")} too ${off > 0 ? "many" : "few"}`,
  };
}

/**
 * Compares numbers with the right ones: any of `right` will do, such as those of two orders of the same
 * parts. Where they equal what a known mistake gives, that is its name.
 */
export function judgeNumbers(
  got: Numbers,
  right: readonly Numbers[],
  mistakes: Readonly<Record<string, readonly Numbers[]>> = {},
  next?: string,
): Judgement {
  if (right.some((expected) => agree(got, expected))) return { good: true, got: "the same" };
  const [first] = right;
  const mistake = Object.entries(mistakes).find(([, wrong]) => wrong.some((w) => agree(got, w)));
  return {
    good: false,
    got: first === undefined ? "nothing comparable" : differenceText(got, first),
    mistake: mistake?.[0],
    next,
  };
}
