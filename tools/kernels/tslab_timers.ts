/**
 * Keeps tslab running if files change in the folders from which it has taken modules.
 *
 * Its compiler plans two tasks with timers, to compile again and to look for missing modules again. tslab takes both
 * for the first, and fails in every cell from then on if they are planned together.
 */

type Timer = ReturnType<typeof setTimeout>;
type Callback = (...parameters: unknown[]) => void;

/** What the compiler uses of the system. */
export interface System {
  setTimeout(callback: Callback, ms: number, ...parameters: unknown[]): unknown;
  clearTimeout(timer: unknown): void;
}

/** Gives all tasks but the compiling real timers. */
export function separateTimers(system: System): void {
  const { setTimeout: planCompiling, clearTimeout: cancelCompiling } = system;
  const others = new Set<unknown>();
  system.setTimeout = (callback, ms, ...parameters) => {
    if (callback.name !== "invalidateResolutionsOfFailedLookup") {
      return planCompiling.call(system, callback, ms, ...parameters);
    }
    const timer = setTimeout(() => {
      others.delete(timer);
      callback(...parameters);
    }, ms).unref();
    others.add(timer);
    return timer;
  };
  system.clearTimeout = (timer) => {
    if (others.delete(timer)) clearTimeout(timer as Timer);
    else cancelCompiling.call(system, timer);
  };
}
