/**
 * The kernel's half in JupyterLite's page: a kernel that JupyterLab can start, stop and restart.
 *
 * JupyterLab loads an extension as a container of webpack's module federation. Such a container is an object
 * with two functions, so no build tool of JupyterLab's is needed.
 */
import type { ExecuteReply, Request, ToPage } from "./protocol.ts";

const NAME = "residual-kernel";
/** Where the browser keeps the learner's files, such as the progress. */
const KEPT = "residual.files";
/** Milliseconds after Stop in which a worker that is alive answers, or ends its cell. */
const STOP_MS = 2500;

const here = new URL("./", (document.currentScript as HTMLScriptElement).src);
/** The kit's files lie two folders above the extension's, as `npx deno task site` puts them. */
const kit = new URL("../../../kit/", here);

/** What JupyterLab shares with its extensions: by package and version. */
type Shared = Record<string, Record<string, { get(): Promise<() => unknown> }> | undefined>;

/** The parts of JupyterLite's base class that this kernel uses. */
interface BaseKernel {
  readonly id: string;
  readonly executionCount: number;
  stream(content: unknown): void;
  displayData(content: unknown): void;
  updateDisplayData(content: unknown): void;
  publishExecuteResult(content: unknown): void;
  publishExecuteError(content: unknown): void;
  dispose(): void;
}

interface Services {
  readonly BaseKernel: new (options: object) => BaseKernel;
  readonly IKernelSpecs: unknown;
  readonly IKernelClient: unknown;
}

interface KernelSpecs {
  register(kernel: {
    readonly spec: Readonly<Record<string, unknown>>;
    create(options: object): Promise<BaseKernel>;
  }): void;
}

interface KernelClient {
  interrupt(id: string): Promise<void>;
}

let shared: Shared = {};

async function sharedModule(name: string): Promise<unknown> {
  const [version] = Object.values(shared[name] ?? {});
  if (version === undefined) throw new Error(`JupyterLite does not provide ${name}.`);
  return (await version.get())();
}

function keptFiles(): Record<string, string> {
  return JSON.parse(localStorage.getItem(KEPT) ?? "{}") as Record<string, string>;
}

function keep(path: string, text: string | undefined): void {
  const files = keptFiles();
  if (text === undefined) delete files[path];
  else files[path] = text;
  localStorage.setItem(KEPT, JSON.stringify(files));
}

/** Settings that the address gives: `?RESIDUAL_BUDGET=quick`. */
function settings(): Record<string, string> {
  const entries = [...new URLSearchParams(location.search)];
  return Object.fromEntries(entries.filter(([name]) => name.startsWith("RESIDUAL_")));
}

