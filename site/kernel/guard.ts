/** Ends code by force: when Stop is pressed and the code does not ask for it, or when a check's time is up. */

/** What ends a cell after Stop. */
export class StopPressed extends Error {
  override name = "Stopped";

  constructor() {
    super("Stop ended this cell. Its variables are kept.");
  }
}

/** What ends code that has a time limit, named as in Node.js's `vm`. */
class TimeUp extends Error {
  readonly code = "ERR_SCRIPT_EXECUTION_TIMEOUT";
}

/** Rounds between two looks at the clock, which take longer than a short round. */
const ROUNDS = 64;
/** Milliseconds that code has after Stop to ask for the mark and end by itself. */
const GRACE_MS = 800;

let shared: Int32Array | undefined;
let pressedAt: number | undefined;
let isAsked = false;
let deadline = Infinity;
let rounds = 0;

// Training runs ask for this mark after each step (lib/training/stop.ts), and end by themselves.
Object.defineProperty(globalThis, Symbol.for("residual.stop"), {
  configurable: true,
  get() {
    isAsked ||= pressedAt !== undefined;
    return pressedAt !== undefined;
  },
  set(value: unknown) {
    if (value === true) pressStop();
  },
});

/** Takes the number that page and worker share: 1 once Stop is pressed. */
export function shareStop(stop: Int32Array | undefined): void {
  shared = stop;
}

/** Begins a cell: Stop has not been pressed for it. */
export function beginCell(): void {
  pressedAt = undefined;
  isAsked = false;
  if (shared !== undefined) Atomics.store(shared, 0, 0);
}

/** Marks that Stop was pressed. */
export function pressStop(): void {
  pressedAt ??= performance.now();
}

/**
 * Called in each round of a learner's loops and at the start of each of the learner's functions.
 *
 * @throws {StopPressed} some time after Stop, unless the running code has asked for Stop itself.
 * @throws {TimeUp} when the time of `withTimeLimit` is up.
 */
export function guard(): void {
  if (++rounds % ROUNDS !== 0) return;
  const now = performance.now();
  if (now > deadline) throw new TimeUp("Script execution timed out.");
  // Code that never waits gets no message from the page.
  if (shared !== undefined && Atomics.load(shared, 0) === 1) pressStop();
  if (pressedAt !== undefined && !isAsked && now - pressedAt > GRACE_MS) throw new StopPressed();
}

/** Runs `work` and ends it after so many milliseconds, if it has loops that the guard watches. */
export function withTimeLimit<T>(milliseconds: number | undefined, work: () => T): T {
  const before = deadline;
  deadline = Math.min(before, performance.now() + (milliseconds ?? Infinity));
  try {
    return work();
  } finally {
    deadline = before;
  }
}
