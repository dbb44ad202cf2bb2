/** Answers to convolve: right ones, and each mistake that its check knows. */
import { tf } from "../../../lib/mod.ts";
import type { Answers } from "./answers.ts";

/** What an answer may do differently. */
interface Change {
  readonly filterAt?: (filter: number[][], y: number, x: number) => number;
  readonly pixel?: (map: number[][], y: number, x: number) => number;
  readonly places?: (length: number, size: number, stride: number, padding: number) => number;
  readonly value?: (sum: number, size: number) => number;
  readonly step?: (stride: number) => number;
  readonly border?: (padding: number) => number;
}

const outputSize = (length: number, size: number, stride: number, padding: number) =>
  Math.floor((length + 2 * padding - size) / stride) + 1;

function answer({
  filterAt = (filter, y, x) => filter[y]![x]!,
  pixel = (map, y, x) => map[y]?.[x] ?? 0,
  places = outputSize,
  value = (sum) => sum,
  step = (stride) => stride,
  border = (padding) => padding,
}: Change = {}) {
  return (map: number[][], filter: number[][], givenStride: number, givenPadding: number) => {
    const [stride, padding, size] = [step(givenStride), border(givenPadding), filter.length];
    const output: number[][] = [];
    for (let row = 0; row < places(map.length, size, stride, padding); row++) {
      const line: number[] = [];
      for (let column = 0; column < places(map[0]!.length, size, stride, padding); column++) {
        let sum = 0;
        for (let y = 0; y < size; y++) {
          for (let x = 0; x < size; x++) {
            const [top, left] = [row * stride - padding, column * stride - padding];
            sum += pixel(map, top + y, left + x) * filterAt(filter, y, x);
          }
        }
        line.push(value(sum, size));
      }
      output.push(line);
    }
    return output;
  };
}

const clamp = (at: number, length: number) => Math.min(length - 1, Math.max(0, at));

export const answers: Answers = {
  right: {
    "as the lesson has it": answer(),
    "with a padded copy": (
      map: number[][],
      filter: number[][],
      stride: number,
      padding: number,
    ) => {
      const width = map[0]!.length + 2 * padding;
      const zeros = () => new Array<number>(width).fill(0);
      const sides = new Array<number>(padding).fill(0);
      const padded = [
        ...Array.from({ length: padding }, zeros),
        ...map.map((row) => [...sides, ...row, ...sides]),
        ...Array.from({ length: padding }, zeros),
      ];
      const output: number[][] = [];
      for (let top = 0; top + filter.length <= padded.length; top += stride) {
        const line: number[] = [];
        for (let left = 0; left + filter.length <= width; left += stride) {
          line.push(
            filter.reduce(
              (sum, row, y) => row.reduce((s, v, x) => s + v * padded[top + y]![left + x]!, sum),
              0,
            ),
          );
        }
        output.push(line);
      }
      return output;
    },
    "with TensorFlow.js": (map: number[][], filter: number[][], stride: number, padding: number) =>
      tf.tidy(() => {
        const sides: [number, number] = [padding, padding];
        const padded = tf.pad(tf.tensor2d(map), [sides, sides]);
        const [height, width] = padded.shape;
        const size = filter.length;
        const result = tf.conv2d(
          padded.reshape([1, height, width!, 1]) as tf.Tensor4D,
          tf.tensor2d(filter).reshape([size, size, 1, 1]) as tf.Tensor4D,
          stride,
          "valid",
        );
        return result.squeeze([0, 3]).arraySync();
      }),
  },
  wrong: {
    filter_rotated: answer({
      filterAt: (filter, y, x) => filter[filter.length - 1 - y]![filter.length - 1 - x]!,
    }),
    filter_transposed: answer({ filterAt: (filter, y, x) => filter[x]![y]! }),
    stride_ignored: answer({ step: () => 1 }),
    padding_ignored: answer({ border: () => 0 }),
    edge_repeated: answer({
      pixel: (map, y, x) => map[clamp(y, map.length)]![clamp(x, map[0]!.length)]!,
    }),
    mean_not_sum: answer({ value: (sum, size) => sum / size ** 2 }),
    one_place_short: answer({ places: (...sizes) => outputSize(...sizes) - 1 }),
    in_place: (map: number[][], filter: number[][], stride: number, padding: number) => {
      const output = answer()(map, filter, stride, padding);
      output.forEach((row, y) => row.forEach((value, x) => map[y] && (map[y]![x] = value)));
      return output;
    },
  },
};
