/** Lesson 2: the training loop, with everything that it needs handed in. */
import { Cifar10Split } from "../../data/cifar10.ts";
import { seededRandom } from "../../data/random.ts";
import { type Comparison, type Exercise, probe } from "../exercise.ts";
import { seededNumbers, wholeNumbers } from "../numbers.ts";
import { describe, type Trial } from "../trial.ts";

/** Sizes drawn from the seed. The last batch of an epoch is smaller. */
interface Sizes {
  readonly images: number;
  readonly batchSize: number;
  readonly epochs: number;
}

function sizesOf(seed: number): Sizes {
  const whole = wholeNumbers(seed);
  const [batchSize, full, epochs] = [whole(4, 7), whole(3, 5), whole(2, 4)];
  return { batchSize, images: full * batchSize + whole(2, batchSize - 1), epochs };
}

/** What the loop did, in its order. */
type Event =
  | { readonly step: readonly number[]; readonly on: string }
  | { readonly accuracy: number; readonly on: string };

interface LoopSeen {
  readonly events: readonly Event[];
  readonly returned: readonly number[] | string;
  /** Whether the returned array holds promises. */
  readonly promises: boolean;
  /** Whether a second run with the same random numbers took the images in the same order. */
  readonly repeats: boolean;
}

function splitOf(images: number, seed: number): Cifar10Split {
  const random = seededRandom(seed);
  return new Cifar10Split(
    new Uint8Array(images * 3072),
    Uint8Array.from({ length: images }, () => 10 * random()),
  );
}

/** Accuracies that nobody can guess, one for each evaluation. */
function accuraciesOf(seed: number): readonly number[] {
  return seededNumbers([200], seed + 5, [0.1, 0.9]).values;
}

async function runOnce(candidate: unknown, trial: Trial) {
  const { images, batchSize, epochs } = sizesOf(trial.seed);
  const training = splitOf(images, trial.seed);
  const validation = splitOf(images + 3, trial.seed + 1);
  const events: Event[] = [];
  const nameOf = (split: unknown) =>
    split === training ? "training" : split === validation ? "validation" : describe(split);
  const accuracies = accuraciesOf(trial.seed);
  let evaluations = 0;
  const returned = await trial.callAsync(candidate, {
    training,
    validation,
    epochs,
    batchSize,
    random: seededRandom(trial.seed + 3),
    step: (split: unknown, indices: ArrayLike<number>) => {
      events.push({ step: Array.from(indices, Number), on: nameOf(split) });
    },
    accuracyOn: async (split: unknown) => {
      const accuracy = accuracies[evaluations++ % accuracies.length]!;
      events.push({ accuracy, on: nameOf(split) });
      await Promise.resolve();
      return accuracy;
    },
  });
  return { events, returned };
}

async function run(candidate: unknown, trial: Trial): Promise<LoopSeen> {
  const { events, returned } = await runOnce(candidate, trial);
  const again = await runOnce(candidate, trial);
  const list = Array.isArray(returned) ? returned as readonly unknown[] : undefined;
  return {
    events,
    returned: list === undefined ? describe(returned) : list.map(Number).filter(Number.isFinite),
    promises: list?.some((value) => value instanceof Promise) === true,
    repeats: String(stepsIn(events)) === String(stepsIn(again.events)),
  };
}

function stepsIn(events: readonly Event[]): (readonly number[])[] {
  return events.flatMap((event) => "step" in event ? [event.step] : []);
}

/** The images of each epoch, in the order in which they were taken; undefined if they do not fit. */
function epochsIn(events: readonly Event[], { images, epochs }: Sizes): number[][] | undefined {
  const all = stepsIn(events).flat();
  if (all.length !== images * epochs) return undefined;
  return Array.from({ length: epochs }, (_, e) => all.slice(e * images, (e + 1) * images));
}

const isPermutation = (order: readonly number[]) =>
  String([...order].sort((a, b) => a - b)) === String(order.map((_, i) => i));

