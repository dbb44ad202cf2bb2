/**
 * `npx deno task bench`: how long the kit takes for an image, in training and in inference, next to
 * PyTorch, Keras, or itself without its native kernels.
 *
 * A machine that others use too is faster in one second than in the next. So the contenders have turns of
 * a second or two, one after the other, the order rotating, in several rounds; they are compared within
 * each round, and the median of the rounds counts.
 */
import fs from "node:fs";
import process from "node:process";
import { messageOf } from "../setup/errors.mjs";
import { Site } from "../setup/paths.ts";
import { StepLine } from "../setup/progress.mjs";
import { setUp } from "../setup/steps.ts";
import { Contender, type ContenderSpec } from "./contender.ts";
import { kit, kitsWithoutKernels, peer } from "./contenders.ts";
import { figuresOf } from "./figures.ts";
import { type BenchOptions, parseOptions, USAGE } from "./options.ts";
import { watchOthers } from "./others.ts";
import { type PeerName, PEERS } from "./peers.ts";
import { WORKLOADS } from "./protocol.ts";
import { jsonLine, type Measurement, notesOn, tableOf } from "./report.ts";
import { runRounds } from "./rounds.ts";

/** Progress goes to standard error: standard output is the report's alone. */
const PROGRESS = process.stderr;

/** Installs what the peers need where it is not there yet. */
async function install(site: Site, names: readonly PeerName[]): Promise<void> {
  const parts = names.map((name) => PEERS[name]);
  const { failures } = await setUp({
    site,
    only: parts.map(({ id }) => id),
    also: parts.map((part) => ({ part, needs: [], optional: false })),
    output: PROGRESS,
  });
  if (failures.size > 0) throw new Error("Some packages could not be installed (see above).");
}

/**
 * Starts the contenders, the kit first, lets them have turns of so many milliseconds, and ends them,
 * whatever happens.
 */
export async function measure(
  specs: readonly ContenderSpec[],
  { models, modes, rounds }: Pick<BenchOptions, "models" | "modes" | "rounds">,
  report: (measurement: Measurement) => void,
  turn = 1_500,
): Promise<void> {
  await using started = new AsyncDisposableStack();
  const contenders: Contender[] = [];
  for (const spec of specs) contenders.push(started.use(await Contender.start(spec)));
  for (const model of models) {
    for (const mode of modes) {
      const workload = { model, ...WORKLOADS[model] };
      const { batch } = workload;
      const othersSince = watchOthers(contenders.map(({ pid }) => pid!));
      const times = await withLine(`${model}, ${mode}`, (line) => {
        const onRound = (round: number) =>
          line.update(round / rounds, round === 0 ? "warming up" : `round ${round} of ${rounds}`);
        return runRounds(contenders, workload, mode, { rounds, turn }, onRound);
      });
      const othersCores = othersSince();
      for (const [i, { name, hello }] of contenders.entries()) {
        const figures = figuresOf(times[i]!, times[0]!, batch);
        report({ model, batch, mode, contender: name, ...hello, ...figures, rounds, othersCores });
      }
    }
  }
}

async function withLine<T>(title: string, work: (line: StepLine) => Promise<T>): Promise<T> {
  const line = new StepLine(title, PROGRESS);
  line.begin();
  try {
    const result = await work(line);
    line.done();
    return result;
  } catch (error) {
    line.fail();
    throw error;
  }
}

async function main(args: readonly string[]): Promise<void> {
  const options = parseOptions(args);
  if (options.help) return console.log(USAGE);
  const site = new Site();
  if (!fs.existsSync(site.python)) {
    throw new Error(`There is no ${site.python}. Set the kit up first: npm start -- --setup-only`);
  }
  if (options.against.length > 0) await install(site, options.against);
  const specs = [
    kit(),
    ...(options.kernels ? kitsWithoutKernels() : []),
    ...options.against.map((name) => peer(site, name)),
  ];
  const measurements: Measurement[] = [];
  await measure(specs, options, (measurement) => {
    measurements.push(measurement);
    if (options.json) console.log(jsonLine(measurement));
  });
  if (options.json) return;
  console.log(`\n${tableOf(measurements)}\n`);
  for (const line of notesOn(measurements)) console.log(line);
}

if (import.meta.main) {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    console.error(messageOf(error));
    process.exit(1);
  }
}
