/** Answers to count_cifar_resnet: right ones, and each mistake that its check knows. */
import type { Answers } from "./answers.ts";

type Shortcut = "pad" | "projection" | "none";

const convAndNorm = (ni: number, no: number) => 9 * ni * no + 2 * no;

function withHelper(n: number, shortcut: Shortcut): number {
  let total = convAndNorm(3, 16) + 2 * n * convAndNorm(16, 16);
  for (const [ni, no] of [[16, 32], [32, 64]] as const) {
    total += convAndNorm(ni, no) + (2 * n - 1) * convAndNorm(no, no);
    if (shortcut === "projection") total += ni * no + 2 * no;
  }
  return total + 64 * 10 + 10;
}

/** 97,216 more for each block of every stage, which is what is left of the formula in the end. */
function shortest(n: number, shortcut: Shortcut): number {
  const line = withHelper(1, "none") + (n - 1) * (withHelper(2, "none") - withHelper(1, "none"));
  return shortcut === "projection" ? line + 2752 : line;
}

/** As many numbers for each filter as is said; a projection's come apart. */
function counting(
  perFilter: number,
  { perProjection = perFilter, bias = 10, wide = false, perBlock = 2, ignore = false, area = 1 } =
    {},
) {
  return (n: number, shortcut: Shortcut): number => {
    const conv = (ni: number, no: number) => (9 * ni + perFilter) * no;
    let total = conv(3, 16) + perBlock * n * conv(16, 16);
    for (const [ni, no] of [[16, 32], [32, 64]] as const) {
      total += conv(wide ? no : ni, no) + (perBlock * n - 1) * conv(no, no);
      if (shortcut === "projection" && !ignore) total += (area * ni + perProjection) * no;
    }
    return total + 640 + bias;
  };
}

export const answers: Answers = {
  right: { "stage by stage": withHelper, "a straight line in n": shortest },
  wrong: {
    biased_convolutions: counting(3, { perProjection: 1 }),
    statistics_counted: counting(4),
    no_batch_norm: counting(0),
    projections_without_norm: counting(2, { perProjection: 0 }),
    no_linear_bias: counting(2, { bias: 0 }),
    first_convolution_too_wide: counting(2, { wide: true }),
    one_convolution_a_block: counting(2, { perBlock: 1 }),
    no_stem: (n: number, shortcut: Shortcut) => withHelper(n, shortcut) - convAndNorm(3, 16),
    no_stem_norm: (n: number, shortcut: Shortcut) => withHelper(n, shortcut) - 32,
    wide_projections: counting(2, { area: 9 }),
    n_ignored: (_: number, shortcut: Shortcut) => withHelper(3, shortcut),
    shortcut_ignored: counting(2, { ignore: true }),
  },
};