function compareImages({ events }: LoopSeen, seed: number): Comparison {
  const sizes = sizesOf(seed);
  const { images, batchSize, epochs } = sizes;
  const steps = stepsIn(events);
  const taken = steps.flat();
  const inEpochs = epochsIn(events, sizes);
  const onTraining = events.every((event) => !("step" in event) || event.on === "training");
  if (!onTraining) {
    return { passed: false, actual: "images of another split", mistake: "validation_images" };
  }
  if (inEpochs?.every(isPermutation)) return { passed: true, actual: "each once" };
  const full = images - images % batchSize;
  const mistake = taken.length === full * epochs
    ? "last_batch"
    : taken.length === images || taken.length === full
    ? "one_epoch"
    : inEpochs !== undefined && taken.every((i) => i >= 0 && i < images)
    ? "with_replacement"
    : undefined;
  return {
    passed: false,
    actual: inEpochs === undefined
      ? `${taken.length} images in all`
      : "some several times, some never",
    mistake,
    next: `${epochs} epochs of ${images} images were expected, ${epochs * images} in all`,
  };
}

function compareBatches({ events }: LoopSeen, seed: number): Comparison {
  const { images, batchSize, epochs } = sizesOf(seed);
  const sizes = stepsIn(events).map((step) => step.length);
  const expected = Array.from(
    { length: Math.ceil(images / batchSize) },
    (_, i) => Math.min(batchSize, images - i * batchSize),
  );
  const all = Array.from({ length: epochs }, () => expected).flat();
  const first = sizes.slice(0, expected.length);
  return {
    passed: String(sizes) === String(all),
    actual: sizes.length === 0 ? "no steps" : first.join(", "),
    next: "each step takes `batchSize` images, and the last one what is left of the epoch",
  };
}

function compareOrder({ events, repeats }: LoopSeen, seed: number): Comparison {
  const inEpochs = epochsIn(events, sizesOf(seed));
  const orders = (inEpochs ?? [stepsIn(events).flat()]).map(String);
  const sorted = (order: readonly number[]) => String([...order].sort((a, b) => a - b));
  const isSorted = (inEpochs ?? [stepsIn(events).flat()]).some((order) =>
    order.length > 2 && (String(order) === sorted(order))
  );
  const areSame = orders.length > 1 && new Set(orders).size < orders.length;
  const passed = !isSorted && !areSame && repeats && stepsIn(events).length > 0;
  return {
    passed,
    actual: isSorted
      ? "sorted"
      : areSame
      ? "the same in each epoch"
      : !repeats
      ? "another order in a second run"
      : passed
      ? "shuffled anew"
      : "no steps",
    mistake: isSorted
      ? "not_shuffled"
      : areSame
      ? "shuffled_once"
      : !repeats
      ? "own_random"
      : undefined,
    next: "call `shuffled(training.size, random)` at the start of each epoch",
  };
}

function compareEvaluation({ events }: LoopSeen, seed: number): Comparison {
  const { epochs } = sizesOf(seed);
  const places = events.flatMap((event, i) => "accuracy" in event ? [i] : []);
  const splits = new Set(places.map((i) => events[i]!.on));
  const steps = stepsIn(events).length;
  const expected = Array.from({ length: epochs }, (_, e) => (e + 1) * (steps / epochs) + e);
  const first = places[0];
  const passed = String(places) === String(expected) && [...splits].join() === "validation";
  return {
    passed,
    actual: places.length === 0
      ? "never"
      : `${[...splits].join(" and ")} images, ${places.length} ${
        places.length === 1 ? "time" : "times"
      }`,
    mistake: splits.has("training")
      ? "training_accuracy"
      : first === 0
      ? "before_training"
      : places.length === steps && steps > epochs
      ? "after_each_step"
      : undefined,
    next: "call `accuracyOn(validation)` once after the steps of each epoch",
  };
}

