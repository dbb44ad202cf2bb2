/** A learner's passed answer comes back in a later lesson; anything else gives the kit's part. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseProgress, progressText } from "../../lib/checks/progress_format.ts";
import {
  BatchNorm,
  Block,
  check,
  Conv2d,
  mine,
  NIdentityBlocks as KitStage,
  ResIdentity as KitIdentity,
  startBackend,
  tf,
} from "../../lib/mod.ts";

await startBackend();

class ResIdentity extends Block {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm;

  constructor(readonly ni: number) {
    super({ ni });
    this.conv1 = new Conv2d(ni, ni);
    this.bn1 = new BatchNorm(ni);
    this.conv2 = new Conv2d(ni, ni);
    this.bn2 = new BatchNorm(ni);
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    const F = this.bn2(this.conv2(tf.relu(this.bn1(this.conv1(x)))));
    return tf.relu(tf.add(F, x));
  }

  /** A mark by which the tests know the learner's class. */
  isOwn(): boolean {
    return true;
  }
}

class NIdentityBlocks extends Block {
  readonly blocks: ResIdentity[] = [];

  constructor(readonly ni: number, readonly repeat: number) {
    super({ ni, repeat });
    for (let i = 0; i < repeat; i++) this.blocks.push(new ResIdentity(ni));
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return this.blocks.reduce((x, block) => block(x), x);
  }
}

/** Runs a test with a progress file of its own, and returns the lines that were shown. */
async function withProgress(test: (file: string) => Promise<void>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "residual-mine-"));
  const file = join(folder, "progress.json");
  const before = process.env["RESIDUAL_PROGRESS"];
  const { log } = console;
  const lines: string[] = [];
  process.env["RESIDUAL_PROGRESS"] = file;
  console.log = (...values: unknown[]) => lines.push(values.join(" "));
  try {
    await test(file);
  } finally {
    console.log = log;
    if (before === undefined) delete process.env["RESIDUAL_PROGRESS"];
    else process.env["RESIDUAL_PROGRESS"] = before;
    rmSync(folder, { recursive: true });
  }
  return lines.join("\n");
}

/** Changes the kept code of an exercise. */
function editSource(file: string, id: string, edit: (source: string) => string): void {
  const progress = parseProgress(readFileSync(file, "utf8"))!;
  const entry = progress[id]!;
  const source = edit(entry.source!);
  writeFileSync(file, progressText({ ...progress, [id]: { ...entry, source } }));
}

Deno.test("mine returns the learner's class after its check has passed", async () => {
  const shown = await withProgress(async () => {
    await check("res_identity", ResIdentity);
    const Identity = await mine("res_identity", KitIdentity);
    assert.notEqual(Identity, KitIdentity);
    const block = new Identity(4) as KitIdentity & Partial<ResIdentity>;
    assert.equal(block.isOwn?.(), true);
    assert.deepEqual(block(tf.zeros([2, 8, 8, 4])).shape, [2, 8, 8, 4]);
  });
  assert.match(shown, /ResIdentity: your own, from lesson \d+ · identity block\.$/);
});

Deno.test("an answer that uses another answer gets the learner's own", async () => {
  await withProgress(async () => {
    await check("res_identity", ResIdentity);
    await check("n_identity_blocks", NIdentityBlocks);
    const Stage = await mine("n_identity_blocks", KitStage);
    const stage = new Stage(4, 2) as unknown as NIdentityBlocks;
    assert.deepEqual(stage.blocks.map((block) => block.isOwn()), [true, true]);
  });
});

Deno.test("an answer that tslab has compiled can use the kit's names", async () => {
  await withProgress(async (file) => {
    await check("res_identity", ResIdentity);
    editSource(
      file,
      "res_identity",
      (source) => source.replace(/\b(Block|Conv2d|BatchNorm|tf)\b(?=[ .(])/g, "residual_1.$1"),
    );
    assert.notEqual(await mine("res_identity", KitIdentity), KitIdentity);
  });
});

Deno.test("mine returns the kit's class while no check has passed", async () => {
  const shown = await withProgress(async () => {
    assert.equal(await mine("res_identity", KitIdentity), KitIdentity);
    class Empty extends ResIdentity {
      override forward(x: tf.Tensor4D): tf.Tensor4D {
        return x;
      }
    }
    await assert.rejects(check("res_identity", Empty));
    assert.equal(await mine("res_identity", KitIdentity), KitIdentity);
  });
  assert.match(
    shown,
    /ResIdentity: the kit's\. No answer of yours to res_identity \(lesson \d+ · /,
  );
});

Deno.test("an answer that no longer passes is replaced by the kit's, and the reason is shown", async () => {
  const shown = await withProgress(async (file) => {
    await check("res_identity", ResIdentity);
    editSource(file, "res_identity", (source) => source.replace(/tf\.add\(F, x\)/, "F"));
    assert.equal(await mine("res_identity", KitIdentity), KitIdentity);
  });
  assert.match(
    shown,
    /Your answer to res_identity does not pass here: .*Run its cell and its check/,
  );
});

Deno.test("code that cannot be read falls back to the kit's, with the reason", async () => {
  const shown = await withProgress(async (file) => {
    await check("res_identity", ResIdentity);
    editSource(file, "res_identity", (source) => source.slice(0, -1));
    assert.equal(await mine("res_identity", KitIdentity), KitIdentity);
  });
  assert.match(shown, /Your answer to res_identity cannot be read: .*Run its cell and its check/);
});

Deno.test("a later attempt that fails does not replace the passed answer", async () => {
  await withProgress(async () => {
    await check("res_identity", ResIdentity);
    await assert.rejects(check(
      "res_identity",
      class Nothing extends Block {
        forward(x: tf.Tensor4D): tf.Tensor4D {
          return x;
        }
      },
    ));
    assert.notEqual(await mine("res_identity", KitIdentity), KitIdentity);
  });
});
