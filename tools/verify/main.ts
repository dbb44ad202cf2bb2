/**
 * `npx deno task verify-results`: evaluates every network that the kit ships on the test images of its
 * classes, and fails where one does not reach what its record says.
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import {
  countParams,
  evaluate,
  fewClasses,
  loadCifar10,
  loadTrained,
  startBackend,
  trainedRun,
} from "../../lib/mod.ts";
import { TRAINED_FOLDER, trainedRuns } from "../../lib/training/run_record.ts";

/** Images that may fall on the other side: another machine rounds otherwise. */
const FEW = 3;

async function main(): Promise<number> {
  process.chdir(fileURLToPath(new URL("../..", import.meta.url)));
  const names = trainedRuns(".");
  if (names.length === 0) {
    throw new Error(`There is no training run in ${TRAINED_FOLDER} to verify.`);
  }
  await startBackend();
  const cifar = loadCifar10();
  let wrong = 0;
  for (const name of names) {
    const record = trainedRun(name);
    const model = loadTrained(name);
    const { test } = record.classes === undefined ? cifar : fewClasses(cifar, record.classes);
    const { accuracy } = await evaluate(model, test);
    const said = record.test;
    const good = said !== undefined && record.finished &&
      record.parameters === countParams(model).trainable &&
      Math.abs(said.accuracy - accuracy) * test.size <= FEW;
    if (!good) wrong++;
    console.log(
      `${good ? "✓" : "✗"} ${name}: ${
        percent(accuracy)
      } of ${test.size} test images; its record says ` +
        (said === undefined ? "nothing of them" : percent(said.accuracy)),
    );
    model.dispose();
  }
  if (wrong > 0) {
    console.error(
      `${wrong} of ${names.length} differ from their records: expected the same to ${FEW} images. ` +
        "Bring data/trained back from where the kit came from.",
    );
  }
  return wrong === 0 ? 0 : 1;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

main().then((code) => process.exit(code), (error) => {
  console.error((error as Error).message);
  process.exit(1);
});
