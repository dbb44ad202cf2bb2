/** Checkpoints: killed, damaged, stopped and resumed runs, and divergence. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import {
  budget,
  Cifar10Split,
  cifarResNet,
  type History,
  loadCifar10,
  startBackend,
  stateDict,
  tf,
  train,
} from "../../lib/mod.ts";

await startBackend();
const PROGRAM = path.join(import.meta.dirname ?? "", "run_to_kill.ts");
const root = Deno.makeTempDirSync({ prefix: "residual-checkpoints-" });
globalThis.addEventListener("unload", () => Deno.removeSync(root, { recursive: true }));
const cifar = loadCifar10();
const batchSize = 16;
/** Four steps are an epoch. */
const data = {
  train: cifar.train.slice(0, 4 * batchSize),
  validation: cifar.train.slice(100, 140),
};
const short = { ...budget("quick"), batchSize, steps: 12 };
const small = () => cifarResNet({ n: 1, seed: 1 });

/** The checkpoints in a folder, the newest last. */
const files = (folder: string) => fs.readdirSync(folder).sort();

function start(folder: string, steps: number, batchesInEpoch: number) {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", PROGRAM, folder, String(steps), String(batchesInEpoch)],
    stdout: "piped",
    stderr: "null",
  }).spawn();
}

async function result(child: Deno.ChildProcess): Promise<{ history: History; weights: number[] }> {
  const { stdout } = await child.output();
  const line = new TextDecoder().decode(stdout).split("\n").find((text) =>
    text.startsWith("RESULT ")
  );
  assert.ok(line, "the run printed no result");
  return JSON.parse(line.slice("RESULT ".length));
}

Deno.test("a run that was killed three times ends like an uninterrupted run", async () => {
  const [steps, inEpoch] = [40, 5];
  const alone = await result(start(path.join(root, "alone"), steps, inEpoch));
  const folder = path.join(root, "killed");
  for (const until of [1, 3, 5]) {
    const child = start(folder, steps, inEpoch);
    const passed = () =>
      fs.existsSync(folder) &&
      files(folder).some((name) => Number(/\d+/.exec(name)?.[0]) >= until * inEpoch);
    while (!passed()) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill("SIGKILL");
    await child.output();
  }
  const resumed = await result(start(folder, steps, inEpoch));
  assert.equal(resumed.history.loss.length, steps);
  assert.equal(resumed.history.images, alone.history.images);
  assert.equal(resumed.history.epochs.length, alone.history.epochs.length);
  for (const [i, loss] of alone.history.loss.entries()) {
    assert.ok(
      Math.abs(resumed.history.loss[i]! - loss) < 1e-3,
      `the loss of step ${i + 1} differs`,
    );
  }
  for (const [i, weight] of alone.weights.entries()) {
    assert.ok(Math.abs(resumed.weights[i]! - weight) < 1e-3, `weight ${i} differs`);
  }
});

Deno.test("the newest two checkpoints are kept, and a finished run is not repeated", async () => {
  const folder = path.join(root, "finished");
  const model = small();
  const seen: number[] = [];
  const options = { budget: short, checkpoints: folder };
  const history = await train(model, data, {
    ...options,
    onEpoch: ({ epoch }) => void seen.push(epoch),
  });
  assert.deepEqual(files(folder), ["step_00000008.safetensors", "step_00000012.safetensors"]);
  assert.deepEqual(seen, [1, 2, 3]);
  assert.equal(history.epochs.length, 3);
  assert.ok(history.epochs.every(({ validation }) => validation !== undefined));
  const again = small();
  const told = await train(again, data, options);
  assert.deepEqual(told.loss.map(Math.fround), history.loss.map(Math.fround));
  assert.deepEqual(told.epochs, history.epochs);
  assert.deepEqual(stateDict(again), stateDict(model));
});

Deno.test("a damaged checkpoint is named, and training resumes from the one before", async () => {
  const folder = path.join(root, "damaged");
  await train(small(), data, { budget: short, checkpoints: folder });
  const newest = path.join(folder, files(folder).at(-1)!);
  const bytes = fs.readFileSync(newest);
  for (const damage of [bytes.subarray(0, 5_000), flipped(bytes)]) {
    fs.writeFileSync(newest, damage);
    const history = await train(small(), data, { budget: short, checkpoints: folder });
    assert.equal(history.loss.length, 12);
    assert.equal(history.epochs.length, 3, "it went on after the second epoch");
  }
  for (const name of files(folder)) fs.writeFileSync(path.join(folder, name), "nothing");
  await assert.rejects(
    train(small(), data, { budget: short, checkpoints: folder }),
    /No checkpoint in .* can be used: .*step_00000012.*step_00000008.*Remove the folder/,
  );
});

