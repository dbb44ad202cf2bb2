/** A training as it is watched: the bar, the curves, the line in a terminal. */
import assert from "node:assert/strict";
import process from "node:process";
import { showTraining, type TrainingPlan } from "../../lib/display/mod.ts";
import { COLORS } from "../../lib/display/picture.ts";
import { trailingMeans, TrainingRecord } from "../../lib/display/training_record.ts";
import { cornersIn, svgIn, textsIn } from "./svg.ts";

const PLOTLY = "application/vnd.plotly.v1+json";
const plan: TrainingPlan = { title: "Training <net>", epochs: 2, stepsPerEpoch: 50 };

interface Shown {
  data: Record<string, unknown>;
  id: unknown;
  update: boolean;
}

/** Time that goes on only when it is told to, in milliseconds. */
interface Clock {
  now: number;
}

/** Runs `body` as if in a kernel and with its own time; gives what was shown. */
async function inNotebook(
  body: (clock: Clock) => Promise<void>,
  /** Milliseconds that a drawing takes. */
  cost = 0,
): Promise<Shown[]> {
  const shown: Shown[] = [];
  const clock = { now: 0 };
  const kernel = {
    require: () => ({
      lastWriteDisplayData: (content: Record<string, unknown>, update: boolean) => {
        clock.now += cost;
        shown.push({
          data: content["data"] as Record<string, unknown>,
          id: (content["transient"] as { display_id: unknown }).display_id,
          update,
        });
      },
    }),
  };
  Object.assign(globalThis, { __tslab__: kernel });
  try {
    await withClock(clock, body);
  } finally {
    Reflect.deleteProperty(globalThis, "__tslab__");
  }
  return shown;
}

/** What is written in a terminal, or into a file in its place. */
async function inTerminal(
  isTTY: boolean,
  body: (clock: Clock) => Promise<void>,
): Promise<string> {
  let written = "";
  const { stdout } = process;
  const before = { isTTY: stdout.isTTY, write: stdout.write, log: console.log };
  Object.defineProperty(stdout, "isTTY", { value: isTTY, configurable: true });
  stdout.write = ((text: string) => (written += text, true)) as typeof stdout.write;
  console.log = (text: string) => void (written += `${text}\n`);
  try {
    await withClock({ now: 0 }, body);
  } finally {
    Object.defineProperty(stdout, "isTTY", { value: before.isTTY, configurable: true });
    stdout.write = before.write;
    console.log = before.log;
  }
  return written;
}

async function withClock(clock: Clock, body: (clock: Clock) => Promise<void>): Promise<void> {
  Object.defineProperty(performance, "now", { value: () => clock.now, configurable: true });
  try {
    await body(clock);
  } finally {
    Reflect.deleteProperty(performance, "now");
  }
}

/** Trains, as if, 0.1 seconds for each step; the loss falls from 2 by 0.01 a step. */
async function train(clock: Clock, plan: TrainingPlan, first = 1, last = 100): Promise<void> {
  const display = showTraining(plan);
  for (let step = first; step <= last; step++) {
    clock.now += 100;
    const images = 10 * (step - first + 1);
    await display.update({ step, loss: 2 - step / 100, accuracy: step / 200, images });
    if (plan.validates && step % plan.stepsPerEpoch === 0) {
      clock.now += 5000;
      await display.validated({ step, loss: 1, accuracy: 0.5 });
    }
  }
  await display.done();
}

Deno.test("a training run has one output on the page, drawn at once and then every second", async () => {
  const shown = await inNotebook((clock) => train(clock, plan));
  assert.equal(new Set(shown.map(({ id }) => id)).size, 1);
  assert.deepEqual(shown.map(({ update }) => update), [false, ...shown.slice(1).map(() => true)]);
  assert.equal(shown.length, 11, "ten seconds of steps, and the end");
});

Deno.test("a training run is shown before its first step, which may take long", async () => {
  const shown = await inNotebook(async (clock) => {
    const display = showTraining(plan);
    await display.begin();
    clock.now += 14_000;
    await display.update({ step: 1, loss: 2, accuracy: 0.1, images: 10 });
    await display.done("stopped");
  });
  const bars = shown.map(({ data }) => String(data["text/html"]));
  assert.match(bars[0]!, /<progress value="0" max="100".*step 0 of 50</);
  assert.match(bars[1]!, /<progress value="1"/);
  assert.equal(shown.length, 3);
});

Deno.test("the bar comes first, then the curves below it, with a point for each step", async () => {
  const shown = await inNotebook((clock) => train(clock, plan));
  const first = String(shown[0]!.data["text/html"]);
  assert.match(first, /<b>Training &lt;net&gt;<\/b><br><progress value="1" max="100"/);
  assert.doesNotMatch(first, /<img/);
  const second = svgIn(shown[1]!.data["text/html"]);
  assert.deepEqual(cornersIn(second, COLORS[0]), [11, 11], "loss and accuracy, 11 steps");
});

Deno.test("the plotly figure replaces the picture once training has ended", async () => {
  const shown = await inNotebook((clock) => train(clock, plan));
  assert.ok(shown.slice(0, -1).every(({ data }) => data[PLOTLY] === undefined));
  const { data } = shown.at(-1)!;
  const figure = data[PLOTLY] as {
    data: { x: number[]; y: number[]; name: string }[];
    layout: { title: { subtitle: { text: string } } };
  };
  assert.deepEqual(figure.data.map(({ x }) => x.length), [100, 100]);
  assert.match(
    figure.layout.title.subtitle.text,
    /^epoch 2 of 2 · step 50 of 50 · .* · done after/,
  );
  svgIn(data["text/html"]);
});

