/**
 * The kernel proxy, which a front end talks to instead of the kernel.
 *
 * It sends the kernel one cell at a time and keeps the others waiting, so that it always knows which
 * cell runs, when its outputs are complete, and what to do with the rest when it fails, is stopped
 * or takes the kernel with it. Everything that is not about running a cell passes unchanged.
 */
import { Buffer } from "node:buffer";
import process from "node:process";
import * as zmq from "zeromq";
import { STOP_TURN, type StopTurn } from "./deno_stop.ts";
import { type Channel, InnerKernel, type Listener, SOCKET_OPTIONS } from "./inner_kernel.ts";
import {
  type CellError,
  END_OF_OUTPUTS,
  FORGET_STOP,
  type KernelKind,
  RESTARTED_COMPUTING,
  RESTARTED_WAITING,
  setRefusals,
  STOP_SIGNAL,
  STOPPED_COMPUTING,
} from "./kernel_kind.ts";
import { completeReply, Language } from "./language.ts";
import { SendQueue } from "./send_queue.ts";
import { Publisher } from "./publisher.ts";
import { RefusalFinder } from "./refusal_finder.ts";
import { Run } from "./run.ts";
import { Silence } from "./silence.ts";
import { compose, type Connection, type Content, frames, type Message, parse } from "./wire.ts";

/** How long a stopped cell may compute before it is interrupted, and then before the kernel is replaced. */
const FLAG_MS = 1000;
const INTERRUPT_MS = 1500;
const WATCH_MS = 100;
/**
 * No cell gets more time than this to see the flag, however slow its rhythm: twice a training step
 * on WebAssembly, which takes 14 s.
 */
const MOST_PATIENCE_MS = 30_000;
/** A kernel that dies this often before it is ready will not come up by trying again. */
const MOST_FAILED_STARTS = 3;
const SHUTDOWN_MS = 500;
/** How long the last messages may take to leave for a front end that does not read. */
const LINGER_MS = 2000;
/** A front end that has lost its connection comes again by the same name: the new one counts. */
const CLIENT_OPTIONS = { ...SOCKET_OPTIONS, handover: true } as const;
/** How long after a cell's reply the kernel is asked whether its idle was lost. */
const PROBE_MS = 1000;
const NO_REFUSALS = "{}";
/** How long the kernel's own completions are waited for when the others are there. */
const COMPLETION_MS = 2000;