function kernelClass({ BaseKernel }: Services) {
  return class BrowserKernel extends BaseKernel {
    #worker!: Worker;
    #started!: Promise<unknown>;
    /** Shared with the worker: its number is 1 once Stop is pressed. Needs cross-origin isolation. */
    #stop: Int32Array | undefined;
    #isStopping = false;
    #next = 0;
    readonly #waiting = new Map<number, (content: unknown) => void>();
    #running: ((reply: ExecuteReply) => void) | undefined;

    constructor(options: object) {
      super(options);
      this.#start();
    }

    get ready(): Promise<void> {
      return this.#started.then(() => undefined);
    }

    #start(): void {
      this.#worker = new Worker(new URL("worker.js", here), { type: "module", name: NAME });
      this.#worker.onmessage = ({ data }: MessageEvent<ToPage>) => this.#receive(data);
      this.#worker.onerror = ({ message }) => console.error(`The kernel's worker: ${message}`);
      this.#stop = crossOriginIsolated ? new Int32Array(new SharedArrayBuffer(4)) : undefined;
      this.#started = this.#startWorker();
    }

    async #startWorker(): Promise<unknown> {
      const answer = await fetch(new URL("files.json", kit));
      const shipped = await answer.json() as Record<string, number>;
      const files = { base: kit.href.replace(/\/$/, ""), shipped, kept: keptFiles() };
      return await this.#ask({ type: "start", files, settings: settings(), stop: this.#stop });
    }

    #ask(request: Request): Promise<unknown> {
      const id = this.#next++;
      this.#worker.postMessage({ ...request, id });
      return new Promise((resolve) => this.#waiting.set(id, resolve));
    }

    #receive(message: ToPage): void {
      switch (message.to) {
        case "reply":
          this.#waiting.get(message.id)?.(message.content);
          this.#waiting.delete(message.id);
          break;
        case "keep":
          keep(message.path, message.text);
          break;
        case "stopping":
          this.#isStopping = true;
          break;
        case "output":
          this.#show(message);
          break;
      }
    }

    #show({ type, content }: Extract<ToPage, { to: "output" }>): void {
      switch (type) {
        case "stream":
          return this.stream(content);
        case "display_data":
          return this.displayData(content);
        case "update_display_data":
          return this.updateDisplayData(content);
        case "execute_result":
          return this.publishExecuteResult(content);
        case "error":
          return this.publishExecuteError(content);
      }
    }

    /** Stops the running cell; a worker that does not answer is replaced. */
    interrupt(): void {
      const running = this.#running;
      if (running === undefined) return;
      this.#isStopping = false;
      if (this.#stop !== undefined) Atomics.store(this.#stop, 0, 1);
      this.#worker.postMessage({ type: "stop" });
      setTimeout(() => {
        if (this.#running === running && !this.#isStopping) this.#replaceWorker(running);
      }, STOP_MS);
    }

    #replaceWorker(running: (reply: ExecuteReply) => void): void {
      this.#worker.terminate();
      this.#waiting.clear();
      this.#start();
      const content = {
        ename: "Stopped",
        evalue:
          "This cell never paused, so Stop had to restart the kernel: its variables are lost. " +
          "Run the cells again, from the top. Your notebook and your points are kept.",
      };
      const error = { ...content, traceback: [`${content.ename}: ${content.evalue}`] };
      this.publishExecuteError(error);
      running({ status: "error", ...error });
    }

    kernelInfoRequest(): Promise<Record<string, unknown>> {
      return Promise.resolve({
        status: "ok",
        protocol_version: "5.3",
        implementation: "residual",
        implementation_version: "0.1.0",
        banner: "",
        help_links: [],
        language_info: {
          name: "typescript",
          version: "5.9",
          mimetype: "text/typescript",
          file_extension: ".ts",
          codemirror_mode: "typescript",
          pygments_lexer: "typescript",
        },
      });
    }

    async executeRequest({ code }: { code: string }): Promise<ExecuteReply> {
      await this.#started;
      const number = this.executionCount;
      const reply = await new Promise<ExecuteReply>((resolve) => {
        this.#running = resolve;
        const answer = this.#ask({ type: "execute", code, number });
        void answer.then((content) => resolve(content as ExecuteReply));
      });
      this.#running = undefined;
      return { ...reply, execution_count: number };
    }

    async completeRequest(
      { code, cursor_pos: cursor }: { code: string; cursor_pos: number },
    ): Promise<unknown> {
      return await this.#ask({ type: "complete", code, cursor });
    }

    inspectRequest(): Promise<unknown> {
      return Promise.resolve({ status: "ok", found: false, data: {}, metadata: {} });
    }

    isCompleteRequest(): Promise<unknown> {
      return Promise.resolve({ status: "unknown" });
    }

    commInfoRequest(): Promise<unknown> {
      return Promise.resolve({ status: "ok", comms: {} });
    }

    inputReply(): void {}

    commOpen(): Promise<void> {
      return Promise.resolve();
    }

    commMsg(): Promise<void> {
      return Promise.resolve();
    }

    commClose(): Promise<void> {
      return Promise.resolve();
    }

    override dispose(): void {
      this.#worker.terminate();
      super.dispose();
    }
  };
}

async function plugins(): Promise<unknown[]> {
  const services = await sharedModule("@jupyterlite/services") as Services;
  const Kernel = kernelClass(services);
  const kernels = new Set<InstanceType<typeof Kernel>>();
  return [{
    id: `${NAME}:kernel`,
    autoStart: true,
    requires: [services.IKernelSpecs, services.IKernelClient],
    activate(_app: unknown, specs: KernelSpecs, client: KernelClient) {
      specs.register({
        spec: {
          // The notebooks' own kernel name, so that they need no change.
          name: "deno",
          display_name: "TypeScript (this browser)",
          language: "typescript",
          argv: [],
          env: {},
          metadata: {},
          interrupt_mode: "message",
          resources: {},
        },
        create(options) {
          const kernel = new Kernel(options);
          kernels.add(kernel);
          return Promise.resolve(kernel);
        },
      });
      // JupyterLite's own Stop only drops the cells that wait.
      const dropWaiting = client.interrupt.bind(client);
      client.interrupt = async (id) => {
        for (const kernel of kernels) if (kernel.id === id) kernel.interrupt();
        await dropWaiting(id);
      };
    },
  }];
}

const containers = globalThis as unknown as { _JUPYTERLAB?: Record<string, unknown> };
containers._JUPYTERLAB ??= {};
containers._JUPYTERLAB[NAME] = {
  init(scope: Shared) {
    shared = scope;
  },
  async get(module: string) {
    const list = module === "./extension" ? await plugins() : [];
    return () => ({ __esModule: true, default: list });
  },
};
