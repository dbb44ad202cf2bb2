/** One run of the real kernel: its process, its own connection, and what it needs to be ended. */
import type { Buffer } from "node:buffer";
import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import * as zmq from "zeromq";
import { cpuMs } from "./cpu_time.ts";
import { ASK_FOR_END, END_IS_SENT, type KernelKind, type STOP_SIGNAL } from "./kernel_kind.ts";
import { contentOf, OUTPUTS_FOLDER } from "./large_outputs.ts";
import { SendQueue } from "./send_queue.ts";
import { compose, type Connection, type Content, frames, type Message, parse } from "./wire.ts";

export type Channel = "shell" | "control" | "stdin";

export interface Listener {
  /** A message from the kernel, with no identities but iopub's topic. */
  heard(channel: Channel | "iopub", message: Message, kernel: InnerKernel): void;
  /** The process has ended, not by `end`. */
  died(how: string, kernel: InnerKernel): void;
}

/** When the kernel proxy is killed outright, its pipe closes and this ends the kernel in its place. */
const WATCHDOG = 'read -r line; kill -s KILL -- "-$0"; rm -rf "$1"';

/** A request of our own. It is answered when its reply and its idle have come. */
interface Question {
  reply?: Message;
  idle?: boolean;
  answer(reply: Message): void;
}

export class InnerKernel {
  readonly #key: string;
  readonly #kind: KernelKind;
  readonly #listener: Listener;
  readonly #directory = mkdtempSync(join(tmpdir(), "residual-kernel-"));
  readonly #sockets: { socket: zmq.Dealer | zmq.Subscriber; disconnected: Promise<void> }[] = [];
  readonly #out = new Map<Channel, SendQueue>();
  #process: ChildProcess | undefined;
  #watchdog: ChildProcess | undefined;
  #asked = 0;
  /** What it replies to kernel_info_request, after the start. */
  info: Content = {};
  /** Its process is gone, or was told to go. */
  ended = false;
  /** Our own requests that are not answered yet, by the id of their message. */
  readonly #questions = new Map<string, Question>();
  readonly session = `residual-${process.pid}-${Date.now()}`;

  constructor(key: string, kind: KernelKind, listener: Listener) {
    this.#key = key;
    this.#kind = kind;
    this.#listener = listener;
  }

