/** What a browser says to a hub and to a user's server, said by a program: REST and websockets. */
import assert from "node:assert/strict";
import type { Notebook, Output } from "../../tools/lessons/notebook.ts";

/** More than a server or a lesson takes to start on a busy machine. */
const PATIENCE_MS = 300_000;

/** One user of the hub, with a server of its own. */
export class HubUser {
  readonly #hub: string;
  readonly #token: string;
  readonly name: string;

  private constructor(hub: string, name: string, token: string) {
    this.#hub = hub;
    this.name = name;
    this.#token = token;
  }

  /** A user whom the hub does not know yet; `admin` is the token of who may make some. */
  static async create(hub: string, name: string, admin: string): Promise<HubUser> {
    await call(`${hub}/hub/api/users/${name}`, admin, "POST");
    const made = await call(`${hub}/hub/api/users/${name}/tokens`, admin, "POST", {});
    return new HubUser(hub, name, (made as { token: string }).token);
  }

  /** Starts the user's server and waits until it answers. */
  async startServer(): Promise<void> {
    await call(`${this.#hub}/hub/api/users/${this.name}/server`, this.#token, "POST");
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      const user = await call(`${this.#hub}/hub/api/users/${this.name}`, this.#token);
      const { servers } = user as { servers: Record<string, { ready: boolean }> };
      if (servers[""]?.ready) return;
      assert.ok(Date.now() < until, `${this.name}'s server did not start`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  /** The user's own server; the answer's JSON. */
  server(method: string, place: string, body?: unknown): Promise<unknown> {
    return call(`${this.#hub}/user/${this.name}/${place}`, this.#token, method, body);
  }

  /** What JupyterLab's page is told, e.g. what is switched off. */
  async pageConfig(): Promise<{ disabledExtensions: string[] }> {
    const page = await fetch(`${this.#hub}/user/${this.name}/lab`, {
      headers: { Authorization: `token ${this.#token}` },
    });
    const text = await page.text();
    const config = /<script id="jupyter-config-data"[^>]*>(.*?)<\/script>/s.exec(text)?.[1];
    assert.ok(config, text.slice(0, 500));
    return JSON.parse(config);
  }

  async readNotebook(place: string): Promise<Notebook> {
    const model = await this.server("GET", `api/contents/${place}`);
    const { content } = model as { content: Notebook };
    // The contents API gives a cell's text in one piece.
    for (const cell of content.cells) cell.source = [String(cell.source)];
    return content;
  }

  async writeNotebook(place: string, notebook: Notebook): Promise<void> {
    const cells = notebook.cells.map((cell) => ({ ...cell, source: cell.source.join("") }));
    const content = { ...notebook, cells };
    await this.server("PUT", `api/contents/${place}`, {
      type: "notebook",
      format: "json",
      content,
    });
  }

  /** Runs a notebook's code cells on the kernel that it names, and fills in their outputs. */
  async run(place: string, notebook: Notebook): Promise<void> {
    const { name } = notebook.metadata["kernelspec"] as { name: string };
    const made = await this.server("POST", "api/sessions", {
      path: place,
      name: place,
      type: "notebook",
      kernel: { name },
    });
    const { id, kernel } = made as { id: string; kernel: { id: string } };
    const socket = await this.#open(`api/kernels/${kernel.id}/channels?session_id=${id}`);
    try {
      for (const cell of notebook.cells) {
        if (cell.cell_type !== "code") continue;
        cell.outputs = await execute(socket, cell.source.join(""));
      }
    } finally {
      socket.close();
      await this.server("DELETE", `api/sessions/${id}`);
    }
  }

  /** Types a command in a terminal of JupyterLab's; what it said, or an error where it failed. */
  async terminal(command: string): Promise<string> {
    const { name } = await this.server("POST", "api/terminals", {}) as { name: string };
    const socket = await this.#open(`terminals/websocket/${name}`);
    try {
      let said = "";
      const done = new Promise<number>((resolve, reject) => {
        socket.onclose = () => reject(new Error(`the terminal closed: ${said}`));
        socket.onmessage = ({ data }) => {
          const [kind, text] = JSON.parse(data) as [string, string];
          if (kind === "stdout") said += text;
          // What was typed comes back as well, but with "$?" in place of the number.
          const status = /status=(\d+)=/.exec(said)?.[1];
          if (status !== undefined) resolve(Number(status));
        };
      });
      socket.send(JSON.stringify(["stdin", `${command}; echo "status=$?="\r`]));
      const status = await done;
      socket.onclose = null;
      assert.equal(status, 0, `${command}\n${said}`);
      return said;
    } finally {
      socket.close();
      await this.server("DELETE", `api/terminals/${name}`);
    }
  }

  async #open(place: string): Promise<WebSocket> {
    const address = `${this.#hub.replace(/^http/, "ws")}/user/${this.name}/${place}`;
    const socket = new WebSocket(address, { headers: { Authorization: `token ${this.#token}` } });
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () => reject(new Error(`${place} was refused`));
    });
    return socket;
  }
}

async function call(
  address: string,
  token: string,
  method = "GET",
  body?: unknown,
): Promise<unknown> {
  const response = await fetch(address, {
    method,
    headers: { Authorization: `token ${token}`, "Content-Type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${address}: ${response.status} ${text.slice(0, 1000)}`);
  return text === "" ? undefined : JSON.parse(text);
}

interface Message {
  header: { msg_type: string };
  parent_header: { msg_id?: string };
  content: Record<string, unknown>;
}

/** The outputs of one cell, as Jupyter stores them. */
function execute(socket: WebSocket, code: string): Promise<Output[]> {
  const id = crypto.randomUUID();
  const outputs: Output[] = [];
  const waiting = new Set(["idle", "execute_reply"]);
  return new Promise((resolve, reject) => {
    const patience = setTimeout(() => reject(new Error(`no end of:\n${code}`)), PATIENCE_MS);
    socket.onclose = () => reject(new Error(`the kernel's socket closed in:\n${code}`));
    socket.onmessage = ({ data }) => {
      const { header, parent_header, content } = JSON.parse(data) as Message;
      if (parent_header.msg_id !== id) return;
      const type = header.msg_type;
      if (["stream", "display_data", "execute_result", "error"].includes(type)) {
        const { transient: _, ...stored } = content;
        outputs.push({ output_type: type, ...stored });
      }
      waiting.delete(type === "status" ? String(content["execution_state"]) : type);
      if (waiting.size > 0) return;
      clearTimeout(patience);
      socket.onclose = null;
      resolve(outputs);
    };
    socket.send(JSON.stringify({
      channel: "shell",
      header: {
        msg_id: id,
        msg_type: "execute_request",
        username: "",
        session: id,
        version: "5.3",
      },
      parent_header: {},
      metadata: {},
      content: {
        code,
        silent: false,
        store_history: true,
        allow_stdin: false,
        user_expressions: {},
      },
      buffers: [],
    }));
  });
}