function flipped(bytes: Uint8Array): Uint8Array {
  const other = Uint8Array.from(bytes);
  other[other.length - 100]! ^= 64;
  return other;
}

Deno.test("a checkpoint of another training run is refused with the differences", async () => {
  const folder = path.join(root, "other");
  await train(small(), data, { budget: { ...short, steps: 4 }, checkpoints: folder });
  await assert.rejects(
    train(small(), data, { budget: short, seed: 9, checkpoints: folder }),
    /another training: seed is 0 there and 9 here; steps is 4 there and 12 here/,
  );
});

Deno.test("Stop saves a checkpoint in the middle of an epoch, and the run resumes from it", async () => {
  const folder = path.join(root, "stopped");
  const marks = globalThis as unknown as Record<symbol, boolean>;
  const options = { budget: short, checkpoints: folder };
  const model = small();
  const before = stateDict(model);
  marks[Symbol.for("residual.stop")] = true;
  assert.equal((await train(model, data, options)).loss.length, 0, "it does not begin");
  marks[Symbol.for("residual.stop")] = false;
  const stopped = await train(model, data, {
    ...options,
    onEpoch: () => {
      setTimeout(() => marks[Symbol.for("residual.stop")] = true);
    },
  });
  marks[Symbol.for("residual.stop")] = false;
  assert.equal(stopped.stopped, true);
  assert.ok(stopped.loss.length >= 4 && stopped.loss.length < 12);
  assert.notDeepEqual(stateDict(model), before);
  const whole = await train(small(), data, { budget: short });
  const resumed = await train(small(), data, options);
  assert.equal(resumed.stopped, false);
  for (const [i, loss] of whole.loss.entries()) {
    assert.ok(Math.abs(resumed.loss[i]! - loss) < 1e-3, `the loss of step ${i + 1} differs`);
  }
});

Deno.test("Stop while an epoch is evaluated leaves the epoch without a result, and the next one keeps its number", async () => {
  const marks = globalThis as unknown as Record<symbol, boolean>;
  let looks = 0;
  /** Presses Stop when it is looked at for the first time. */
  class Pressing extends Cifar10Split {
    override image(index: number): Uint8Array {
      if (looks++ === 0) marks[Symbol.for("residual.stop")] = true;
      return super.image(index);
    }
  }
  const { images, labels } = cifar.train.slice(0, 600);
  const evaluated = { train: data.train, validation: new Pressing(images, labels) };
  const options = { budget: short, checkpoints: path.join(root, "evaluated") };
  const stopped = await train(small(), evaluated, options);
  marks[Symbol.for("residual.stop")] = false;
  assert.equal(stopped.stopped, true);
  assert.ok(looks < 600, `${looks} images were evaluated`);
  const resumed = await train(small(), evaluated, options);
  assert.deepEqual(
    resumed.epochs.map(({ epoch, validation }) => [epoch, validation !== undefined]),
    [[1, false], [2, true], [3, true]],
  );
});

Deno.test("training continues if a checkpoint cannot be written", async () => {
  const file = path.join(root, "a file");
  fs.writeFileSync(file, "");
  const history = await train(small(), data, { budget: { ...short, steps: 4 }, checkpoints: file });
  assert.equal(history.loss.length, 4);
});

Deno.test("a run that diverges fails with a reason, restores the last good weights and leaks no tensors", async () => {
  const model = small();
  const before = tf.memory().numTensors;
  const mad = { ...short, steps: 60, schedule: (done: number) => done < 0.5 ? 0.01 : 1e30 };
  await assert.rejects(
    train(model, data, { budget: mad }),
    /diverged: the loss of step 3\d is \w+, at a learning rate of 1\.00e\+30.*weights it had before step 21 again/,
  );
  for (const [name, { data }] of stateDict(model)) assert.ok(data.every(Number.isFinite), name);
  assert.equal(tf.memory().numTensors, before);
});