Deno.test("the line contains epoch, step, loss, accuracy, speed and remaining time", () => {
  const record = new TrainingRecord(plan, 0);
  for (let step = 1; step <= 60; step++) {
    record.add({ step, loss: 2, accuracy: 0.5, images: 20 * step }, 100 * step);
  }
  assert.equal(
    record.line(),
    "epoch 2 of 2 · step 10 of 50 · loss 2.000 · accuracy 50.0 % · 200 images/s · 4.0 s left",
  );
  assert.match(record.line("stopped"), /· stopped after 6\.0 s$/);
});

Deno.test("the last step of an epoch belongs to the epoch, and a single epoch has no number", () => {
  const line = (epochs: number, step: number) => {
    const record = new TrainingRecord({ ...plan, epochs }, 0);
    record.add({ step, loss: 1, accuracy: 0, images: 1 }, 1000);
    return record.line().split(" · loss")[0];
  };
  assert.equal(line(2, 50), "epoch 1 of 2 · step 50 of 50");
  assert.equal(line(2, 51), "epoch 2 of 2 · step 1 of 50");
  assert.equal(line(1, 50), "step 50 of 50");
  assert.equal(new TrainingRecord(plan, 0).line(), "epoch 1 of 2 · step 0 of 50");
});

Deno.test("validation is announced, drawn as points, and excluded from the speed", async () => {
  const shown = await inNotebook((clock) => train(clock, { ...plan, validates: true }));
  const lines = shown.map(({ data }) => String(data["text/plain"]));
  assert.match(lines.find((line) => line.endsWith("validating"))!, /step 50 of 50 .* 100 images/);
  const after = lines.find((line) => line.includes("epoch 2"))!;
  assert.match(after, /· validation 50\.0 % · 100 images\/s · (9\.\d|10) s left$/);
  const svg = svgIn(shown.at(-1)!.data["text/html"]);
  assert.deepEqual(cornersIn(svg, COLORS[1]), [2, 2]);
  assert.ok(textsIn(svg).includes("validation"));
});

Deno.test("a resumed training run starts with its earlier curves, and measures its own speed", async () => {
  const before = {
    loss: Float32Array.from({ length: 60 }, () => 2),
    accuracy: Array.from({ length: 60 }, () => 0.25),
    validations: [{ step: 50, loss: 2, accuracy: 0.2 }],
  };
  const shown = await inNotebook((clock) => train(clock, { ...plan, before }, 61));
  const first = shown[0]!.data;
  assert.deepEqual(cornersIn(svgIn(first["text/html"]), COLORS[0]), [61, 61]);
  assert.match(
    String(first["text/plain"]),
    /epoch 2 of 2 · step 11 of 50 .* validation 20\.0 % · 100 images\/s · 3\.9 s left$/,
  );
});

Deno.test("drawing takes less than 1 % of the time: 7.5 seconds pass after a drawing of 50 ms", async () => {
  const shown = await inNotebook((clock) => train(clock, { ...plan, epochs: 4 }, 1, 200), 50);
  const steps = shown.map(({ data }) => /value="(\d+)"/.exec(String(data["text/html"]))?.[1]);
  assert.deepEqual(steps, ["1", "76", "151", "200"]);
});

Deno.test("64,000 steps and 163 validations add less than 90 kB to a notebook", async () => {
  const loss = Float64Array.from({ length: 63_999 }, (_, i) => 2 / (1 + i / 1000) + i * 0.618 % 1);
  const validations = Array.from({ length: 163 }, (_, i) => {
    return { step: 391 * (i + 1), loss: 1 + i * 0.618 % 1, accuracy: i / 200 };
  });
  const before = { loss, accuracy: loss.map((value) => 1 - value / 3), validations };
  const long = { ...plan, epochs: 164, stepsPerEpoch: 391, before };
  const shown = await inNotebook((clock) => train(clock, long, 64_000, 64_000));
  const picture = String(shown[0]!.data["text/html"]).length;
  assert.ok(picture < 30_000, `${picture} bytes for each drawing`);
  const saved = JSON.stringify(shown.at(-1)!.data, undefined, 1).length;
  assert.ok(saved < 90_000, `${saved} bytes at the end`);
});

Deno.test("a moving average uses as many preceding values as there are", () => {
  assert.deepEqual(trailingMeans([4, 2, 6, 1], 2), [4, 3, 4, 3.5]);
});

Deno.test("a terminal has one line that is rewritten, and the curves at the end", async () => {
  const written = await inTerminal(true, (clock) => train(clock, plan));
  const lines = written.split("\n");
  const drawn = lines[0]!.split("\r\x1b[K");
  assert.equal(drawn.length, 12, "nothing, ten seconds of steps, the end");
  assert.match(drawn.at(-1)!, /^Training <net>: epoch 2 .* done after 10 s$/);
  assert.match(lines[1]!, /^loss +█.*▁ +from 1\.99 to 1\.09$/);
  assert.match(lines[2]!, /^accuracy, % +▁.*█/);
  assert.equal(lines[3], "");
});

Deno.test("a log has a line every 15 seconds", async () => {
  const written = await inTerminal(false, (clock) => train(clock, { ...plan, epochs: 8 }, 1, 400));
  const lines = written.trimEnd().split("\n");
  const steps = lines.map((line) => /epoch (\d of 8 · step \d+) of 50/.exec(line)?.[1]);
  // After 0.1, 15.1 and 30.1 seconds, and the end with its two curves.
  const expected = ["1 of 8 · step 1", "4 of 8 · step 1", "7 of 8 · step 1", "8 of 8 · step 50"];
  assert.deepEqual(steps, [...expected, undefined, undefined]);
  assert.ok(!written.includes("\r"), "nothing that only a terminal understands");
});
