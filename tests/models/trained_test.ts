/** The networks that the kit ships: what PyTorch makes of them, the kit does too, and their records hold. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { loadCifar10, loadTrained, startBackend, tf, trainedRun } from "../../lib/mod.ts";
import { trainedRuns } from "../../lib/training/run_record.ts";
import { normalized } from "../../lib/data/batches.ts";

interface Recorded {
  readonly predictions: readonly number[];
  /** Of the first image. */
  readonly logits: readonly number[];
}

const recorded = JSON.parse(
  fs.readFileSync(new URL("trained.json", import.meta.url), "utf8"),
) as Record<string, Recorded>;

const shipped = trainedRuns(".");

await startBackend();

Deno.test("PyTorch has read every shipped network", () => {
  assert.ok(shipped.length > 0);
  assert.deepEqual(Object.keys(recorded).sort(), shipped);
});

for (const name of shipped) {
  Deno.test(`${name} predicts what PyTorch predicts with the same file, for 100 images`, () => {
    const { predictions, logits } = recorded[name]!;
    const model = loadTrained(name);
    const images = normalized(loadCifar10().test, predictions.map((_, i) => i));
    const got = model.predict(images) as tf.Tensor2D;
    const classes = got.argMax(1);
    assert.deepEqual([...classes.dataSync()], predictions);
    const first = [...got.dataSync().slice(0, logits.length)];
    logits.forEach((value, i) => assert.ok(Math.abs(value - first[i]!) < 1e-3, `logit ${i}`));
    tf.dispose([images, got, classes]);
    model.dispose();
  });
}

Deno.test("every shipped network reaches the test accuracy of its record", async () => {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "tools/verify/main.ts"],
  }).output();
  const said = new TextDecoder().decode(stdout);
  assert.ok(success, said + new TextDecoder().decode(stderr));
  for (const name of shipped) {
    const images = 1000 * (trainedRun(name).classes?.length ?? 10);
    assert.match(said, new RegExp(`✓ ${name}: \\d+\\.\\d\\d % of ${images} test images`));
  }
});

Deno.test("an unknown network and a damaged file are named", () => {
  assert.throws(() => loadTrained("resnet999"), /The kit ships no run "resnet999"/);
  assert.throws(() => trainedRun("../secrets"), /The kit ships no run "\.\.\/secrets"/);
});
