/** Step 6: JupyterLab on this machine alone, with a token, on the first lesson. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import process from "node:process";
import { ownEnvironment } from "./environment.mjs";
import { lastWords, SetupError } from "./errors.mjs";
import { KERNELS } from "./kernels.ts";
import type { StartOptions } from "./options.mjs";
import type { Site } from "./paths.ts";
import { StepLine } from "./progress.mjs";
import { list, readJson } from "./work.mjs";

const PATIENCE_MS = 120_000;

/** A running JupyterLab. */
export interface Lab {
  /** The address to open, token included. */
  address: string;
  process: ChildProcess;
  /** Its exit status, when it has ended. */
  ended: Promise<number>;
}

/**
 * The environment of the kit's own Jupyter programs: all they write stays in the checkout, and they know
 * the kit's kernels first.
 */
export function jupyterEnvironment(
  site: Site,
  own: Record<string, string | undefined> = {},
): Record<string, string> {
  const folder = site.at(".jupyter");
  // IPython makes a temporary folder, and leaves it behind, if the parent of its own does not exist.
  fs.mkdirSync(folder, { recursive: true });
  return ownEnvironment({
    JUPYTER_CONFIG_DIR: path.join(folder, "config"),
    JUPYTER_DATA_DIR: path.join(folder, "data"),
    JUPYTER_RUNTIME_DIR: path.join(folder, "runtime"),
    IPYTHONDIR: path.join(folder, "ipython"),
    JUPYTER_PATH: path.join(site.venv, "share", "jupyter"),
    PATH: `${path.join(site.venv, "bin")}${path.delimiter}${process.env.PATH ?? ""}`,
    ...own,
  });
}

/** Starts JupyterLab and waits until it answers, with a line that says so. */
export async function startLab(site: Site, options: StartOptions): Promise<Lab> {
  const line = new StepLine("JupyterLab");
  line.begin();
  try {
    const lab = await launchLab(site, options);
    const { port } = new URL(lab.address);
    line.done(port === `${options.port}` ? "" : `port ${options.port} is in use, took ${port}`);
    return lab;
  } catch (error) {
    line.fail();
    throw error;
  }
}

/** Starts JupyterLab and waits until it answers. @throws {SetupError} with its last words */
export async function launchLab(
  site: Site,
  options: Pick<StartOptions, "port" | "teacher" | "backend">,
): Promise<Lab> {
  const token = randomBytes(24).toString("hex");
  const env = jupyterEnvironment(site, {
    JUPYTER_TOKEN: token,
    // nbgrader brings buttons and a menu that are for teachers alone.
    ...(options.teacher ? {} : { JUPYTER_CONFIG_PATH: site.at("tools/setup/learner") }),
    ...(options.backend === undefined ? {} : { RESIDUAL_BACKEND: options.backend }),
  });
  const runtime = site.at(".jupyter", "runtime");
  fs.mkdirSync(runtime, { recursive: true, mode: 0o700 });
  const child = spawn(site.python, ["-I", "-m", "jupyterlab", ...labArguments(site, options)], {
    cwd: site.checkout,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const keep = (chunk: unknown) => output = (output + String(chunk)).slice(-20_000);
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const ended = new Promise<number>((resolve) => {
    child.on("error", (error) => (keep(error.message), resolve(1)));
    child.on("close", (code) => resolve(code ?? 1));
  });
  let over = false;
  ended.then(() => over = true);
  const until = Date.now() + PATIENCE_MS;
  while (!over && Date.now() < until) {
    // The server writes its port, which may not be the one asked for, into this file.
    const server = readJson(path.join(runtime, `jpserver-${child.pid}.json`));
    const port = (server as { port: number } | undefined)?.port;
    if (port !== undefined && await answers(port)) {
      const address = `http://127.0.0.1:${port}${firstPage(site)}?token=${token}`;
      return { address, process: child, ended };
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  child.kill();
  throw new SetupError({
    what: "JupyterLab did not start.",
    tried: "python -m jupyterlab",
    came: over ? lastWords(output) : `no answer within ${PATIENCE_MS / 1000} seconds`,
    next: "Run `npx deno task doctor`, which tests each part.",
  });
}

function labArguments(site: Site, { port }: { port: number }): string[] {
  return [
    ...["--no-browser", "-y", "--ip=127.0.0.1", `--port=${port}`],
    ...["--ServerApp.port_retries=100", `--ServerApp.root_dir=${site.checkout}`],
    ...[
      `--LabApp.default_url=${firstPage(site)}`,
      "--KernelSpecManager.ensure_native_kernel=False",
    ],
    ...KERNELS.map((kernel) => `--KernelSpecManager.allowed_kernelspecs=${kernel}`),
    `--MultiKernelManager.default_kernel_name=${KERNELS[0]}`,
    ...(process.getuid?.() === 0 ? ["--allow-root"] : []),
  ];
}

/** The first lesson by its number. */
function firstPage(site: Site): string {
  const first = lessons(site)[0];
  return first === undefined ? "/lab" : `/lab/tree/${first}`;
}

function lessons(site: Site): string[] {
  return list(site.at("notebooks")).filter((name) => /^\d.*\.ipynb$/.test(name)).sort()
    .map((name) => `notebooks/${name}`);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1");
    const end = (answer: boolean) => (socket.destroy(), resolve(answer));
    socket.on("connect", () => end(true)).on("error", () => end(false));
  });
}

/** Marks the shipped lessons as trusted, so that their pictures show at once; it may take its time. */
export function trustLessons(site: Site): void {
  const shipped = [
    ...lessons(site),
    ...list(site.at("solutions")).filter((name) => name.endsWith(".ipynb")).map((name) =>
      `solutions/${name}`
    ),
  ];
  if (shipped.length === 0) return;
  const program = "from nbformat.sign import TrustNotebookApp as App; App.launch_instance()";
  spawn(site.python, ["-I", "-c", program, ...shipped], {
    cwd: site.checkout,
    env: jupyterEnvironment(site),
    stdio: "ignore",
  }).on("error", () => {});
}

/** The program that opens an address in the user's browser; undefined if there is no screen. */
export function browserOpener(
  platform: string,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (platform === "darwin") return "open";
  // In the Windows Subsystem for Linux the user's browser is the one of Windows. The package wslu has this program.
  if (env["WSL_DISTRO_NAME"] !== undefined) return "wslview";
  return env["DISPLAY"] || env["WAYLAND_DISPLAY"] ? "xdg-open" : undefined;
}

/** Opens the machine's browser, where it has one; says whether that was begun. */
export async function openBrowser(address: string): Promise<boolean> {
  const program = browserOpener(process.platform, process.env);
  if (program === undefined) return false;
  const opener = spawn(program, [address], { stdio: "ignore", detached: true });
  return await new Promise((resolve) => {
    opener.on("error", () => resolve(false));
    opener.on("spawn", () => {
      // Not before: Deno throws for a program that is not there.
      opener.unref();
      resolve(true);
    });
  });
}
