/**
 * Temporary copies of the checkout, cheap because the big parts are hard links; nothing in set-up writes
 * into a file in place, so the originals stay as they are.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { denoBinary } from "../../tools/setup/npm.mjs";
import { CHECKOUT, NODE, Site } from "../../tools/setup/paths.ts";

/** The real checkout, which is set up when these tests run. */
export const HERE: Site = new Site(CHECKOUT);

const SOURCES = [
  ...["package.json", "package-lock.json", ".npmrc", "deno.json", "requirements.txt"],
  ...["tsconfig.base.json", "tsconfig.lib.json", "tsconfig.kernels.json"],
  ...["lib", "tools", "notebooks"],
];

/** What a copy shares with the checkout. */
export type Shared =
  | "node_modules"
  | "data/cifar-10-batches-bin"
  | ".residual/tensorflow"
  | ".venv";

/** Everything: lessons run in such a copy. */
export const WHOLE: readonly Shared[] = [
  "node_modules",
  ".venv",
  ".residual/tensorflow",
  "data/cifar-10-batches-bin",
];

/** A copy that removes itself at the end of the `using` block. */
export class Copy extends Site implements Disposable {
  /** `name` is a part of the folder's name. */
  constructor(shared: readonly Shared[], name = "setup") {
    super(path.join(CHECKOUT, "tests", ".tmp", `${name}-${randomBytes(4).toString("hex")}`));
    fs.mkdirSync(this.at("data"), { recursive: true });
    for (const name of SOURCES) {
      if (fs.existsSync(HERE.at(name))) {
        fs.cpSync(HERE.at(name), this.at(name), { recursive: true });
      }
    }
    for (const name of shared) {
      if (name === ".venv") fs.symlinkSync(fs.realpathSync(HERE.venv), this.venv);
      else if (name === ".residual/tensorflow") {
        for (const folder of fs.readdirSync(HERE.residual)) {
          if (folder.startsWith("tensorflow-")) {
            link(HERE.at(".residual", folder), this.at(".residual", folder));
          }
        }
      } else link(HERE.at(name), this.at(name));
    }
  }

  [Symbol.dispose](): void {
    fs.rmSync(this.checkout, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** A tree of hard links; symbolic links are copied as they are. */
export function link(from: string, to: string): void {
  fs.mkdirSync(to, { recursive: true });
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) link(source, target);
    else if (entry.isSymbolicLink()) fs.symlinkSync(fs.readlinkSync(source), target);
    else fs.linkSync(source, target);
  }
}

/** A program on its way. */
export interface Running {
  child: ChildProcess;
  /** What it has said so far. */
  said(): string;
  ended: Promise<{ code: number; output: string }>;
}

/** Starts a command with exactly this environment on top of ours. */
export function start(
  command: string,
  args: readonly string[],
  env: Record<string, string | undefined> = {},
  cwd: string = CHECKOUT,
): Running {
  const child = spawn(command, [...args], {
    cwd,
    env: { ...process.env, NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const keep = (chunk: unknown) => output += String(chunk);
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const ended = new Promise<{ code: number; output: string }>((resolve) => {
    child.on("error", (error) => resolve({ code: -1, output: error.message }));
    child.on("close", (code) => resolve({ code: code ?? -9, output }));
  });
  return { child, said: () => output, ended };
}

/** `npm start -- --setup-only` in a copy, without npm in between. */
export function startBootstrap(site: Site, env: Record<string, string | undefined> = {}): Running {
  return start(
    NODE,
    ["tools/bootstrap.mjs", "start", "--setup-only"],
    env,
    site.checkout,
  );
}

/** Set-up of a few parts in a copy, as a process of its own; exit status 0 when nothing failed. */
export function startParts(
  site: Site,
  parts: readonly string[],
  env: Record<string, string | undefined> = {},
): Running {
  return start(denoBinary(CHECKOUT), partsProgram(site, parts), env, site.checkout);
}

export function partsProgram(site: Site, parts: readonly string[]): string[] {
  const program = `import { setUp } from "./tools/setup/steps.ts";
const { failures } = await setUp({ only: ${JSON.stringify(parts)} });
Deno.exit(failures.size);`;
  const file = site.at("parts.ts");
  fs.writeFileSync(file, program);
  return ["run", "-A", "--no-check", file];
}

/** A folder with nothing but links to the named programs, to be the whole PATH. */
export function pathOf(site: Site, programs: readonly string[]): string {
  const folder = site.at("bin");
  fs.mkdirSync(folder, { recursive: true });
  for (const name of programs) {
    const found = (process.env.PATH ?? "").split(":").map((place) => path.join(place, name))
      .find((file) => fs.existsSync(file));
    if (found !== undefined) fs.symlinkSync(fs.realpathSync(found), path.join(folder, name));
  }
  return folder;
}

/** Waits until `happened`, at most `seconds`. */
export async function until(happened: () => boolean, seconds = 30): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!happened()) {
    if (Date.now() > end) throw new Error(`did not happen within ${seconds} seconds: ${happened}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
