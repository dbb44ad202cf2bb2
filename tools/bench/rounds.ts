/** Lets the contenders have their turns. */
import type { Rounds } from "./figures.ts";
import type { Answer, Mode, Request, Workload } from "./protocol.ts";

/** Who can be asked to make steps: a `Contender`. */
export interface Runner {
  readonly name: string;
  measure(request: Request): Promise<Answer>;
}

/** How often, and how long at a time. */
export interface Turns {
  readonly rounds: number;
  /** Milliseconds of a turn: as many steps as fill them, at least one. */
  readonly turn: number;
}

/** Enough for what is made once, graphs and buffers, and to see how long a step takes. */
const FIRST_STEPS = 3;

/** The same items, beginning with another one in each round. */
export function rotated<T>(items: readonly T[], round: number): T[] {
  const start = round % Math.max(1, items.length);
  return [...items.slice(start), ...items.slice(0, start)];
}

/**
 * Measures one thing with all contenders: one after the other in each round, so that what else the
 * machine does hits all alike. First steps and a round 0 warm all up and are not counted.
 *
 * @returns the times of each contender's steps, in the contenders' order.
 * @throws {Error} where two contenders' networks have not as many parameters.
 */
export async function runRounds(
  contenders: readonly Runner[],
  workload: Workload,
  mode: Mode,
  { rounds, turn }: Turns,
  onRound: (round: number) => void = () => {},
): Promise<Rounds[]> {
  const steps = new Map<Runner, number>();
  const parameters: number[] = [];
  for (const contender of contenders) {
    const first = await contender.measure({ ...workload, mode, steps: FIRST_STEPS });
    steps.set(contender, Math.ceil(turn / Math.min(...first.msPerStep)));
    parameters.push(first.parameters);
  }
  requireSame(contenders, workload, parameters);
  const times = new Map<Runner, number[][]>(contenders.map((contender) => [contender, []]));
  for (let round = 0; round <= rounds; round++) {
    onRound(round);
    for (const contender of rotated(contenders, round)) {
      const request = { ...workload, mode, steps: steps.get(contender)! };
      const { msPerStep } = await contender.measure(request);
      if (round > 0) times.get(contender)!.push([...msPerStep]);
    }
  }
  return [...times.values()];
}

function requireSame(
  contenders: readonly Runner[],
  { model }: Workload,
  parameters: readonly number[],
): void {
  if (new Set(parameters).size === 1) return;
  const said = contenders.map(({ name }, i) => `${name} ${parameters[i]}`).join(", ");
  throw new Error(
    `The contenders do not run the same ${model}: their trainable parameters are ${said}. ` +
      "Correct the wrong one in tools/bench.",
  );
}
