/** The kit's own runs are found from any folder below it, and a damaged one is named. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import {
  loadTrained,
  resnet20,
  saveSafetensors,
  startBackend,
  tf,
  trainedRun,
} from "../../lib/mod.ts";

await startBackend();

const RECORD = {
  model: "resnet20",
  epochs: [],
  curve: { step: [1], loss: [2.3], accuracy: [0.1] },
};

/** Runs `body` in a notebook's folder of a kit that ships these files of one run. */
async function inKit(
  files: Record<string, string>,
  body: (run: string) => void | Promise<void>,
): Promise<void> {
  const before = Deno.cwd();
  const kit = fs.realpathSync(Deno.makeTempDirSync({ prefix: "residual-kit-" }));
  const run = path.join(kit, "data", "trained", "resnet20");
  const notebooks = path.join(kit, "notebooks");
  try {
    for (const folder of [run, notebooks]) fs.mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(run, name), text);
    Deno.chdir(notebooks);
    await body(run);
  } finally {
    Deno.chdir(before);
    fs.rmSync(kit, { recursive: true });
  }
}

Deno.test("a shipped run is found by its exact name", async () => {
  await inKit({ "record.json": JSON.stringify(RECORD) }, () => {
    assert.deepEqual(trainedRun("resnet20"), RECORD);
    for (const name of ["resnet56", "", "../trained/resnet20"]) {
      assert.throws(() => trainedRun(name), /The kit ships no run/);
    }
  });
});

for (const text of ["{ half", "null", "[]", '{"model": "resnet20", "epochs": []}']) {
  Deno.test(`a record that holds ${text} is named, with what to do`, async () => {
    await inKit({ "record.json": text }, () => {
      assert.throws(
        () => trainedRun("resnet20"),
        /resnet20\/record\.json is not the record of a training run: expected JSON .* got .* Restore the file from a copy, or remove it\.$/,
      );
    });
  });
}

Deno.test("a trained network has the weights of its training run", async () => {
  await inKit({ "record.json": JSON.stringify(RECORD) }, async (run) => {
    const before = tf.memory().numTensors;
    const model = resnet20({ seed: 5 });
    await saveSafetensors(path.join(run, "model.safetensors"), model);
    const loaded = loadTrained("resnet20");
    const digest = ({ weights }: tf.LayersModel) =>
      weights.map((weight) => {
        const values = new Uint8Array(weight.read().dataSync().slice().buffer);
        return createHash("sha256").update(values).digest("hex");
      });
    assert.deepEqual(digest(loaded), digest(model));
    for (const weight of [...model.weights, ...loaded.weights]) weight.dispose();
    assert.equal(tf.memory().numTensors, before);
  });
});

Deno.test("an unknown run is refused with the list of shipped runs, and a missing record is named", async () => {
  await inKit({}, () => {
    assert.throws(
      () => loadTrained("plain20"),
      /no run "plain20"\. The shipped runs are resnet20\.$/,
    );
    assert.throws(
      () => loadTrained("resnet20"),
      /resnet20\/record\.json is missing\. Restore it: git checkout/,
    );
  });
});

Deno.test("outside a checkout the error says that there are no runs", () => {
  const before = Deno.cwd();
  const folder = fs.realpathSync(Deno.makeTempDirSync());
  try {
    Deno.chdir(folder);
    assert.throws(
      () => trainedRun("resnet20"),
      /no data\/trained in .* run this in the kit's folder/,
    );
  } finally {
    Deno.chdir(before);
    fs.rmSync(folder, { recursive: true });
  }
});
