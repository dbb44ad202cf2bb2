/** Answers to identity_count: right ones, and each mistake that its check knows. */
import type { Answers } from "./answers.ts";

type Count = (ni: number, repeat: number) => number;

const right: Count = (ni, repeat) => repeat * 2 * (9 * ni * ni + 2 * ni);

function byParts(ni: number, repeat: number): number {
  const conv = 3 * 3 * ni * ni;
  const norm = ni + ni;
  let total = 0;
  for (let block = 0; block < repeat; block++) total += conv + norm + conv + norm;
  return total;
}

const wrong = {
  moving_statistics: (ni, repeat) => repeat * 2 * (9 * ni ** 2 + 4 * ni),
  biases: (ni, repeat) => repeat * 2 * (9 * ni ** 2 + ni + 2 * ni),
  no_batch_norm: (ni, repeat) => repeat * 2 * 9 * ni ** 2,
  one_number_a_filter: (ni, repeat) => repeat * 2 * (9 * ni + 1) * ni,
  one_convolution: (ni, repeat) => repeat * (9 * ni ** 2 + 2 * ni),
  three_weights: (ni, repeat) => repeat * 2 * (3 * ni ** 2 + 2 * ni),
  flat_filters: (ni, repeat) => repeat * 2 * 11 * ni,
  one_block: (ni) => right(ni, 1),
} satisfies Record<string, Count>;

export const answers: Answers = {
  right: { "in one line": right, "part by part": byParts },
  wrong,
};
