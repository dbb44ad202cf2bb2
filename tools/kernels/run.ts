/** One cell's run: what has been heard of it so far. */
import { type CellError, ERROR_FOLLOWS } from "./kernel_kind.ts";
import type { Content, Message } from "./wire.ts";

type Timer = ReturnType<typeof setTimeout>;
type Pass = (message: Message) => void;

export class Run {
  readonly request: Message;
  /** The texts of its error, if the kernel writes these to stderr. */
  #errorTexts: Message[] = [];
  #errorFollows = false;
  #errorMessage: Message | undefined;
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
  /** Stop has interrupted a computation. */
  interrupted = false;
  /** Watches over the end of a stopped cell. */
  watch: Timer | undefined;
  /** Asks for an idle that does not come. */
  probe: Timer | undefined;
  /** The kernel has published its idle, but it has not come. */
  lostIdle = false;
  /** The kernel has been asked when its outputs are over, and has said so. */
  draining = false;
  drained = false;
  /** What the kernel said at the end of the outputs. */
  end: Content = {};

  constructor(request: Message) {
    this.request = request;
  }

  get code(): string {
    return String(this.request.content["code"] ?? "");
  }

  get succeeded(): boolean {
    return this.reply?.content["status"] === "ok";
  }

  /** The kernel is done with it; its outputs may still be on their way. */
  get ended(): boolean {
    return this.reply !== undefined && (this.idle !== undefined || this.lostIdle);
  }

  /** The kernel has not run it: tslab takes no cell for a while after one that failed. */
  get wasRefused(): boolean {
    return this.reply?.content["status"] === "abort";
  }

  get stopsOthers(): boolean {
    return this.request.content["stop_on_error"] !== false;
  }

  /**
   * Take in a message from iopub. All are passed on but idle and the cell's error, which overtakes other
   * outputs in the kernel.
   */
  output(message: Message, pass: Pass): void {
    const { content, header: { msg_type: type } } = message;
    if (type === "status") {
      if (content["execution_state"] === "idle") this.idle = message;
      else pass(message);
      return;
    }
    if (type === "execute_input") {
      this.executionCount = content["execution_count"];
      // The kernel shows the code that it got.
      pass({ ...message, content: { ...content, code: this.code } });
      return;
    }
    this.#keepTime();
    if (type === "error") {
      this.error = {
        ename: String(content["ename"]),
        evalue: String(content["evalue"]),
        traceback: (content["traceback"] as string[] | undefined) ?? [],
      };
      this.#errorMessage = message;
      return;
    }
    if (type === "stream" && content["text"] === ERROR_FOLLOWS) this.#errorFollows = true;
    else if (type === "stream" && this.#errorFollows) {
      this.#errorFollows = false;
      this.#errorTexts.push(message);
    } else pass(message);
  }

  /** Pass on what is held back, with this error in place of the kernel's. */
  flush(pass: Pass, error: CellError | undefined = this.error): void {
    for (const message of this.#errorTexts.splice(0)) pass(message);
    if (this.#errorMessage !== undefined) pass({ ...this.#errorMessage, content: { ...error } });
    this.#errorMessage = undefined;
  }

  /** The text that said what went wrong: it is shown as an error, not as text too. */
  takeErrorText(): string {
    return this.#errorTexts.splice(0).map(({ content }) => String(content["text"])).join("");
  }

  stopTimers(): void {
    clearInterval(this.watch);
    clearTimeout(this.probe);
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
