/**
 * Publishes outputs no faster than Jupyter Server passes them on.
 *
 * Jupyter Server drops outputs at more than 1,000 messages a second or 1 MB of text a second, on average over
 * 3 seconds; it counts from zero again at each idle. Text that waits is therefore joined to one message, and
 * a flood is cut into parts of less than that. An idle between two parts makes the server forget the first,
 * so that no part is dropped, however late the server reads them.
 */
import type { Buffer } from "node:buffer";
import { compose, type Connection, frames, type Message } from "./wire.ts";

/** A part of a flood, and how often one may be sent. */
const MOST_MESSAGES = 900;
const MOST_BYTES = 900_000;
const PART_MS = 1000;
/** Text that follows other text so soon waits for more. */
const GATHER_MS = 40;
/** Texts are joined up to this length and cut at this length, in UTF-16 units of at most 6 bytes as JSON. */
const MOST_CHARACTERS = 100_000;

export class Publisher {
  readonly #send: (frames: Buffer[]) => Promise<void>;
  readonly #key: Connection["key"];
  readonly #session: string;
  /** Messages to send, and what to call when all before it are sent. */
  readonly #queue: (Message | (() => void))[] = [];
  #sending = false;
  /** Ends the pause in which it waits for more text, or before the next part of a flood. */
  #endPause: (() => void) | undefined;
  #gathers = false;
  #ends = false;
  #lastText = -Infinity;
  /** The part that is being sent. */
  #messages = 0;
  #bytes = 0;
  #partBegan = 0;

  constructor(send: (frames: Buffer[]) => Promise<void>, key: string, session: string) {
    this.#send = send;
    this.#key = key;
    this.#session = session;
  }

  put(message: Message): void {
    const last = this.#queue.at(-1);
    if (isText(last) && continues(last, message)) {
      last.content = { ...last.content, text: textOf(last) + textOf(message) };
    } else this.#add(...cut(message));
  }

  /** Resolves when all that was put so far has been handed to the socket. */
  sent(): Promise<void> {
    return new Promise((resolve) => this.#add(resolve));
  }

  /** Sends all that waits at once: a kernel that ends is not waited for. */
  async end(): Promise<void> {
    this.#ends = true;
    this.#endPause?.();
    await this.sent();
  }

  #add(...entries: (Message | (() => void))[]): void {
    this.#queue.push(...entries);
    if (this.#gathers && this.#queue.length > 1) this.#endPause?.();
    if (!this.#sending) void this.#drain();
  }

  async #drain(): Promise<void> {
    this.#sending = true;
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      if (this.#queue.length === 1 && isText(next)) await this.#gather();
      this.#queue.shift();
      if (typeof next === "function") next();
      else await this.#sendLimited(next);
    }
    this.#sending = false;
  }

  /** Waits for more text, unless the last text was sent long ago or something else comes. */
  async #gather(): Promise<void> {
    const ms = this.#lastText + GATHER_MS - performance.now();
    if (ms <= 0) return;
    this.#gathers = true;
    await this.#pause(ms);
    this.#gathers = false;
  }

  async #sendLimited(message: Message): Promise<void> {
    const parts = frames(message, this.#key);
    const bytes = isText(message) ? parts.reduce((sum, { length }) => sum + length, 0) : 0;
    const now = performance.now();
    if (isText(message)) this.#lastText = now;
    if (isIdle(message) || this.#messages === 0) this.#beginPart(now);
    else if (this.#messages >= MOST_MESSAGES || this.#bytes + bytes > MOST_BYTES) {
      const ms = this.#partBegan + PART_MS - now;
      if (ms > 0 && !this.#ends) await this.#pause(ms);
      for (const execution_state of ["idle", "busy"]) {
        const status = compose("status", { execution_state }, this.#session);
        await this.#trySend(frames(status, this.#key));
      }
      this.#beginPart(performance.now());
    }
    this.#messages += 1;
    this.#bytes += bytes;
    await this.#trySend(parts);
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#endPause = undefined;
  }

  #beginPart(now: number): void {
    this.#messages = 0;
    this.#bytes = 0;
    this.#partBegan = now;
  }

  async #trySend(parts: Buffer[]): Promise<void> {
    try {
      await this.#send(parts);
    } catch {
      // A closed socket: nobody listens any more.
    }
  }
}

function isText(entry: Message | (() => void) | undefined): entry is Message {
  return typeof entry === "object" && entry.header.msg_type === "stream" &&
    typeof entry.content["text"] === "string";
}

function isIdle({ header, content }: Message): boolean {
  return header.msg_type === "status" && content["execution_state"] === "idle";
}

function textOf({ content }: Message): string {
  return String(content["text"]);
}

/** Whether a text follows another of the same stream of the same cell, and is not too long for it. */
function continues(last: Message, message: Message): boolean {
  return isText(message) && last.content["name"] === message.content["name"] &&
    last.parent.msg_id === message.parent.msg_id &&
    textOf(last).length + textOf(message).length <= MOST_CHARACTERS;
}

/** A long text as several messages; no character is cut in two. */
function cut(message: Message): Message[] {
  if (!isText(message) || textOf(message).length <= MOST_CHARACTERS) return [message];
  const text = textOf(message);
  const messages: Message[] = [];
  for (let from = 0; from < text.length;) {
    let to = Math.min(from + MOST_CHARACTERS, text.length);
    const isInPair = to < text.length && /[\uD800-\uDBFF]/.test(text[to - 1]!);
    if (isInPair) to -= 1;
    const header = { ...message.header, msg_id: `${message.header.msg_id}_${from}` };
    messages.push({
      ...message,
      header,
      content: { ...message.content, text: text.slice(from, to) },
    });
    from = to;
  }
  return messages;
}
