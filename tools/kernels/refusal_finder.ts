/**
 * Finds the checks that the grader would refuse.
 *
 * Ordinary cells do not get slower: only a cell that may contain refused code starts TypeScript's parser, in
 * a separate process. If the process takes too long or ends, the cells run anyway.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { cpuMs } from "./cpu_time.ts";

/** Longer cells are not analyzed. The grader ignores them too. */
const MOST_CHARACTERS = 50_000;
/** Limits of CPU time. TypeScript needs exponential time to parse some code. */
const START_MS = 10_000;
const ANALYSIS_MS = 3000;
/** A process that neither computes nor answers for this long hangs. */
const MOST_WAIT_MS = 60_000;
const LOOK_MS = 100;
/** After this many consecutive failures, the process is not started again. */
const MOST_FAILURES = 3;
/**
 * Ends the process after 100 s of CPU time. After the kernel proxy has been killed, nothing else ends an
 * analysis that takes too long.
 */
const LIMITED = 'ulimit -t 100; exec "$0" "$@"';
const MEMORY = "--v8-flags=--max-old-space-size=512";

/** The messages of refusals, by exercise. */
export type Refusals = Readonly<Record<string, string>>;

interface Request {
  ran?: string;
  next?: string;
}

/** Tracks the cells of one kernel. A restarted kernel gets a new finder. */
export class RefusalFinder {
  readonly #checkout: string;
  readonly #analysisMs: number;
  readonly #mayBeRefused: (code: string) => boolean;
  /** The cells that ran, and how many of them the process has received. */
  readonly #cells: string[] = [];
  #sent = 0;
  /** Whether any cell so far may contain refused code. */
  #isNeeded = false;
  #process: ChildProcess | undefined;
  #failures = 0;
  #ended = false;
  /** Called with the process's next line, or with undefined if the process fails. */
  #answered: ((line?: string) => void) | undefined;
  /** All work so far; the process gets one request at a time. */
  #work: Promise<Refusals> = Promise.resolve({});

  constructor(checkout: string, analysisMs = ANALYSIS_MS) {
    this.#checkout = checkout;
    this.#analysisMs = analysisMs;
    this.#mayBeRefused = loadMayBeRefused(checkout);
  }

  /** Whether the next cell has to wait for `refusalsIn`. */
  hasToLookAt(code: string): boolean {
    if (code.length > MOST_CHARACTERS) return false;
    return /\bcheck\b/.test(code) && this.#needs(code);
  }

  /** Records a cell that runs. */
  ran(code: string): void {
    if (code.length > MOST_CHARACTERS) return;
    this.#cells.push(code);
    if (this.#needs(code)) void this.#then(() => this.#catchUp());
  }

  /** Finds the refusals for the checks in the next cell; none if the code cannot be analyzed. */
  refusalsIn(code: string): Promise<Refusals> {
    return this.#then(async () => {
      await this.#catchUp();
      return await this.#isReady() ? await this.#request({ next: code }) : undefined;
    });
  }

  /** Ends the process. */
  end(): void {
    this.#ended = true;
    this.#fail();
  }

  /** Whether this cell or an earlier cell may contain refused code. */
  #needs(code: string): boolean {
    this.#isNeeded ||= this.#mayBeRefused(code);
    return this.#isNeeded;
  }

  /** Queues an action after all work so far. Errors do not reach the cell. */
  #then(action: () => Promise<Refusals | undefined>): Promise<Refusals> {
    this.#work = this.#work.then(action).then((refusals) => refusals ?? {}).catch(() => {
      this.#fail();
      return {};
    });
    return this.#work;
  }

  /** Sends new cells to the process, and drops cells that the process cannot analyze. */
  async #catchUp(): Promise<undefined> {
    while (this.#sent < this.#cells.length && await this.#isReady()) {
      const at = this.#sent;
      if (await this.#request({ ran: this.#cells[at]! }) === undefined) this.#cells.splice(at, 1);
      else this.#sent = at + 1;
    }
  }

  /** Starts the process if necessary; returns whether the process is running. */
  async #isReady(): Promise<boolean> {
    while (this.#process === undefined) {
      if (this.#ended || this.#failures >= MOST_FAILURES) return false;
      await this.#start();
    }
    return true;
  }

  /** Sends a request to the process; undefined if no answer arrives in time. */
  async #request(request: Request): Promise<Refusals | undefined> {
    const answer = await this.#answer(this.#analysisMs, request);
    if (answer !== undefined) this.#failures = 0;
    return answer;
  }

  #start(): Promise<Refusals | undefined> {
    const deno = join(this.#checkout, "node_modules", "deno", "deno");
    const program = join(this.#checkout, "tools", "kernels", "refusals.ts");
    const permissions = ["--no-prompt", "--allow-read", "--allow-env", "--allow-sys"];
    const args = ["-c", LIMITED, deno, "run", MEMORY, ...permissions, program];
    const child = spawn("/bin/sh", args, {
      cwd: this.#checkout,
      stdio: ["pipe", "pipe", "ignore"],
    });
    this.#process = child;
    const failed = () => {
      if (child === this.#process) this.#fail();
    };
    child.on("error", failed).on("exit", failed);
    child.stdin.on("error", () => {});
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (child === this.#process) this.#answered?.(line);
    });
    return this.#answer(START_MS);
  }

  async #answer(limitMs: number, request?: Request): Promise<Refusals | undefined> {
    let timer: ReturnType<typeof setInterval> | undefined;
    const pid = this.#process?.pid;
    const began = performance.now();
    const before = cpuMs(pid) ?? 0;
    const isLate = () => {
      const waited = performance.now() - began;
      const computed = (cpuMs(pid) ?? before + waited) - before;
      return computed >= limitMs || waited >= MOST_WAIT_MS;
    };
    const line = await new Promise<string | undefined>((resolve) => {
      this.#answered = resolve;
      timer = setInterval(() => {
        if (isLate()) this.#fail();
      }, LOOK_MS);
      if (request !== undefined) this.#process?.stdin?.write(`${JSON.stringify(request)}\n`);
    });
    clearInterval(timer);
    return line === undefined ? undefined : JSON.parse(line) as Refusals;
  }

  /** Ends the process. The next process gets all cells again. */
  #fail(): void {
    this.#failures++;
    this.#sent = 0;
    this.#process?.kill("SIGKILL");
    this.#process = undefined;
    this.#answered?.();
  }
}

/** Loads the library's quick search for refused words; without the library, nothing is found. */
function loadMayBeRefused(checkout: string): (code: string) => boolean {
  try {
    const require = createRequire(join(checkout, "package.json"));
    const { mayBeRefused } = require("./lib/dist/checks/refused.js") as {
      mayBeRefused(code: string): boolean;
    };
    mayBeRefused("");
    return mayBeRefused;
  } catch {
    return () => false;
  }
}
