/** Trains a small network with checkpoints, for checkpoints_test.ts: FOLDER, steps, and how long an epoch is. */
import { budget, cifarResNet, loadCifar10, startBackend, stateDict, train } from "../../lib/mod.ts";

await startBackend();
const [folder, steps, batchesInEpoch] = [Deno.args[0]!, Number(Deno.args[1]), Number(Deno.args[2])];
const cifar = loadCifar10();
const batchSize = 16;
const model = cifarResNet({ n: 1, seed: 1 });
const history = await train(model, { train: cifar.train.slice(0, batchesInEpoch * batchSize) }, {
  budget: { ...budget("quick"), steps, batchSize },
  seed: 3,
  checkpoints: folder,
});
const weights = [...stateDict(model).values()].flatMap(({ data }) => [...data]);
console.log(`RESULT ${JSON.stringify({ history, weights })}`);
Deno.exit(0);
