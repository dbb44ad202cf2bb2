/** Rounds in which the contenders take turns. */
import assert from "node:assert/strict";
import type { Request, Workload } from "../../tools/bench/protocol.ts";
import { rotated, type Runner, runRounds } from "../../tools/bench/rounds.ts";

const workload: Workload = { model: "resnet20", batch: 4, size: 32, classes: 10 };

/** A contender whose every step takes so long, and a common list of who was asked for how many. */
function fake(name: string, ms: number, asked: string[], parameters = 1): Runner {
  return {
    name,
    measure({ steps }: Request) {
      asked.push(`${name}${steps}`);
      return Promise.resolve({ parameters, msPerStep: Array<number>(steps).fill(ms) });
    },
  };
}

Deno.test("each round starts with a different contender", () => {
  assert.deepEqual(rotated(["a", "b", "c"], 0), ["a", "b", "c"]);
  assert.deepEqual(rotated(["a", "b", "c"], 4), ["b", "c", "a"]);
  assert.deepEqual(rotated([], 1), []);
});

Deno.test("turns are equally long for all, and the first ones are not counted", async () => {
  const asked: string[] = [];
  const seen: number[] = [];
  const contenders = [fake("a", 10, asked), fake("b", 40, asked)];
  const turns = { rounds: 2, turn: 100 };
  const times = await runRounds(contenders, workload, "train", turns, (round) => seen.push(round));
  assert.deepEqual(asked, ["a3", "b3", "a10", "b3", "b3", "a10", "a10", "b3"]);
  assert.deepEqual(seen, [0, 1, 2]);
  assert.deepEqual(times, [[Array(10).fill(10), Array(10).fill(10)], [[40, 40, 40], [40, 40, 40]]]);
});

Deno.test("a step that is longer than a turn runs once", async () => {
  const asked: string[] = [];
  await runRounds([fake("a", 900, asked)], workload, "train", { rounds: 1, turn: 100 });
  assert.deepEqual(asked, ["a3", "a1", "a1"]);
});

Deno.test("networks with different numbers of parameters are not compared", async () => {
  const contenders = [fake("kit", 1, [], 269722), fake("other", 1, [], 273066)];
  await assert.rejects(
    runRounds(contenders, workload, "infer", { rounds: 1, turn: 1 }),
    /not run the same resnet20: .*kit 269722, other 273066/,
  );
});
