/**
 * Loaded by node before tslab: the first SIGINT only sets the stop flag, so that a training loop
 * can end by itself; SIGUSR2 does what SIGINT did (tslab gives the cell up, but an async loop would
 * go on in the background); SIGCONT takes the flag back.
 */
import process from "node:process";

const flag = Symbol.for("residual.stop");
const shared = globalThis as { [flag: symbol]: unknown };
const on = process.on.bind(process) as (event: string, listener: () => void) => typeof process;

process.on = ((event: string, listener: () => void) => {
  if (event !== "SIGINT") return on(event, listener);
  process.on = on as typeof process.on;
  on("SIGUSR2", listener);
  on("SIGCONT", () => {
    shared[flag] = false;
  });
  return on("SIGINT", () => {
    shared[flag] = true;
  });
}) as typeof process.on;
