/** Lesson 5: the training call as a function of the learner's. */
import * as tf from "@tensorflow/tfjs";
import { BatchNorm } from "../../blocks/batch_norm.ts";
import { Conv2d } from "../../blocks/conv2d.ts";
import { seedWeights } from "../../blocks/init.ts";
import { Linear } from "../../blocks/linear.ts";
import { imageOrder } from "../../data/batches.ts";
import { type Cifar10, Cifar10Split } from "../../data/cifar10.ts";
import { seededRandom } from "../../data/random.ts";
import { inSilence } from "../../display/display.ts";
import { type Budget, budget } from "../../training/budget.ts";
import { type Exercise, type Judgement, look } from "../exercise.ts";
import { wholeNumbers } from "../numbers.ts";
import { describe, type Trial } from "../trial.ts";

/** Sizes drawn from the seed. There are enough images for all steps. */
interface Sizes {
  readonly steps: number;
  readonly batch: number;
  readonly images: number;
}

function sizesOf(seed: number): Sizes {
  const whole = wholeNumbers(seed);
  return { steps: whole(2, 3), batch: whole(3, 6), images: whole(18, 60) };
}

const CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship"];

/** What a training left behind. */
interface TrainingSeen {
  /** What came back, in words, where it is no history. */
  readonly trouble: string | null;
  readonly losses: readonly (number | null)[];
  /** Training images in the order in which they were taken. */
  readonly order: readonly number[];
  /** Test images that were taken. */
  readonly tests: number;
  /** Whether the trainable weights of the model are others now, and its running statistics. */
  readonly learned: boolean;
  readonly moved: boolean;
}

/** Images of noise; it remembers which of them were taken. */
class Watched extends Cifar10Split {
  readonly taken: number[] = [];

  constructor(images: number, seed: number) {
    const random = seededRandom(seed);
    super(
      Uint8Array.from({ length: images * 3072 }, () => 256 * random()),
      Uint8Array.from({ length: images }, () => 10 * random()),
    );
  }

  override image(index: number): Uint8Array {
    this.taken.push(index);
    return super.image(index);
  }
}

/** Small enough for the slowest backend. */
function smallModel(seed: number): tf.LayersModel {
  seedWeights(seed);
  const image = tf.input({ shape: [32, 32, 3] });
  let x = image;
  const layers = [
    new Conv2d(3, 4, 3, 4),
    new BatchNorm(4),
    tf.layers.reLU(),
    tf.layers.globalAveragePooling2d({}),
    new Linear(4, 10),
  ];
  for (const layer of layers) x = layer.apply(x) as tf.SymbolicTensor;
  return tf.model({ inputs: image, outputs: x, name: "the check's small network" });
}

function numbersIn(weights: readonly tf.LayerVariable[]): number[] {
  return weights.flatMap((weight) => Array.from(weight.read().dataSync()));
}

async function lookAtTraining(candidate: unknown, trial: Trial): Promise<TrainingSeen> {
  const { steps, batch: batchSize, images } = sizesOf(trial.seed);
  const [training, test] = [new Watched(images, trial.seed), new Watched(images, trial.seed + 1)];
  const cifar: Cifar10 = { train: training, test, classNames: [...CLASSES, "truck"] };
  const plan: Budget = { ...budget("quick"), steps, batchSize, testImages: images };
  let model: tf.LayersModel | undefined;
  tf.tidy(() => {
    model = smallModel(trial.seed);
  });
  const { trainableWeights, nonTrainableWeights } = model!;
  const [weights, statistics] = [numbersIn(trainableWeights), numbersIn(nonTrainableWeights)];
  try {
    const history = await inSilence(() => trial.callAsync(candidate, model, cifar, plan));
    // A training that nobody waits for is still under way.
    if (history === undefined) await quiet(training.taken);
    const loss = (history as { loss?: unknown } | null | undefined)?.loss;
    return {
      trouble: Array.isArray(loss) ? null : describe(history),
      losses: Array.isArray(loss) ? loss.map((value) => Number(value)) : [],
      order: training.taken,
      tests: test.taken.length,
      learned: numbersIn(trainableWeights).some((value, i) => value !== weights[i]),
      moved: numbersIn(nonTrainableWeights).some((value, i) => value !== statistics[i]),
    };
  } finally {
    for (const weight of model!.weights) weight.dispose();
  }
}

