import assert from "node:assert/strict";
import { cifarResNet, countParams, plain20, resnet20, startBackend, tf } from "../../lib/mod.ts";

await startBackend();

Deno.test("plain20 and resnet20 with pad shortcuts both have 269,722 trainable parameters", () => {
  for (const model of [plain20(), resnet20()]) {
    assert.deepEqual(countParams(model), {
      trainable: 269_722,
      nonTrainable: 1_376,
      total: 271_098,
    });
  }
});

Deno.test("resnet20 with projections has 272,474 trainable parameters, resnet56 has 853,018", () => {
  assert.equal(countParams(resnet20({ shortcut: "projection" })).trainable, 272_474);
  assert.equal(countParams(cifarResNet({ n: 9 })).trainable, 853_018);
});

Deno.test("weights have PyTorch's paths, projections the name shortcut", () => {
  const names = resnet20({ shortcut: "projection" }).weights.map((weight) => weight.originalName);
  for (const name of ["conv1.kernel", "layer2.0.shortcut.0.kernel", "layer3.2.bn2.running_var"]) {
    assert.ok(names.includes(name), `${name} is missing among ${names.join(" ")}`);
  }
  assert.equal(new Set(names).size, names.length);
});

for (const shortcut of ["pad", "projection", "none"] as const) {
  Deno.test(`a saved and loaded network with shortcut ${shortcut} predicts the same`, async () => {
    const model = cifarResNet({ n: 1, shortcut, seed: 3 });
    let artifacts: tf.io.ModelArtifacts | undefined;
    await model.save(tf.io.withSaveHandler((saved) => {
      artifacts = saved;
      return Promise.resolve({
        modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" },
      });
    }));
    const loaded = await tf.loadLayersModel(tf.io.fromMemory(artifacts!));
    const images = tf.randomNormal([2, 32, 32, 3], 0, 1, "float32", 1);
    const difference = tf.sub(
      model.predict(images) as tf.Tensor,
      loaded.predict(images) as tf.Tensor,
    );
    assert.equal(tf.max(tf.abs(difference)).dataSync()[0], 0);
  });
}

Deno.test("the same seed gives the same weights, another seed others", () => {
  const first = (seed: number) => cifarResNet({ n: 1, seed }).weights[0]!.read().dataSync();
  assert.deepEqual(first(1), first(1));
  assert.notDeepEqual(first(1), first(2));
});

Deno.test("bad options are refused with the value that came", () => {
  assert.throws(() => cifarResNet({ n: 0 }), /got 0/);
  assert.throws(() => cifarResNet({ shortcut: "identity" as "pad" }), /not "identity"/);
  assert.throws(() => cifarResNet({ classes: 0 }), /got 0/);
});

Deno.test("summary lists every block by its name", () => {
  const lines: string[] = [];
  resnet20().summary(undefined, undefined, (line) => lines.push(String(line)));
  assert.ok(lines.some((line) => line.includes("layer3.2 (ResIdentity)")), lines.join("\n"));
});
