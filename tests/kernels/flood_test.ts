/** Cells that show more than Jupyter Server passes on, through a real Jupyter Server with its own limits. */
import { deepEqual, equal } from "node:assert/strict";
import { KERNELS } from "../../tools/setup/kernels.ts";
import { withLab } from "../browser/lab.ts";

const LINES = 20_000;
/** More than the 3,000 of the server's 3 seconds. */
const DISPLAYS = 3_300;
/** More than the 3 MB of the server's 3 seconds. */
const CHARACTERS = 4_000_000;

const SHOW = {
  deno: `const shown = (text: string) =>
  Deno.jupyter.broadcast("display_data", { data: { "text/plain": text }, metadata: {}, transient: {} });`,
  tslab: `import * as tslab from "tslab";
const shown = async (text: string) => tslab.display.raw("text/plain", text);`,
};

for (const kernel of KERNELS) {
  Deno.test({
    name: `Jupyter Server drops no output of a cell that floods on ${kernel}`,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: () =>
      withLab(async (address) => {
        using session = await ServerSession.start(address, kernel);
        await session.run(SHOW[kernel]);

        const lines = await session.run(`for (let i = 0; i < ${LINES}; i++) console.log(i);`);
        deepEqual(firstWrong(lines.join("").trimEnd().split("\n"), LINES), undefined);

        const shown = await session.run(
          `for (let i = 0; i < ${DISPLAYS}; i++) await shown(String(i));`,
        );
        deepEqual(firstWrong(shown, DISPLAYS), undefined);

        const long = await session.run(`console.log("é".repeat(${CHARACTERS}));`);
        equal(long.join("").trimEnd() === "é".repeat(CHARACTERS), true, long.at(-1)?.slice(-500));
      }),
  });
}

/** The first text that is not its own number, or the first number that is not there. */
function firstWrong(texts: readonly string[], count: number): string | undefined {
  const at = texts.findIndex((text, i) => text !== `${i}`);
  if (at >= 0) return `${at}: ${texts[at]?.slice(0, 500)}`;
  return texts.length === count ? undefined : `${texts.length} of ${count}`;
}

interface Message {
  channel: string;
  header: { msg_type: string };
  parent_header: { msg_id?: string };
  content: { execution_state?: string; text?: string; data?: Record<string, string> };
}

/** A kernel of a Jupyter Server, as a front end speaks with it. */
class ServerSession implements Disposable {
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  static async start(address: string, kernel: string): Promise<ServerSession> {
    const { origin, host, searchParams } = new URL(address);
    const token = searchParams.get("token");
    const response = await fetch(`${origin}/api/kernels?token=${token}`, {
      method: "POST",
      body: JSON.stringify({ name: kernel }),
    });
    const { id } = await response.json() as { id: string };
    const socket = new WebSocket(`ws://${host}/api/kernels/${id}/channels?token=${token}`);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () => reject(new Error("Jupyter Server refused the connection"));
    });
    const session = new ServerSession(socket);
    await session.#subscribed();
    return session;
  }

  /**
   * Resolves when the kernel's outputs arrive. Jupyter Server opens the connection before its own subscription is
   * in force if the kernel is busy at that moment, and outputs until then are lost.
   */
  #subscribed(): Promise<void> {
    return new Promise((resolve, reject) => {
      const ask = () => this.#send(crypto.randomUUID(), "kernel_info_request", {});
      const timer = setInterval(ask, 500);
      this.#socket.onclose = () => {
        clearInterval(timer);
        reject(new Error("Jupyter Server closed the connection"));
      };
      this.#socket.onmessage = ({ data }) => {
        if ((JSON.parse(data) as Message).channel !== "iopub") return;
        clearInterval(timer);
        resolve();
      };
      ask();
    });
  }

  /** The texts that a cell shows. */
  run(code: string): Promise<string[]> {
    const id = crypto.randomUUID();
    const texts: string[] = [];
    const waiting = new Set(["idle", "execute_reply"]);
    // Whoever sees this test hang learns which message is missing.
    const report = setInterval(
      () =>
        console.log(`${texts.length} texts, waiting for ${[...waiting].join(" and ")}: ${code}`),
      60_000,
    );
    return new Promise<string[]>((resolve, reject) => {
      this.#socket.onclose = () => reject(new Error("Jupyter Server closed the connection"));
      this.#socket.onmessage = ({ data }) => {
        const { header, parent_header, content } = JSON.parse(data) as Message;
        if (parent_header.msg_id !== id) return;
        const text = content.text ?? content.data?.["text/plain"];
        if (text !== undefined) texts.push(text);
        waiting.delete(content.execution_state ?? header.msg_type);
        if (waiting.size === 0) resolve(texts);
      };
      const content = { code, silent: false, store_history: true, allow_stdin: false };
      this.#send(id, "execute_request", content);
    }).finally(() => clearInterval(report));
  }

  #send(id: string, type: string, content: Readonly<Record<string, unknown>>): void {
    const header = { msg_id: id, msg_type: type, session: id, username: "", version: "5.3" };
    const message = { channel: "shell", header, parent_header: {}, metadata: {}, content };
    this.#socket.send(JSON.stringify({ ...message, buffers: [] }));
  }

  [Symbol.dispose](): void {
    this.#socket.onclose = null;
    this.#socket.close();
  }
}
