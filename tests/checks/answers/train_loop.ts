/** Answers to train_loop: right ones, and each mistake that its check knows. */
import type { Cifar10Split } from "../../../lib/mod.ts";
import type { Answers } from "./answers.ts";

interface Run {
  readonly training: Cifar10Split;
  readonly validation: Cifar10Split;
  readonly epochs: number;
  readonly batchSize: number;
  readonly random: () => number;
  step(split: Cifar10Split, indices: number[]): void;
  accuracyOn(split: Cifar10Split): Promise<number>;
}

function shuffled(count: number, random: () => number): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** The steps of one epoch. */
function epoch({ training, batchSize, step }: Run, order: number[]): void {
  for (let start = 0; start < order.length; start += batchSize) {
    step(training, order.slice(start, start + batchSize));
  }
}

/** A loop with other steps in an epoch, or another evaluation. */
function loop(
  steps: (run: Run, epoch: number) => void,
  evaluated: (run: Run) => Promise<number> = ({ validation, accuracyOn }) => accuracyOn(validation),
) {
  return async (run: Run): Promise<number[]> => {
    const accuracies: number[] = [];
    for (let i = 0; i < run.epochs; i++) {
      steps(run, i);
      accuracies.push(await evaluated(run));
    }
    return accuracies;
  };
}

const shuffledEpoch = (run: Run) => epoch(run, shuffled(run.training.size, run.random));

export const answers: Answers = {
  right: {
    "as the lesson has it": loop(shuffledEpoch),
    "with a sort by random keys": loop((run) => {
      const keys = Array.from({ length: run.training.size }, () => run.random());
      epoch(run, keys.map((_, i) => i).sort((a, b) => keys[a]! - keys[b]!));
    }),
    "with a queue": loop((run) => {
      const queue = shuffled(run.training.size, run.random);
      while (queue.length > 0) run.step(run.training, queue.splice(0, run.batchSize));
    }),
  },
  wrong: {
    last_batch: loop((run) => {
      const { training, batchSize, random } = run;
      const full = training.size - training.size % batchSize;
      epoch(run, shuffled(training.size, random).slice(0, full));
    }),
    one_epoch: async (run: Run) => {
      shuffledEpoch(run);
      return [await run.accuracyOn(run.validation)];
    },
    with_replacement: loop((run) => {
      const { training, random } = run;
      const drawn = () => Math.floor(random() * training.size);
      epoch(run, Array.from({ length: training.size }, drawn));
    }),
    validation_images: loop((run) => {
      epoch({ ...run, training: run.validation }, shuffled(run.training.size, run.random));
    }),
    not_shuffled: loop((run) => epoch(run, Array.from(run.training.labels, (_, i) => i))),
    shuffled_once: (run: Run) => {
      const order = shuffled(run.training.size, run.random);
      return loop((run) => epoch(run, order))(run);
    },
    own_random: loop((run) => epoch(run, shuffled(run.training.size, Math.random))),
    training_accuracy: loop(shuffledEpoch, ({ training, accuracyOn }) => accuracyOn(training)),
    before_training: async (run: Run) => {
      const accuracies: number[] = [];
      for (let i = 0; i < run.epochs; i++) {
        accuracies.push(await run.accuracyOn(run.validation));
        shuffledEpoch(run);
      }
      return accuracies;
    },
    after_each_step: async (run: Run) => {
      const accuracies: number[] = [];
      for (let i = 0; i < run.epochs; i++) {
        const order = shuffled(run.training.size, run.random);
        for (let start = 0; start < order.length; start += run.batchSize) {
          run.step(run.training, order.slice(start, start + run.batchSize));
          accuracies.push(await run.accuracyOn(run.validation));
        }
      }
      return accuracies;
    },
    // deno-lint-ignore require-await -- the mistake is the missing await
    not_awaited: async (run: Run) => {
      const accuracies: Promise<number>[] = [];
      for (let i = 0; i < run.epochs; i++) {
        shuffledEpoch(run);
        accuracies.push(run.accuracyOn(run.validation));
      }
      return accuracies;
    },
    no_return: async (run: Run) => {
      await loop(shuffledEpoch)(run);
    },
  },
};
