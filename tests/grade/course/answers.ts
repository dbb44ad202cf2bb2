/** Correct answers to the exercises of the tests' own course. */

export const SCALED = "function scaled(x: number): number {\n  return x * factors[0]!;\n}";
export const TWICE = "function twice(x: number): number {\n  return scaled(scaled(x));\n}";