function compareReturned({ events, returned, promises }: LoopSeen, seed: number): Comparison {
  const { epochs } = sizesOf(seed);
  const all = events.flatMap((event) => "accuracy" in event ? [event.accuracy] : []);
  if (typeof returned === "string") {
    return {
      passed: false,
      actual: returned,
      mistake: returned === "undefined" ? "no_return" : undefined,
      next: "return an array with one accuracy for each epoch",
    };
  }
  const passed = returned.length === epochs && all.length === epochs &&
    returned.every((value, i) => Math.abs(value - all[i]!) < 1e-9);
  return {
    passed,
    actual: promises ? "promises" : `${returned.length} numbers`,
    mistake: promises ? "not_awaited" : undefined,
    next: "push the accuracy after each epoch, and return the array",
  };
}

const IMAGES = "training images in each epoch";

/** `trainLoop(run)`. */
export const trainLoop: Exercise = {
  id: "train_loop",
  lesson: "02_learning",
  title: "the training loop",
  goal:
    "`trainLoop(run)`: **epochs, batches, steps, and an evaluation on held-out images**. Every network " +
    "of this course is trained by a loop like this one.",
  difficulty: 3,
  minutes: 20,
  hints: [
    "Two loops, one in the other: over the epochs, and over the batches of an epoch. The shuffle stands " +
    "between them, and the evaluation after the inner loop.",
    "`const order = shuffled(training.size, random)` gives the numbers of all images in random order. A " +
    "batch is `order.slice(start, start + batchSize)`; `slice` stops at the end by itself, so the last " +
    "batch is smaller.",
    "Inner loop: `for (let start = 0; start < order.length; start += batchSize) step(training, " +
    "order.slice(start, start + batchSize));` and after it `accuracies.push(await " +
    "accuracyOn(validation));`",
  ],
  mistakes: {
    last_batch: "the last, smaller batch of each epoch is left out, so some images are never seen",
    one_epoch: "there is one epoch; repeat it `epochs` times",
    with_replacement:
      "each image is drawn anew, so an epoch takes some images several times and others never; " +
      "shuffle all image numbers, and take them in that order",
    validation_images:
      "steps are taken on images of another split; train on `training` alone, and keep `validation` " +
      "for the evaluation",
    not_shuffled:
      "the images come in the order of the data set; call `shuffled(training.size, random)` in each epoch",
    shuffled_once: "every epoch has the same order; shuffle inside the loop over the epochs",
    own_random:
      "a second run takes another order: pass `random` to `shuffled`, so that a run can be " +
      "repeated exactly",
    training_accuracy:
      "the accuracy is measured on the training images, which the classifier has seen; measure it on " +
      "`validation`",
    before_training: "the first evaluation comes before the first step; evaluate after each epoch",
    after_each_step:
      "the accuracy is measured after each step; that takes far longer than training. " +
      "Measure it once in each epoch",
    not_awaited: "the array holds promises: write `await accuracyOn(validation)`",
    no_return: "the function returns nothing; return the accuracies",
  },
  probes: [
    probe(run, [
      {
        what: IMAGES,
        expected: "each once",
        points: 2,
        compare: compareImages,
      },
      {
        what: "images in the steps of an epoch",
        expected: (seed) => {
          const { images, batchSize } = sizesOf(seed);
          return Array.from(
            { length: Math.ceil(images / batchSize) },
            (_, i) => Math.min(batchSize, images - i * batchSize),
          ).join(", ");
        },
        points: 1,
        requires: IMAGES,
        compare: compareBatches,
      },
      {
        what: "order",
        expected: "shuffled anew",
        points: 1,
        requires: IMAGES,
        compare: compareOrder,
      },
      {
        what: "evaluated on",
        expected: (seed) => `validation images, ${sizesOf(seed).epochs} times`,
        points: 1,
        requires: IMAGES,
        compare: compareEvaluation,
      },
      {
        what: "returned accuracies",
        expected: (seed) => `${sizesOf(seed).epochs} numbers`,
        points: 1,
        requires: IMAGES,
        compare: compareReturned,
      },
    ]),
  ],
};
