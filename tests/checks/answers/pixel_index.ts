/** Answers to pixel_index: right ones, and each mistake that its check knows. */
import type { Answers } from "./answers.ts";

export const answers: Answers = {
  right: {
    "as the lesson has it": (y: number, x: number, c: number) => (y * 32 + x) * 3 + c,
    "steps added up": (y: number, x: number, c: number) => 96 * y + 3 * x + c,
    "counted in loops": (y: number, x: number, c: number) => {
      let values = 0;
      for (let row = 0; row < y; row++) values += 32 * 3;
      for (let column = 0; column < x; column++) values += 3;
      return values + c;
    },
  },
  wrong: {
    swapped: (y: number, x: number, c: number) => (x * 32 + y) * 3 + c,
    planes: (y: number, x: number, c: number) => (c * 32 + y) * 32 + x,
    channels_not_counted: (y: number, x: number, c: number) => y * 32 + x + c,
    row_without_channels: (y: number, x: number, c: number) => y * 32 + x * 3 + c,
    channel_not_added: (y: number, x: number, _c: number) => (y * 32 + x) * 3,
  },
};
