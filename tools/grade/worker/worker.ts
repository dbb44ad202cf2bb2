/** The grader's side of a worker process. A request that exceeds a limit ends the process. */
import { Buffer } from "node:buffer";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { type Course, kitPath, kitUrl } from "../course.ts";
import { BARE_ENVIRONMENT, limited, type Limits, Watch, whyEnded } from "../sandbox/limits.ts";
import { mainModule } from "../sandbox/main_module.ts";
import type { Header, Kind, Reply, Requests } from "./requests.ts";

const POLL_MS = 50;
/** In bytes; the answers of a notebook need one or two megabytes. */
const LONGEST_REPLY = 64 << 20;

/** A request failed. The message is a reason for the student. */
export class WorkerError extends Error {
  override name = "WorkerError";
}

/** Handles requests one at a time. If a request ended the process, the next request starts a new one. */
export class Worker {
  readonly #main: string;
  readonly #cache: string;
  #child: ChildProcess | undefined;
  #closed = false;
  #seconds = 0;

  constructor(readonly course: Course, readonly limits: Limits, folder: string) {
    this.#cache = join(folder, "cache");
    mkdirSync(this.#cache, { recursive: true });
    const { root, exercisesModule } = course;
    this.#main = mainModule(
      folder,
      `import { EXERCISES } from ${JSON.stringify(exercisesModule)};
import { serve } from ${JSON.stringify(kitUrl("tools/grade/worker/serve.ts"))};
await serve({
  root: ${JSON.stringify(root)},
  exercises: EXERCISES,
  exercisesModule: ${JSON.stringify(exercisesModule)},
});
`,
    );
  }

  /** CPU time of all requests. */
  get seconds(): number {
    return this.#seconds;
  }

  /**
   * Sends a request and waits for the reply.
   *
   * @throws {WorkerError} if the request exceeds a limit or fails.
   */
  async request<K extends Kind>(
    kind: K,
    asks: Requests[K]["asks"],
    bytes: Uint8Array = new Uint8Array(),
    seconds = this.limits.seconds,
  ): Promise<Requests[K]["answers"]> {
    if (this.#closed) throw new Error("The grading was stopped.");
    const child = this.#child ??= this.#start();
    const header: Header = { kind, asks, bytes: bytes.length };
    const reply = this.#reply(child, seconds);
    child.stdin!.write(`${JSON.stringify(header)}\n`);
    child.stdin!.write(bytes);
    const answered = JSON.parse(await reply) as Reply;
    if ("error" in answered) throw new WorkerError(answered.error);
    return answered.answer as Requests[K]["answers"];
  }

  /** Ends the process; further requests fail. */
  close(): void {
    this.#closed = true;
    this.#end();
  }

  /** Ends the process; the next request starts a new one. */
  #end(): void {
    this.#child?.kill("SIGKILL");
    this.#child = undefined;
  }

  #start(): ChildProcess {
    const { mebibytes } = this.limits;
    const [program, args] = limited(this.limits, [
      process.execPath,
      ...["run", "--quiet", "--no-prompt", "--no-remote", "--cached-only", "--no-lock"],
      ...["--config", kitPath("deno.json"), "--ignore-env"],
      `--allow-read=${[kitPath("."), this.course.root].map(escaped).join(",")}`,
      `--v8-flags=--max-old-space-size=${mebibytes}`,
      this.#main,
    ]);
    const child = spawn(program, args, {
      cwd: kitPath("."),
      env: { ...BARE_ENVIRONMENT, DENO_DIR: this.#cache },
      stdio: "pipe",
    });
    // A failure between two requests is reported by the next request.
    child.on("error", () => {});
    child.stdin.on("error", () => {});
    // If the system kills the process between two requests, the next request starts a new one.
    child.on("close", () => {
      if (this.#child === child) this.#child = undefined;
    });
    return child;
  }

  /** Waits for the next line from the process. Ends the process if it exceeds a limit. */
  async #reply(child: ChildProcess, seconds: number): Promise<string> {
    const { mebibytes } = this.limits;
    const watch = new Watch(child.pid ?? 0, { seconds, mebibytes });
    let complaints = "";
    let length = 0;
    const chunks: Uint8Array[] = [];
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const fail = (why: string) => {
      this.#end();
      reject(new WorkerError(why));
    };
    const timer = setInterval(() => {
      const passed = watch.measure();
      if (passed !== undefined) fail(passed);
    }, POLL_MS);
    const onData = (chunk: Uint8Array) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length > LONGEST_REPLY) fail(`the result is larger than ${LONGEST_REPLY >> 20} MiB`);
      if (chunk.at(-1) === 10) resolve(Buffer.concat(chunks).toString());
    };
    const onComplaint = (chunk: Uint8Array) => {
      if (complaints.length < 4096) complaints += new TextDecoder().decode(chunk);
    };
    const onClose = (code: number | null, signal: string | null) =>
      fail(whyEnded(signal ?? `exit status ${code}`, complaints));
    const onError = ({ message }: Error) => fail(message);
    child.stdout!.on("data", onData);
    child.stderr!.on("data", onComplaint);
    child.on("close", onClose);
    child.on("error", onError);
    child.stdin!.on("error", onError);
    try {
      return await promise;
    } finally {
      clearInterval(timer);
      this.#seconds += watch.seconds;
      // Memory used by one notebook must not count for the next.
      if (watch.peakMebibytes > mebibytes / 2) this.#end();
      child.stdout!.off("data", onData);
      child.stderr!.off("data", onComplaint);
      child.off("close", onClose);
      child.off("error", onError);
      child.stdin!.off("error", onError);
    }
  }
}

/** Deno separates paths with commas; two commas stand for a comma inside a path. */
function escaped(path: string): string {
  return path.replaceAll(",", ",,");
}
