/** The options of `npx deno task train`. */
import path from "node:path";
import { batchesInEpoch } from "../../lib/data/batches.ts";
import { CIFAR10_CLASSES } from "../../lib/data/cifar10_files.ts";
import { fromCaller } from "../caller_path.ts";
import { numberOption, parseCommandLine, UsageError, wholeNumberOption } from "../command_line.ts";
import { CHECKOUT } from "../setup/paths.ts";
import { type Budget, budget, oneCycle, stepSchedule } from "../../lib/training/mod.ts";

export const USAGE = `npx deno task train MODEL [options]

MODEL              ${"one of the kit's: resnet20, plain56, ... (a wrong one lists all)"}
--budget NAME      quick, lesson or paper (default lesson); the next ones change parts of it
--epochs N         so many times through the training images
--batch N          images in a step
--schedule NAME    cycle (up in the first quarter, down in a line) or step (a tenth at 1/2 and 3/4)
--rate R           its peak or first learning rate
--weight-decay W   on kernels only
--label-smoothing S
--validation N     hold N training images out and look at them after each epoch; the test images are
                   then left alone
--classes NAMES    learn these classes only, such as bird,frog,ship (default all ten)
--seed N           of weights, order, crops and flips (default 0)
--out FOLDER       where the run is kept (default data/runs/MODEL_seedN in the kit)
--resume           go on with the run in that folder`;

/** What a run is asked to do. */
export interface TrainRun {
  model: string;
  budget: Budget;
  validation: number;
  /** The names of the classes to learn. */
  classes: readonly string[];
  seed: number;
  /** An absolute path. */
  out: string;
  resume: boolean;
  /** The numbers behind the budget's schedule, for the record. */
  schedule: { name: string; rate: number };
}

const IMAGES_PER_CLASS = 5_000;

/** Reads the options, or throws an error that names the one that is wrong. */
export function parseTrainRun(args: readonly string[]): TrainRun {
  const { values, positionals: [model, ...rest] } = parseCommandLine({
    args: [...args],
    allowPositionals: true,
    options: {
      budget: { type: "string" },
      epochs: { type: "string" },
      batch: { type: "string" },
      schedule: { type: "string" },
      rate: { type: "string" },
      "weight-decay": { type: "string" },
      "label-smoothing": { type: "string" },
      validation: { type: "string" },
      classes: { type: "string" },
      seed: { type: "string" },
      out: { type: "string" },
      resume: { type: "boolean", default: false },
    },
  }, USAGE);
  if (model === undefined || rest.length > 0) {
    throw new UsageError(`Expected one MODEL.\n\n${USAGE}`);
  }
  const base = budget(values.budget);
  const validation = wholeNumberOption("validation", values.validation ?? "0", { least: 0 });
  const classes = values.classes?.split(",") ?? CIFAR10_CLASSES;
  const unknown = classes.find((name) => !CIFAR10_CLASSES.includes(name));
  if (unknown !== undefined || new Set(classes).size < Math.max(2, classes.length)) {
    throw new Error(
      `--classes expects two or more different names of ${
        CIFAR10_CLASSES.join(",")
      }, got "${values.classes}".`,
    );
  }
  const seed = wholeNumberOption("seed", values.seed ?? "0", { least: 0 });
  const batchSize = wholeNumberOption("batch", values.batch ?? String(base.batchSize), {
    least: 2,
  });
  const inEpoch = batchesInEpoch(IMAGES_PER_CLASS * classes.length - validation, batchSize);
  const schedule = {
    name: values.schedule ?? (base.name === "paper" ? "step" : "cycle"),
    rate: numberOption("rate", values.rate ?? String(base.name === "lesson" ? 0.4 : 0.1)),
  };
  if (schedule.name !== "cycle" && schedule.name !== "step") {
    throw new Error(`--schedule expects cycle or step, got "${schedule.name}".`);
  }
  return {
    model,
    budget: {
      ...base,
      batchSize,
      steps: values.epochs === undefined
        ? base.steps
        : wholeNumberOption("epochs", values.epochs, { least: 1 }) * inEpoch,
      schedule: schedule.name === "cycle" ? oneCycle(schedule.rate) : stepSchedule(schedule.rate),
      weightDecay: numberOption("weight-decay", values["weight-decay"] ?? String(base.weightDecay)),
      labelSmoothing: numberOption("label-smoothing", values["label-smoothing"] ?? "0"),
    },
    validation,
    classes,
    seed,
    out: values.out === undefined
      ? path.join(CHECKOUT, "data", "runs", `${model}_seed${seed}`)
      : fromCaller(values.out),
    resume: values.resume,
    schedule,
  };
}