  /**
   * Start it; done when it answers, its outputs arrive and the kind's own code has run. Where it ends
   * before, the listener is told that it `died`.
   *
   * @throws {Error} where there is no room for its files, or no port.
   */
  async start(): Promise<void> {
    const { address, ports: [shell, control, stdin, iopub, hb] } = await freePorts();
    const connection: Connection = {
      ip: address,
      transport: "tcp",
      key: this.#key,
      signature_scheme: "hmac-sha256",
      shell_port: shell,
      control_port: control,
      stdin_port: stdin,
      iopub_port: iopub,
      hb_port: hb,
    };
    const file = join(this.#directory, "connection.json");
    writeFileSync(file, JSON.stringify(connection), { mode: 0o600 });
    const [program, ...args] = this.#kind.command(file) as [string, ...string[]];
    const child = spawn(program, args, {
      detached: true,
      env: { ...process.env, [OUTPUTS_FOLDER]: this.#directory },
      stdio: ["ignore", "inherit", "inherit"],
    });
    this.#process = child;
    child.on("error", (error) => this.#exited(error.message));
    child.on("exit", (code, signal) => this.#exited(signal ?? `exit code ${code}`));
    await new Promise((resolve) => child.once("spawn", resolve).once("error", resolve));
    if (this.ended) return;
    this.#watchdog = spawn("/bin/sh", ["-c", WATCHDOG, `${child.pid}`, this.#directory], {
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
    });
    this.#watchdog.on("error", () => {});
    this.#watchdog.stdin?.on("error", () => {});

    for (
      const [channel, port] of [["shell", shell], ["control", control], ["stdin", stdin]] as const
    ) {
      // The same identity on all three: an input request comes to stdin for who asked on shell.
      const socket = new zmq.Dealer({ ...SOCKET_OPTIONS, routingId: this.session });
      this.#connect(socket, `tcp://${address}:${port}`);
      this.#out.set(channel, new SendQueue((parts) => socket.send(parts)));
      void this.#listen(channel, socket);
    }
    const { sendHighWaterMark: _, ...options } = SOCKET_OPTIONS;
    const subscriber = new zmq.Subscriber(options);
    this.#connect(subscriber, `tcp://${address}:${iopub}`);
    subscriber.subscribe();
    void this.#listen("iopub", subscriber);

    this.info = (await this.#untilItSpeaks()).content;
    if (this.#kind.setup !== "") await this.runSilently(this.#kind.setup);
  }

  send(channel: Channel, message: Message): void {
    this.#out.get(channel)?.put(frames({ ...message, identities: [] }, this.#key));
  }

  /**
   * Sends a request of our own. Resolves with the reply when idle has come too: then all that the kernel had
   * published before has come. Does not resolve if the kernel ends.
   */
  ask(type: string, content: Content): Promise<Message> {
    const request = compose(type, content, this.session);
    return new Promise((answer) => {
      this.#questions.set(request.header.msg_id, { answer });
      this.send("shell", request);
    });
  }

  /** Run code that no client sees. */
  async runSilently(code: string): Promise<void> {
    const content = { code, silent: true, store_history: false, allow_stdin: false };
    await this.ask("execute_request", content);
  }

  /**
   * Asks the kernel to send END_OF_OUTPUTS when all outputs so far have been sent. Returns whether it will: a
   * cell may have replaced what sends it.
   */
  async askForEnd(): Promise<boolean> {
    this.#asked += 1;
    const code = `${ASK_FOR_END}.`;
    const { content } = await this.ask("complete_request", { code, cursor_pos: code.length });
    const names = content["matches"];
    return Array.isArray(names) && names.includes(END_IS_SENT);
  }

  /** Whether this answers the latest `askForEnd`. */
  isEnd(message: Message): boolean {
    return message.content["count"] === this.#asked;
  }

  /** The CPU time that its process has used, in milliseconds, if the system says it. */
  computedMs(): number | undefined {
    return cpuMs(this.#process?.pid);
  }

  /** To the kernel's process alone, not to what the cells have started. */
  signal(signal: typeof STOP_SIGNAL | "SIGINT"): void {
    if (!this.ended) this.#process?.kill(signal);
  }

  /** End its whole process group and remove its files. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.#killGroup();
    this.#clean();
  }

  /** Connects a socket, and notes when the kernel's end has been closed (at once if it never was open). */
  #connect(socket: zmq.Dealer | zmq.Subscriber, address: string): void {
    let isOpen = false;
    const disconnected = new Promise<void>((resolve) => {
      socket.events.on("handshake", () => isOpen = true);
      socket.events.on("disconnect", () => resolve());
      this.#process?.once("exit", () => {
        if (!isOpen) resolve();
      });
    });
    this.#sockets.push({ socket, disconnected });
    socket.connect(address);
  }

  async #listen(channel: Channel | "iopub", socket: zmq.Dealer | zmq.Subscriber): Promise<void> {
    try {
      for await (const parts of socket) {
        const message = parse(parts as Buffer[], this.#key);
        if (message === undefined) continue;
        if (message.parent.session === this.session) this.#answered(channel, message);
        else {
          const sent = contentOf(message.content, this.#directory);
          const content = mapTexts(sent, this.#kind.readable) as Content;
          this.#listener.heard(channel, { ...message, content }, this);
        }
      }
    } catch (error) {
      // A socket that was closed ends the loop: this run of the kernel is over.
      if (!this.ended) throw error;
    }
  }

  #answered(channel: Channel | "iopub", message: Message): void {
    const id = message.parent.msg_id ?? "";
    const question = this.#questions.get(id);
    if (question === undefined) return;
    if (channel === "shell") question.reply = message;
    if (message.content["execution_state"] === "idle") question.idle = true;
    if (question.reply === undefined || question.idle !== true) return;
    this.#questions.delete(id);
    question.answer(question.reply);
  }

  /**
   * Asks for the kernel's information until an answer has come on iopub too: only then no output is lost.
   */
  #untilItSpeaks(): Promise<Message> {
    return new Promise((resolve) => {
      const ask = () => {
        if (this.ended) clearInterval(timer);
        else void this.ask("kernel_info_request", {}).then(spoke);
      };
      const timer = setInterval(ask, 100);
      const spoke = (reply: Message) => {
        clearInterval(timer);
        resolve(reply);
      };
      ask();
    });
  }

  #exited(how: string): void {
    if (this.ended) return;
    this.ended = true;
    this.#killGroup();
    void this.#allReceived().then(() => {
      this.#clean();
      this.#listener.died(how, this);
    });
  }

  /**
   * What the process sent last may still be on its way. The operating system closes the connections behind
   * it; then the messages are read that are left.
   */
  async #allReceived(): Promise<void> {
    await Promise.all(this.#sockets.map(({ disconnected }) => disconnected));
    // A turn of the event loop reads more than one message.
    while (this.#sockets.some(({ socket }) => socket.readable)) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await new Promise((resolve) => setImmediate(resolve));
  }

  #killGroup(): void {
    const pid = this.#process?.pid;
    try {
      if (pid !== undefined) process.kill(-pid, "SIGKILL");
    } catch {
      // No process of the group is left.
    }
  }

  #clean(): void {
    this.#watchdog?.kill("SIGKILL");
    for (const { socket } of this.#sockets) socket.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** The same JSON with other texts. */
function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, mapTexts(item, change)]),
  );
}

/** No limit on waiting messages (a loop may log 20,000 lines), and no waiting when closed. */
export const SOCKET_OPTIONS = {
  linger: 0,
  sendHighWaterMark: 0,
  receiveHighWaterMark: 0,
  reconnectInterval: 20,
} as const;

/**
 * An address for a kernel, and ports that are free there. A port is free again from the moment it is found to
 * that in which the kernel binds it, and a front end finds its ports on 127.0.0.1 in the same way: kernels
 * that start at once took each other's. On Linux all of 127.0.0.0/8 is this machine, so each kernel draws one
 * of the four million addresses from 127.64.0.0 on.
 */
async function freePorts(): Promise<{ address: string; ports: Ports }> {
  const drawn = randomInt(1 << 22);
  const address = `127.${64 + (drawn >> 16)}.${(drawn >> 8) & 255}.${drawn & 255}`;
  try {
    return { address, ports: await portsOn(address) };
  } catch (error) {
    // Elsewhere than on Linux, and in some containers, there is but the one.
    if ((error as NodeJS.ErrnoException).code !== "EADDRNOTAVAIL") throw error;
    return { address: "127.0.0.1", ports: await portsOn("127.0.0.1") };
  }
}

type Ports = [number, number, number, number, number];

async function portsOn(address: string): Promise<Ports> {
  const servers = await Promise.all(
    Array.from({ length: 5 }, () =>
      new Promise<Server>((resolve, reject) => {
        const server = createServer();
        server.on("error", reject).listen(0, address, () => resolve(server));
      })),
  );
  return await Promise.all(servers.map((server) =>
    new Promise<number>((resolve) => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    })
  )) as Ports;
}
