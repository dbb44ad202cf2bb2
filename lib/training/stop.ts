/** Lets long computations react to the Stop button. */

/** The flag that the Stop button of the kernels sets; the next cell begins without it. */
const STOP = Symbol.for("residual.stop");
const marks = globalThis as unknown as Record<symbol, boolean | undefined>;

/** The error of a computation that Stop ended before it had a result. */
export class Stopped extends Error {
  override name = "Stopped";
}

/**
 * Whether Stop was pressed since the cell began. Ask between two steps of long work: the signal can
 * only arrive while nothing computes, and this lets it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { stopWasPressed } from "residual";
 *
 * let rounds = 0;
 * while (rounds < 1000 && !await stopWasPressed()) rounds++;
 * assert.equal(rounds, 1_000); // Fewer if Stop is pressed.
 * ```
 */
export async function stopWasPressed(): Promise<boolean> {
  await new Promise((resolve) => setTimeout(resolve, 0));
  return marks[STOP] === true;
}

/** Sets the flag as a kernel does when Stop is pressed. */
export function pressStop(): void {
  marks[STOP] = true;
}
