/** One socket's messages to send, in order: zeromq allows only one `send` at a time. */
import type { Buffer } from "node:buffer";

export class SendQueue {
  readonly #send: (frames: Buffer[]) => Promise<void>;
  readonly #waiting: Buffer[][] = [];
  #sending = false;
  #drained: Promise<void> = Promise.resolve();

  constructor(send: (frames: Buffer[]) => Promise<void>) {
    this.#send = send;
  }

  put(frames: Buffer[]): void {
    this.#waiting.push(frames);
    if (!this.#sending) this.#drained = this.#drain();
  }

  /** Resolves when all messages so far have been handed to the socket. */
  async sent(): Promise<void> {
    await this.#drained;
  }

  async #drain(): Promise<void> {
    this.#sending = true;
    try {
      for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
        try {
          await this.#send(next);
        } catch {
          // A client that has gone away or a kernel that has ended: the message is dropped.
        }
      }
    } finally {
      this.#sending = false;
    }
  }
}
