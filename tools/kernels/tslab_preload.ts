/**
 * Loaded by node before tslab: Stop's signal sets the stop flag, so that a training loop can end by
 * itself. (At SIGINT tslab gives the cell up, but an async loop goes on in the background.)
 *
 * And tslab's outputs wait their turn: zeromq sends 512 messages in one turn of the event loop and
 * refuses the next while it catches up, so that a cell that logs 2000 lines at once lost most of them
 * and its `idle` as well, and never ended.
 */
import type { Buffer } from "node:buffer";
import process from "node:process";
import type { Publisher } from "zeromq";
import { STOP_SIGNAL } from "./kernel_kind.ts";
import { Outbox } from "./outbox.ts";

// The module object itself: an import would give a copy that tslab does not see.
const zmq = require("zeromq") as { Publisher: new (options?: object) => Publisher };
const Plain = zmq.Publisher;
const AT_ONCE = 400;
zmq.Publisher = class extends Plain {
  readonly #outbox = new Outbox((parts) => super.send(parts));
  #sent = 0;

  constructor(options?: object) {
    super({ ...options, sendHighWaterMark: 0 });
  }

  override send(parts: unknown): Promise<void> {
    if (this.#sent === 0) setImmediate(() => this.#sent = 0);
    this.#sent += 1;
    if (this.#sent <= AT_ONCE && !this.#outbox.busy) return super.send(parts as Buffer[]);
    this.#outbox.put(parts as Buffer[]);
    return Promise.resolve();
  }
};

const flag = Symbol.for("residual.stop");
const shared = globalThis as { [flag: symbol]: unknown };
process.on(STOP_SIGNAL, () => {
  shared[flag] = true;
});
