/**
 * `npx deno task train MODEL`: the lessons' training from a terminal, kept in a folder:
 *   step_N.safetensors  checkpoints, the newest two; `--resume` goes on from them
 *   record.json         settings, versions, machine, each epoch's figures, the curve, the result
 *   model.safetensors   the weights at the end
 */
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import {
  countParams,
  evaluate,
  fewClasses,
  holdOut,
  loadCifar10,
  modelByName,
  saveSafetensors,
  startBackend,
  train,
} from "../../lib/mod.ts";
import { forCaller } from "../caller_path.ts";
import { parseTrainRun, USAGE } from "./options.ts";
import { readRecord } from "../../lib/training/run_record.ts";
import { recordOf, writeRecord } from "./record.ts";

async function main(args: string[]): Promise<number> {
  if (args.includes("--help")) {
    console.log(USAGE);
    return 0;
  }
  const backend = await startBackend();
  const run = parseTrainRun(args);
  const there = fs.existsSync(run.out) && fs.readdirSync(run.out).length > 0;
  if (there && !run.resume) {
    throw new Error(
      `${
        forCaller(run.out)
      } contains a run: continue the run with --resume, or name another folder with --out.`,
    );
  }
  console.log(backend.describe());
  const { seed, classes } = run;
  const model = modelByName(run.model, { seed, classes: classes.length });
  const all = loadCifar10();
  const cifar = classes.length === all.classNames.length ? all : fewClasses(all, classes);
  const data = run.validation > 0 ? holdOut(cifar, run.validation) : { train: cifar.train };
  const parts = {
    parameters: countParams(model).trainable,
    backend,
    trainImages: data.train.size,
    started: readRecord(run.out)?.started ?? new Date().toISOString(),
  };
  const history = await train(model, data, {
    budget: run.budget,
    seed: run.seed,
    checkpoints: run.out,
    onEpoch({ epoch, loss, accuracy, seconds, validation }, history) {
      writeRecord(run.out, recordOf(run, parts, history));
      const evaluated = validation === undefined
        ? ""
        : `, validation loss ${validation.loss.toFixed(3)}, accuracy ${
          percent(validation.accuracy)
        }`;
      console.log(
        `epoch ${epoch}: loss ${loss.toFixed(3)}, accuracy ${percent(accuracy)}${evaluated} ` +
          `(${seconds.toFixed(0)} s)`,
      );
    },
  });
  if (history.stopped) {
    writeRecord(run.out, recordOf(run, parts, history));
    console.log(`Stopped after ${history.loss.length} steps. --resume goes on from there.`);
    return 130;
  }
  await saveSafetensors(path.join(run.out, "model.safetensors"), model);
  const { test } = cifar;
  const evaluated = run.validation > 0 ? undefined : await evaluate(model, test);
  const result = evaluated &&
    { images: test.size, loss: evaluated.loss, accuracy: evaluated.accuracy };
  writeRecord(run.out, recordOf(run, parts, history, result));
  if (result) console.log(`test accuracy ${percent(result.accuracy)} of ${result.images} images`);
  console.log(`The run is in ${forCaller(run.out)}.`);
  return 0;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

main(process.argv.slice(2)).then((code) => process.exit(code), (error) => {
  console.error((error as Error).message);
  process.exit(1);
});
