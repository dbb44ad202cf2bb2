/**
 * How long a kernel has given no sign of life, and whether it computes meanwhile.
 *
 * On a busy machine a kernel that only waits is silent as well, because it does not get to run. The CPU time of
 * its process tells the two apart.
 */

interface Process {
  /** The CPU time used so far, in milliseconds, if the system says it. */
  computedMs(): number | undefined;
}

/** A process that has not computed for this long hangs in a call that does not return. */
const MOST_WAIT_MS = 5000;

export class Silence {
  readonly #process: Process;
  readonly #began = performance.now();
  readonly #computedBefore: number | undefined;

  constructor(process: Process) {
    this.#process = process;
    this.#computedBefore = process.computedMs();
  }

  /** Whether it has lasted so long. */
  lasts(ms: number): boolean {
    return performance.now() - this.#began >= ms;
  }

  /** Whether it has lasted so long and the process has computed for half of that, or hangs. */
  isComputation(ms: number): boolean {
    if (!this.lasts(ms)) return false;
    const computed = this.#process.computedMs();
    if (computed === undefined || this.#computedBefore === undefined) return true;
    return computed - this.#computedBefore >= ms / 2 || this.lasts(ms + MOST_WAIT_MS);
  }
}
