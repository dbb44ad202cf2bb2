/** Tests that an answer earns no points if it only replays correct results from other seeds. */
import assert from "node:assert/strict";
import { pointsOf } from "../../lib/checks/exercise.ts";
import { EXERCISES } from "../../lib/checks/exercises/mod.ts";
import { compare } from "../../lib/checks/compare.ts";
import { observe } from "../../lib/checks/observe.ts";
import { startBackend } from "../../lib/mod.ts";
import type { Answers } from "./answers/answers.ts";
import { LoopRecording, passOn, PassOnBlock, Recording } from "./recorded_answers.ts";

/** Seeds that a learner may have tried, and secret seeds like the grader's. */
const [TRIED, SECRET] = [[1, 2, 3], [987_654_321, 123_456_789]];

/** Rows that an answer earns by returning its input, with the reason why this is correct. */
const PASSED_ON: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  crop: { "crop(image, 4, 4)": "the central window is the image itself" },
  augment: {
    "how many values": "an image has the same number of values",
    "12 results, pixel by pixel": "the central window is the image itself",
    "the image that you were given": "the image is not modified",
  },
  output_size: {
    "32 pixels, filter 3, stride 1, padding 1": "this convolution keeps the size of any image",
  },
  res_identity: { "output shape": "an identity block keeps the shape" },
  n_identity_blocks: { "output shape": "identity blocks keep the shape" },
};

await startBackend();

for (const exercise of EXERCISES.values()) {
  const earnedRows = async (answer: unknown, seed: number) => {
    const { rows } = compare(exercise, await observe(exercise, answer, seed));
    return rows.filter(({ points }) => points > 0).map(({ what }) => what);
  };

  Deno.test(`${exercise.id} gives no points to recorded answers`, async () => {
    const { answers } = await import(`./answers/${exercise.id}.ts`) as { answers: Answers };
    const [right] = Object.values(answers.right);
    const recording = exercise.id === "train_loop" ? new LoopRecording() : new Recording();
    for (const seed of TRIED) {
      const { points } = compare(
        exercise,
        await observe(exercise, recording.recorded(right), seed),
      );
      assert.equal(points, pointsOf(exercise), "recording changed the behavior of the answer");
    }
    const [replay, constant] = [recording.replay(), recording.constant()];
    for (const seed of SECRET) {
      assert.deepEqual(await earnedRows(replay, seed), [], `a replay, seed ${seed}`);
      assert.deepEqual(await earnedRows(constant, seed), [], `a constant, seed ${seed}`);
    }
  });

  Deno.test(`${exercise.id} gives points for returning the input only if this is correct`, async () => {
    const earned = new Set<string>();
    for (const answer of [passOn, PassOnBlock]) {
      for (const seed of SECRET) {
        for (const what of await earnedRows(answer, seed)) earned.add(what);
      }
    }
    assert.deepEqual([...earned], Object.keys(PASSED_ON[exercise.id] ?? {}));
  });
}

Deno.test("pixel_index gives no points to an answer that counts its calls", async () => {
  let calls = 0;
  const exercise = EXERCISES.get("pixel_index")!;
  const { points } = compare(exercise, await observe(exercise, () => calls++ % 3072, 1));
  assert.equal(points, 0);
});
