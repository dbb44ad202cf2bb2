/** Answers to batch_norm: right ones, and each mistake that its check knows. */
import type { Answers } from "./answers.ts";

interface Channel {
  gamma: number;
  beta: number;
  runningMean: number;
  runningVariance: number;
}

/** What an answer may do differently. */
interface Change {
  readonly usesBatch?: (training: boolean) => boolean;
  readonly spread?: (variance: number) => number;
  readonly affine?: (value: number, channel: Channel) => number;
  readonly share?: number;
  readonly updates?: (training: boolean) => boolean;
  readonly runningVariance?: (squares: number, n: number) => number;
}

function answer({
  usesBatch = (training) => training,
  spread = (variance) => Math.sqrt(variance + 1e-5),
  affine = (value, { gamma, beta }) => gamma * value + beta,
  share = 0.1,
  updates = (training) => training,
  runningVariance = (squares, n) => squares / (n - 1),
}: Change = {}) {
  return (values: number[], channel: Channel, training: boolean): number[] => {
    const n = values.length;
    const mean = values.reduce((sum, value) => sum + value, 0) / n;
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    const [center, variance] = usesBatch(training)
      ? [mean, squares / n]
      : [channel.runningMean, channel.runningVariance];
    const output = values.map((value) => affine((value - center) / spread(variance), channel));
    if (updates(training)) {
      channel.runningMean = (1 - share) * channel.runningMean + share * mean;
      channel.runningVariance = (1 - share) * channel.runningVariance +
        share * runningVariance(squares, n);
    }
    return output;
  };
}

export const answers: Answers = {
  right: {
    "as the lesson has it": answer(),
    "with typed arrays": (values: number[], channel: Channel, training: boolean) =>
      Float64Array.from(answer()(values, channel, training)),
    "with the update first": (values: number[], channel: Channel, training: boolean) => {
      if (!training) return answer()(values, channel, false);
      const n = values.length;
      let [sum, squares] = [0, 0];
      for (const value of values) [sum, squares] = [sum + value, squares + value * value];
      const variance = Math.max(0, squares / n - (sum / n) ** 2);
      channel.runningMean += 0.1 * (sum / n - channel.runningMean);
      channel.runningVariance += 0.1 * (variance * n / (n - 1) - channel.runningVariance);
      const scale = channel.gamma / Math.sqrt(variance + 1e-5);
      return values.map((value) => (value - sum / n) * scale + channel.beta);
    },
  },
  wrong: {
    running_in_training: answer({ usesBatch: () => false }),
    batch_in_inference: answer({ usesBatch: () => true }),
    no_root: answer({ spread: (variance) => variance + 1e-5 }),
    no_epsilon: answer({ spread: Math.sqrt }),
    shift_first: answer({ affine: (value, { gamma, beta }) => gamma * (value + beta) }),
    no_scale_and_shift: answer({ affine: (value) => value }),
    not_updated: answer({ updates: () => false }),
    shares_swapped: answer({ share: 0.9 }),
    updated_in_inference: answer({ updates: () => true }),
    biased_variance: answer({ runningVariance: (squares, n) => squares / n }),
  },
};