/** Waits until a list has not grown for half a second. */
async function quiet(list: readonly unknown[]): Promise<void> {
  for (let before = -1; before !== list.length;) {
    before = list.length;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

function judgeLosses({ trouble, losses }: TrainingSeen, seed: number): Judgement {
  const { steps } = sizesOf(seed);
  if (trouble === "undefined") return { good: false, got: "nothing", mistake: "no_return" };
  if (trouble !== null) return { good: false, got: trouble, next: "return what train gives" };
  const finite = losses.filter((loss) => typeof loss === "number").length;
  return {
    good: losses.length === steps && finite === steps,
    got: finite === losses.length ? `${finite}` : `${finite} of ${losses.length} are numbers`,
    mistake: losses.length > steps ? "own_plan" : undefined,
    next: "train for plan.steps steps",
  };
}

function judgeModel({ learned, moved, order }: TrainingSeen): Judgement {
  if (learned && moved) return { good: true, got: "both changed" };
  const got = learned ? "weights alone changed" : moved ? "statistics alone changed" : "as before";
  return {
    good: false,
    got,
    mistake: !learned && !moved && order.length > 0 ? "other_model" : undefined,
    next: "call train with the model that came in",
  };
}

function judgeOrder({ order, tests }: TrainingSeen, trialSeed: number): Judgement {
  const { steps, batch, images } = sizesOf(trialSeed);
  const first = order.slice(0, steps * batch);
  const isOf = (seed: number) =>
    String(first) === String([...imageOrder(images, seed, 0)].slice(0, steps * batch));
  const got = first.length === 0
    ? "no training image"
    : isOf(0)
    ? "seed 0's order"
    : "another order";
  return {
    good: isOf(1),
    got: isOf(1) ? "seed 1's order" : got,
    mistake: isOf(0) ? "no_seed" : first.length === 0 && tests > 0 ? "test_images" : undefined,
    next: "train on all of cifar.train, with `seed: 1`",
  };
}

const ORDER = "training images";

/** `trainByPlan(model, cifar, plan)`. */
export const trainByPlan: Exercise = {
  id: "train_by_plan",
  lesson: "05_resnet20",
  title: "the training call",
  goal:
    "`trainByPlan(model, cifar, plan)`: **one call that trains any network in the same way**. Only " +
    "when the training is the same can two networks be compared; the next lesson does that.",
  difficulty: 1,
  minutes: 10,
  hints: [
    "Everything that you need comes in: `model`, `cifar` and `plan`. Use nothing from the cells above " +
    "but `train`.",
    "`train(model, cifar, { budget: plan, seed: 1 })` takes the training images out of `cifar` itself " +
    "and gives a promise of the history. Return it.",
  ],
  mistakes: {
    no_return: "the function returns nothing; return the history that train gives",
    own_plan:
      "it trains longer than the plan says; hand `plan` on as `budget`, and do not make one " +
      "with budget()",
    no_seed: "that is the order of seed 0, which train takes by itself; hand it `seed: 1`",
    other_model:
      "the model that came in has not changed: another one was trained, perhaps `residual` " +
      "from the cells above",
    test_images:
      "test images were looked at; they are kept for the very end. Hand `cifar` on as it is: " +
      "train takes its training images",
  },
  limitSeconds: 60,
  looks: [
    look(lookAtTraining, [
      {
        what: "losses in the history",
        expected: (seed) => String(sizesOf(seed).steps),
        points: 1,
        requires: ORDER,
        judge: judgeLosses,
      },
      {
        what: "weights and running statistics",
        expected: "both changed",
        points: 1,
        requires: ORDER,
        judge: judgeModel,
      },
      {
        what: ORDER,
        expected: "seed 1's order",
        points: 1,
        judge: judgeOrder,
      },
      {
        what: "test images looked at",
        expected: "0",
        points: 1,
        requires: ORDER,
        judge: ({ tests }) => ({ good: tests === 0, got: String(tests), mistake: "test_images" }),
      },
    ]),
  ],
};
