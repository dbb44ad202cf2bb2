/** Tests the worker process: every request ends, and the next request is answered. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "../../tools/grade/worker/worker.ts";
import { COURSE } from "./students.ts";

async function withWorker(body: (worker: Worker) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "residual-worker-test-"));
  const worker = new Worker(COURSE, { seconds: 60, mebibytes: 700 }, folder);
  try {
    await body(worker);
  } finally {
    worker.close();
    rmSync(folder, { recursive: true });
  }
}

const bytes = (text: string) => new TextEncoder().encode(text);

async function answersStill(worker: Worker): Promise<void> {
  const { pieces } = await worker.request("analyze", { code: "const x: number = 3;" });
  assert.deepEqual(pieces.map(({ declares }) => declares), [["x"]]);
}

Deno.test("a request that never ends times out, and the next request is answered", async () => {
  await withWorker(async (worker) => {
    await answersStill(worker);
    const code = `const slow = ${"async (a = ".repeat(40)}1${")".repeat(40)};`;
    await assert.rejects(
      () => worker.request("analyze", { code }, undefined, 2),
      /^WorkerError: timed out after 2 s of computing$/,
    );
    assert.ok(worker.seconds > 1.5, String(worker.seconds));
    await answersStill(worker);
  });
});

Deno.test("a request that uses too much memory fails, and the next request is answered", async () => {
  await withWorker(async (worker) => {
    await answersStill(worker);
    const file = "ann/01_numbers.ipynb";
    await assert.rejects(
      () => worker.request("identify", { file }, bytes("[".repeat(60e6))),
      /^WorkerError: the process (?:used more than 700 MiB|ran out) of memory$/,
    );
    await answersStill(worker);
  });
});

Deno.test("the lesson comes from the metadata, or else from the file name", async () => {
  await withWorker(async (worker) => {
    const lessonOf = async (file: string, content: string) =>
      (await worker.request("identify", { file }, bytes(content))).lesson;
    const named = JSON.stringify({
      cells: [],
      metadata: { residual: { lesson: "05_identity_block" } },
    });
    assert.equal(await lessonOf("ann/homework.ipynb", named), "05_identity_block");
    assert.equal(await lessonOf("ann/01_numbers (1).ipynb", named), "05_identity_block");
    assert.equal(await lessonOf("ann/01_numbers (1).ipynb", "not JSON"), "01_numbers");
    assert.equal(await lessonOf("ann/homework.ipynb", "{}"), undefined);
    const long = JSON.stringify({ cells: [], metadata: { residual: { lesson: "x".repeat(1e6) } } });
    assert.equal(await lessonOf("ann/01_numbers.ipynb", long), "01_numbers");
  });
});

Deno.test("the worker receives all bytes of a notebook of any size", async () => {
  await withWorker(async (worker) => {
    for (const size of [0, 1, 65_535, 65_536, 5_000_000]) {
      const source = "/".repeat(size);
      const cells = [{
        cell_type: "code",
        id: "own",
        metadata: {},
        source: [source, "\n", "é\u2028"],
      }];
      const { notices } = await worker.request(
        "read",
        { lesson: "01_numbers" },
        bytes(JSON.stringify({ cells })),
      );
      const isLong = notices.some((notice) => notice.includes(`has ${size + 3} characters`));
      assert.equal(isLong, size > 50_000, JSON.stringify(notices));
    }
  });
});

Deno.test("a closed worker starts no process", async () => {
  await withWorker(async (worker) => {
    await answersStill(worker);
    worker.close();
    await assert.rejects(() => answersStill(worker), /^Error: The grading was stopped\.$/);
  });
});
