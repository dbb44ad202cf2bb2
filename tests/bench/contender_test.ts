/**
 * The benchmark's contenders as processes of their own: what they answer, and how they are ended.
 */
import assert from "node:assert/strict";
import path from "node:path";
import { Contender, type ContenderSpec } from "../../tools/bench/contender.ts";
import { kit } from "../../tools/bench/contenders.ts";
import { measure } from "../../tools/bench/main.ts";
import type { Request, Workload } from "../../tools/bench/protocol.ts";
import type { Measurement } from "../../tools/bench/report.ts";
import { Site } from "../../tools/setup/paths.ts";
import { isAlive } from "../../tools/setup/work.mjs";

const FOLDER = import.meta.dirname ?? "";
const TINY: Workload = { model: "resnet20", batch: 2, size: 32, classes: 10 };
const SHORT = { models: ["resnet20"], modes: ["train"], rounds: 5 } as const;

/** Fake contenders, and where their processes' numbers will be. */
class Fakes implements Disposable {
  readonly #folder = Deno.makeTempDirSync({ prefix: "residual-bench-" });

  spec(name: string, behavior: string): ContenderSpec {
    const program = path.join(FOLDER, "fake_contender.ts");
    const args = ["run", "-A", "--no-check", program, path.join(this.#folder, name), behavior];
    return { name, command: Deno.execPath(), args, env: {} };
  }

  pid(name: string): number {
    return Number(Deno.readTextFileSync(path.join(this.#folder, name)));
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.#folder, { recursive: true });
  }
}

Deno.test("the kit's contender reports its parameters and a time for each step", async () => {
  await using contender = await Contender.start(kit());
  assert.match(contender.hello.version, /^TensorFlow\.js \d/);
  assert.match(contender.hello.backend, /^(native|webgpu|wasm|cpu)$/);
  for (const mode of ["train", "infer"] as const) {
    const { parameters, msPerStep } = await contender.measure({ ...TINY, mode, steps: 1 });
    assert.equal(parameters, 269_722);
    assert.equal(msPerStep.length, 1);
  }
});

Deno.test("the kit's contender works without native kernels, and ends with its input", async () => {
  const { command, args, env } = kit("plain", "all");
  const child = new Deno.Command(command, {
    args: [...args],
    env,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const input = child.stdin.getWriter();
  const request: Request = { ...TINY, mode: "train", steps: 2 };
  await input.write(new TextEncoder().encode(`${JSON.stringify(request)}\n`));
  await input.close();
  const { code, stdout } = await child.output();
  assert.equal(code, 0);
  const [hello, answer, ...rest] = new TextDecoder().decode(stdout).trim().split("\n");
  assert.match(hello ?? "", /"backend":/);
  assert.match(answer ?? "", /^\{"parameters":269722,"msPerStep":\[[\d.]+,[\d.]+\]\}$/);
  assert.deepEqual(rest, []);
});

Deno.test("the Python contenders' loop speaks the same protocol", async () => {
  const program = `
import sys, time
sys.path.insert(0, ${JSON.stringify(path.join(FOLDER, "../../tools/bench"))})
from serve import serve
def make(model, batch, size, classes):
    return batch + size + classes, lambda: time.sleep(0.02), lambda: time.sleep(0.001)
serve("Python", "none", make)`;
  const { python } = new Site();
  const spec = { name: "python", command: python, args: ["-c", program], env: {} };
  await using contender = await Contender.start(spec);
  assert.deepEqual(contender.hello, { version: "Python", backend: "none" });
  const training = await contender.measure({ ...TINY, mode: "train", steps: 2 });
  assert.equal(training.parameters, 44);
  assert.ok(Math.min(...training.msPerStep) >= 20, "training is timed");
  const inference = await contender.measure({ ...TINY, size: 64, mode: "infer", steps: 3 });
  assert.equal(inference.parameters, 76);
  assert.equal(inference.msPerStep.length, 3);
});

Deno.test("a whole run reports each contender and leaves no process behind", async () => {
  using fakes = new Fakes();
  const measurements: Measurement[] = [];
  const specs = [fakes.spec("kit", "good"), fakes.spec("other", "good")];
  await measure(specs, SHORT, (measurement) => measurements.push(measurement), 4);
  assert.deepEqual(
    measurements.map(({ contender, ratio, msPerImage }) => [contender, ratio, msPerImage]),
    [["kit", 1, 2 / 128], ["other", 1, 2 / 128]],
  );
  for (const { name } of specs) assert.ok(!isAlive(fakes.pid(name)), name);
});

const FAILURES: [behavior: string, message: RegExp][] = [
  ["dies", /"bad" was to measure 3 steps of resnet20, train: ended with status 3.*no memory left/],
  ["rubbish", /"bad" was to measure 3 steps.*expected \{"parameters": N.*got step 1 of 3/],
  ["no hello", /"bad" was to say hello: expected \{"version".*got Welcome!/],
  ["other network", /not run the same resnet20.*kit 7, bad 8/],
];

for (const [behavior, message] of FAILURES) {
  Deno.test(`a contender that fails (${behavior}) is named, and all contenders are ended`, async () => {
    using fakes = new Fakes();
    const specs = [fakes.spec("kit", "good"), fakes.spec("bad", behavior)];
    await assert.rejects(measure(specs, SHORT, () => {}), message);
    for (const { name } of specs) assert.ok(!isAlive(fakes.pid(name)), name);
  });
}

Deno.test("a contender that cannot start is named, and the others are ended", async () => {
  using fakes = new Fakes();
  const specs = [
    fakes.spec("kit", "good"),
    { name: "bad", command: "/no/such/python", args: [], env: {} },
  ];
  await assert.rejects(
    measure(specs, SHORT, () => {}),
    /"bad" was to say hello: could not be started: .*(ENOENT|No such file)/,
  );
  assert.ok(!isAlive(fakes.pid("kit")));
});
