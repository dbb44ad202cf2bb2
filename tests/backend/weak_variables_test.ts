/** Models that a program has dropped give their memory back. */
import assert from "node:assert/strict";
import { Site } from "../../tools/setup/paths.ts";
import { setUp } from "../../tools/setup/steps.ts";

const site = new Site();
const { failures } = await setUp({ only: ["library"] });
assert.deepEqual([...failures.values()], []);

/** Runs in a program of its own, which may collect garbage when it wants to, and prints the report. */
const PROGRAM = `
await startBackend();
const seen = {};
const pause = () => new Promise((resolve) => setTimeout(resolve, 10));
/** Collects garbage until this holds, and says whether it did. */
async function until(holds) {
  for (let i = 0; i < 300 && !holds(); i++) {
    globalThis.gc();
    await pause();
  }
  return holds();
}
const tensors = () => tf.memory().numTensors;
const zeros = tf.zeros([1, 8, 8, 3]);
const make = () => cifarResNet({ n: 1, inputShape: [8, 8, 3] });
// A dropped model. The last one that was used stays in a cache of TensorFlow.js.
const kept = make();
const expected = tensors();
{
  const before = tensors();
  for (let i = 0; i < 3; i++) tf.tidy(() => { make().predict(zeros); });
  kept.predict(zeros).dispose();
  seen.made = tensors() - before > 0;
  seen.dropped = await until(() => tensors() === expected);
  seen.bytes = tf.memory().numBytes;
}

// A model that is still there computes and trains as before, and so do all variables by default.
kept.predict(zeros).dispose();
const grads = tf.variableGrads(() => tf.sum(kept.apply(zeros, { training: true })));
seen.grads = Object.keys(grads.grads).length === kept.trainableWeights.length;
tf.dispose(grads);

// A weight that outlives its model, and a copy of another one.
const [weight, copy] = (() => {
  const [first, second] = make().getWeights();
  return [first, second.clone()];
})();
kept.predict(zeros).dispose();
const values = copy.dataSync()[0];
seen.outlived = await until(() => tensors() === expected + 2);
seen.weight = Number.isFinite(weight.dataSync()[0]) && weight.dataSync().length === 432;
seen.copy = copy.dataSync()[0] === values;
tf.dispose([weight, copy]);
seen.disposed = tensors() === expected;

// A disposed model is not freed twice, which would take the memory of a copy.
const shared = (() => {
  const model = make();
  const copied = model.getWeights()[0].clone();
  model.dispose();
  return copied;
})();
kept.predict(zeros).dispose();
for (let i = 0; i < 10; i++) {
  globalThis.gc();
  await pause();
}
seen.shared = shared.dataSync().length === 432 && tensors() === expected + 1;
console.log("SEEN " + JSON.stringify(seen));
`;

async function run(command: string, args: string[]): Promise<Record<string, unknown>> {
  const { stdout, stderr } = await new Deno.Command(command, { args, cwd: site.checkout }).output();
  const text = new TextDecoder();
  const line = text.decode(stdout).split("\n").find((line) => line.startsWith("SEEN "));
  assert.ok(line, text.decode(stdout) + text.decode(stderr));
  return JSON.parse(line.slice("SEEN ".length));
}

const NAMES = "cifarResNet, startBackend, tf";
const ON: Record<string, () => Promise<Record<string, unknown>>> = {
  Deno: () =>
    run(Deno.execPath(), [
      "eval",
      "--v8-flags=--expose-gc",
      `import { ${NAMES} } from "residual"; ${PROGRAM}`,
    ]),
  "Node.js": () =>
    run("node", [
      "--expose-gc",
      "--eval",
      `const { ${NAMES} } = require("residual"); (async () => { ${PROGRAM} })();`,
    ]),
};

for (const [name, look] of Object.entries(ON)) {
  Deno.test(`the memory of unreachable models is freed in ${name}, and other models keep theirs`, async () => {
    const { bytes, ...seen } = await look();
    assert.ok(Number(bytes) > 0);
    assert.deepEqual(Object.entries(seen).filter(([, holds]) => holds !== true), []);
  });
}
