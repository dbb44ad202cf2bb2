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
import { ASK_FOR_END, type KernelKind, type STOP_SIGNAL } from "./kernel_kind.ts";
import { Outbox } from "./outbox.ts";
import { compose, type Connection, frames, type Message, parse } from "./wire.ts";

export type Channel = "shell" | "control" | "stdin";

export interface Listener {
  /** A message from the kernel, with no identities but iopub's topic. */
  heard(channel: Channel | "iopub", message: Message, kernel: InnerKernel): void;
  /** The process has ended, not by `end`. */
  died(how: string, kernel: InnerKernel): void;
}

/** When the go-between is killed outright, its pipe closes and this ends the kernel in its place. */
const WATCHDOG = 'read -r line; kill -s KILL -- "-$0"; rm -rf "$1"';

export class InnerKernel {
  readonly #key: string;
  readonly #kind: KernelKind;
  readonly #listener: Listener;
  readonly #directory = mkdtempSync(join(tmpdir(), "residual-kernel-"));
  readonly #sockets: (zmq.Dealer | zmq.Subscriber)[] = [];
  readonly #out = new Map<Channel, Outbox>();
  #process: ChildProcess | undefined;
  #watchdog: ChildProcess | undefined;
  #asked = 0;
  /** Its process is gone, or was told to go. */
  ended = false;
  /** Called for every message that answers one of our own requests. */
  #own: ((channel: Channel | "iopub", message: Message) => void) | undefined;
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
    const child = spawn(program, args, { detached: true, stdio: ["ignore", "inherit", "inherit"] });
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
      socket.connect(`tcp://${address}:${port}`);
      this.#sockets.push(socket);
      this.#out.set(channel, new Outbox((parts) => socket.send(parts)));
      void this.#listen(channel, socket);
    }
    const { sendHighWaterMark: _, ...options } = SOCKET_OPTIONS;
    const subscriber = new zmq.Subscriber(options);
    subscriber.connect(`tcp://${address}:${iopub}`);
    subscriber.subscribe();
    this.#sockets.push(subscriber);
    void this.#listen("iopub", subscriber);

    await this.#untilItSpeaks();
    if (this.#kind.setup !== "") await this.runSilently(this.#kind.setup);
  }

  send(channel: Channel, message: Message): void {
    this.#out.get(channel)?.put(frames({ ...message, identities: [] }, this.#key));
  }

  /** Run code that no client sees. */
  runSilently(code: string): Promise<void> {
    return new Promise((resolve) => {
      const content = { code, silent: true, store_history: false, allow_stdin: false };
      this.#own = (channel, message) => {
        if (channel !== "shell" || message.header.msg_type !== "execute_reply") return;
        this.#own = undefined;
        resolve();
      };
      this.send("shell", compose("execute_request", content, this.session));
    });
  }

  /** Ask it to say when all outputs so far have been sent. */
  askForEnd(): void {
    this.#asked += 1;
    const code = `${ASK_FOR_END}.`;
    const content = { code, cursor_pos: code.length };
    this.send("shell", compose("complete_request", content, this.session));
  }

  /** Whether this answers the latest `askForEnd`. */
  isEnd(message: Message): boolean {
    return message.content["count"] === this.#asked;
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

  async #listen(channel: Channel | "iopub", socket: zmq.Dealer | zmq.Subscriber): Promise<void> {
    try {
      for await (const parts of socket) {
        const message = parse(parts as Buffer[], this.#key);
        if (message === undefined) continue;
        if (message.parent.session === this.session) this.#own?.(channel, message);
        else this.#listener.heard(channel, message, this);
      }
    } catch (error) {
      // A socket that was closed ends the loop: this run of the kernel is over.
      if (!this.ended) throw error;
    }
  }

  /** Ask until an answer has come on iopub too: only then no output is lost. */
  #untilItSpeaks(): Promise<void> {
    return new Promise((resolve) => {
      const ask = () => {
        if (this.ended) clearInterval(timer);
        else this.send("shell", compose("kernel_info_request", {}, this.session));
      };
      const timer = setInterval(ask, 100);
      const heard = new Set<string>();
      this.#own = (channel) => {
        heard.add(channel);
        if (!heard.has("iopub") || !heard.has("shell")) return;
        clearInterval(timer);
        this.#own = undefined;
        resolve();
      };
      ask();
    });
  }

  #exited(how: string): void {
    if (this.ended) return;
    this.ended = true;
    this.#killGroup();
    // What it sent last is still on its way through the sockets.
    setTimeout(() => {
      this.#clean();
      this.#listener.died(how, this);
    }, 150);
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
    for (const socket of this.#sockets) socket.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }
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