export class KernelProxy implements Listener {
  readonly #connection: Connection;
  readonly #kind: KernelKind;
  readonly #checkout: string;
  readonly #session = `kernel-proxy-${process.pid}`;
  readonly #iopub = new zmq.Publisher({ linger: LINGER_MS, sendHighWaterMark: 0 });
  readonly #heartbeat = new zmq.Router({ ...SOCKET_OPTIONS });
  readonly #routers: Readonly<Record<Channel, zmq.Router>> = {
    shell: new zmq.Router({ ...CLIENT_OPTIONS, linger: LINGER_MS }),
    control: new zmq.Router({ ...CLIENT_OPTIONS, linger: LINGER_MS }),
    stdin: new zmq.Router({ ...CLIENT_OPTIONS }),
  };
  readonly #publish: Publisher;
  readonly #answer: Readonly<Record<Channel, SendQueue>> = {
    shell: new SendQueue((parts) => this.#routers.shell.send(parts)),
    control: new SendQueue((parts) => this.#routers.control.send(parts)),
    stdin: new SendQueue((parts) => this.#routers.stdin.send(parts)),
  };

  #kernel: InnerKernel | undefined;
  #ready = false;
  #failedStarts = 0;
  #ending = false;
  /** The cell that runs, and those that wait for it. */
  #run: Run | undefined;
  #queue: Message[] = [];
  /** Requests other than cells that the kernel has yet to answer (or yet to get). */
  readonly #open = new Map<string, { channel: Channel; request: Message }>();
  /** Until when the kernel refuses cells (performance.now). */
  #refusesUntil = 0;
  /** Whether Stop has set the flag: the next cell waits until it is taken back. */
  #flag: "unset" | "set" | "leaving" = "unset";
  #refusals: RefusalFinder;
  #language: Language;
  /** The refusals that the kernel has received, as JSON. */
  #knownRefusals = NO_REFUSALS;
  /** The cell whose refusals are being sent to the kernel; `done` after the kernel has received them. */
  #prepared: { readonly request: Message; done: boolean } | undefined;
  /** What to tell in the next cell: the kernel died while none ran. */
  #notice = "";
  /** Called when the kernel has gone after a shutdown request. */
  #goneBy: (() => void) | undefined;

  constructor(connection: Connection, kind: KernelKind, checkout: string) {
    this.#connection = connection;
    this.#kind = kind;
    this.#checkout = checkout;
    this.#refusals = new RefusalFinder(checkout);
    this.#language = new Language(checkout);
    this.#publish = new Publisher(
      (parts) => this.#iopub.send(parts),
      connection.key,
      this.#session,
    );
  }

  async start(): Promise<void> {
    const kernelStarts = this.#startKernel();
    const { ip, transport } = this.#connection;
    // Over ipc the "port" is the end of a file's name.
    const separator = transport === "ipc" ? "-" : ":";
    const address = (port: number) => `${transport}://${ip}${separator}${port}`;
    await this.#iopub.bind(address(this.#connection.iopub_port));
    await this.#heartbeat.bind(address(this.#connection.hb_port));
    await this.#routers.stdin.bind(address(this.#connection.stdin_port));
    await this.#routers.control.bind(address(this.#connection.control_port));
    await this.#routers.shell.bind(address(this.#connection.shell_port));
    void this.#beat();
    for (const channel of ["shell", "control", "stdin"] as const) void this.#serve(channel);
    await kernelStarts;
  }

  /** End the kernel and everything it has started, then this program. */
  async end(exitCode: number): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    this.#kernel?.end();
    this.#refusals.end();
    this.#language.end();
    await this.#publish.end();
    await Promise.all(Object.values(this.#answer).map((queue) => queue.sent()));
    // What has been handed to the sockets still leaves: the exit waits for that as long as they linger.
    for (const socket of [this.#iopub, this.#heartbeat, ...Object.values(this.#routers)]) {
      socket.close();
    }
    process.exit(exitCode);
  }

  // From the client.

  async #beat(): Promise<void> {
    for await (const parts of this.#heartbeat) await this.#heartbeat.send(parts);
  }

  async #serve(channel: Channel): Promise<void> {
    for await (const parts of this.#routers[channel]) {
      const request = parse(parts as Buffer[], this.#connection.key);
      if (request !== undefined) this.#accept(channel, request);
    }
  }

  #accept(channel: Channel, request: Message): void {
    switch (request.header.msg_type) {
      case "execute_request":
        this.#queue.push(request);
        this.#next();
        return;
      case "interrupt_request":
        this.#reply("control", request, "interrupt_reply", { status: "ok" });
        this.#stop();
        return;
      case "kernel_info_request":
        // The kernel would answer on the shell only after the cell that runs.
        if (this.#ready) {
          this.#reply(channel, request, "kernel_info_reply", this.#kernel?.info ?? {});
        } else this.#open.set(request.header.msg_id, { channel, request });
        return;
      case "shutdown_request":
        void this.#shutDown(channel, request);
        return;
      case "inspect_request":
        if (this.#kind.knowsTypes) break;
        void this.#inspect(channel, request);
        return;
      case "complete_request":
        if (this.#kind.knowsTypes) break;
        void this.#complete(channel, request);
        return;
    }
    if (request.header.msg_type.endsWith("_request")) {
      this.#open.set(request.header.msg_id, { channel, request });
    }
    if (this.#ready) this.#kernel?.send(channel, request);
  }

  /** Shift+Tab: answered while a cell runs, too. */
  async #inspect(channel: Channel, request: Message): Promise<void> {
    const { code, cursor } = questionOf(request);
    const found = await this.#language.documentation(code, cursor);
    const data = found === undefined ? {} : {
      "text/plain": `${found.signature}\n\n${found.text}`.trimEnd(),
      "text/markdown": `\`\`\`typescript\n${found.signature}\n\`\`\`\n\n${found.text}`.trimEnd(),
    };
    const content = { status: "ok", found: found !== undefined, data, metadata: {} };
    this.#reply(channel, request, "inspect_reply", content);
  }

  /** Tab: the kernel knows the values themselves, but not while a cell computes. */
  async #complete(channel: Channel, request: Message): Promise<void> {
    const { code, cursor } = questionOf(request);
    const reply = this.#kernel?.ask("complete_request", request.content)
      .then(({ content }) => content);
    const byType = await this.#language.completions(code, cursor);
    const late = new Promise<undefined>((resolve) =>
      setTimeout(() => resolve(undefined), COMPLETION_MS)
    );
    const ofKernel = await Promise.race(byType === undefined ? [reply] : [reply, late]);
    const content = completeReply(code, cursor, ofKernel, byType);
    this.#reply(channel, request, "complete_reply", content);
  }

  async #shutDown(channel: Channel, request: Message): Promise<void> {
    const restart = request.content["restart"] === true;
    this.#ready = false;
    const gone = new Promise<void>((resolve) => this.#goneBy = resolve);
    this.#kernel?.send("control", compose("shutdown_request", { restart }, this.#session));
    const late = new Promise<void>((resolve) => setTimeout(resolve, SHUTDOWN_MS));
    await Promise.race([gone, late]);
    const content = { status: "ok", restart };
    this.#publishNew("shutdown_reply", content, request);
    this.#reply(channel, request, "shutdown_reply", content);
    await this.end(0);
  }

  // From the kernel.

  heard(channel: Channel | "iopub", message: Message, kernel: InnerKernel): void {
    if (kernel !== this.#kernel) return;
    const run = this.#run;
    const ofRun = run !== undefined && message.parent.msg_id === run.request.header.msg_id;
    if (channel === "iopub") {
      if (message.parent.session === this.#session) return;
      if (message.header.msg_type === STOP_TURN) {
        if (run?.stopped) this.#turned(run, message.content as Content & StopTurn);
      } else if (message.header.msg_type === END_OF_OUTPUTS) {
        if (run === undefined || !kernel.isEnd(message)) return;
        run.drained = true;
        run.end = message.content;
        this.#settle(run);
      } else if (!ofRun) this.#pass(message);
      else {
        if (message.header.msg_type === "execute_input") {
          this.#kind.numbered(Number(message.content["execution_count"]));
        }
        run.output(message, (held) => this.#pass(held));
        // The outputs of a flood may take longer than the computation.
        if (run.interrupted) this.#watchInterrupted(run, kernel);
        this.#settle(run);
      }
      return;
    }
    if (ofRun && channel === "shell") {
      run.reply = message;
      this.#settle(run);
      return;
    }
    const asked = ofRun ? run.request : this.#open.get(message.parent.msg_id ?? "")?.request;
    if (asked === undefined) return;
    if (!ofRun) this.#open.delete(asked.header.msg_id);
    const identities = asked.identities;
    this.#answer[channel].put(frames({ ...message, identities }, this.#connection.key));
  }

  died(how: string, kernel: InnerKernel): void {
    this.#goneBy?.();
    if (kernel !== this.#kernel || this.#ending || this.#goneBy) return;
    if (!this.#ready && ++this.#failedStarts >= MOST_FAILED_STARTS) {
      return this.#giveUp(how);
    }
    const evalue = `the kernel ended by itself (${how}); your variables are gone. ` +
      "It has been started again: run the cells above again.";
    this.#replaceKernel({ ename: "KernelDied", evalue, traceback: [`KernelDied: ${evalue}`] });
  }

  // Running cells, one at a time.

  #next(): void {
    if (!this.#ready || this.#run || this.#queue.length === 0) return;
    const wait = this.#refusesUntil - performance.now();
    if (wait > 0) {
      setTimeout(() => this.#next(), wait + 1);
      return;
    }
    if (this.#flag !== "unset") {
      void this.#takeFlagBack();
      return;
    }
    const [request] = this.#queue;
    if (request === undefined || !this.#isPrepared(request)) return;
    this.#queue.shift();
    this.#run = new Run(request);
    this.#refusals.ran(this.#run.code);
    this.#language.ran(this.#run.code);
    if (this.#notice !== "") {
      this.#publishNew("stream", { name: "stderr", text: `${this.#notice}\n` }, request);
    }
    this.#notice = "";
    const content = { ...request.content, code: this.#kind.toRun(this.#run.code) };
    this.#kernel?.send("shell", { ...request, content });
  }

  /** By code and not by a signal, which might arrive after the next cell has begun. */
  async #takeFlagBack(): Promise<void> {
    const kernel = this.#kernel;
    if (this.#flag === "leaving" || kernel === undefined) return;
    this.#flag = "leaving";
    await kernel.runSilently(FORGET_STOP);
    if (kernel !== this.#kernel) return;
    this.#flag = "unset";
    this.#next();
  }

  /** Whether the kernel has the refusals for the checks in a cell. If not, starts to send them. */
  #isPrepared(request: Message): boolean {
    if (this.#prepared?.request === request) return this.#prepared.done;
    if (this.#prepared?.done === false) return false;
    const needsFinding = this.#refusals.hasToLookAt(codeOf(request));
    if (!needsFinding && this.#knownRefusals === NO_REFUSALS) return true;
    void this.#prepare(request, needsFinding);
    return false;
  }

  async #prepare(request: Message, needsFinding: boolean): Promise<void> {
    const kernel = this.#kernel;
    const prepared = { request, done: false };
    this.#prepared = prepared;
    const found = needsFinding ? await this.#refusals.refusalsIn(codeOf(request)) : {};
    if (kernel === undefined || kernel !== this.#kernel) return;
    const refusals = JSON.stringify(found);
    if (refusals !== this.#knownRefusals) await kernel.runSilently(setRefusals(refusals));
    if (kernel !== this.#kernel) return;
    this.#knownRefusals = refusals;
    prepared.done = true;
    this.#next();
  }

  /** When the reply, idle and the last output have come: finish. */
  #settle(run: Run): void {
    if (run.finishing) return;
    if (!run.ended) {
      if (run.reply) run.probe ??= setTimeout(() => void this.#probeIdle(run), PROBE_MS);
      return;
    }
    if (run.wasRefused) this.#tryAgain(run);
    else if (!this.#kind.hasLateOutputs || run.drained) void this.#finish(run);
    else if (!run.draining) {
      run.draining = true;
      void this.#drain(run);
    }
  }

  /** After a failed cell the kernel may refuse cells for longer than it should. */
  #tryAgain(run: Run): void {
    run.stopTimers();
    this.#run = undefined;
    this.#queue.unshift(run.request);
    this.#refusesUntil = performance.now() + this.#kind.refusalMs;
    if (run.stopped) this.#abortQueue();
    this.#next();
  }

  /** What the kernel publishes comes in order: an idle that is not there after a later one was lost. */
  async #probeIdle(run: Run): Promise<void> {
    await this.#kernel?.ask("kernel_info_request", {});
    if (run !== this.#run || run.ended) return;
    run.lostIdle = true;
    this.#settle(run);
  }

  /** The end of the outputs is waited for as long as the kernel lives, if it can come at all. */
  async #drain(run: Run): Promise<void> {
    const comes = await this.#kernel?.askForEnd();
    if (run !== this.#run || comes) return;
    run.drained = true;
    this.#settle(run);
  }

  async #finish(run: Run): Promise<void> {
    if (run.finishing) return;
    run.stopTimers();
    run.finishing = true;
    if (!run.succeeded) {
      this.#refusesUntil = performance.now() + this.#kind.refusalMs;
      const stderr = run.takeErrorText();
      const error = run.error !== undefined
        ? await this.#kind.locate(run.code, run.error, run.end)
        : run.interrupted && stderr === ""
        ? STOPPED_COMPUTING
        : await this.#kind.explain(run.code, stderr);
      if (run !== this.#run) return;
      this.#fail(run, error);
    } else {
      run.flush((held) => this.#pass(held));
      this.#answerRun(run, run.reply?.content ?? {});
    }
    if (run.stopped) this.#abortQueue();
    this.#close(run);
  }

  /** Show the error, where it has not been shown, answer with it, and end the queue. */
  #fail(run: Run, error: CellError): void {
    if (run.error === undefined) this.#publishNew("error", { ...error }, run.request);
    else run.flush((held) => this.#pass(held), error);
    if (run.stopsOthers) this.#abortQueue();
    const count = run.reply?.content["execution_count"] ?? run.executionCount;
    const content: Content = { ...run.reply?.content, status: "error", ...error };
    if (count !== undefined) content["execution_count"] = count;
    this.#answerRun(run, content);
  }

  /** Pass idle on: the cell is over, and the next may run. */
  #close(run: Run): void {
    if (run.idle) this.#pass(run.idle);
    else this.#publishNew("status", { execution_state: "idle" }, run.request);
    this.#run = undefined;
    this.#next();
  }

  #answerRun(run: Run, content: Content): void {
    if (run.answered) return;
    run.answered = true;
    const reply = run.reply ??
      compose("execute_reply", {}, this.#session, run.request.header);
    const { identities } = run.request;
    // Some front ends wait only a few seconds for outputs once they have the reply.
    void this.#publish.sent().then(() =>
      this.#answer.shell.put(frames({ ...reply, identities, content }, this.#connection.key))
    );
  }

  /** Answer those that wait now as ipykernel does; what is asked later runs. */
  #abortQueue(): void {
    const waiting = this.#queue;
    this.#queue = [];
    for (const request of waiting) {
      this.#reply("shell", request, "execute_reply", { status: "aborted" });
    }
  }

  // Stop: the flag, the kernel's own interrupt, a new kernel.

  #stop(): void {
    const run = this.#run;
    if (run === undefined || run.finishing) {
      this.#abortQueue();
      return;
    }
    if (!this.#ready || run.stopped) return;
    run.stopped = true;
    this.#flag = "set";
    this.#kernel?.signal(STOP_SIGNAL);
    this.#watch(run);
  }

  /** A stopped cell whose kernel can still do other things: it ends by itself, or its waits do not. */
  #turned(run: Run, { stuck }: StopTurn): void {
    if (stuck) this.#replaceKernel(RESTARTED_WAITING);
    else this.#watch(run);
  }

  /**
   * Interrupts a stopped cell that computes on.
   *
   * A training step may take many seconds, and the flag is seen only between two. How long a cell's steps
   * are is told by its longest silence: it gets one and a half times that.
   */
  #watch(run: Run): void {
    clearInterval(run.watch);
    const patience = Math.min(FLAG_MS + 1.5 * run.longestSilence(), MOST_PATIENCE_MS);
    const kernel = this.#kernel;
    if (kernel === undefined) return;
    const silence = new Silence(kernel);
    run.watch = setInterval(() => {
      const isOver = this.#kind.hardStop === "SIGINT"
        ? silence.lasts(patience)
        : silence.isComputation(patience);
      if (!isOver) return;
      run.interrupted = true;
      if (this.#kind.hardStop === "SIGINT") kernel.signal("SIGINT");
      else kernel.send("control", compose("interrupt_request", {}, this.#session));
      this.#watchInterrupted(run, kernel);
    }, WATCH_MS);
  }

  /** Replaces a kernel that computes on although it was interrupted. */
  #watchInterrupted(run: Run, kernel: InnerKernel): void {
    clearInterval(run.watch);
    const silence = new Silence(kernel);
    run.watch = setInterval(() => {
      if (silence.isComputation(INTERRUPT_MS)) this.#replaceKernel(RESTARTED_COMPUTING);
    }, WATCH_MS);
  }

  #replaceKernel(error: CellError): void {
    const run = this.#run;
    this.#ready = false;
    this.#kernel?.end();
    void this.#startKernel();
    if (run === undefined) {
      this.#notice = error.traceback.join("\n");
      return;
    }
    run.stopTimers();
    run.flush((held) => this.#pass(held));
    this.#fail(run, error);
    this.#abortQueue();
    this.#close(run);
  }

  /** End, saying why, where another start would not help. */
  #giveUp(how: string): void {
    console.error(`The kernel does not start (${how}).`);
    void this.end(1);
  }

  async #startKernel(): Promise<void> {
    this.#refusals.end();
    this.#refusals = new RefusalFinder(this.#checkout);
    this.#language.end();
    this.#language = new Language(this.#checkout);
    this.#knownRefusals = NO_REFUSALS;
    this.#prepared = undefined;
    let kernel: InnerKernel;
    try {
      kernel = new InnerKernel(this.#connection.key, this.#kind, this);
      this.#kernel = kernel;
      await kernel.start();
    } catch (error) {
      return this.#giveUp((error as Error).message);
    }
    if (kernel !== this.#kernel || kernel.ended || this.#ending) return;
    this.#ready = true;
    this.#failedStarts = 0;
    this.#flag = "unset";
    this.#refusesUntil = 0;
    for (const [id, { channel, request }] of this.#open) {
      if (request.header.msg_type === "kernel_info_request") {
        this.#open.delete(id);
        this.#accept(channel, request);
      } else kernel.send(channel, request);
    }
    this.#next();
  }

  // Messages of our own.

  #pass(message: Message): void {
    this.#publish.put(message);
    const run = this.#run;
    const isIdle = message.content["execution_state"] === "idle";
    if (!isIdle || run === undefined || message.parent.msg_id === run.request.header.msg_id) return;
    // Front ends show the last status: idle after another request, and yet a cell runs.
    this.#publishNew("status", { execution_state: "busy" }, run.request);
  }

  #publishNew(type: string, content: Content, request: Message): void {
    const message = compose(type, content, this.#session, request.header);
    this.#pass({ ...message, identities: [Buffer.from(`kernel.residual.${type}`)] });
  }

  #reply(channel: Channel, request: Message, type: string, content: Content): void {
    this.#publishNew("status", { execution_state: "busy" }, request);
    const reply = compose(type, content, this.#session, request.header);
    reply.identities = request.identities;
    this.#answer[channel].put(frames(reply, this.#connection.key));
    this.#publishNew("status", { execution_state: "idle" }, request);
  }
}

function codeOf(request: Message): string {
  return String(request.content["code"] ?? "");
}

/** The code that an editor asks about, and the cursor in UTF-16 units. Jupyter counts whole characters. */
function questionOf({ content }: Message): { code: string; cursor: number } {
  const code = String(content["code"] ?? "");
  const characters = [...code].slice(0, Number(content["cursor_pos"] ?? 0));
  return { code, cursor: characters.join("").length };
}
