/**
 * Restores state after code was terminated.
 *
 * Stop in a kernel and the time limit of a check terminate a computation without running its `finally` blocks.
 * A module that changes state for the length of a call therefore registers the state here.
 */

/** Remembers a state and returns a function that restores it. */
type Remember = () => () => void;

const states: Remember[] = [];
const restoresAtRest: (() => void)[] = [];

/** Registers a state. Call this where a module is loaded: between cells, the state is the same as then. */
export function restoreAfterTermination(remember: Remember): void {
  states.push(remember);
  restoresAtRest.push(remember());
}

/** Remembers all registered states. Returns a function that restores them. */
export function rememberState(): () => void {
  const restores = states.map((remember) => remember());
  return () => {
    for (const restore of restores) restore();
  };
}

// The kernel proxy calls this before the cell after Stop (tools/kernels/kernel_kind.ts).
(globalThis as unknown as Record<symbol, () => void>)[Symbol.for("residual.restore")] = () => {
  for (const restore of restoresAtRest) restore();
};
