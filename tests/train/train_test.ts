/** `npx deno task train` as a program: a run that Ctrl-C stops and `--resume` continues, its options. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { modelByName, readSafetensors, startBackend, stateDict } from "../../lib/mod.ts";
import { parseTrainRun } from "../../tools/train/options.ts";
import type { RunRecord } from "../../lib/training/mod.ts";

await startBackend();
const folder = Deno.makeTempDirSync({ prefix: "residual-train-" });
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
const out = path.join(folder, "run");
const QUICK = [
  ...["small_resnet", "--budget", "quick", "--batch", "256", "--validation", "500", "--out", out],
];

function start(...args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "tools/train/main.ts", ...args],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function ended(child: Deno.ChildProcess): Promise<{ code: number; said: string }> {
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  return { code, said: text.decode(stdout) + text.decode(stderr) };
}

const record = () =>
  JSON.parse(fs.readFileSync(path.join(out, "record.json"), "utf8")) as RunRecord;

Deno.test("Ctrl-C stops a run after its step, and --resume takes it to its end", async () => {
  const first = start(...QUICK);
  const heard = first.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  for (let stopping = false;;) {
    const { value, done } = await heard.read();
    if (done) break;
    said += value;
    if (stopping || !said.includes("step 1 of 20")) continue;
    stopping = true;
    first.kill("SIGINT");
  }
  assert.equal((await first.status).code, 130, said);
  await first.stderr.cancel();
  assert.match(said, /Stopped after \d+ steps\. --resume goes on from there\./);
  const { steps, finished } = record();
  assert.ok(steps >= 1 && steps < 20 && !finished, `${steps}`);

  const refused = await ended(start(...QUICK));
  assert.equal(refused.code, 1);
  assert.match(
    refused.said,
    /contains a run: continue the run with --resume, or name another folder with --out/,
  );

  const resumed = await ended(start(...QUICK, "--resume"));
  assert.equal(resumed.code, 0, resumed.said);
  const last = record();
  assert.deepEqual([last.steps, last.finished], [20, true]);
  assert.equal(last.epochs.length, 1);
  assert.ok(last.epochs.every(({ validation }) => validation !== undefined));
  assert.equal(
    last.test,
    undefined,
    "a run that holds images out does not look at the test images",
  );
  assert.equal(last.parameters, 195_738);
  assert.equal(
    last.command,
    "npx deno task train small_resnet --budget quick --batch 256 --validation 500",
  );
  assert.deepEqual(last.images, { train: 49_500, validation: 500 });
  assert.equal(last.curve.loss.length, 20);
  const weights = await readSafetensors(path.join(out, "model.safetensors"));
  assert.deepEqual([...weights.keys()], [...stateDict(modelByName("small_resnet")).keys()]);
});

Deno.test("options make a budget, and a wrong one is refused by name", () => {
  const run = parseTrainRun([
    "resnet20",
    "--epochs",
    "3",
    "--batch",
    "100",
    "--rate",
    "0.2",
    "--seed",
    "7",
  ]);
  assert.equal(run.budget.steps, 1_500);
  assert.ok(Math.abs(run.budget.schedule(0.25) - 0.2) < 1e-12);
  assert.equal(run.out, path.resolve("data/runs/resnet20_seed7"));
  const leftOver = ["resnet18", "--validation", "49871", "--batch", "128", "--epochs", "2"];
  assert.equal(parseTrainRun(leftOver).budget.steps, 2, "129 images are one batch");
  assert.equal(parseTrainRun(["resnet20", "--budget", "paper"]).budget.steps, 64_000);
  const step = parseTrainRun(["resnet20", "--schedule", "step", "--rate", "0.1"]);
  assert.ok(Math.abs(step.budget.schedule(0.6) - 0.01) < 1e-12);
  const wrong: [string[], RegExp][] = [
    [[], /Expected one MODEL/],
    [["a", "b"], /Expected one MODEL/],
    [["a", "--epochs", "0"], /--epochs expects a whole number from 1, got "0"/],
    [["a", "--rate", "fast"], /--rate expects a number from 0, got "fast"/],
    [["a", "--schedule", "cosine"], /--schedule expects cycle or step, got "cosine"/],
    [["a", "--budget", "long"], /no budget "long"/],
    [["a", "--optimizer", "adam"], /Unknown option '--optimizer'\.\n\n[^]*--weight-decay W/],
  ];
  for (const [args, message] of wrong) assert.throws(() => parseTrainRun(args), message);
});

Deno.test("an unknown model is refused with those there are", async () => {
  const { code, said } = await ended(start("resnet21", "--out", path.join(folder, "none")));
  assert.equal(code, 1);
  assert.match(said, /no model "resnet21"\. The models are resnet18, .*vgg16/);
});
