/**
 * Stop inside the Deno kernel: the code that runs there when the kernel has started.
 *
 * The signal first sets the stop flag, which training loops obey. A cell that has not ended after a second in
 * which the event loop was free (longer, if it looks at the flag less often) waits for something else: all its
 * waits are then rejected. Time in which the event loop is blocked does not count, because the flag cannot be
 * seen in the middle of a training step.
 */
import { STOP_FLAG, STOP_SIGNAL, STOPPED_WAITING } from "./kernel_kind.ts";

/** The functions around what a cell awaits, and around what it iterates over with `for await`. */
export const WAIT = "__residual_wait__";
export const WAIT_EACH = "__residual_wait_each__";

/**
 * The message by which a kernel says that Stop has arrived and its event loop turns, with a `StopTurn`. The
 * kernel sends it every 50 ms until the cell ends, or until the waits have been over for a while.
 */
export const STOP_TURN = "residual_stop_turn";

export interface StopTurn {
  /** Whether the cell goes on although its waits were rejected long ago. */
  stuck: boolean;
}

/** What the code below uses of the kernel. Deno's types are not those of this program. */
interface KernelGlobals {
  Deno: {
    addSignalListener(signal: string, listener: () => void): void;
    jupyter: { broadcast(type: string, content: object): Promise<void> };
  };
  process: { getBuiltinModule(id: string): Record<string, (argument: string) => unknown> };
}

interface Names {
  flag: string;
  signal: string;
  turn: string;
  wait: string;
  waitEach: string;
  message: string;
}

/** Runs in the kernel, as text: it may use nothing of this module but its argument. */
function listenToStop(names: Names): void {
  const TURN_MS = 50;
  const LEAST_PATIENCE_MS = 1000;
  const MOST_PATIENCE_MS = 30_000;
  const TURNS_UNTIL_STUCK = 40;
  const TURNS_BETWEEN_COLLECTIONS = 5;

  const kernel = globalThis as unknown as KernelGlobals;
  const flag = Symbol.for(names.flag);
  const { broadcast } = kernel.Deno.jupyter;
  /** Rejects each wait that is pending. */
  const pending = new Set<() => void>();
  let rejects = false;
  let timer: ReturnType<typeof setInterval> | undefined;
  let turns = 0;
  let turnsUntilRejected = 0;

  let isSet = false;
  let wasSeen = false;
  let lastLook: number | undefined;
  let lastPause = 0;
  Object.defineProperty(kernel, flag, {
    get: () => {
      const now = performance.now();
      lastPause = now - (lastLook ?? now);
      lastLook = now;
      // The cell has seen the flag: it gets the time once more, to end by itself.
      if (isSet && !wasSeen) {
        wasSeen = true;
        turns = 0;
      }
      return isSet;
    },
    set: (value: unknown) => isSet = value === true,
  });

  /**
   * The free time in which a cell may end by itself. A cell that looks at the flag now and then gets one and
   * a half times as long as it takes between two looks.
   */
  function patience(): number {
    const rhythm = LEAST_PATIENCE_MS + 1.5 * lastPause;
    const isLooking = lastLook !== undefined && performance.now() - lastLook < rhythm;
    return isLooking ? Math.min(rhythm, MOST_PATIENCE_MS) : LEAST_PATIENCE_MS;
  }

  class Interrupted extends Error {
    override name = "Interrupted";
    override stack = `Interrupted: ${names.message}`;
  }
  const interrupted = () => new Interrupted(names.message);
  const stops = () => rejects && isSet;

  function wait(value: unknown): unknown {
    if (value === null || typeof (value as { then?: unknown } | undefined)?.then !== "function") {
      return stops() ? Promise.reject(interrupted()) : value;
    }
    let reject = () => {};
    const stop = new Promise<never>((_, fail) => reject = () => fail(interrupted()));
    if (stops()) reject();
    else pending.add(reject);
    const settled = () => pending.delete(reject);
    // V8 tells which functions wait for a promise only if nothing but one chain leads from it to them.
    const promise = Promise.resolve(value).then((result) => {
      settled();
      return result;
    }, (error) => {
      settled();
      throw error;
    });
    // With `race`, unlike a promise of our own, V8 can follow the chain.
    return Promise.race([stop, promise]);
  }

  function waitEach(values: AsyncIterable<unknown> & Iterable<unknown>): unknown {
    const start = values[Symbol.asyncIterator];
    if (typeof start === "function") return waitForNext(start.call(values));
    const isIterable = typeof values[Symbol.iterator] === "function";
    // Let `for await` itself complain about a value that is not iterable.
    return isIterable ? waitForItems(values) : values;
  }

  function waitForNext(iterator: AsyncIterator<unknown>): unknown {
    return {
      [Symbol.asyncIterator]: () => ({
        next: () => wait(iterator.next()),
        // After Stop, the end of a stream is not waited for: it may come with the next item only.
        return: async () => {
          const ended = iterator.return?.();
          return (stops() ? undefined : await ended) ?? { done: true, value: undefined };
        },
      }),
    };
  }

  async function* waitForItems(values: Iterable<unknown>): AsyncGenerator {
    for (const value of values) yield await wait(value);
  }

  /**
   * V8 never settles the promise of a cell that was terminated after an `await`. When the promise is
   * collected as garbage, the kernel replies with an error, and it runs other cells again.
   */
  function collectGarbage(): void {
    const { setFlagsFromString } = kernel.process.getBuiltinModule("node:v8");
    const { runInNewContext } = kernel.process.getBuiltinModule("node:vm");
    setFlagsFromString?.("--expose-gc");
    const collect = runInNewContext?.("gc") as (() => void) | undefined;
    setFlagsFromString?.("--no-expose-gc");
    collect?.();
  }

  function turn(): void {
    const stuckAt = turnsUntilRejected + TURNS_UNTIL_STUCK;
    if (!isSet || turns >= stuckAt) return clearInterval(timer);
    turns += 1;
    if (turns === turnsUntilRejected) {
      rejects = true;
      for (const reject of pending) reject();
      pending.clear();
    }
    if (turns % TURNS_BETWEEN_COLLECTIONS === 0) collectGarbage();
    void broadcast(names.turn, { stuck: turns >= stuckAt });
  }

  kernel.Deno.addSignalListener(names.signal, () => {
    clearInterval(timer);
    isSet = true;
    wasSeen = false;
    rejects = false;
    turns = 0;
    turnsUntilRejected = Math.ceil(patience() / TURN_MS);
    timer = setInterval(turn, TURN_MS);
  });
  Object.defineProperty(globalThis, names.wait, { value: wait });
  Object.defineProperty(globalThis, names.waitEach, { value: waitEach });
}

const NAMES: Names = {
  flag: STOP_FLAG,
  signal: STOP_SIGNAL,
  turn: STOP_TURN,
  wait: WAIT,
  waitEach: WAIT_EACH,
  message: STOPPED_WAITING.evalue,
};

/** The kernel runs this once, before any cell. */
export const LISTEN_TO_STOP = `(${listenToStop})(${JSON.stringify(NAMES)});`;
