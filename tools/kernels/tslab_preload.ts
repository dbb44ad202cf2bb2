/**
 * Loaded by node before tslab.
 *
 * Stop's signal sets the stop flag, so that a training loop can end by itself. (At SIGINT tslab gives the cell
 * up, but an async loop goes on in the background.)
 *
 * No output is refused: zeromq sends 512 messages on the spot, then waits for the event loop and throws at
 * whoever sends meanwhile, so that a cell that logs 2000 lines at once lost most of them and its `idle` as
 * well, and never ended. With no time to wait it sends every message on the spot.
 *
 * A cell's error, which tslab writes to stderr like any text, gets a mark in front, and names the lines of the
 * cells (tslab_stacks.ts).
 */
import { createRequire } from "node:module";
import process from "node:process";
import type { Publisher } from "zeromq";
import { ERROR_FOLLOWS, STOP_FLAG, STOP_SIGNAL } from "./kernel_kind.ts";
import { beginCell, describeError, nameCells } from "./tslab_stacks.ts";

// The module object itself: an import would give a copy that tslab does not see.
const zmq = require("zeromq") as { Publisher: new (options?: object) => Publisher };
const Plain = zmq.Publisher;
zmq.Publisher = class extends Plain {
  constructor(options?: object) {
    super({ ...options, sendHighWaterMark: 0, sendTimeout: 0 });
  }
};

interface Console {
  error(...values: unknown[]): void;
}
interface Executor {
  execute(code: string): Promise<boolean>;
}
type CreateExecutor = (folder: string, converters: unknown, console: Console) => Executor;

nameCells();

const executor = createRequire(process.argv[1]!)("../dist/executor.js") as {
  createExecutor: CreateExecutor;
};
const createPlain = executor.createExecutor;
executor.createExecutor = (folder, converters, console) => {
  const made = createPlain(folder, converters, {
    ...console,
    error(...values) {
      process.stderr.write(ERROR_FOLLOWS);
      const described = values.length === 1 ? describeError(values[0]) : undefined;
      console.error(...described === undefined ? values : [described]);
    },
  });
  return {
    ...made,
    execute(code) {
      beginCell();
      return made.execute(code);
    },
  };
};

const flag = Symbol.for(STOP_FLAG);
const shared = globalThis as { [flag: symbol]: unknown };
process.on(STOP_SIGNAL, () => {
  shared[flag] = true;
});
