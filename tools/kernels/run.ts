/** One cell's run: what has been heard of it so far. */
import type { CellError } from "./kernel_kind.ts";
import { isDiagnostic } from "./tslab_kernel.ts";
import type { Message } from "./wire.ts";

/** Text on stderr is held back this long: if the cell fails at once, it is the error. */
const HOLD_MS = 250;

type Timer = ReturnType<typeof setTimeout>;
type Pass = (message: Message) => void;

export class Run {
  readonly request: Message;
  readonly #holdsStderr: boolean;
  #held: Message[] = [];
  #release: Timer | undefined;
  readonly #timers: Timer[] = [];
  readonly #began = performance.now();
  #lastOutput: number | undefined;
  /** The longest time before its first output or between two, in milliseconds. */
  #longestPause = 0;

  reply: Message | undefined;
  idle: Message | undefined;
  /** The error that the kernel itself has published. */
  error: CellError | undefined;
  executionCount: unknown;
  answered = false;
  finishing = false;
  /** Stop was pressed. */
  stopped = false;
  /** The kernel has been asked when its outputs are over, and has said so. */
  draining = false;
  drained = false;
  missing: Timer | undefined;

  constructor(request: Message, holdsStderr: boolean) {
    this.request = request;
    this.#holdsStderr = holdsStderr;
  }

  get code(): string {
    return String(this.request.content["code"] ?? "");
  }

  get succeeded(): boolean {
    return this.reply?.content["status"] === "ok";
  }

  /** The kernel is done with it; its outputs may still be on their way. */
  get ended(): boolean {
    return this.reply !== undefined && this.idle !== undefined;
  }

  get stopsOthers(): boolean {
    return this.request.content["stop_on_error"] !== false;
  }

  /**
   * Take in a message from iopub: all but idle are passed on, the last text on stderr a little later
   * where it may be the cell's error.
   */
  output(message: Message, pass: Pass): void {
    const { content, header: { msg_type: type } } = message;
    if (type === "status") {
      if (content["execution_state"] === "idle") this.idle = message;
      else pass(message);
      return;
    }
    if (type === "execute_input") this.executionCount = content["execution_count"];
    else this.#keepTime();
    if (type === "error") {
      this.error = {
        ename: String(content["ename"]),
        evalue: String(content["evalue"]),
        traceback: (content["traceback"] as string[] | undefined) ?? [],
      };
    }
    if (this.#holdsStderr && type === "stream" && content["name"] === "stderr") {
      clearTimeout(this.#release);
      if (![...this.#held, message].every(holdsDiagnostic)) this.flush(pass);
      this.#held.push(message);
      this.#release = setTimeout(() => this.flush(pass), HOLD_MS);
    } else {
      this.flush(pass);
      pass(message);
    }
  }

  /** Pass on what is held back. */
  flush(pass: Pass): void {
    clearTimeout(this.#release);
    for (const message of this.#held.splice(0)) pass(message);
  }

  /** The text that said what went wrong: it is shown as an error, not as text too. */
  takeErrorText(pass: Pass): string {
    if (this.error) this.flush(pass);
    clearTimeout(this.#release);
    return this.#held.splice(0).map((message) => String(message.content["text"])).join("");
  }

  /** Do this if the cell is still running then. */
  after(ms: number, action: () => void): void {
    this.#timers.push(setTimeout(action, ms));
  }

  stopTimers(): void {
    for (const timer of this.#timers.splice(0)) clearTimeout(timer);
  }

  /**
   * The longest time in which it has shown nothing, in milliseconds: before its first output, between
   * two, or since the last. It is 0 until the first output: so far nothing tells a slow step from a
   * loop without an end, and such a loop should not last the longer for having lasted long.
   */
  longestSilence(): number {
    if (this.#lastOutput === undefined) return 0;
    return Math.max(this.#longestPause, performance.now() - this.#lastOutput);
  }

  #keepTime(): void {
    const now = performance.now();
    this.#longestPause = Math.max(this.#longestPause, now - (this.#lastOutput ?? this.#began));
    this.#lastOutput = now;
  }
}

/** A cell that does not compile has one text for each of its errors: together they are its error. */
function holdsDiagnostic(message: Message): boolean {
  return isDiagnostic(String(message.content["text"]));
}
